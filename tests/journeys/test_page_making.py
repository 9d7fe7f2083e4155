"""The page of what makes something, in a real browser: the duel as it goes on and as it went, pictures and texts made on it."""

from __future__ import annotations

import re
from typing import Any

import lamina
import worlds
from journeys.test_page import tabbed
from tabs import AXE, barriers, settle, tab, text

PAINTED: dict[str, Any] = {"given": "label", "steps": 9, "looks": 3, "size": 0, "batch": 8, "side": 8}
VIEWS = {"training": "Training", "network": "The network", "way": "The duel", "make": "Make some"}


def show(found: Any, view: str, title: str) -> None:
    found.evaluate("where => { location.hash = where }", f"#/{view}")
    found.get_by_role("heading", level=1, name=title, exact=True).wait_for()
    settle(found)


def test_a_duel_is_seen_as_it_goes_and_pictures_are_made(browser: Any) -> None:
    from lamina.learning.making import Making
    from lamina.learning.plan import Plan
    from lamina.page.opening import Opening
    from lamina.page.run import beside, done

    running = Making(lamina.read(worlds.stripes(80, 0)), Plan(generate="image", **PAINTED))
    page, progress = beside(running, "stripes", Opening(no_browser=True), "image")
    with page, tab(browser, page, bypass_csp=True) as found:
        for each in progress:
            if each.stage == "learning" and each.step == 3:
                show(found, "way", "The duel")
                found.get_by_role("meter").wait_for()
                found.get_by_text("1 of 1 moment").wait_for()
                assert "Now " in text(found)
                assert found.get_by_text("opens when it has learned").count() == 3
                assert found.get_by_text("it answers nothing").count() == 5
            if each.stage == "learning" and each.step == 6:
                found.get_by_text("2 of 2 moments").wait_for()  # what is new comes by itself
        done(page, running.model)
        found.get_by_text("opens when it has learned").first.wait_for(state="detached")

        found.keyboard.press("3")
        found.get_by_text("3 of 3 moments").wait_for()
        first = found.locator("img.sheet").get_attribute("src")
        tabbed(found, "input[type=range]")
        found.keyboard.press("Home")
        found.get_by_text("Step 3", exact=False).first.wait_for()
        assert found.locator("img.sheet").get_attribute("src") != first
        found.get_by_role("button", name="After").click()
        found.get_by_text("2 of 3 moments").wait_for()
        assert found.locator("figure:has-text('How real the discriminator') rect").count() == 20

        show(found, "make", "Make some")
        found.get_by_label("label").select_option("level")
        found.get_by_label("How many").fill("4")
        found.get_by_role("textbox", name="Seed").fill("7")
        found.get_by_role("button", name="Make", exact=True).click()
        found.get_by_text("Seed 7: with it the same comes again.").wait_for()
        assert found.get_by_role("img", name="made: level").count() == 4

        show(found, "network", "The network")
        assert "a picture comes out on the right" in text(found)
        show(found, "why", "Why this answer")
        assert "answers nothing" in text(found)
        for view, title in VIEWS.items():
            show(found, view, title)
            found.set_viewport_size({"width": 390, "height": 844})
            assert found.evaluate("document.documentElement.scrollWidth") <= 390, view
            found.set_viewport_size({"width": 1440, "height": 900})
            for scheme in ("light", "dark") if AXE.is_file() else ():
                assert barriers(found, scheme, colours=scheme == "dark") == [], view


def test_a_text_is_written_on_the_page(browser: Any) -> None:
    told = {"text": [worlds.verses(1_500, 0)]}
    page = lamina.show(
        lamina.learn(told, generate="text", steps=4, looks=2, network="rnn width=16 depth=1"), no_browser=True
    )
    assert page is not None
    with page, tab(browser, page) as found:
        show(found, "way", "What it wrote")
        assert found.locator("blockquote").inner_text() != ""
        show(found, "make", "Write")
        found.get_by_label("How it begins").fill("the ")
        found.get_by_label("Letters").fill("60")
        found.get_by_role("button", name="Write", exact=True).click()
        found.get_by_text(re.compile(r"64 letters\.")).wait_for()
        assert found.locator("blockquote").inner_text().startswith("the")
        show(found, "network", "The network")
        assert "what may come next" in text(found)
