"""What a target column is: a category, a number, tags; and whether it can be learned at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.core import Array, Coded, DataError
from lamina.examples import words
from lamina.examples.examples import Examples
from lamina.examples.reading import FILES, Column, Kind, Reading, count, figure

HEARD = ("sound", "video", "series", "image")  # kinds of inputs that may hold what a transcript writes down
OWN = 0.9  # share of the rows with a text of their own, from which on texts are transcripts and no labels

PARTLY = 0.1  # share of the rows with a label, up to which they are few among many without


def as_target(name: str, column: Column, cells: Any, reading: Reading) -> Column:
    """The column as a target: words and few whole numbers are categories, cells with several words are tags."""
    kind, data = column.kind, column.data
    if kind.name == "tags":
        return Column(Kind("tags", kind.reason, "\x1f"), data)
    if isinstance(data, Coded):
        if reading.separator and any(reading.separator in word for word in data.words):
            return Column(Kind("tags", f"words with '{reading.separator}' between them", reading.separator), data)
        if kind.name != "category":
            return column
        separator = separator_of(data)
        if separator:
            return Column(Kind("tags", f"few words, several a cell with '{separator}' between them", separator), data)
        data, counts = words.used(data)
        return Column(Kind("category", f"{count(len(counts), 'distinct word')}"), data)
    if kind.name != "number":
        return column
    known = data if data.dtype.kind != "f" else data[~np.isnan(data)]
    said, reason = judge(known)
    return columns_as(said, reason, column, cells)


def as_transcripts(settled: dict[str, Column], reading: Reading, target: Sequence[str]) -> dict[str, Column]:
    """Targets with a text of its own for nearly every sound or picture are transcripts; pictures beside them are lines."""
    settled = dict(settled)
    heard = [name for name, column in settled.items() if column.kind.held in HEARD and name not in target]
    for name in target:
        column = settled.get(name)
        if column is None or name in reading.kind or not heard or not isinstance(column.data, Coded):
            continue
        known = column.data.codes[column.data.codes >= 0]
        texts = len(np.unique(known))
        if column.kind.name in ("category", "text", "identifier") and len(known) >= 5 and texts > OWN * len(known):
            reason = f"{count(texts, 'distinct text')} of {len(known):,}: what each {settled[heard[0]].kind.held} says"
            settled[name] = column.called("transcript", reason)
    if any(column.kind.name == "transcript" for column in settled.values()):
        for name in heard:
            if settled[name].kind.name == "image" and name not in reading.kind:
                settled[name] = settled[name].called("line", "pictures of a line of text, read from left to right")
    return settled


def as_categories(examples: Examples, columns: Sequence[str]) -> Examples:
    """Numbers in these columns as names of classes. Rows that were read without saying what is to be answered do not tell that
    they are: `as_categories(read({"x": [0.5, 1.5, 2.5], "y": [0, 1, 1]}), ["y"]).values("y").words == ("0", "1")`."""
    changed = {name for name in columns if name in examples.kinds and examples.kinds[name].name == "number"}
    if not changed:
        return examples
    settled = {name: Column(kind, examples.stored(name)) for name, kind in examples.kinds.items()}
    for name in changed:
        settled[name] = columns_as("category", "as the model learned it", settled[name], None)
    return Examples(examples.source, settled, reading=examples.reading, parts=examples.parts, notes=examples.notes)


def columns_as(said: str, reason: str, column: Column, cells: Any) -> Column:
    if said == "number":
        return Column(Kind("number", reason, column.kind.how), column.data)
    data = np.asarray(column.data, dtype=np.float64)
    found, codes = np.unique(data[~np.isnan(data)], return_inverse=True)
    out = np.full(len(data), -1, dtype=np.int32)
    out[~np.isnan(data)] = codes
    return Column(Kind("category", reason), Coded(out, tuple(words.spell(float(value)) for value in found)))


def judge(known: Array) -> tuple[str, str]:
    """Whether numbers are names of classes: `judge(np.array([0, 1] * 9))[0] == "category"`."""
    if not len(known):
        return "number", "no values"
    found, counts = np.unique(known, return_counts=True)
    distinct, low, high = len(found), float(found[0]), float(found[-1])
    span = f"{count(distinct, 'distinct value')} from {figure(low)} to {figure(high)}"
    if distinct == 1:
        return "number", span
    whole = bool((found == np.rint(found)).all())
    if distinct == 2 and (whole or len(known) >= 10) and len(known) >= 4:
        return "category", f"two distinct values, {words.spell(low)} and {words.spell(high)}"
    if not whole or distinct > 100 or high - low + 1 > 1.5 * distinct + 1:
        return "number", span
    even = bool(counts.min() >= 0.25 * counts.mean())
    rows = len(known) / distinct
    if distinct <= 20 and rows >= 5 and (counts >= 5).mean() >= 0.9 and (even or not _counted(counts)):
        if distinct <= 10 or even:
            return (
                "category",
                f"{distinct} whole numbers from {low:.0f} to {high:.0f}, each many times: names of classes (--kind COLUMN=number if they are amounts)",
            )
    elif (distinct > 20 and even and rows >= 5 and low in (0, 1)) or (distinct <= 10 and even and rows >= 2):
        return (
            "category",
            f"{distinct} whole numbers from {low:.0f} to {high:.0f}, about equally often: names of classes",
        )
    return "number", f"{span}, like a count or an amount (--kind COLUMN=category if they name classes)"


def _counted(counts: Array) -> bool:
    """Frequencies that rise to one peak and fall to a rare tail look like counts or grades, not like names."""
    if len(counts) < 6:
        return False
    peak = int(counts.argmax())
    rises, falls = np.diff(counts[: peak + 1]), np.diff(counts[peak:])
    return (
        bool((rises >= 0).mean() >= 0.7 if len(rises) else True)
        and bool((falls <= 0).mean() >= 0.7 if len(falls) else True)
        and bool(counts.min() < 0.03 * counts.max())
    )


def separator_of(data: Coded) -> str | None:
    """What separates tags, if cells hold several words out of a small vocabulary."""
    cells = len(data.words)
    for separator in ("|", ";", ","):
        several = [word for word in data.words if separator in word]
        alone = all(part.strip() in data.words for word in several for part in word.split(separator))
        if len(several) < max(1 if alone else 3, 0.2 * cells):  # "a", "b" and "a|b" are two tags
            continue
        parts = [part.strip() for word in data.words for part in word.split(separator)]
        vocabulary = set(parts)
        single = sum(1 for word in data.words if separator not in word and word in vocabulary)
        short = all(len(part) <= 40 and part.count(" ") <= 3 for part in vocabulary)
        if (
            short
            and len(vocabulary) < 0.7 * cells + 3
            and len(vocabulary) <= len(parts) / 2
            and (single or separator != ",")
        ):
            return separator
    return None


def check_targets(examples: Examples, target: Sequence[str]) -> None:
    """Whether the targets can be learned.

    Raises:
        DataError: no label at all, one class only, a constant, an identifier, free text.
    """
    for name in target:
        kind, data = examples.kinds[name], examples.stored(name)
        if isinstance(data, Coded):
            known, distinct = int((data.codes >= 0).sum()), len(np.unique(data.codes[data.codes >= 0]))
        elif kind.held in FILES:
            raise DataError(
                f"The target '{name}' holds files ({kind.name}), and those cannot be an answer yet. Name a column of words or numbers."
            )
        else:
            values = data[~np.isnan(data)] if data.dtype.kind == "f" else data
            known, distinct = len(values), len(np.unique(values))
        if known == 0:
            raise DataError(
                f"The target '{name}' has no label in any of {count(len(examples), 'row')}. Label some rows, or learn without a target (--find clusters)."
            )
        if kind.name == "text":
            raise DataError(
                f"The target '{name}' holds free text ({kind.reason.split(':')[0]}). A target holds words of a small list, numbers or tags."
            )
        if known < 2:
            raise DataError(f"The target '{name}' has one labelled row. At least a few of each answer are needed.")
        if distinct == 1 and kind.name != "tags":
            raise DataError(
                f"The target '{name}' has the same value in all {count(known, 'labelled row')}. There is nothing to tell apart: add examples of something else."
            )
        own = (
            distinct > 0.9 * known and known > 4 and known > PARTLY * len(examples)
        )  # of few labels each may be another
        if kind.name == "category" and isinstance(data, Coded) and own:
            raise DataError(
                f"The target '{name}' has {distinct:,} distinct words in {count(known, 'labelled row')}: nearly every row is a class of its own. Name another target, or --kind {name}=number if they are amounts."
            )
        if kind.name == "identifier":
            raise DataError(
                f"The target '{name}' tells rows apart ({kind.reason}), so nothing can be learned from other rows. Name another target."
            )
