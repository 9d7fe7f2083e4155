"""The page in a real browser, as a person uses it: every view on several kinds of models, by keyboard, on a phone, in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

import lamina
import worlds
from tabs import AXE, TITLES, VIEWS, barriers, settle, show, tab, text

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

    from lamina.page.run import Page


def world(name: str) -> tuple[dict[str, Any], tuple[str, ...], int]:
    """Columns, targets, and steps that learn something of them."""
    match name:
        case "pictures":
            return worlds.stripes(160, 0), ("label",), 40
        case "table":
            columns = worlds.shop(240, 0)
            return columns, ("returns", "visits"), 40
        case "texts":
            return worlds.letters(200, 0), ("label",), 40
        case _:
            return worlds.beeps(60, 0), ("label",), 10


@pytest.fixture(scope="module")
def pages() -> Iterator[dict[str, Page]]:
    """A page for each world, open for the whole module once somebody asked for it."""
    found: dict[str, Page] = {}
    yield found
    for page in found.values():
        page.stop()


def opened_page(pages: dict[str, Page], name: str) -> Page:
    if name not in pages:
        columns, targets, steps = world(name)
        model = lamina.learn(columns, list(targets), steps=steps, folds=0)
        page = lamina.show(model, columns, no_browser=True)
        assert page is not None
        pages[name] = page
    return pages[name]


@pytest.mark.parametrize("name", ["pictures", "table", "texts", "sounds"])
def test_every_view_says_something_true(browser: Browser, pages: dict[str, Page], name: str) -> None:
    page = opened_page(pages, name)
    with tab(browser, page) as found:
        show(found, "training")
        assert found.get_by_role("img", name="How wrong it is").count() == 1
        assert found.locator("path.line").count() >= 1

        show(found, "network")
        layers = found.locator("[aria-label='Layers, from the input to the answer'] [data-item]")
        assert layers.count() >= 3
        rows = found.locator("details:has-text('All layers as a table') tbody tr")
        assert rows.count() >= layers.count()

        show(found, "follow")
        assert "example=" in found.url, "an example was chosen by itself"
        assert found.locator(".river canvas").count() >= 3
        assert found.locator(".total td.n").first.inner_text() != ""
        check_sum(found)
        check_tiles(found)

        show(found, "learned")
        if name == "texts":  # this network has nothing between its words and the answer
            assert "no neurons" in text(found)
        else:
            assert found.get_by_text(re.compile(r"^unit \d+$")).count() >= 4
        if name == "pictures":
            crop = found.locator(".crop").first
            found.wait_for_timeout(300)
            assert "blob:" in crop.evaluate("each => getComputedStyle(each).backgroundImage")

        show(found, "why")
        said = {"pictures": "Which part of the picture", "texts": "Which words", "sounds": "Which moments"}
        assert said.get(name, "Which columns") in text(found)
        assert "Random brain" in text(found)
        assert "Speak for it" in text(found)

        show(found, "fails")
        assert found.locator("dl dd strong").first.inner_text() not in ("", "–")
        assert "What is taken for what" in text(found)

        show(found, "map")
        assert (
            found.locator("canvas").evaluate(
                "each => new Set(new Uint32Array(each.getContext('2d').getImageData(0, 0, each.width, each.height).data.buffer)).size"
            )
            >= 3
        )
        assert found.locator("table tbody tr").count() >= 2


def check_tiles(found: Tab) -> None:
    """What the tiles show stands in a table, too: a row for each unit, and the largest value that its button says."""
    units = found.locator(".units button")
    behind = found.locator(".units ~ details").first
    behind.locator("summary").click()
    rows = behind.locator("table").first.locator("tbody tr")
    rows.first.wait_for()
    assert rows.count() == units.count()
    said = [each or "" for each in units.evaluate_all("all => all.map((each) => each.getAttribute('aria-label'))")]
    values = [each.rpartition(" ")[2] for each in said]
    assert rows.locator("td:nth-child(2)").all_inner_texts() == values
    behind.locator("summary").click()


def check_sum(found: Tab) -> None:
    """The products that are shown, the rest and the bias add up to what stands below them."""
    cells = found.locator("tbody tr td:last-child").all_inner_texts()
    values = [float(cell.replace("−", "-").replace("+", "").replace(",", "")) for cell in cells if "M" not in cell]
    assert abs(sum(values[:-1]) - values[-1]) < 0.02 * max(1.0, *map(abs, values)), cells


def test_a_cell_of_the_confusion_leads_to_its_examples_and_an_example_to_its_reasons(
    browser: Browser, pages: dict[str, Page]
) -> None:
    with tab(browser, opened_page(pages, "pictures")) as found:
        show(found, "fails")
        cell = found.get_by_role("button", name=re.compile(r"^upright taken for upright"))
        count = int(cell.inner_text())
        cell.click()
        settle(found)
        assert f"{count} example" in text(found)
        found.get_by_role("group", name="Examples of the cell").locator("a").first.click()
        found.get_by_role("heading", level=1, name="Why this answer").wait_for()
        settle(found)
        assert "upright" in found.locator(".picker").inner_text()


def test_what_if_asks_again(browser: Browser, pages: dict[str, Page]) -> None:
    with tab(browser, opened_page(pages, "table")) as found:
        show(found, "why")
        found.locator("label", has_text="Change").locator("select").select_option(index=0)
        settle(found)
        slide = found.locator("input[type=range]")
        assert slide.count() == 1
        slide.focus()
        for _ in range(3):
            slide.press("PageUp")
        found.get_by_role("heading", name="As it is").wait_for()
        found.get_by_role("button", name="Why would it say that?").click()
        found.get_by_role("button", name="Back to the example").first.wait_for()
        settle(found)


def test_all_of_it_by_keyboard(browser: Browser, pages: dict[str, Page]) -> None:
    with tab(browser, opened_page(pages, "pictures")) as found:
        keys = found.keyboard
        found.get_by_role("heading", level=1).wait_for()
        for number, title in enumerate(TITLES, 1):
            keys.press(str(number))
            found.get_by_role("heading", level=1, name=title, exact=True).wait_for()
            settle(found)
        keys.press("?")
        found.get_by_role("dialog").wait_for()
        keys.press("Escape")
        found.get_by_role("dialog").wait_for(state="detached")

        keys.press("2")
        found.get_by_role("heading", level=1, name="The network").wait_for()
        settle(found)
        tabbed(found, "[aria-label='Layers, from the input to the answer'] [data-item]")
        before = focused(found)
        keys.press("ArrowRight")
        assert focused(found) != before
        keys.press("End")
        keys.press("Enter")
        settle(found)
        assert "layer=output" in found.url

        keys.press("3")
        found.get_by_role("heading", level=1, name="One example").wait_for()
        settle(found)
        tabbed(found, ".units [data-item]")
        keys.press("ArrowRight")
        keys.press("Enter")
        settle(found)
        assert "unit=" in found.url

        keys.press("7")
        found.get_by_role("heading", level=1, name="The map").wait_for()
        settle(found)
        tabbed(found, "canvas")
        picture = "() => document.querySelector('canvas').toDataURL()"
        seen = found.evaluate(picture)
        keys.press("+")
        keys.press("ArrowLeft")
        found.wait_for_timeout(100)
        assert found.evaluate(picture) != seen
        keys.press("0")
        found.wait_for_timeout(100)
        assert found.evaluate(picture) == seen


def test_points_are_chosen_with_a_lasso(browser: Browser, pages: dict[str, Page]) -> None:
    with tab(browser, opened_page(pages, "pictures")) as found:
        show(found, "map")
        found.get_by_role("button", name="Lasso").click()
        box = found.locator("canvas").bounding_box()
        assert box is not None
        left, top, width, height = box["x"] + 4, box["y"] + 60, box["width"] - 8, box["height"] - 64
        found.mouse.move(left, top)
        found.mouse.down()
        for x, y in ((left + width, top), (left + width, top + height), (left, top + height), (left, top + 10)):
            found.mouse.move(x, y, steps=4)
        found.mouse.up()
        found.get_by_role("heading", name=re.compile(r"^\d+ examples chosen")).wait_for()
        settle(found)
        assert found.get_by_role("group", name="Chosen examples").locator("a").count() >= 10


def tabbed(found: Tab, where: str) -> None:
    """Tab until the focus is there."""
    for _ in range(60):
        found.keyboard.press("Tab")
        if found.evaluate("where => document.activeElement.matches(where)", where):
            return
    raise AssertionError(f"Tab never reaches {where}")


def focused(found: Tab) -> str:
    return str(found.evaluate("document.activeElement.innerText"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(browser: Browser, pages: dict[str, Page], scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (python hatch_build.py install): accessibility is not tested")
    with tab(browser, opened_page(pages, "table"), color_scheme=scheme, bypass_csp=True) as found:
        for view in VIEWS:
            show(found, view)
            assert barriers(found, scheme, colours=scheme == "dark") == [], view


def test_on_a_phone_nothing_sticks_out(browser: Browser, pages: dict[str, Page]) -> None:
    phone = {"width": 390, "height": 844}
    with tab(browser, opened_page(pages, "pictures"), viewport=phone, has_touch=True) as found:
        for view in VIEWS:
            show(found, view)
            assert found.evaluate("document.documentElement.scrollWidth") <= phone["width"], view
        bar = found.get_by_role("link", name="The map").bounding_box()
        assert bar is not None
        assert bar["y"] + bar["height"] <= phone["height"]
        assert bar["height"] >= 44, "a finger can hit it"


def test_what_is_switched_off_stays_off(browser: Browser, pages: dict[str, Page]) -> None:
    with tab(browser, opened_page(pages, "pictures")) as found:
        show(found, "network")
        assert found.locator("aside").count() >= 1
        assert found.locator(".rail svg").count() == 1
        found.get_by_role("button", name="Plain words").click()
        found.get_by_role("button", name="Cat").click()
        found.get_by_role("button", name="Light/dark").click()
        found.get_by_role("button", name="Light", exact=True).click()
        found.reload()
        found.get_by_role("heading", level=1).wait_for()
        settle(found)
        assert found.locator("aside").count() == 0
        assert found.locator(".rail svg").count() == 0
        assert found.locator("html").get_attribute("data-theme") == "dark"


def test_learning_is_seen_as_it_goes_and_stopped(browser: Browser) -> None:
    """Between two steps the browser is looked at: what it shows is what has been told by then. It is paused by keyboard."""
    from lamina.learning.plan import Plan
    from lamina.learning.training import Training
    from lamina.page.opening import Opening
    from lamina.page.run import beside, done

    examples = lamina.read(worlds.blobs(300, 0))
    running = Training(examples, Plan(target=("label",), steps=40, folds=0), report=False)
    page, progress = beside(running, "rings", Opening(no_browser=True))
    with page, tab(browser, page) as found:
        for each in progress:
            if each.stage == "learning" and each.step == 10:
                found.get_by_text("Learning right now").wait_for()
                found.get_by_text("step 10 of 40").wait_for()
                assert found.get_by_text("opens when it has learned").count() == 7
            if each.stage == "learning" and each.step == 20:
                found.get_by_text("step 20 of 40").wait_for()
                assert found.locator("path.line.own").count() >= 1
                assert "A step changes it by" in text(found)
                assert "learns" in found.locator("tr.fine").first.inner_text()
                tabbed(found, "button[data-steer=rest]")
                found.keyboard.press("Enter")
                found.get_by_text("It rests after the step at hand").wait_for()
                assert running.paused
            if each.stage == "paused":
                found.get_by_text("Learning rests.").wait_for()
                tabbed(found, "button[data-steer=rest]")
                found.keyboard.press("Enter")
                found.get_by_text("It goes on; the budget's clock, too.").wait_for()
                assert not running.paused
            if each.stage == "learning" and each.step == 24:
                found.get_by_text("Learning right now").wait_for()
                found.get_by_role("button", name="Stop and keep the best").click()
                found.get_by_text("the best so far").wait_for()
        done(page, running.model, examples)
        found.get_by_text("How learning went").wait_for()
        found.get_by_text("opens when it has learned").first.wait_for(state="detached")
        show(found, "why")
        assert "Which columns" in text(found)
    assert running.stopped


@pytest.mark.parametrize("find", ["clusters", "anomalies"])
def test_what_was_found_without_labels_has_a_map(browser: Browser, find: str) -> None:
    columns = {name: values for name, values in worlds.blobs(300, 0).items() if name != "label"}
    page = lamina.show(lamina.learn(columns, find=find, steps=30), columns, no_browser=True)
    assert page is not None
    with page, tab(browser, page) as found:
        show(found, "map")
        assert {"clusters": "the group it was put in", "anomalies": "Orange diamonds"}[find] in text(found)
        assert "300 examples" in text(found)
        for view in ("why", "fails"):
            show(found, view)
            assert "without labels" in text(found)
        show(found, "follow")
        assert found.locator(".river canvas").count() >= 3
