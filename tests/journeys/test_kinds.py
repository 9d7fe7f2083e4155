"""The page on every kind of model in a real browser: what its views show is true of it, and what does not apply says why."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lamina
import worlds
from lamina.examples import Reading, read
from tabs import settle, show, tab, text

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

    from lamina.page.run import Page


def frames(found: Tab) -> None:
    """Bars that are hovered and reached by keys, the film's true number of frames, and one frame followed through the layers."""
    strip = found.get_by_role("group", name=re.compile("^Frames of film"))
    count = strip.locator("[data-item]").count()
    assert 4 <= count <= 8
    assert found.locator("details", has_text="As a table").locator("tbody tr").count() == count
    assert "Random brain" in text(found)
    large = found.locator("figcaption strong").last
    strip.locator("[data-item]").first.focus()
    assert large.inner_text() == "frame 1"
    found.keyboard.press("ArrowRight")
    assert large.inner_text() == "frame 2"
    assert "alone" not in strip.locator("[data-item]").first.get_attribute("aria-label")
    found.get_by_role("button", name="Show it each frame alone").click()
    found.locator("th", has_text="it alone").wait_for(state="attached")
    found.set_viewport_size({"width": 390, "height": 844})
    assert found.evaluate("document.documentElement.scrollWidth") <= 390, "on a phone nothing sticks out"
    found.set_viewport_size({"width": 1440, "height": 900})


def followed_frame(found: Tab) -> None:
    frames = found.get_by_role("group", name="Which frame is followed").locator("button")
    assert 4 <= frames.count() <= 8
    frames.first.click()
    settle(found)
    assert "frame=0" in found.url
    assert "look at one frame at a time" in text(found)


def cut_out(found: Tab) -> None:
    """What excites a unit is cut out of the frame that does."""
    crop = found.locator(".crop").first
    found.wait_for_function(
        "each => getComputedStyle(each).backgroundImage.includes('blob:')", arg=crop.element_handle()
    )
    assert ", frame " in crop.get_attribute("aria-label")


def steps(found: Tab) -> None:
    """A layer with a memory shows its steps."""
    assert found.locator(".river .layer", has_text="GRU").locator("canvas").count() >= 1


def scatter(found: Tab) -> None:
    said = found.get_by_text("Each answer comes with an interval of").inner_text()
    assert "e+" not in said
    assert found.locator("main svg").count() >= 1


def unjudged(found: Tab) -> None:
    """Tags are never listed as right or wrong: nobody asks for such a list."""
    found.get_by_role("button", name="Another example").click()
    settle(found)
    assert found.get_by_role("button", name="It gets wrong").count() == 0


def near(found: Tab) -> None:
    assert found.get_by_role("list", name="The known examples that are most like it").locator("li").count() >= 2
    assert "% sure" not in text(found)


def odd(found: Tab) -> None:
    assert "oddness" in text(found)
    assert "% sure" not in text(found)


def unlabelled(found: Tab) -> None:
    """A map without a name for each text."""
    assert found.locator("ul.legend li").count() == 0
    assert "are among the 15 nearest here" in text(found)


Look = str | Callable[["Tab"], None]
SEEN: dict[str, tuple[tuple[str, Look], ...]] = {
    "films": (("why", frames), ("follow", followed_frame), ("learned", cut_out)),
    "series": (("why", "Which moments"), ("follow", steps), ("learned", "a memory")),
    "transcripts": (("why", "why a text was written down"), ("fails", "stand in its report"), ("map", unlabelled)),
    "tags": (("why", unjudged), ("fails", "wholly right")),
    "numbers": (("why", "Which columns"), ("fails", scatter)),
    "people": (("follow", "near to others of the same one"), ("why", "lamina compare"), ("fails", "pairs of examples")),
    "mixed": (("why", "Which part of the picture"), ("why", "Which columns"), ("learned", "A unit here sees")),
    "neighbours": (("follow", near), ("why", "without labels")),
    "anomalies": (("follow", odd), ("fails", "without labels")),
    "private": (
        ("follow", "learned privately"),
        ("fails", "its report kept nothing"),
        ("network", "layers with weights"),
    ),
    "gone": (("map", "is not there"), ("fails", "its report kept nothing"), ("network", "layers with weights")),
}


def model(name: str, place: Path) -> tuple[Any, Any]:
    """A tiny model and its examples; None where it has to find them itself."""
    match name:
        case "films":
            return worlds.learned(worlds.flashes(50, 0), "label", 8), worlds.flashes(50, 0)
        case "series":
            return worlds.learned(worlds.wobbles(50, 0), "label", 3, network="rnn"), worlds.wobbles(50, 0)
        case "transcripts":
            examples = read(worlds.lines(50, 0), Reading(kind={"text": "transcript"}), target=("text",))
            return worlds.learned(examples, "text", 3), examples
        case "tags":
            return lamina.learn(worlds.tagged(120, 0), "weather", steps=10, folds=0), worlds.tagged(120, 0)
        case "numbers":
            return lamina.learn(worlds.line(120, 0), "price", steps=10, folds=0), worlds.line(120, 0)
        case "people":
            examples = read(worlds.people(120, 0), Reading(kind={"person": "identity"}), target=("person",))
            return worlds.learned(examples, "person", 5, verify=True), examples
        case "mixed":
            return worlds.learned(worlds.mixed(120, 0), "label", 10), worlds.mixed(120, 0)
        case "neighbours" | "anomalies":
            columns = {key: values for key, values in worlds.blobs(120, 0).items() if key != "label"}
            return lamina.learn(columns, find=name, steps=5), columns
    world = worlds.blobs(120, 0)
    path = place / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(world), *zip(*world.values(), strict=True)])
    found = worlds.learned(path, "label", 5, private=name == "private")
    if name == "gone":
        path.unlink()
    return found, None


@pytest.mark.parametrize("name", SEEN)
def test_its_views_say_something_true(browser: Browser, name: str, tmp_path: Path) -> None:
    learned, examples = model(name, tmp_path)
    page: Page | None = lamina.show(learned, examples, no_browser=True)
    assert page is not None
    with page, tab(browser, page) as found:
        for view, look in SEEN[name]:
            show(found, view)
            if isinstance(look, str):
                assert look in text(found), (view, text(found)[:500])
            else:
                look(found)


def test_a_view_that_says_nothing_about_a_model_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    """Not even before it is known that it says nothing."""
    learned, _ = model("gone", tmp_path)
    page: Page | None = lamina.show(learned, no_browser=True)
    assert page is not None
    with page, tab(browser, page) as found:
        asked: list[str] = []
        found.on("request", lambda each: asked.append(each.url.partition("/api/v1/")[2]))
        show(found, "map")
        found.reload()
        found.get_by_role("heading", level=1, name="The map").wait_for()
        settle(found)
        assert "model" in asked
        assert not [each for each in asked if each.startswith("map")]
