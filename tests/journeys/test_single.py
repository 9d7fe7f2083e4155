"""The report as one file in a real browser, opened from the disk as a person opens it: every view, by keyboard, without scripts, offline."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lamina
import worlds
from lamina.page import told
from lamina.page.single import single
from tabs import AXE, barriers
from terminal import run

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

VIEWS = ("report", "training", "network", "follow", "learned", "why", "fails", "map")
LARGEST = 1_800_000  # bytes of a file
HOSTILE = "</script><script>document.title = 'broken'</script><img src=x onerror=\"document.title = 'broken'\">"

Written = Callable[[str], Path]


def data(name: str) -> tuple[Any, tuple[str, ...], dict[str, Any]]:
    """Examples, targets, and how to learn them."""
    match name:
        case "digits":
            datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed: no digits")
            found = datasets.load_digits()
            pixels = np.repeat((found.images * 15.9).astype(np.uint8)[:400, :, :, None], 1, 3)
            return {"image": pixels, "digit": [f"a {each}" for each in found.target[:400]]}, ("digit",), {"steps": 60}
        case "adult":
            return sampled("adult", "train.csv", 900), ("income",), {"steps": 40}
        case "texts":
            return worlds.letters(200, 0), ("label",), {"steps": 40}
        case "films":
            return worlds.flashes(60, 0), ("label",), {"steps": 20}
        case "several":
            return worlds.shop(240, 0), ("returns", "visits"), {"steps": 40}
        case _:
            columns = worlds.blobs(160, 0)
            named = {HOSTILE: columns["east"], "north": columns["north"]}
            return named | {"class": [f"{each}{HOSTILE}" for each in columns["label"]]}, ("class",), {"steps": 30}


def sampled(name: str, file: str, rows: int) -> dict[str, list[str]]:
    """The first rows of a real table."""
    if "LAMINA_DATA" not in os.environ:
        pytest.skip("LAMINA_DATA is not set: no real data")
    with (Path(os.environ["LAMINA_DATA"]) / name / file).open(newline="", encoding="utf-8") as lines:
        found = list(islice(csv.DictReader(lines), rows))
    return {column: [row[column] for row in found] for column in found[0]}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """A file for each set of examples, made once somebody asked for it. 'short' is of a learning that left no time for anything."""
    folder, kept = tmp_path_factory.mktemp("files"), dict[str, Path]()

    def write(name: str) -> Path:
        if name not in kept:
            columns, targets, how = data("several" if name == "short" else name)
            examples = lamina.read(columns)
            model = lamina.learn(examples, list(targets), folds=0, **how)
            document = single(model, f"{name}.lamina", examples, 0.0 if name == "short" else None)
            assert document is not None
            kept[name] = folder / f"{name}.html"
            kept[name].write_text(document, encoding="utf-8", newline="")
        return kept[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMINA_CACHE", str(folder / "cache"))
        yield write


@contextmanager
def tab(browser: Browser, file: Path, **said: Any) -> Iterator[Tab]:
    """A tab of its own, whose console stays silent and which asks nobody for anything."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **said})
    found = context.new_page()
    found.set_default_timeout(60_000)
    wrong: list[str] = []
    found.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    found.on("pageerror", lambda error: wrong.append(str(error)))
    start = file.as_uri()
    found.on(
        "request",
        lambda asked: (
            None
            if asked.url.split("#")[0] == start or asked.url.startswith(("blob:", "data:"))
            else wrong.append(asked.url)
        ),
    )
    found.goto(start)
    try:
        yield found
        assert wrong == []
    finally:
        context.close()


def show(found: Tab, view: str) -> None:
    found.evaluate("where => { location.hash = where }", f"#/{view}")
    found.locator(f"nav a[aria-current=page][href*='/{view}']").wait_for()
    end = time.monotonic() + 60
    while found.locator("main .wait").count() or found.locator(".picker .soft", has_text="Choosing").count():
        assert time.monotonic() < end
        found.wait_for_timeout(40)
    found.wait_for_timeout(60)
    assert found.locator("[role=alert]").count() == 0, found.locator("[role=alert]").all_inner_texts()


@pytest.mark.parametrize("name", ["digits", "adult", "texts", "several"])
def test_every_view_has_its_answers_in_the_file(browser: Browser, written: Written, name: str) -> None:
    file = written(name)
    assert file.stat().st_size < LARGEST
    marks = {
        "training": "path.line",
        "network": "[aria-label='Layers, from the input to the answer'] [data-item]",
        "follow": ".river canvas",
        "why": ".picker",
        "fails": "dl dd strong",
        "map": "canvas",
    }
    with tab(browser, file) as found:
        assert found.locator(".report .verdict").count() >= 1, "it opens with the report"
        for view in VIEWS:
            show(found, view)
            if view == "learned" and name == "texts":
                assert "no neurons" in found.locator("main").inner_text()
                continue
            if view in marks:
                assert found.locator(f"main {marks[view]}").count() >= 1, view
            absent = found.locator("main .absent").all_inner_texts()
            assert [each for each in absent if "asked again here" not in each] == [], view
        show(found, "why")
        assert "Random brain" in found.locator("main").inner_text()
        assert "Speak for it" in found.locator("main").inner_text()
        if name == "digits":
            assert found.locator("main figure img").first.evaluate("each => each.naturalWidth") > 0
            show(found, "learned")
            crop = found.locator(".crop").first
            assert "data:image" in crop.evaluate("each => getComputedStyle(each).backgroundImage")


def test_learning_writes_it_and_the_model_stays_whole(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "SHORTEST", 30.0)  # however busy the machine is
    monkeypatch.setattr(told, "LONGEST", 30.0)
    columns = worlds.blobs(200, 0)
    with (tmp_path / "blobs.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
    place = tmp_path / "blobs.lamina"
    run("learn", str(tmp_path / "blobs.csv"), "--target", "label", "--steps", "20", "--folds", "0", "--out", str(place))
    assert len(lamina.load(place).predict(tmp_path / "blobs.csv")) == 200
    with tab(browser, place / "report.html") as found:
        show(found, "why")
        assert "Speak for it" in found.locator("main").inner_text()
    assert str(tmp_path / "whole.html") in run("report", str(place), "--to", str(tmp_path / "whole.html"))
    with tab(browser, tmp_path / "whole.html") as found:
        show(found, "map")
        assert found.locator("main canvas").count() == 1


def test_points_are_looked_up_in_the_file(browser: Browser, written: Written) -> None:
    with tab(browser, written("digits")) as found:
        show(found, "map")
        found.locator("canvas").focus()
        found.keyboard.press("Enter")
        found.get_by_text("example chosen").wait_for()


def test_the_frames_that_the_reasons_speak_of_can_be_followed(browser: Browser, written: Written) -> None:
    """Nobody is offered a frame that is not in the file."""
    with tab(browser, written("films")) as found:
        show(found, "why")
        assert found.locator(".strip button").count() >= 4
        name = found.locator(".film figcaption strong").inner_text()  # the frame that matters most
        show(found, "follow")
        frames = found.get_by_role("group", name="Which frame is followed").get_by_role("button")
        offered = frames.all_inner_texts()
        assert name.removeprefix("frame ") in offered
        assert 2 <= len(offered) <= 3
        for each in range(len(offered)):
            frames.nth(each).click()
            found.locator(".frames [aria-pressed=true]").get_by_text(offered[each], exact=True).wait_for()
            found.get_by_text("What is a weighted sum?").wait_for()
            assert found.locator("main .absent").count() == 0


def test_all_of_it_by_keyboard(browser: Browser, written: Written) -> None:
    with tab(browser, written("several")) as found:
        for number, view in enumerate(VIEWS):
            found.keyboard.press(str(number))
            found.locator(f"nav a[aria-current=page][href*='/{view}']").wait_for()
        found.keyboard.press("0")
        link = found.locator(".report nav a").last
        link.focus()
        found.keyboard.press("Enter")
        found.wait_for_timeout(100)
        assert found.evaluate("document.querySelector('.report').shadowRoot.activeElement.tagName") == "SECTION"
        assert "#/report" in found.url or "#" not in found.url, "a link within the sections is no view"
        found.keyboard.press("?")
        assert found.get_by_role("dialog").inner_text().startswith("Keys")


def test_without_scripts_the_sections_are_there(browser: Browser, written: Written) -> None:
    with tab(browser, written("digits"), java_script_enabled=False) as found:
        assert found.locator(".verdict").is_visible()
        assert found.get_by_role("heading", name="How good it is").is_visible()
        assert found.get_by_role("heading", name="To repeat it").is_visible()
        assert found.locator("nav[aria-label=Views]").count() == 0
        assert found.locator("main").inner_text().count("u003c") == 0


def test_what_is_not_in_the_file_is_said_with_the_command(browser: Browser, written: Written) -> None:
    with tab(browser, written("short")) as found:
        assert "What was left out" in found.locator("main").inner_text()
        for view in ("network", "learned", "why", "map"):
            show(found, view)
            assert "lamina open short.lamina" in found.locator("main .absent").first.inner_text(), view
    with tab(browser, written("several")) as found:
        show(found, "why")
        assert "asked again here" in found.locator("main .absent").last.inner_text(), "sliders need a server"


def test_no_name_breaks_out(browser: Browser, written: Written) -> None:
    with tab(browser, written("hostile")) as found:
        for view in VIEWS:
            show(found, view)
            assert "broken" not in found.title()
        show(found, "fails")
        assert HOSTILE in found.locator("main").inner_text(), "it stands there as it is called"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["digits", "several"])
def test_nobody_is_shut_out(browser: Browser, written: Written, name: str, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (python hatch_build.py install): accessibility is not tested")
    with tab(browser, written(name), color_scheme=scheme, bypass_csp=True) as found:
        for view in VIEWS:
            show(found, view)
            assert barriers(found, scheme, colours=scheme == "dark") == [], view


def test_on_a_phone_nothing_sticks_out(browser: Browser, written: Written) -> None:
    with tab(browser, written("several"), viewport={"width": 390, "height": 800}) as found:
        for view in VIEWS:
            show(found, view)
            assert found.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), view


def test_on_paper_only_the_view_is_printed(browser: Browser, written: Written) -> None:
    with tab(browser, written("digits")) as found:
        found.emulate_media(media="print")
        assert not found.locator("nav[aria-label=Views]").is_visible()
        assert found.locator(".report .verdict").is_visible()


def test_the_live_page_shows_the_same_sections(browser: Browser) -> None:
    columns, targets, how = data("hostile")
    model = lamina.learn(columns, list(targets), folds=0, **how)
    page = lamina.show(model, columns, no_browser=True)
    assert page is not None
    context = browser.new_context(reduced_motion="reduce", color_scheme="dark")
    found = context.new_page()
    wrong: list[str] = []
    found.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    try:
        found.goto(page.url)
        show(found, "report")
        assert found.locator(".report .verdict").is_visible()
        assert found.locator(".report td").get_by_text(HOSTILE).count() >= 1, "as it is called"
        assert "broken" not in found.title()
        hit = found.locator(".matrix .hit").first
        assert hit.evaluate("each => getComputedStyle(each).backgroundColor") not in ("", "rgba(0, 0, 0, 0)"), (
            "its shade"
        )
        assert found.get_by_role("button", name="Copy").count() == found.locator(".report pre").count()
        if AXE.is_file():
            assert barriers(found, "dark") == []
        assert wrong == [], "the policy of the page lets no style in, so none was in it"
    finally:
        context.close()
        page.stop()
