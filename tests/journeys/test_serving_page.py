"""The start page of a service, in a real browser: what a model makes is asked for in a form, a text comes as it is written, and an
example is filled in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import lamina
from worlds import stripes, verses

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_a_form_asks_for_what_a_model_makes(browser: Browser, tmp_path: Path) -> None:
    writer = lamina.learn({"text": [verses(1_500, 0)]}, generate="text", steps=2, network="rnn width=8")
    painter = lamina.learn(
        stripes(60, 0, side=8), generate="image", given="label", steps=2, looks=1, size=0, batch=8, side=8
    )
    models = [writer.save(tmp_path / "writer.lamina"), painter.save(tmp_path / "painter.lamina")]
    with lamina.serve(models, wait=False, port=0) as service:  # type: ignore[union-attr]
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(service.url)
        page.get_by_label("prompt").fill("The cat")
        page.get_by_label("length").fill("60")
        page.get_by_label("seed").fill("4")
        page.get_by_role("button", name="Make").click()
        page.get_by_text("Seed 4").wait_for()
        page.locator("article:not([aria-busy])").wait_for()
        assert (
            page.locator(".written").text_content()
            == writer.generate(1, prompt="The cat", length=60, temperature=0.8, seed=4)[0]
        )
        page.get_by_label("length").fill("90000")
        page.get_by_role("button", name="Make").click()
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped.").wait_for()
        page.get_by_label("Model").select_option("painter")
        page.get_by_label("label").select_option("upright")
        page.get_by_label("count").fill("3")
        page.get_by_role("button", name="Make").click()
        page.get_by_alt_text("upright, made 3").wait_for()
        assert page.locator("article img").count() == 3
        assert page.locator("article img").first.evaluate("each => each.naturalWidth") == 8
        assert not errors
        page.close()


def test_the_example_that_is_filled_in_is_the_usual_row_and_says_so(browser: Browser, small_model: Path) -> None:
    """Nothing tells it from the row with which it is compared: no bars of nothing are drawn."""
    with lamina.serve(small_model, wait=False, port=0) as service:  # type: ignore[union-attr]
        page = browser.new_page()
        page.goto(service.url)
        page.get_by_role("button", name="Fill in an example").click()
        page.get_by_role("button", name="Ask").click()
        page.get_by_role("button", name="Why?").click()
        page.get_by_text("the usual values themselves").wait_for(timeout=60_000)
        assert page.locator(".push").count() == 0
        page.get_by_label("x").fill("190")
        page.get_by_role("button", name="Ask").click()
        page.get_by_role("button", name="Why?").click()
        page.locator(".push").first.wait_for(timeout=60_000)
        page.close()
