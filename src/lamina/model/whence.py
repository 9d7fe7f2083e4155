"""The folder in which a model was learned: its examples are named from there. Remembered in this machine's cache alone, never in the
model, which may be given away."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from lamina.machine import cache


def remember(mark: str) -> None:
    """The working folder, for a model just saved; of one that was saved before, the first one stays."""
    if cache.recall(_key(mark)) is None:
        cache.keep(_key(mark), np.frombuffer(os.fsencode(Path.cwd()), np.uint8))


def folder(mark: str) -> Path | None:
    """Where it was learned; None where nobody remembers, or it is gone."""
    kept = cache.recall(_key(mark))
    if kept is None or kept.dtype != np.uint8:
        return None
    found = Path(os.fsdecode(kept.tobytes()))
    return found if found.is_dir() else None


def _key(mark: str) -> str:
    return f"learned-in-{mark[:24]}"
