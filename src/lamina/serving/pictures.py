"""Bytes that somebody sent to pixels, or to why they are not: sizes are checked before anything is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import Any

from lamina.core import Array, Unreadable
from lamina.inputs.image import FORMATS, Image, TooLarge, header, up_to
from lamina.serving.allowance import Allowance

Picture = Array | bytes | str  # pixels [H, W, C] uint8, a file that can be read, or why there is neither
SMALL, FEW = 16 * 1024, 128 * 128  # bytes and pixels: such a picture takes less time than another thread would
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
UNFOLDS = re.compile(rb"zTXt|iTXt|iCCP")  # parts of a PNG file that may become a thousand times as large
SCAN, SCANS = b"\xff\xda", 100  # begins a pass over all of a JPEG, which may have few bytes; passes at most


def decoder(image: Any) -> Callable[[Sequence[tuple[bytes, Allowance]]], list[Picture]]:
    """What decodes pictures for an input, each with what its request may have."""

    def one(file: bytes, allowance: Allowance) -> Picture:
        most = int(allowance.each)

        def allow(width: int, height: int) -> None:
            up_to(most)(width, height)
            allowance.take(width * height)

        try:
            file = _plain(file)
            if isinstance(image, Image):
                return image.one(file, allow)
            seen = header(file)
            if seen is not None:
                allow(seen[1], seen[0])
            problems = image.encode([file]).problems
            return problems[0][1] if problems else file  # what another input makes of a picture is its own
        except TooLarge as error:
            return f"has {error.width:,} × {error.height:,} pixels; expected are at most {most:,}. Send it smaller"
        except Unreadable as error:
            return _why(file, error)

    return lambda files: [one(*each) for each in files]


def at_once(image: Any, pixels: int) -> Callable[[bytes], Picture | None] | None:
    """What decodes a small picture right where it is asked, and gives None for any other; None for other inputs."""
    if not isinstance(image, Image):
        return None
    allow = up_to(min(FEW, pixels))

    def one(file: bytes) -> Picture | None:
        if (
            len(file) > SMALL
            or not file.startswith((PNG[:4], JPEG))
            or UNFOLDS.search(file)
            or file.count(SCAN) > SCANS
        ):
            return None
        try:
            return image.one(file, allow)
        except TooLarge:
            return None
        except Unreadable as error:
            return _why(file, error)

    return one


def _plain(file: bytes) -> bytes:
    """A PNG without its texts and its profile, which nobody looks at and which may unfold to much; others as they are.

    Raises:
        Unreadable: a JPEG goes over its pixels again and again.
    """
    if file.startswith(JPEG) and (scans := file.count(SCAN)) > SCANS:
        raise Unreadable(f"goes over its pixels {scans:,} times; expected are at most {SCANS} scans. Save it anew")
    if not file.startswith(PNG) or not UNFOLDS.search(file):
        return file
    kept, at = [PNG], len(PNG)
    while at + 12 <= len(file):
        size, kind = struct.unpack_from(">I4s", file, at)
        end = at + 12 + size
        if not UNFOLDS.fullmatch(kind):
            kept.append(file[at:end])
        at = end
    return b"".join([*kept, file[at:]])


def _why(file: bytes, error: Unreadable) -> str:
    why = str(error)
    if "not a picture" not in why:
        return why
    start = file[:8].hex(" ")
    return f"{why} (it begins with {start or 'nothing'}); expected is {', '.join(FORMATS[:6])}"
