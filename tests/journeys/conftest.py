"""A real browser, for the pages that people look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lamina

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("LAMINA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium: the page is not tested in a browser")
    if not (Path(lamina.__file__).parent / "page" / "built" / "index.html").is_file():
        pytest.skip("The page is not built (make page): it is not tested in a browser")
    sync = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: the page is not tested")
    with sync.sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()
