"""Log-mel spectra as Whisper hears them (Radford et al. 2022): what a network that was taught with them has to be given."""

from __future__ import annotations

from functools import cache

import numpy as np

from lamina.core import Array

RATE = 16_000  # Hz
WIDE, HOP = 400, 160  # samples of a window, and from one to the next
FLOOR = 1e-10  # power below which nothing is heard
DEEP = 8.0  # powers of ten below the loudest of a clip: quieter is taken as that


def spectrum(samples: Array, bands: int) -> Array:
    """float32 [T, bands]: a step every 10 ms, the first centred on the first sample, until the clip ends.

    The steps are those that `WhisperFeatureExtractor` of `transformers` gives for a clip that silence follows; it goes on
    with that silence until 30 seconds are full.
    """
    steps = max(1, -(-len(samples) // HOP))
    padded = np.pad(np.pad(samples, (0, WIDE)), (WIDE // 2, 0), "reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WIDE)[::HOP][:steps]
    window, filters = _window(), _filters(bands)
    found: Array = np.empty((steps, bands), np.float32)
    for start in range(0, steps, 1024):  # in pieces that stay in the cache of a core
        waves = np.fft.rfft(frames[start : start + 1024] * window).astype(np.complex64, copy=False)
        found[start : start + 1024] = (waves.real**2 + waves.imag**2) @ filters
    found = np.log10(np.maximum(found, np.float32(FLOOR)))
    return (np.maximum(found, found.max() - np.float32(DEEP)) + 4) / 4  # type: ignore[no-any-return]


@cache
def _window() -> Array:
    """Hann, of a period."""
    return np.hanning(WIDE + 1)[:-1].astype(np.float32)


@cache
def _filters(bands: int) -> Array:
    """[WIDE / 2 + 1, bands]: triangles evenly spaced in mel, each of the same area (Slaney 1998)."""
    edges = _hertz(np.linspace(0, _mel(RATE / 2), bands + 2))
    hertz = np.linspace(0, RATE / 2, WIDE // 2 + 1)[:, None]
    below, middle, above = edges[:-2], edges[1:-1], edges[2:]
    found = np.minimum((hertz - below) / (middle - below), (above - hertz) / (above - middle))
    shares: Array = (np.maximum(0, found) * 2 / (above - below)).astype(np.float32)
    return shares


def _mel(hertz: float) -> float:
    """Even up to 1,000 Hz, then logarithmic."""
    return hertz * 3 / 200 if hertz < 1_000 else 15 + float(np.log(hertz / 1_000) * 27 / np.log(6.4))


def _hertz(mel: Array) -> Array:
    found: Array = np.where(mel < 15, mel * 200 / 3, 1_000 * np.exp((mel - 15) * np.log(6.4) / 27))
    return found
