"""Sounds of any rate, length and number of channels to log-mel spectrograms [B, T, F] with their lengths."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json, Unreadable
from lamina.inputs import _whisper
from lamina.inputs._recording import Samples, aside, joined, opened
from lamina.inputs._rows import Allocate, in_threads, over_time

if TYPE_CHECKING:
    from PIL import Image as Pillow

WINDOW, HOP = 0.025, 0.010  # seconds that one spectrum is taken from, and from one spectrum to the next
LONGEST = 20.0  # seconds of one row; of a longer clip the middle is taken, or window after window
SETTLED = 4_000, 32_000  # Hz that clips are brought to: what lies above tells sounds apart no better, and costs more
FLOOR = 1e-10  # power below which nothing is heard: 100 dB under full scale
LARGE = 2**24  # samples of a recording that are kept in memory; more lie in a file meanwhile


class Sound:
    """Paths, bytes of files, or arrays of samples [n] or [n, channels] at 16 kHz, to float32 [B, T, F].

    Channels are averaged and every clip is brought to one rate. Each step of 10 ms holds the logarithm of the energy in F
    bands as wide as ears tell apart (mel). observe reads headers only: rate and longest clip (at most 20 seconds) are
    settled on them. A sound that cannot be read, holds nothing, is silent or breaks off is absent: `present` is False
    and `problems` says why.
    """

    kind: ClassVar[str] = "sound"
    holds: ClassVar[str] = "sound"
    suffixes: ClassVar[frozenset[str]] = frozenset(
        [".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf"]
    )

    def __init__(self) -> None:
        self.seen: Counter[tuple[int, int]] = Counter()  # (rate, milliseconds) to how many
        self.rate = 16_000
        self.lowest = 0  # Hz, of the clips learned from
        self.steps = 100
        self.adopted = 0  # bands, where a pretrained network settles what is heard

    def adopt(self, bands: int) -> None:
        """Hear as Whisper does from now on, in so many bands."""
        self.rate, self.adopted = _whisper.RATE, bands

    def observe(self, values: Any) -> None:
        for found in in_threads(_header, list(values)):
            if found is not None:
                rate, seconds = found
                self.seen[rate, round(1000 * seconds)] += 1

    def merge(self, other: Self) -> None:
        self.seen.update(other.seen)

    def settle(self) -> None:
        if not self.seen:
            return
        rates = np.sort(np.repeat([rate for rate, _ in self.seen], list(self.seen.values())))
        self.lowest = int(rates[0])
        self.rate = int(np.clip(rates[(len(rates) - 1) // 2], *SETTLED))
        longest = min(max(milliseconds for _, milliseconds in self.seen) / 1000, LONGEST)
        self.steps = max(1, 1 + int((longest - WINDOW) / HOP + 1e-6))

    @property
    def bands(self) -> int:
        """Finer than this, there is nothing to see at low rates."""
        return self.adopted or (40 if self.rate <= 11_025 else 64)

    @property
    def form(self) -> Form:
        return Form("spectrum", (self.steps, self.bands), hop=HOP)

    def encode(self, values: Any, allocate: Allocate | None = None) -> Encoded:
        """values: object array or list of paths, bytes and arrays (None: missing).

        allocate: makes the array for a shape (the place for a memory-mapped one)."""
        return over_time(values, self.form, lambda value: self._spectrum(self.samples(value)), allocate)

    def _spectrum(self, samples: Array) -> Array:
        found = _whisper.spectrum(samples, self.bands) if self.adopted else spectrum(samples, self.rate, self.bands)
        return found[: self.steps]

    def samples(self, value: Any) -> Array:
        """float32 [n] at the settled rate: the middle of what is longer than the longest clip.

        Raises:
            Unreadable: there is nothing to hear; why.
        """
        value, start = (value.value, value.start) if isinstance(value, Piece) else (value, None)
        with opened(value) as file:
            most = min(file.frames, round(self.longest * file.rate))
            first = (file.frames - most) // 2 if start is None else min(round(start * file.rate), file.frames - most)
            return joined(file.at(self.rate, first, most))

    def heard(self, value: Any) -> Samples:
        """All of a sound, decoded and at the settled rate.

        Raises:
            Unreadable: there is nothing to hear; why.
        """
        with opened(value) as file:
            parts = file.at(self.rate, 0, file.frames)
            return Samples((joined if file.seconds * self.rate < LARGE else aside)(parts), self.rate)

    def pieces(self, values: Any, overlap: float = 0.0) -> dict[int, list[Piece]]:
        """Row of a sound longer than the longest learned from to the parts that cover it, each as long as that one.

        overlap: seconds that two neighbours share at least; a quarter of their length at most."""
        shared = min(overlap, self.longest / 4)
        found = {}
        for row, header in enumerate(in_threads(_header, list(values))):
            if header is not None and header[1] > self.longest + WINDOW:
                starts = np.linspace(
                    0, header[1] - self.longest, int(np.ceil((header[1] - shared) / (self.longest - shared)))
                )
                value = self._reachable(values[row])
                found[row] = [Piece(value, float(start), float(start + self.longest)) for start in starts]
        return found

    def _reachable(self, value: Any) -> Any:
        """The sound itself; decoded where its parts can only be reached from its beginning."""
        try:
            with opened(value) as file:
                return self.heard(value) if file.chained else value
        except Unreadable:
            return value  # each part will say it

    @property
    def longest(self) -> float:
        """Seconds of the longest row: its last window ends there."""
        return self.steps * HOP + WINDOW - HOP

    def decode(self, x: Array) -> Pillow.Image:
        """The spectrogram as a picture: time to the right, pitch upwards, loud is dark."""
        from PIL import Image as Pillow

        low, high = np.percentile(x, (5, 99.5)) if x.size else (0.0, 1.0)
        grey = 255 - 255 * np.clip((x - low) / max(high - low, 1e-6), 0, 1)
        return Pillow.fromarray(grey.astype(np.uint8).T[::-1])

    def unlike(self, values: Any) -> dict[int, str]:
        """Rows recorded at a lower rate than any learned from: their high pitches are missing."""
        least = min(self.lowest, self.rate)
        found = {}
        for row, header in enumerate(in_threads(_header, list(values))):
            if header is not None and header[0] < least:
                found[row] = f"was recorded at {header[0]:,} Hz, below the {least:,} Hz learned from"
        return found

    def state(self) -> Json:
        return {"rate": self.rate, "lowest": self.lowest, "steps": self.steps, "adopted": self.adopted}

    @classmethod
    def restore(cls, state: Json) -> Self:
        sound = cls()
        sound.rate, sound.lowest, sound.steps = int(state["rate"]), int(state["lowest"]), int(state["steps"])
        sound.adopted = int(state.get("adopted", 0))  # cards of earlier versions do not say it
        return sound


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a long recording: a path, bytes or an array, and the seconds where the part begins and ends."""

    value: Any
    start: float
    end: float


# ------------------------------------------------------------------------------------------------ spectra


def spectrum(samples: Array, rate: int, bands: int) -> Array:
    """float32 [T, bands]: log energies of windows of 25 ms, one every 10 ms; a clip shorter than a window gives one."""
    wide, hop = round(WINDOW * rate), round(HOP * rate)
    if len(samples) < wide:
        samples = np.pad(samples, (0, wide - len(samples)))
    shape, filters = _shape(wide), _filters(rate, bands)
    size = 2 * (len(filters) - 1)
    frames = np.lib.stride_tricks.sliding_window_view(samples, wide)[::hop]
    found: Array = np.empty((len(frames), bands), np.float32)
    for start in range(0, len(frames), 1024):  # in pieces that stay in the cache of a core
        waves = np.fft.rfft(frames[start : start + 1024] * shape, size).astype(np.complex64, copy=False)
        found[start : start + 1024] = (waves.real**2 + waves.imag**2) @ filters
    found += np.float32(FLOOR)
    np.log(found, out=found)
    return found


@cache
def _shape(wide: int) -> Array:
    """A Hann window whose sum is 2: a sine at full scale has power 1."""
    window = np.hanning(wide + 2)[1:-1]
    found: Array = (2 * window / window.sum()).astype(np.float32)
    return found


@cache
def _filters(rate: int, bands: int) -> Array:
    """[1 + size / 2, bands]: triangles evenly spaced in mel (O'Shaughnessy 1987), none narrower than the FFT sees."""
    size = 2 ** int(np.ceil(np.log2(WINDOW * rate)))
    edges = 700 * (10 ** (np.linspace(0, _mel(rate / 2), bands + 2) / 2595) - 1)
    hertz, fine = np.arange(size // 2 + 1) * rate / size, rate / size
    middle = edges[1:-1]
    below, above = np.maximum(middle - edges[:-2], fine), np.maximum(edges[2:] - middle, fine)
    away = hertz[:, None] - middle
    found: Array = np.maximum(0, 1 - np.where(away < 0, -away / below, away / above)).astype(np.float32)
    return found


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _header(value: Any) -> tuple[int, float] | None:
    """(rate, seconds), from the header alone; None where it cannot be read."""
    try:
        with opened(value) as file:
            return file.rate, file.seconds
    except Unreadable:
        return None
