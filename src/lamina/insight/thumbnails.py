"""Examples small enough to lie inside a page: a picture, a sound that can be seen and played."""

from __future__ import annotations

import base64
import io
import wave
from itertools import pairwise
from typing import Any

import numpy as np

from lamina.core import Array

SIDE = 96  # pixels a side of a picture
WIDE, WAVE, PITCH = 192, 36, 72  # pixels of a sound: across, height of its waveform, and of its spectrogram
PLAYED = 6.0  # seconds


def picture(shown: Any) -> str:
    """A Pillow picture of at most 96 pixels a side as a data URL."""
    if max(shown.size) > SIDE:
        shown.thumbnail((SIDE, SIDE))
    return line(shown)


def line(shown: Any) -> str:
    """A Pillow picture as wide as it is, as a data URL; the smallest are enlarged."""
    from PIL import Image as Pillow

    if max(shown.size) < 48:
        scale = 64 // max(shown.size)
        shown = shown.resize((shown.width * scale, shown.height * scale), Pillow.Resampling.NEAREST)
    large = shown.width * shown.height > 64 * 64
    return url(shown, "JPEG" if large else "PNG")


def sound(samples: Array, spectrogram: Any) -> str:
    """The waveform above the spectrogram (a Pillow picture), as a data URL. samples: [n] in -1 to 1."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    page = Pillow.new("L", (WIDE, WAVE + PITCH), 255)
    draw = ImageDraw.Draw(page)
    edges = np.linspace(0, len(samples), WIDE + 1).astype(int)
    loudest = max(float(np.abs(samples).max()), 1e-6)
    for x, (start, end) in enumerate(pairwise(edges.tolist())):
        some = samples[start : max(end, start + 1)] / loudest
        if len(some):
            middle, reach = WAVE / 2, WAVE / 2 - 2
            draw.line([x, middle - reach * float(some.max()), x, middle - reach * float(some.min())], 70)
    page.paste(spectrogram.convert("L").resize((WIDE, PITCH), Pillow.Resampling.BILINEAR), (0, WAVE))
    return url(page, "PNG")


def played(samples: Array, rate: int) -> str:
    """The first seconds of a sound as a WAV data URL: every browser plays it."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        clip = samples[: round(PLAYED * rate)]
        file.writeframes((np.clip(clip, -1, 1) * 32767).astype("<i2").tobytes())
    return f"data:audio/wav;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def url(shown: Any, form: str) -> str:
    """A Pillow picture as a data URL. form: JPEG or PNG."""
    buffer = io.BytesIO()
    shown.save(buffer, form, quality=80)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def svg(drawn: str) -> str:
    """A drawing as a data URL."""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
