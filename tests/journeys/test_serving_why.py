"""Why, on the start page of a service, in a real browser: the words of a text, the moments of a series, the frames of a film."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

import lamina
from tabs import AXE, barriers
from worlds import learned, letters, wobbles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

HOSTILE = ("<b>praise</b>", "<b>blame</b>")


@contextmanager
def asked(browser: Browser, model: Path) -> Iterator[Page]:
    """The start page on a phone, and that nothing went wrong on it: its policy refused nothing."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    with lamina.serve(model, wait=False, port=0) as service:  # type: ignore[union-attr]
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(service.url)
        yield page
        assert not errors
        context.close()


def why(page: Page) -> Locator:
    """What the page draws when it is asked why; on a phone nothing sticks out, and nobody is shut out."""
    page.get_by_role("button", name="Why?").click()
    box = page.get_by_role("region", name="Why", exact=True)
    box.wait_for(timeout=60_000)
    box.get_by_text("As a table").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    if AXE.is_file():
        for scheme in ("light", "dark"):
            assert barriers(page, scheme) == [], scheme
    return box


def test_words_are_underlined(browser: Browser, tmp_path: Path) -> None:
    world = letters(200, 0)
    world["label"] = np.where(world["label"] == "praise", *HOSTILE)
    model = learned(world, "label", 40)
    text = "w1 w2 w3 w4 so good"
    found = lamina.explain(model, {"letter": text})[0].json()
    adds = [
        (each["part"], each["fall"] if each["effect"] is None else each["effect"])
        for each in found["parts"][0]["parts"]
    ]
    with asked(browser, model.save(tmp_path / "letters.lamina")) as page:
        page.get_by_label("letter").fill(text)
        page.get_by_role("button", name="Ask").click()
        box = why(page)
        assert box.locator("tbody th").all_text_contents() == [part for part, _ in adds]
        assert box.locator(".words").inner_text().split() == [part for part, _ in adds], "as text, and in its order"
        most = max(abs(much) for _, much in adds)
        for kind, sign, line in (("for", 1, "solid"), ("against", -1, "dotted")):
            expected = [part for part, much in adds if sign * much >= 0.08 * most]
            marks = box.locator(f"mark.{kind}")
            assert marks.all_text_contents() == expected
            styles = marks.evaluate_all("all => all.map((each) => getComputedStyle(each).borderBottomStyle)")
            assert set(styles) <= {line}
        assert box.locator("mark").count()
        assert box.get_by_text("Check: the same network with random weights").count() == 1
        assert found["about"] in HOSTILE
        assert f"for '{found['about']}'" in box.inner_text(), "it stands there as it is called"


def test_moments_are_bars_over_time(browser: Browser, tmp_path: Path) -> None:
    model = learned(wobbles(60, 1), "label", 3).save(tmp_path / "wobbles.lamina")
    steps = np.nan_to_num(wobbles(1, 2)["series"][0])
    csv = "\n".join(["a,b", *(",".join(f"{value:.3f}" for value in step) for step in steps)])
    with asked(browser, model) as page:
        page.get_by_label("series: drop a series here").set_input_files(
            {"name": "a.csv", "mimeType": "text/csv", "buffer": csv.encode()}
        )
        box = why(page)
        names = box.locator("dt").all_text_contents()
        assert names == box.locator("tbody th").all_text_contents(), "each bar is a row of the table"
        assert names[0].startswith("1")
        assert names[-1].endswith(str(len(steps)))
        widths = box.locator("dl .push").evaluate_all("all => all.map((each) => parseFloat(each.style.width))")
        assert len(widths) == len(names)
        assert max(widths) == pytest.approx(100)
        assert not page.locator("article img").count(), "a series is no picture"


def test_frames_stand_above_their_bars(browser: Browser, tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.mp4" for k in range(16)]
    for k, path in enumerate(paths):
        film(path, bool(k % 2))
    words = ["darker" if k % 2 else "lighter" for k in range(len(paths))]
    model = learned({"video": [str(path) for path in paths], "label": words}, "label", 2).save(tmp_path / "f.lamina")
    with asked(browser, model) as page:
        page.get_by_label("video: drop videos here").set_input_files(paths[0])
        box = why(page)
        pictures = box.locator("figure img")
        assert pictures.count() == box.locator("figure .push").count() == 6
        assert pictures.evaluate_all("all => all.every((each) => each.naturalWidth > 0)")
        assert box.locator("figcaption").first.inner_text().startswith("frame 1: ")
        assert box.locator("tbody tr").count() == 6


def film(path: Path, dark: bool) -> None:
    """Six frames that grow lighter or darker."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        for place in range(6):
            light = 40 + 30 * place
            pixels = np.full((16, 16, 3), 240 - light if dark else light, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
