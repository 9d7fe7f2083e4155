"""What is worth keeping between runs (spectra of sounds, features of pictures), and room for arrays that do not fit into memory.

The cache lies in `LAMINA_CACHE`, else where the system keeps caches. It never grows beyond `LIMIT` (or
`LAMINA_CACHE_GB`): what was used longest ago goes first. Nothing in it is needed: `lamina cache --clear` is safe.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from lamina.core import Array
from lamina.machine.files import full_disk, new_file

LIMIT = 5.0  # gigabytes


def folder() -> Path:
    """Where the cache lies; made when something is kept."""
    if said := os.environ.get("LAMINA_CACHE"):
        return Path(said)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "lamina"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lamina"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lamina"


def limit() -> int:
    """The most bytes the cache may hold."""
    return int(float(os.environ.get("LAMINA_CACHE_GB", LIMIT)) * 1e9)


def files() -> list[Path]:
    """What the cache holds, longest unused first."""
    return sorted(folder().glob("*.npy"), key=lambda path: path.stat().st_mtime)


def recall(key: str) -> Array | None:
    """The array kept under a key, or None."""
    path = folder() / f"{key}.npy"
    try:
        found: Array = np.load(path, allow_pickle=False)
        path.touch()
    except (OSError, ValueError):
        return None
    return found


def keep(key: str, values: Array) -> None:
    """Keep an array; what was used longest ago makes room. A cache that cannot be written is no error."""
    if values.nbytes > limit():
        return
    try:
        held = files()
        room = limit() - values.nbytes - sum(path.stat().st_size for path in held)
        while room < 0 and held:
            room += held[0].stat().st_size
            held.pop(0).unlink(missing_ok=True)
        with new_file(folder() / f"{key}.npy") as aside, aside.open("wb") as file:
            np.save(file, values, allow_pickle=False)
    except OSError:
        return


def clear() -> int:
    """Remove everything kept; the bytes that were freed."""
    freed = sum(path.stat().st_size for path in files())
    shutil.rmtree(folder(), ignore_errors=True)
    return freed


def allocate(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array of zeros: in memory, or past a third of it mapped to a file that vanishes with the process."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size <= memory() / 3:
        return np.zeros(shape, dtype)
    with full_disk(folder()):
        folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder()) as file:  # the map stays when the name and the handle are gone
        with full_disk(folder()):
            if sys.platform == "linux":
                os.posix_fallocate(file.fileno(), 0, size)  # else a full disk would kill the process at the first write
            file.truncate(size)
        return np.memmap(file, dtype, "r+", shape=shape)


def memory() -> int:
    """Bytes of memory on this machine, or as many as `LAMINA_MEMORY_GB` says may be used."""
    if said := os.environ.get("LAMINA_MEMORY_GB"):
        return int(float(said) * 1e9)
    if sys.platform == "win32":
        return 8_000_000_000
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
