"""Bytes that somebody sent to frames, or to why there are none: sizes and lengths are checked before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lamina.core import Array, Unreadable
from lamina.inputs.video import Video, lasts
from lamina.serving.allowance import Allowance

Film = Array | str  # frames [T, H, W, 3] uint8 of the input's own size, or why there are none


def decoder(video: Video) -> Callable[[Sequence[tuple[bytes, Allowance]]], list[Film]]:
    """What decodes videos for an input, each with what its request may have."""

    def one(file: bytes, allowance: Allowance) -> Film:
        try:
            length = lasts(file)
            if length > allowance.each:
                return (
                    f"lasts {length:,.0f} seconds; expected are at most {allowance.each:,.0f}. Send a part, or use "
                    "`lamina predict`"
                )
            allowance.take(length)
        except Unreadable as error:
            return str(error)
        found = video.encode([file])
        return found.problems[0][1] if found.problems else found.values[0, : found.lengths[0]]

    return lambda files: [one(*each) for each in files]
