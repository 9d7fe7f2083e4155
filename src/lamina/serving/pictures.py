"""Bytes that somebody sent to pixels, or to why they are not: sizes are checked before anything is decoded."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from lamina.core import Array
from lamina.inputs.image import FORMATS

Picture = Array | bytes | str  # pixels [H, W, C] uint8, a file that can be read, or why there is neither


def decoder(image: Any, pixels: int) -> Callable[[Sequence[bytes]], list[Picture]]:
    """What decodes pictures for an image input. pixels: of one picture at most."""

    def decode(files: Sequence[bytes]) -> list[Picture]:
        found: list[Picture] = []
        for file in files:
            problem = too_large(file, pixels)
            if problem:
                found.append(problem)
                continue
            encoded = image.encode([file])
            if encoded.problems:
                found.append(encoded.problems[0][1])
            else:  # what another input makes of a picture is its own: it gets the file
                found.append(encoded.values[0] if image.kind == "image" else file)
        return found

    return decode


def too_large(file: bytes, pixels: int) -> str:
    """Why the header alone is enough to refuse a picture; empty where it is not."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # checked by name, here
    try:
        with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
            width, height = picture.size
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        start = file[:8].hex(" ")
        return f"is not a picture that can be read (it begins with {start or 'nothing'}); expected is {', '.join(FORMATS[:6])}"
    if width * height > pixels:
        return f"has {width:,} × {height:,} pixels; expected are at most {pixels:,}. Send it smaller"
    return ""
