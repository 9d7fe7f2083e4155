"""Memory that is not needed any more."""

from __future__ import annotations

import ctypes
import platform


def give_back() -> None:
    """Hand freed memory back to the system. On Linux malloc keeps much of it otherwise, scattered between what is in use."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
