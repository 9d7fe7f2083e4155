"""Reads the files that MNIST comes in, for scripts that do without Lamina."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np


def idx(path: Path) -> np.ndarray:
    """An IDX file: two zero bytes, the kind (unsigned byte), the number of sizes, the sizes, the values."""
    content = gzip.decompress(path.read_bytes())
    sizes = np.frombuffer(content, ">i4", content[3], 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)
