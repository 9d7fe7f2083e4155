"""The course of learning, live and kept: what is new, in plain words, and never more than a browser can draw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

import lamina
import worlds
from lamina.core import LaminaError, Progress
from lamina.learning.plan import Plan
from lamina.learning.training import Training
from lamina.page.course import Course, thinned, told
from lamina.page.opening import Opening
from lamina.page.run import Page, beside, done
from lamina.page.schema.training import Point


def looked(held: list[float], loss: list[float]) -> list[Point]:
    return [
        Point(step=10 * k, seconds=float(k), loss=mine, held_loss=other, value=0.5, best=0.5)
        for k, (mine, other) in enumerate(zip(loss, held, strict=True))
    ]


@pytest.mark.parametrize(
    ("held", "loss", "word"),
    [
        ([1.0, 0.8, 0.6, 0.5], [1.0, 0.8, 0.6, 0.5], "still falls"),
        ([1.0, 0.5, 0.6, 0.7, 0.9], [1.0, 0.6, 0.4, 0.3, 0.2], "Since step 10 it has been memorising"),
        ([1.0, 0.5, 0.5, 0.501, 0.502], [1.0, 0.5, 0.5, 0.5, 0.5], "no longer falls"),
        ([1.0, 0.5], [1.0, 0.5], "only begun"),
    ],
)
def test_the_curves_in_plain_words(held: list[float], loss: list[float], word: str) -> None:
    assert word in told(looked(held, loss), live=True)[0]


def test_thinning_keeps_the_ends_and_the_extremes() -> None:
    points = looked([1.0] * 5000, [float(k % 100) for k in range(5000)])
    found = thinned(points, 400)
    assert len(found) <= 400
    assert {found[0].step, found[-1].step} == {0, 49_990}
    assert {0.0, 99.0} <= {each.loss for each in found}
    assert thinned(points[:10], 400) == points[:10]


class Steered:
    """A training that notes what it is told."""

    def __init__(self) -> None:
        self.stopped = self.paused = False

    def stop(self) -> None:
        self.stopped = True

    def pause(self) -> None:
        self.paused = True

    def go_on(self) -> None:
        self.paused = False


def test_only_what_is_new_is_told_and_stopping_stops() -> None:
    running = Steered()
    course = Course(running)
    assert course.metrics().state == "starting"
    assert not course.stop().stopping  # nothing could be kept yet
    course.add(Progress("learning", step=5, steps=20, loss=0.9, metric="accuracy", value=0.7, best=0.7, score=-0.8))
    found = course.metrics()
    assert found.curves[0].points[0].held_loss == 0.8
    assert found.can_stop
    course.add(Progress("learning", step=8, steps=20, loss=0.9, metric="accuracy"))  # no look: the loss is the old one
    course.add(Progress("learning", step=10, steps=20, loss=0.5, metric="accuracy", value=0.8, score=-0.5))
    assert course.metrics().step == 10
    assert [each.step for each in course.metrics(found.next).curves[0].points] == [10]
    assert course.stop().stopping
    assert running.stopped
    course.end()
    assert not course.metrics().live
    assert not course.stop().stopping


def test_the_kept_step_is_the_one_of_the_best_score_and_not_of_the_last_tie() -> None:
    course = Course(Steered())
    for step, score, value in ((10, -0.5, 0.9), (20, -0.2, 0.95), (30, -0.4, 0.95)):
        course.add(Progress("learning", step=step, steps=40, loss=0.5, value=value, best=value, score=score))
    assert course.metrics().curves[0].best == 20
    course.add(Progress("learning", step=40, steps=40, loss=0.5, value=0.95, best=0.95, score=-0.2))
    assert course.metrics().curves[0].best == 40  # of equal ones the later is kept, as learning does
    course.add(
        Progress("learning", message="fold 2 of 2", step=10, steps=40, loss=0.5, value=0.5, best=0.5, score=-2.0)
    )
    assert course.metrics().curves[1].best == 10


def test_a_pause_is_told_where_it_stands_and_ends() -> None:
    running = Steered()
    course = Course(running)
    assert not course.pause().paused  # there is nothing yet that could rest
    assert not running.paused
    course.add(Progress("learning", step=5, steps=20, loss=0.9, metric="accuracy", value=0.7, rate=9.0, score=-0.8))
    assert course.metrics().can_pause
    assert course.pause().paused
    assert running.paused
    course.add(Progress("paused", message="Paused"))
    found = course.metrics()
    assert (found.state, found.step, found.steps, found.rate, found.message) == ("paused", 5, 20, 0.0, "Paused")
    assert found.live
    assert found.can_stop
    assert not found.can_pause
    assert not course.go_on().paused
    assert not running.paused
    assert course.metrics().state == "learning"
    assert "not paused" in course.go_on().said
    course.pause()
    course.add(Progress("paused", message="Paused"))
    assert course.stop().stopping
    course.end()
    assert not course.pause().paused


@pytest.mark.parametrize(
    ("metric", "better"), [("mae", -1), ("eer", -1), ("accuracy", 1), ("r2", 1), ("loss of views", -1)]
)
def test_live_it_says_whether_more_is_better(metric: str, better: int) -> None:
    course = Course(Steered())
    course.add(Progress("learning", step=5, steps=20, loss=0.9, metric=metric, value=0.7, best=0.7, score=-0.8))
    assert course.metrics().better == better


def test_a_kept_course_tells_the_metric_of_the_weights_kept_so_far() -> None:
    looks = [(10, -0.5, 0.90), (20, -0.7, 0.97), (30, -0.3, 0.93), (40, -0.4, 0.99)]
    curve = [{"step": step, "loss": 0.5, "score": score, "value": value} for step, score, value in looks]
    found = Course.kept({"learning": {"curves": [curve], "best": [30], "steps": [40], "planned": [40], "seconds": 1.0}})
    assert [each.best for each in found.metrics().curves[0].points] == [0.90, 0.90, 0.93, 0.93]


def test_a_page_beside_learning_lives_and_then_opens() -> None:
    running = Training(lamina.read(worlds.blobs(300, 0)), Plan(("label",), steps=40, folds=0), report=False)
    page, progress = beside(running, "blobs", Opening(port=0, no_browser=True))
    with page, httpx.Client(base_url=page.url.partition("/?")[0]) as ask:
        ask.headers["authorization"] = f"Bearer {page.token}"
        seen = []
        for each in progress:
            if each.stage == "learning" and each.step == 20:
                live = ask.get("/api/v1/training/metrics").json()
                assert live["live"]
                assert live["step"] == 20
                assert ask.get("/api/v1/model").json()["learning"]
                assert ask.get("/api/v1/network").status_code == 409
                fares = live["curves"][0]["layers"]
                assert fares
                assert all(each["course"] for each in fares)
                assert ask.post("/api/v1/training/pause").json()["paused"]
                assert running.paused
            if each.stage == "paused":
                assert each.message.endswith(f"To go on: {page.url}")  # to be read in the terminal
                assert ask.get("/api/v1/training/metrics").json()["state"] == "paused"
                assert not ask.post("/api/v1/training/go-on").json()["paused"]
            if each.stage == "learning" and each.step == 24:
                assert ask.post("/api/v1/training/stop").json()["stopping"]
            seen.append(each)
        assert running.stopped
        done(page, running.model)
        with ask.stream("GET", "/api/v1/training/events") as events:
            said = [each for each in events.iter_lines() if each]
        assert said[0] == "event: metrics"
        assert json.loads(said[1][6:])["state"] == "done"
        assert said[-2] == "event: end"
        assert ask.get("/api/v1/model").json()["targets"][0]["classes"] == ["inside", "outside"]
        assert not ask.post("/api/v1/training/pause").json()["paused"]
    assert max(each.step for each in seen) < 40


def test_learning_that_fails_says_so_on_the_page() -> None:
    class Diverges(Steered):
        model = None

        def __iter__(self) -> Iterator[Progress]:
            yield Progress("learning", step=1, steps=2, loss=0.5)
            raise LaminaError("The loss is no longer a number.")

    running: Any = Diverges()
    page, progress = beside(running, "bad", Opening(port=0))
    with page:
        with pytest.raises(LaminaError):
            list(progress)
        found = page.views.course.metrics()
    assert found.state == "failed"
    assert found.message == "The loss is no longer a number."


def test_a_port_in_use_is_said_and_another_one_is_taken_where_nobody_said_one(table: tuple[Path, Path]) -> None:
    first = lamina.show(table[0], table[1], no_browser=True)
    assert isinstance(first, Page)
    with first:
        port = int(first.url.split(":")[2].partition("/")[0])
        with pytest.raises(LaminaError, match=f"Port {port} .* is in use"):
            lamina.show(table[0], table[1], port=port, no_browser=True)
        second = lamina.show(table[0], table[1], no_browser=True)
        assert isinstance(second, Page)
        with second:
            assert second.url.split("/?")[0] != first.url.split("/?")[0]
        found = httpx.get(first.url, follow_redirects=True)
        assert found.status_code == 200
