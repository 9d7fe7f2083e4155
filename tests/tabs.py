"""A tab of the page in a real browser: opened, led to a view, and waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

    from lamina.page.run import Page

VIEWS = ("training", "network", "follow", "learned", "why", "fails", "map")
TITLES = (
    "Training",
    "The network",
    "One example",
    "What it learned",
    "Why this answer",
    "Where it fails",
    "The map",
)
PATIENCE = 60.0  # seconds; reached only where something is broken
AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextmanager
def tab(browser: Browser, page: Page, **said: Any) -> Iterator[Tab]:
    """A tab of its own, whose console stays silent and which asks nobody else for anything."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **said})
    found = context.new_page()
    found.set_default_timeout(PATIENCE * 1000)
    wrong: list[str] = []
    found.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    found.on("pageerror", lambda error: wrong.append(str(error)))
    base = page.url.split("/?")[0]
    found.on(
        "request", lambda asked: None if asked.url.startswith((base, "blob:", "data:")) else wrong.append(asked.url)
    )
    found.goto(page.url)
    try:
        yield found
        assert wrong == [], str(wrong)
    finally:
        context.close()


def show(found: Tab, view: str, **query: Any) -> None:
    """A view, once nothing of it is on its way any more."""
    words = "&".join(f"{name}={value}" for name, value in query.items())
    found.evaluate("where => { location.hash = where }", f"#/{view}" + (f"?{words}" if words else ""))
    found.get_by_role("heading", level=1, name=TITLES[VIEWS.index(view)], exact=True).wait_for()
    settle(found)


def settle(found: Tab) -> None:
    calm, end = 0, time.monotonic() + PATIENCE
    while calm < 3:
        assert time.monotonic() < end, found.locator("main").inner_text()
        found.wait_for_timeout(40)
        calm = (
            0
            if found.locator(".wait").count() or found.locator(".picker .soft", has_text="Choosing").count()
            else calm + 1
        )
    assert found.locator("[role=alert]").count() == 0, found.locator("[role=alert]").all_inner_texts()


def text(found: Tab) -> str:
    return found.locator("main").inner_text()


def barriers(found: Tab, scheme: str, colours: bool = False) -> list[tuple[str, list[str]]]:
    """What axe finds that shuts somebody out, light or dark, and where. colours: only whether these are told apart."""
    found.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found.evaluate(PAINTED)  # else what is looked at first still has the colours of before
    found.evaluate(AXE.read_text(encoding="utf-8") + "; 0")
    report = found.evaluate(f"axe.run({{runOnly: {['color-contrast']}}})" if colours else "axe.run()")
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in report["violations"]]
