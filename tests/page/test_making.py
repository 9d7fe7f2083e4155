"""The page of what makes something: the way of its learning, the map of its network, and what it makes for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import lamina
import worlds
from lamina.core import Progress
from lamina.model.model import Model
from lamina.page.course import Course
from lamina.page.data import open_data
from lamina.page.opened import Opened
from lamina.page.schema.making import Way as Told
from lamina.page.views import Views
from lamina.page.way import PRIVATE, Way
from page.conftest import Asker, asked

PAINTED: dict[str, Any] = {
    "generate": "image",
    "given": "label",
    "steps": 6,
    "looks": 3,
    "size": 0,
    "batch": 8,
    "side": 8,
}


def painter(**said: Any) -> Model:
    return lamina.learn(worlds.stripes(80, 0), **PAINTED | said)


def opened(model: Model) -> Views:
    return Views("maker", Opened("maker", model, open_data(model)))


@pytest.fixture(scope="module")
def painting() -> Iterator[Asker]:
    with asked(opened(painter())) as asker:
        yield asker


@pytest.fixture(scope="module")
def writing() -> Iterator[Asker]:
    text = {"text": [worlds.verses(1_500, 0)]}
    model = lamina.learn(text, generate="text", steps=4, looks=2, network="rnn width=16 depth=2")
    with asked(opened(model)) as asker:
        yield asker


@pytest.mark.parametrize("which", ["painting", "writing"])
def test_every_view_works_or_says_why_not(which: str, request: pytest.FixtureRequest) -> None:
    ask: Asker = request.getfixturevalue(which)
    views = {each["view"]: each for each in ask("model")["views"]}
    assert [each for each, view in views.items() if view["applies"]] == ["report", "training", "network", "way", "make"]
    assert [view["number"] for view in views.values()] == list(range(10))
    for view in ("follow", "learned", "why", "fails", "map"):
        assert "answers nothing" in views[view]["why_not"]
    assert ask.raw("layers").status_code == 409


@pytest.mark.parametrize(
    ("which", "ends"),
    [("painting", {"input.noise", "input.given", "output.image"}), ("writing", {"input.text", "output.text"})],
)
def test_the_network_is_wired_from_end_to_end(which: str, ends: set[str], request: pytest.FixtureRequest) -> None:
    ask: Asker = request.getfixturevalue(which)
    found = ask("network")
    assert found["note"] == ""
    nodes = {each["id"] for each in found["nodes"]}
    assert ends <= nodes
    touched = {each for edge in found["edges"] for each in edge}
    assert ends <= touched
    inner = next(each["id"] for each in found["nodes"] if each["parameters"])
    assert sum(ask("layer", layer=inner)["activations"]["counts"]) > 0


def test_the_duel_is_told_as_it_went(painting: Asker) -> None:
    found = painting("way", since=0)
    assert not found["live"]
    assert [each["step"] for each in found["moments"]] == [2, 4, 6]
    for each in found["moments"]:
        assert each["sheet"].startswith("data:image/png")
        assert sum(each["scores"]["real"]) == pytest.approx(1)
        assert "of 100 pairs" in each["said"]
    assert found["said"][0].startswith("At the end ")
    assert found["kept"] in (2, 4, 6)
    assert painting("way", since=2)["moments"] == found["moments"][2:]
    course = painting("training_metrics")
    assert (course["metric"], course["better"], course["said"]) == ("Fréchet distance", -1, [])
    assert all(each["held_loss"] is None for each in course["curves"][0]["points"])
    assert {each["part"] for each in course["curves"][0]["layers"]} == {"the generator", "the discriminator"}


def test_what_was_written_on_the_way_is_kept(writing: Asker) -> None:
    found = writing("way")
    assert [each["step"] for each in found["moments"]] == [2, 4]
    assert all(each["written"] and each["told"] is None for each in found["moments"])
    assert found["why_not"] == ""


def test_pictures_are_made_as_asked(painting: Asker) -> None:
    about = painting("make_about")
    assert (about["kind"], about["asked"], sorted(about["labels"])) == ("image", "label", ["level", "upright"])
    one = painting("make", {"count": 3, "label": "level", "seed": 5})
    assert one["shown"] == ["level"] * 3
    assert one["pictures"] == painting("make", {"count": 3, "label": "level", "seed": 5})["pictures"]
    assert one["pictures"] != painting("make", {"count": 3, "label": "level"})["pictures"]
    for wish, word in (
        ({"label": "levle"}, "Did you mean 'level'"),
        ({"count": 0}, "count"),
        ({"prompt": "x"}, "prompt"),
    ):
        refused = painting.raw("make", wish)
        assert refused.status_code == 422
        assert word in refused.json()["error"]


def test_a_text_comes_as_it_is_written(writing: Asker) -> None:
    assert writing("make_about")["kind"] == "text"
    found = writing.raw("make", {"prompt": "the ", "length": 40, "seed": 3, "temperature": 0.5})
    assert found.headers["content-type"].startswith("text/plain")
    assert found.headers["x-seed"] == "3"
    assert found.text.startswith("the ")
    assert len(found.text) == 44
    assert writing.raw("make", {"prompt": ""}).status_code == 422
    assert writing.raw("make", {"label": "a"}).status_code == 422


def test_what_answers_makes_nothing(tabled: Asker) -> None:
    assert tabled.raw("make", {"count": 1}).status_code == 409
    assert "makes nothing" in tabled.raw("make_about").json()["error"]
    assert tabled("way")["moments"] == []
    assert "make" not in [each["view"] for each in tabled("model")["views"]]


def test_a_private_duel_shows_figures_and_no_picture() -> None:
    with asked(opened(painter(private=True))) as ask:
        found = ask("way")
        assert all(each["sheet"] is None and each["scores"] for each in found["moments"])
        assert found["why_not"] == PRIVATE


def test_live_the_views_of_making_are_there_from_the_first_look() -> None:
    course = Course(makes="image")
    with asked(Views("maker", course=course, makes="image")) as ask:
        views = {each["view"]: each["applies"] for each in ask("model")["views"]}
        assert views["way"]
        assert not views["make"]
        assert ask("way")["live"]
        assert ask.raw("make", {"count": 1}).status_code == 409
        shown = {"step": 5, "told": 0.95, "diversity": 0.9, "sheet": None, "failed": False}
        look = Progress(
            "learning", step=5, steps=9, loss=1.0, metric="Fréchet distance", value=9.0, best=9.0, score=-9.0
        )
        for number, more in enumerate(({}, {"step": 6, "diversity": 0.1, "failed": True}, {"step": 7}), 1):
            seen = {"layers": {"steps": [], "rates": [], "layers": {}}, "shown": [shown | more]}
            course.add(Progress(**{name: getattr(look, name) for name in look.__slots__} | {"seen": seen}))
            assert len(ask("way")["moments"]) == number
            assert ("Diversity has collapsed" in ask("way")["alarm"]) == (number == 2)
        said = ask("way")["said"]
        assert said[0].startswith("Now the discriminator is far ahead")
        assert "had failed at step 6" in said[1]
        assert ask("training_metrics")["curves"][0]["points"][0]["held_loss"] is None


def test_an_earlier_model_says_that_nothing_was_kept() -> None:
    found: Told = Way.kept({"makes": [{"kind": "image"}]}).told(0, live=False)
    assert found.moments == []
    assert "earlier Lamina" in found.why_not
