"""Bytes that somebody sent to pixels, or to why they are not: sizes are checked before anything is decoded."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from lamina.core import Array, Unreadable
from lamina.inputs.image import FORMATS, Image, TooLarge, header

Picture = Array | bytes | str  # pixels [H, W, C] uint8, a file that can be read, or why there is neither
SMALL, FEW = 16 * 1024, 128 * 128  # bytes and pixels: such a picture takes less time than another thread would
KNOWN = (b"\x89PNG", b"\xff\xd8")  # begins the formats of which that is sure
UNFOLDS = re.compile(rb"zTXt|iTXt|iCCP")  # parts of a PNG file that may become a thousand times as large


def decoder(image: Any, pixels: int) -> Callable[[Sequence[bytes]], list[Picture]]:
    """What decodes pictures for an input. pixels: of one picture at most."""

    def one(file: bytes) -> Picture:
        try:
            if isinstance(image, Image):
                return image.one(file, pixels)
            seen = header(file)
            if seen is not None and seen[0] * seen[1] > pixels:
                raise TooLarge(seen[1], seen[0], pixels)
            problems = image.encode([file]).problems
            return problems[0][1] if problems else file  # what another input makes of a picture is its own
        except TooLarge as error:
            return f"has {error.width:,} × {error.height:,} pixels; expected are at most {pixels:,}. Send it smaller"
        except Unreadable as error:
            return _why(file, error)

    return lambda files: [one(file) for file in files]


def at_once(image: Any, pixels: int) -> Callable[[bytes], Picture | None] | None:
    """What decodes a small picture right where it is asked, and gives None for any other; None for other inputs."""
    if not isinstance(image, Image):
        return None

    def one(file: bytes) -> Picture | None:
        if len(file) > SMALL or not file.startswith(KNOWN) or UNFOLDS.search(file):
            return None
        try:
            return image.one(file, min(FEW, pixels))
        except TooLarge:
            return None
        except Unreadable as error:
            return _why(file, error)

    return one


def _why(file: bytes, error: Unreadable) -> str:
    why = str(error)
    if "not a picture" not in why:
        return why
    start = file[:8].hex(" ")
    return f"{why} (it begins with {start or 'nothing'}); expected is {', '.join(FORMATS[:6])}"
