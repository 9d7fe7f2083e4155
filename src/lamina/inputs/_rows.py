"""What inputs have in common: where encoded rows are put, files read by several threads, rows that end at different times."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np

from lamina.core import Array, Encoded, Form, Unreadable

Allocate: TypeAlias = Callable[[tuple[int, ...]], Array]  # makes the array for a shape: where a memory-mapped one lies


def allocated(allocate: Allocate | None, shape: tuple[int, ...], dtype: str) -> Array:
    """Where encoded values go: zeros, as long as nothing is written there."""
    return np.zeros(shape, dtype) if allocate is None else allocate(shape)


def in_threads(act: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """What `act` makes of each, in order: decoding leaves Python's lock."""
    if len(items) < 4:
        return [act(item) for item in items]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(act, items))


def over_time(
    values: Sequence[Any],
    form: Form,
    steps: Callable[[Any], Array],
    allocate: Allocate | None,
    *,
    at_once: bool = True,
) -> Encoded:
    """Rows of a form over time. steps: of a value its steps [T, …], or it raises `Unreadable`; at_once: several at a time."""
    found = allocated(allocate, (len(values), *form.shape), form.dtype)
    lengths = np.ones(len(values), np.int64)
    present = np.ones(len(values), bool)
    problems: list[tuple[int, str]] = []

    def one(row: int) -> None:
        try:
            read = steps(values[row])
        except Unreadable as error:
            present[row] = False
            if str(error):
                problems.append((row, str(error)))
        else:
            found[row, : len(read)] = read
            lengths[row] = len(read)

    if at_once:
        in_threads(one, range(len(values)))
    else:
        for row in range(len(values)):
            one(row)
    return Encoded(found, present, sorted(problems), lengths)
