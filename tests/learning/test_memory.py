"""Freed memory stays at hand while anything learns, and is given back when the last has ended."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from lamina.machine import memory


class Library:
    """What the C library was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, ...]] = []

    def mallopt(self, name: int, value: int) -> int:
        self.told.append((name, value))
        return 1

    def malloc_trim(self, left: int) -> int:
        self.told.append((left,))
        return 1


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: found)
    return found


def test_the_outermost_begins_and_ends_it(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.platform, "libc_ver", lambda: ("glibc", "2.36"))
    with memory.at_hand():
        begun = list(library.told)
        with pytest.raises(KeyError), memory.at_hand():
            raise KeyError
        assert library.told == begun
    assert (memory.MAPPED_MOST, 0) in begun
    assert (memory.MAPPED_MOST, memory.USUAL[memory.MAPPED_MOST]) in library.told[len(begun) :]
    assert library.told[-1] == (0,)


def test_another_library_is_told_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.platform, "libc_ver", lambda: ("", ""))
    with memory.at_hand():
        pass
    assert library.told == []


def test_large_arrays_come_back_from_where_they_were() -> None:
    """Of blocks of 64 MB that are freed and wanted again and again, pages are fetched for the first few only."""
    if memory.platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library gives nothing to see here")
    resource: Any = pytest.importorskip("resource")
    import torch

    def faults() -> int:
        before: int = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(12):
            torch.ones(16_000_000)
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

    usual = faults()
    with memory.at_hand():
        faults()
        kept = faults()
    assert kept < usual / 10
