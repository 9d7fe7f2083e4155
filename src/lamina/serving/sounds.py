"""Bytes that somebody sent to samples, or to why they are not: lengths are checked before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lamina.core import Unreadable
from lamina.inputs._recording import Samples, opened
from lamina.inputs.sound import Sound

Heard = Samples | str  # decoded, or why there is nothing


def decoder(sound: Sound, seconds: float) -> Callable[[Sequence[bytes]], list[Heard]]:
    """What decodes sounds for an input. seconds: of one sound at most."""

    def one(file: bytes) -> Heard:
        try:
            with opened(file) as found:
                if found.seconds > seconds:
                    return (
                        f"lasts {found.seconds:,.0f} seconds; expected are at most {seconds:,.0f}. Send it in pieces, or "
                        "use `lamina predict`"
                    )
            return sound.heard(file)
        except Unreadable as error:
            return str(error)

    return lambda files: [one(file) for file in files]
