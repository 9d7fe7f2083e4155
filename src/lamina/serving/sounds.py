"""Bytes that somebody sent to samples, or to why they are not: lengths are checked before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lamina.core import Unreadable
from lamina.inputs._recording import Samples, opened
from lamina.inputs.sound import Sound
from lamina.serving.allowance import Allowance

Heard = Samples | str  # decoded, or why there is nothing


def decoder(sound: Sound) -> Callable[[Sequence[tuple[bytes, Allowance]]], list[Heard]]:
    """What decodes sounds for an input, each with what its request may have."""

    def one(file: bytes, allowance: Allowance) -> Heard:
        try:
            with opened(file) as found:
                if found.seconds > allowance.each:
                    return (
                        f"lasts {found.seconds:,.0f} seconds; expected are at most {allowance.each:,.0f}. Send it in pieces, or "
                        "use `lamina predict`"
                    )
                allowance.take(found.seconds)
            return sound.heard(file)
        except Unreadable as error:
            return str(error)

    return lambda files: [one(*each) for each in files]
