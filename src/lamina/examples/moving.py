"""What is wrong with the series or videos of a column, seen from outside: which can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lamina.core import Array, Coded, MissingExtra, Unreadable
from lamina.examples.examples import Examples
from lamina.examples.files import called
from lamina.examples.findings import Finding, unreadable
from lamina.inputs import _steps, video

# Of each kind: what reads one, and how many are read at most.
READERS: dict[str, tuple[Callable[[Any], object], int]] = {"series": (_steps.read, 3_000), "video": (video.check, 300)}


def check(examples: Examples, name: str) -> Iterator[Finding]:
    """Series or videos that cannot be read; nothing where what reads them is not installed."""
    values = examples.stored(name)
    assert not isinstance(values, Coded)
    kind = examples.kinds[name].name
    read, most = READERS[kind]
    rows = np.arange(0, len(values), max(1, -(-len(values) // most)))
    problems: Array = np.full(len(values), "", object)
    for row in rows:
        try:
            read(values[row])
        except Unreadable as error:
            problems[row] = str(error)
        except MissingExtra:
            return
    bad = np.flatnonzero(problems != "")
    if len(bad) and len(bad) == len(rows):
        many = "series" if kind == "series" else "videos"
        yield Finding("stop", "unreadable", f"None of the {many} in '{name}' can be read.", "", "Check the files.")
    elif len(bad):
        some = f" of {len(rows):,} that were looked at" if len(rows) < len(values) else ""
        yield unreadable(examples, bad, problems, f"{called(len(bad), kind)}{some} cannot be read.")
