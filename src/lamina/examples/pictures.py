"""Images seen from outside: which can be read, their sizes, and which are nearly the same."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.core import Array, Coded

MOST = 20_000  # images decoded to be compared; of the others only the header is read
HUGE = 200_000_000  # pixels: more is taken as damage or attack
_NEAR = 3  # of 64 bits
_SMALL = 64  # pixels a side: of so few, two drawings of a thing agree in most


@dataclass(frozen=True)
class Survey:
    """problems: [N] str, "" where readable. sizes: [N, 2] width and height. forms: [N] int, a number per format and colour mode.
    hashes: [N] uint64 difference hashes; small: [N, 16, 16] uint8 greys; seen: [N] bool, where those two were made."""

    problems: Array
    sizes: Array
    forms: Array
    hashes: Array
    small: Array
    seen: Array


def survey(values: Array | Coded) -> Survey:
    """Look at all images of a column. Files are opened by several threads; decoding leaves Python's lock."""
    assert isinstance(values, np.ndarray)
    n = len(values)
    step = max(1, -(-n // MOST))
    seen = np.arange(n) % step == 0
    problems, sizes = np.full(n, "", dtype=object), np.zeros((n, 2), dtype=np.int64)
    small, forms = np.zeros((n, 16, 16), dtype=np.uint8), np.zeros(n, dtype=np.int64)
    if values.dtype == object:
        from concurrent.futures import ThreadPoolExecutor

        known: dict[str, int] = {}
        with ThreadPoolExecutor(4) as pool:
            for row, (problem, size, form, grey) in enumerate(pool.map(_one, values, seen, chunksize=16)):
                problems[row], sizes[row] = problem, size
                forms[row] = known.setdefault(form, len(known))
                if grey is None:
                    seen[row] = False
                else:
                    small[row] = grey
    else:
        sizes[:] = values.shape[2], values.shape[1]
        small[seen] = _shrunk(values[seen])
    return Survey(problems, sizes, forms, difference_hash(small), small, seen)


def traits(found: Survey) -> dict[str, Array]:
    """Form instead of content, by its name: what must not tell the label."""
    return {"size": found.sizes @ np.array([1, 1_000_000]), "format": found.forms}


def _one(item: Any, decode: bool) -> tuple[str, tuple[int, int], str, Array | None]:
    """Problem, size, form and grey thumbnail of one file."""
    from PIL import Image, UnidentifiedImageError

    if item is None:
        return "", (0, 0), "", None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(item) if isinstance(item, bytes) else item) as picture:
                size, form = picture.size, f"{picture.format} {picture.mode}"
                if size[0] * size[1] > HUGE:
                    return f"{size[0]} × {size[1]} pixels are too many", size, form, None
                if not decode:
                    return "", size, form, None
                picture.draft("L", (64, 64))  # JPEG decodes straight to a small grey picture
                grey = picture.convert("L").resize((16, 16), Image.Resampling.BOX)
                return "", size, form, np.asarray(grey)
    except UnidentifiedImageError:
        return "no image file", (0, 0), "", None
    except Image.DecompressionBombError:
        return "too many pixels", (0, 0), "", None
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError) as error:  # what Pillow raises on damage
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return why[:80] or type(error).__name__, (0, 0), "", None


def _shrunk(values: Array) -> Array:
    """[N, 16, 16] greys of images given as an array."""
    if not len(values):
        return np.zeros((0, 16, 16), dtype=np.uint8)
    height, width = values.shape[1:3]
    rows = np.linspace(0, height - 1, 16).round().astype(int)
    cols = np.linspace(0, width - 1, 16).round().astype(int)
    picked = values[:, rows][:, :, cols]
    picked = picked.mean(axis=3) if picked.ndim == 4 else picked
    return (picked / (257 if values.dtype == np.uint16 else 1)).astype(np.uint8)


def difference_hash(small: Array) -> Array:
    """uint64 [N]: whether each of 64 places is brighter than its right neighbour (Krawetz's dHash), from [N, 16, 16]."""
    rows = small.reshape(-1, 8, 2, 16).mean(axis=2)  # [N, 8, 16]
    columns = np.linspace(0, 15, 9).round().astype(int)
    bits = rows[:, :, columns[1:]] > rows[:, :, columns[:-1]]
    return np.packbits(bits.reshape(-1, 64), axis=1).view(np.uint64).reshape(-1)


def near(found: Survey) -> Array:
    """[P, 2] rows of images that are nearly or exactly the same, by hash and then by small picture."""
    rows = np.flatnonzero(found.seen & (found.problems == ""))
    spread = found.small[rows].reshape(len(rows), -1).std(axis=1) if len(rows) else np.zeros(0)
    rows = rows[spread >= 4]  # flat pictures are all alike
    if len(rows) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    hashes = found.hashes[rows]
    pairs = []
    for band in range(4):  # two hashes that differ in at most 3 bits agree in one of four bands
        part = (hashes >> np.uint64(16 * band)) & np.uint64(0xFFFF)
        order = np.lexsort((hashes, part))
        for ahead in range(1, 9):
            left, right = order[:-ahead], order[ahead:]
            close = part[left] == part[right]
            left, right = left[close], right[close]
            bits = np.unpackbits((hashes[left] ^ hashes[right]).view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
            hit = bits <= _NEAR
            pairs.append(np.stack([rows[left[hit]], rows[right[hit]]], axis=1))
    both = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
    if not len(both):
        return both
    a, b = (found.small[both[:, side]].reshape(len(both), -1).astype(np.float32) for side in (0, 1))
    apart = np.abs(a - b).mean(axis=1)
    limit = np.where(found.sizes[both].max(axis=(1, 2)) <= _SMALL, 2.0, 4.0)
    near: Array = both[apart <= np.minimum(limit, 0.08 * a.std(axis=1))]
    return near
