"""Memory that is not needed any more: given back, or kept at hand while a network learns, whose next step needs as much again."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

TRIM, MAPPED_FROM, MAPPED_MOST = -1, -3, -4  # what `mallopt` calls them
USUAL = {
    TRIM: 64 << 20,
    MAPPED_FROM: 32 << 20,
    MAPPED_MOST: 65_536,
}  # where glibc itself arrives after some large blocks
LARGEST = 2**31 - 1

_lock = Lock()
_within = 0  # how many are learning


def give_back() -> None:
    """Hand freed memory back to the system. On Linux malloc keeps much of it otherwise, scattered between what is in use."""
    if _told():
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def at_hand() -> Iterator[None]:
    """Within it freed memory is kept; at the end of the outermost one, what is free is given back.

    glibc gives large blocks back as soon as they are free, and gets them again page by page: of networks with arrays of
    32 MB and more, up to a third of the time goes there.
    """
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(more: int) -> None:
    global _within
    if not _told():
        return
    with _lock:
        before, _within = _within, _within + more
        if before and _within:
            return
        for name, value in (USUAL | ({} if before else {MAPPED_MOST: 0, TRIM: LARGEST})).items():
            ctypes.CDLL(None).mallopt(name, value)
        if before:
            give_back()


def _told() -> bool:
    """Whether the C library is one that can be told so."""
    return platform.libc_ver()[0] == "glibc"
