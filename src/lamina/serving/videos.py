"""Bytes that somebody sent to frames, or to why there are none: sizes and lengths are checked before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lamina.core import Array, Unreadable
from lamina.inputs.video import Video, lasts

Film = Array | str  # frames [T, H, W, 3] uint8 of the input's own size, or why there are none


def decoder(video: Video, seconds: float) -> Callable[[Sequence[bytes]], list[Film]]:
    """What decodes videos for an input. seconds: of one video at most."""

    def one(file: bytes) -> Film:
        try:
            length = lasts(file)
        except Unreadable as error:
            return str(error)
        if length > seconds:
            return f"lasts {length:,.0f} seconds; expected are at most {seconds:,.0f}. Send a part, or use `lamina predict`"
        found = video.encode([file])
        return found.problems[0][1] if found.problems else found.values[0, : found.lengths[0]]

    return lambda files: [one(file) for file in files]
