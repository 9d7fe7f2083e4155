"""What is wrong with the series of a column, seen from outside: which can be read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lamina.core import Array, Coded, Unreadable
from lamina.examples.examples import Examples
from lamina.examples.files import called
from lamina.examples.findings import Finding, unreadable
from lamina.inputs import _steps

MOST = 3_000  # series that are read


def check(examples: Examples, name: str) -> Iterator[Finding]:
    """Series that cannot be read."""
    values = examples.stored(name)
    assert not isinstance(values, Coded)
    rows = np.arange(0, len(values), max(1, -(-len(values) // MOST)))
    problems: Array = np.full(len(values), "", object)
    for row in rows:
        try:
            _steps.read(values[row])
        except Unreadable as error:
            problems[row] = str(error)
    bad = np.flatnonzero(problems != "")
    if len(bad) and len(bad) == len(rows):
        yield Finding("stop", "unreadable", f"Not one series in '{name}' can be read.", "", "Check the files.")
    elif len(bad):
        yield unreadable(examples, bad, problems, f"{called(len(bad), 'series')} cannot be read.")
