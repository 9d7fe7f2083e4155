"""The course of learning, live and kept: what is new, in plain words, and never more than a browser can draw."""

from __future__ import annotations

import json
import threading
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


def test_only_what_is_new_is_told_and_stopping_stops() -> None:
    stopped = threading.Event()
    course = Course(stopped.set)
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
    assert stopped.is_set()
    course.end()
    assert not course.metrics().live
    assert not course.stop().stopping


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
    assert max(each.step for each in seen) < 40


def test_learning_that_fails_says_so_on_the_page() -> None:
    class Diverges:
        model = None

        def __iter__(self) -> Iterator[Progress]:
            yield Progress("learning", step=1, steps=2, loss=0.5)
            raise LaminaError("The loss is no longer a number.")

        def stop(self) -> None: ...

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
