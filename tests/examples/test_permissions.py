"""What may not be read: seen by somebody who is not root, since root may read everything."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import worlds
from lamina.core import DataError
from lamina.examples import read
from lamina.examples.doctor import look

if sys.platform == "win32":
    pytest.skip("permissions work otherwise here", allow_module_level=True)
NOBODY = 65534


@pytest.fixture
def album() -> Iterator[Path]:
    """Two cats and two dogs in a folder that anybody may reach."""
    top = Path(tempfile.mkdtemp())
    for k in range(4):
        place = top / ("cat" if k % 2 else "dog") / f"{k}.png"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(worlds.png(np.random.default_rng(k).integers(0, 255, (30, 30, 3), np.uint8)))
    (top / "tables").mkdir()
    (top / "tables" / "table.csv").write_text("x,y\n1.5,a\n2.5,b\n", encoding="utf-8")
    for place in (top, *top.iterdir()):
        place.chmod(0o755)
    look(read(top), ["label"])  # nothing is imported as somebody else
    read(top / "tables" / "table.csv")
    yield top
    for place in (top, *top.iterdir()):
        place.chmod(0o755)
    shutil.rmtree(top)


@pytest.fixture
def stranger(album: Path) -> Iterator[None]:
    """Somebody without rights; the album's owner again at the end."""
    for place in (album / "cat", album / "cat" / "1.png", album / "tables" / "table.csv"):
        place.chmod(0)
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(mine)


@pytest.mark.usefixtures("stranger")
def test_a_table_that_may_not_be_read(album: Path) -> None:
    with pytest.raises(DataError, match=r"table\.csv' may not be read: Permission denied"):
        read(album / "tables" / "table.csv")


@pytest.mark.usefixtures("stranger")
def test_a_folder_that_may_not_be_opened(album: Path) -> None:
    with pytest.raises(DataError, match="cat' may not be read: Permission denied"):
        read(album / "cat")
    with pytest.raises(DataError, match="may not be read: Permission denied"):
        read(album / "cat" / "1.png")


@pytest.mark.usefixtures("stranger")
def test_a_label_that_may_not_be_opened_is_counted(album: Path) -> None:
    found = read(album)
    assert len(found) == 2
    assert any("1 folder may not be opened" in note.text and note.level == "warn" for note in found.notes)


def test_a_picture_that_may_not_be_read_is_counted(album: Path) -> None:
    (album / "cat" / "1.png").chmod(0)
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(NOBODY)
    try:
        findings = [each for each in look(read(album), ["label"]) if each.kind == "unreadable"]
    finally:
        os.seteuid(mine)
    assert findings[0].title == "1 image cannot be read."
    assert "cat/1.png (Permission denied)" in findings[0].detail
