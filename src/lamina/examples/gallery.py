"""What is wrong with the images of a column, seen from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from lamina.core import Coded
from lamina.examples.examples import Examples
from lamina.examples.findings import Finding, named, unreadable
from lamina.examples.pictures import Survey, near
from lamina.examples.reading import TEST, count


def check(examples: Examples, targets: Sequence[str], name: str, survey: Survey) -> Iterator[Finding]:
    """Unreadable files, sizes, pictures that are nearly the same."""
    bad = np.flatnonzero(survey.problems != "")
    if len(bad):
        yield unreadable(examples, bad, survey.problems, f"{count(len(bad), 'image')} cannot be read.")
    if len(bad) == len(examples):
        yield Finding("stop", "unreadable", f"Not one image in '{name}' can be read.", "", "Check the files.")
        return
    yield from _sizes(name, survey)
    pairs = near(survey)
    if not len(pairs):
        return
    label = examples.stored(targets[0]) if targets else None
    text = f"{count(len(pairs), 'pair')} of images nearly the same."
    compared = int((survey.seen & (survey.problems == "")).sum())
    detail = f"First: {named(examples, pairs[0])}."
    if compared < len(examples) - len(bad):
        detail += f" Of {len(examples):,} images {compared:,} were compared."
    if isinstance(label, Coded):
        differ = label.codes[pairs[:, 0]] != label.codes[pairs[:, 1]]
        if differ.any():
            where = f"First: {named(examples, pairs[np.argmax(differ)])}."
            said = f"{count(int(differ.sum()), 'pair')} of nearly the same images with different labels."
            yield Finding("warn", "near_conflicts", said, where, "Check their labels.")
    parts = examples.parts
    across = np.zeros(len(pairs), dtype=bool) if parts is None else parts[pairs[:, 0]] != parts[pairs[:, 1]]
    if across.any():
        where = f"First: {named(examples, pairs[np.argmax(across)])}."
        said = f"{count(int(across.sum()), 'pair')} of nearly the same images in both training and test."
        assert parts is not None
        level: Literal["info", "warn"] = "warn" if across.sum() > 0.002 * (parts[survey.seen] == TEST).sum() else "info"
        yield Finding(level, "near_overlap", said, where, "Remove one of each: what was seen is answered too well.")
    advice = "If one scene gave several pictures, keep them together with a group column (--group)."
    yield Finding("warn" if len(pairs) > 0.02 * len(examples) else "info", "near_duplicates", text, detail, advice)


def _sizes(name: str, survey: Survey) -> Iterator[Finding]:
    sizes = survey.sizes[survey.problems == ""]
    low, high = sizes.min(axis=0), sizes.max(axis=0)
    if (low == high).all():
        text = f"All images are {low[0]} × {low[1]} pixels."
        yield Finding("info", "sizes", text)
        return
    text = f"Images from {low[0]} × {low[1]} to {high[0]} × {high[1]} pixels (the smallest and largest sides)."
    areas = sizes.prod(axis=1)
    wild = areas.max() > 16 * max(1, areas.min())
    advice = "All are scaled to one size; what is small in a large picture may be lost." if wild else ""
    yield Finding("info", "sizes", text, "", advice)
    if low.min() < 16:
        yield Finding("warn", "tiny", f"Some images of '{name}' have fewer than 16 pixels a side.", "", "Check them.")
