"""A map of importances drawn over the picture it is about: light for much, with a line around the most, so that colour is
not all that tells."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image as Pillow

from lamina.core import Array

SIDE = 264  # pixels of a drawn picture's longer side
WORDS = 16  # places across a picture in a terminal, each two characters wide
SHADES = " ░▒▓█"
TOP = 0.5  # of the largest value: the line runs around what lies above

# Cividis (Nuñez et al. 2018): the same for those who see red and green alike, and in grey.
CIVIDIS = np.array(
    [
        (0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115),
        (138, 134, 120), (165, 156, 116), (195, 179, 105), (225, 204, 85), (254, 232, 56),
    ],
    np.float64,
)  # fmt: skip


def plain(pixels: Array) -> str:
    """A picture [H, W, C] as a data URL, its small pixels made large."""
    return _url(Pillow.fromarray(_large(pixels)))


def over(pixels: Array, values: Array, most: float | None = None) -> str:
    """A map [h, w] over a picture [H, W, C], as a data URL. What is not above 0 is not marked. most: the value of the brightest
    colour, where several pictures share a scale; by default the largest here."""
    large = _large(pixels)
    height, width = large.shape[:2]
    smooth = values.size < height * width and values.shape[0] <= 32
    mode = Pillow.Resampling.BICUBIC if smooth else Pillow.Resampling.NEAREST
    heat = np.asarray(
        Pillow.fromarray(values.clip(0).astype(np.float32)).resize((width, height), mode), np.float64
    ).clip(0)
    most = heat.max() if most is None else most
    heat = (heat / most).clip(max=1) if most > 0 else heat
    places = heat * (len(CIVIDIS) - 1)
    low = np.floor(places).astype(int).clip(max=len(CIVIDIS) - 2)
    colours = CIVIDIS[low] + (places - low)[..., None] * (CIVIDIS[low + 1] - CIVIDIS[low])
    grey = large.mean(2, keepdims=True)
    blended = 0.45 * grey + 0.55 * colours if most > 0 else np.repeat(grey, 3, 2)
    inside = heat > TOP
    line = inside & ~(_moved(inside, 2))
    blended[line] = 255
    return _url(Pillow.fromarray(blended.clip(0, 255).astype(np.uint8)))


def text(pixels: Array, values: Array) -> list[str]:
    """A picture [H, W, C] and a map [h, w] of it beside each other, as lines of a terminal."""
    height, width = pixels.shape[:2]
    across = min(WORDS, width) if width >= height else round(min(WORDS, height) * width / height)
    size = (max(1, across), max(1, round(across * height / width)))
    grey = pixels.mean(2).astype(np.float32)
    left, right = (_shaded(each, size) for each in (grey - grey.min(), values.clip(0).astype(np.float32)))
    return [f"{one}   {other}" for one, other in zip(left, right, strict=True)]


def _shaded(values: Array, size: tuple[int, int]) -> list[str]:
    small = np.asarray(Pillow.fromarray(values).resize(size, Pillow.Resampling.BILINEAR))
    most = float(small.max())
    levels = np.ceil(small / (most or 1.0) * (len(SHADES) - 1) - 0.5).astype(int).clip(0)
    return ["".join(SHADES[level] * 2 for level in line) for line in levels]


def _moved(inside: Array, by: int) -> Array:
    """Where all places within `by` pixels, up, down, left and right, are inside."""
    padded = np.pad(inside, by, constant_values=True)
    height, width = inside.shape
    found = np.ones_like(inside)
    for down, right in ((0, by), (2 * by, by), (by, 0), (by, 2 * by)):
        found &= padded[down : down + height, right : right + width]
    return found


def _large(pixels: Array) -> Array:
    """[H, W, 3] uint8, the longer side about `SIDE`."""
    picture = Pillow.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).convert("RGB")
    scale = SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    mode = Pillow.Resampling.NEAREST if scale > 3 else Pillow.Resampling.BICUBIC
    return np.asarray(picture.resize(size, mode))


def _url(picture: Pillow.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=82)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
