"""Another report for a saved model: whatever else it holds stays as it is."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from lamina.machine.files import new_folder, standing
from lamina.model.bundle import CARD, REPORT
from lamina.model.card import Card, digest_of


def retell(place: Path, report: str) -> None:
    """Put another report.html into the folder of a model. A crash leaves the old one; large files are not written again.

    Raises:
        ModelError: no whole model is there.
    """
    place = standing(place)
    card = Card.parse((place / CARD).read_bytes(), str(place))
    content = report.encode()
    with new_folder(place) as aside:
        for each in place.iterdir():
            if each.name in (REPORT, CARD):
                continue
            if each.is_dir():
                shutil.copytree(each, aside / each.name, symlinks=True, copy_function=_link)
            else:
                _link(each, aside / each.name)
        (aside / REPORT).write_bytes(content)
        (aside / CARD).write_bytes(replace(card, files=card.files | {REPORT: digest_of(content)}).dump())


def _link(file: str | Path, new: str | Path) -> None:
    """The same file under another name; a copy where the disk knows no such thing."""
    try:
        os.link(file, new)
    except OSError:
        shutil.copyfile(file, new)
