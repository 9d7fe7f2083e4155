"""What is wrong with the data, and what to do next. `look(examples, targets)` is what `lamina look` shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import numpy as np

from lamina.core import Array, Coded, Json
from lamina.examples import dates, giveaway, keys, pictures, words
from lamina.examples.columns import count_distinct
from lamina.examples.examples import Examples
from lamina.examples.reading import count, figure, listed
from lamina.examples.splits import SMALL, TEST, TRAIN, labelled

_ORDER = {"stop": 0, "warn": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """Something to know before learning. kind: a settled name for programs; advice: what to do next."""

    level: Literal["info", "warn", "stop"]
    kind: str
    title: str
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Described:
    """A column for display. missing: share of the rows; shown: its range or its commonest words."""

    name: str
    kind: str
    reason: str
    distinct: int | None
    missing: float
    shown: str


@dataclass
class Findings:
    """What `look` found, the gravest first."""

    source: str
    rows: int
    targets: tuple[str, ...]
    columns: list[Described]
    labels: dict[str, dict[str, int]]  # target -> label -> rows, the commonest first
    found: list[Finding] = field(default_factory=list)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    @property
    def worst(self) -> str:
        """The gravest level: "stop", "warn", "info", or "" where nothing was found."""
        return self.found[0].level if self.found else ""

    def to_dict(self) -> Json:
        """For `--json`."""
        return asdict(self)


def look(examples: Examples, targets: Sequence[str] = ()) -> Findings:
    """Check examples before learning. Without a target, the label of a folder of labelled images is taken.

    >>> from lamina.examples import read
    >>> [each.kind for each in look(read({"x": [1.0, 2.0], "y": ["a", "b"]}), ["y"])]
    ['few_rows', 'few_in_class']
    """
    if not targets and {"image", "label"} <= examples.kinds.keys():
        targets = ("label",)
    out = Findings(examples.source, len(examples), tuple(targets), describe(examples), {})
    for name in targets:
        data = examples.stored(name)
        if isinstance(data, Coded) and examples.kinds[name].name in ("category", "constant"):
            known, counts = words.used(data)
            out.labels[name] = {known.words[place]: int(counts[place]) for place in np.argsort(-counts, kind="stable")}
    surveys = {name: pictures.survey(examples.stored(name)) for name in examples.of("image")}
    checks = (_notes, _rows, _labels, _missing, _sentinels, _alike)
    for check in checks:
        out.found += check(examples, targets)
    for name, survey in surveys.items():
        out.found += _pictures(examples, targets, name, survey)
    out.found += _gives_away(examples, targets, surveys)
    out.found.sort(key=lambda finding: _ORDER[finding.level])
    return out


# ------------------------------------------------------------------------------------------ description


def percent(share: float) -> str:
    """`percent(0.25) == "25%"`, `percent(0.004) == "<1%"`."""
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def describe(examples: Examples) -> list[Described]:
    """Each column for display: kind, distinct values, share missing, range or commonest words."""
    return [_described(examples, name) for name in examples.columns]


def _described(examples: Examples, name: str) -> Described:
    kind, data = examples.kinds[name], examples.stored(name)
    n = max(1, len(examples))
    if isinstance(data, Coded):
        known, counts = words.used(data)
        top = [
            f"{known.words[each][:24]} {percent(counts[each] / n)}" for each in np.argsort(-counts, kind="stable")[:3]
        ]
        if kind.name in ("identifier", "text"):
            top = [word[:24] for word in known.words[:2]]
        shown = ", ".join(each.replace("\x1f", " ") for each in top)
        return Described(name, kind.name, kind.reason, len(counts), float((data.codes < 0).mean()), shown)
    if kind.name == "image":
        absent = float(np.mean([each is None for each in data])) if data.dtype == object else 0.0
        shown = "" if data.dtype == object else " × ".join(map(str, data.shape[1:])) + " pixels"
        return Described(name, kind.name, kind.reason, None, absent, shown)
    gone = np.isnan(data) if data.dtype.kind == "f" else np.zeros(len(data), dtype=bool)
    there = data[~gone]
    if not len(there):
        return Described(name, kind.name, kind.reason, 0, 1.0, "")
    low, middle, high = float(there.min()), float(np.median(there)), float(there.max())
    if kind.name == "date" or kind.how.startswith("%"):
        shown = f"{dates.show(low)} to {dates.show(high)}"
    else:
        shown = f"{figure(low)} to {figure(high)}, median {figure(middle)}"
    return Described(name, kind.name, kind.reason, count_distinct(there), float(gone.mean()), shown)


# ----------------------------------------------------------------------------------------------- checks


def _notes(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    for note in examples.notes:
        yield Finding(note.level, "reading", note.text, "", note.advice)


def _rows(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    known = int(labelled(examples, targets).sum())
    inputs = [name for name in examples.of("number", "category", "date", "image") if name not in targets]
    if not inputs:
        advice = "Say what a column holds (--kind COLUMN=category), or add columns."
        yield Finding("stop", "no_inputs", "No column is left to learn from.", "", advice)
    for name in targets:
        data = examples.stored(name)
        gone = (data.codes < 0) if isinstance(data, Coded) else np.isnan(data) if data.dtype.kind == "f" else None
        if gone is not None and gone.any():
            share = float(gone.mean())
            level: Literal["info", "stop"] = "stop" if share == 1 else "info"
            text = f"{count(int(gone.sum()), 'row')} ({share:.0%}) without '{name}'."
            yield Finding(
                level, "unlabelled", text, "Unlabelled rows can help, but judge nothing.", "Label some of them."
            )
    if known < 50:
        text = f"Only {count(known, 'labelled example' if targets else 'example')}."
        yield Finding(
            "warn", "few_rows", text, "What is learned from so few is a guess.", "Collect at least 50, better 500."
        )
    elif known < SMALL:
        text = f"{count(known, 'labelled example' if targets else 'example')}: little data."
        yield Finding(
            "info", "few_rows", text, "Five folds will judge, so every row is used.", "More examples help most."
        )


def _labels(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    for name in targets:
        data = examples.stored(name)
        if not isinstance(data, Coded) or examples.kinds[name].name == "tags":
            continue
        known, counts = words.used(data)
        if len(counts) < 2:
            advice = "Add examples of something else."
            yield Finding("stop", "one_class", f"'{name}' has {count(len(counts), 'distinct label')}.", "", advice)
            continue
        few = np.flatnonzero(counts < 10)
        if len(few):
            said = ", ".join(f"'{known.words[each]}' {counts[each]}" for each in few[np.argsort(counts[few])][:5])
            text = f"{count(len(few), 'label')} of '{name}' with fewer than 10 examples."
            yield Finding("warn", "few_in_class", text, said, "Add examples of them, or merge them with a neighbour.")
        most, least = int(counts.max()), int(counts.min())
        if most > 10 * least and most > 0.5 * counts.sum():
            top = known.words[int(counts.argmax())]
            text = f"'{name}' is uneven: '{top}' is {most / counts.sum():.1%} of the labels."
            detail = f"Always answering '{top}' would be right that often."
            yield Finding("warn", "imbalance", text, detail, "Judge by balanced accuracy, not by accuracy.")
        seen: dict[str, str] = {}
        doubles = [
            (seen[key], word)
            for word in known.words
            if seen.setdefault(key := " ".join(word.casefold().split()), word) != word
        ]
        if doubles:
            text = f"Labels of '{name}' that differ only in capitals or blanks: '{doubles[0][0]}', '{doubles[0][1]}'."
            yield Finding("warn", "label_variants", text, "", "Write them alike; now they count as different.")


def _missing(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    shares: dict[str, float] = {}
    for name, kind in examples.kinds.items():
        data = examples.stored(name)
        if name in targets or kind.name in ("image", "empty"):
            continue
        if isinstance(data, Coded):
            shares[name] = float((data.codes < 0).mean())
        elif data.dtype.kind == "f":
            shares[name] = float(np.isnan(data).mean())
    some = sorted((name for name, share in shares.items() if share > 0), key=lambda name: -shares[name])
    if not some:
        return
    said = ", ".join(f"'{name}' {shares[name]:.1%}" for name in some[:5]) + (
        f" and {len(some) - 5} more" if len(some) > 5 else ""
    )
    mostly = [name for name in some if shares[name] > 0.5]
    if mostly:
        text = f"{count(len(mostly), 'column')} mostly empty: {listed(mostly)}."
        yield Finding(
            "warn", "missing", text, said, "Missing values are understood; drop the column if they mean nothing."
        )
    else:
        text = f"{count(len(some), 'column')} with missing values."
        yield Finding("info", "missing", text, said, "Nothing to do: missing values are understood.")


def _sentinels(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    """Numbers like -999 or 99999 that stand far from all others often mean missing or "more than"."""
    for name in examples.of("number"):
        data = examples.stored(name)
        if isinstance(data, Coded):
            continue
        known = data[~np.isnan(data)] if data.dtype.kind == "f" else data
        if len(known) < 20:
            continue
        for edge in (float(known.min()), float(known.max())):
            if abs(edge) not in (99, 999, 9999, 99999, 999999, 9999999):
                continue
            rest = known[known != edge]
            times = len(known) - len(rest)
            if not len(rest) or times < 2:
                continue
            middle = float(np.median(rest))
            border = float(rest.max() if edge > 0 else rest.min())
            if abs(edge - border) > 1.0 * abs(border - middle):
                text = f"'{name}' is {figure(edge)} in {count(times, 'row')}, far from all other values."
                advice = "If it means unknown, leave those cells empty."
                yield Finding("warn", "sentinel", text, f"The next value is {figure(border)}.", advice)


def _alike(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    """Rows that are the same but for the target and for what only tells rows apart."""
    skip = {*targets, *examples.of("identifier", "group", "weight", "constant", "empty")}
    inputs = [name for name in examples.columns if name not in skip]
    if not inputs or len(examples) < 2:
        return
    key = keys.content_of(examples, only=inputs)
    _distinct, row_key, rows = np.unique(key, return_inverse=True, return_counts=True)
    twice = int((rows - 1).sum())
    what = "image" if all(examples.kinds[name].name == "image" for name in inputs) else "row"
    if twice:
        first = np.flatnonzero(row_key == int(np.argmax(rows > 1)))[:2]
        where = _named(examples, first)
        text = f"{count(twice, what)} ({twice / len(key):.1%}) {'repeats' if twice == 1 else 'repeat'} another exactly."
        yield Finding("info", "duplicates", text, f"First: {where}.", "They will always stay in the same part.")
        yield from _conflicts(examples, targets, row_key, rows, what)
    parts = examples.parts
    if parts is not None and (parts == TEST).any():
        seen = np.isin(key[parts == TEST], key[parts == TRAIN])
        if seen.any():
            share = float(seen.mean())
            text = f"{count(int(seen.sum()), what)} of the test set ({share:.1%}) also in the training set."
            level: Literal["info", "warn"] = "warn" if share > 0.002 or what == "image" else "info"
            yield Finding(
                level, "overlap", text, "What was seen is answered too well.", "Remove them from the training set."
            )


def _conflicts(examples: Examples, targets: Sequence[str], row_key: Array, rows: Array, what: str) -> Iterator[Finding]:
    for name in targets:
        data = examples.stored(name)
        if not isinstance(data, Coded):
            continue
        known = data.codes >= 0
        pairs = np.unique(np.stack([row_key[known], data.codes[known]]), axis=1)[0]
        several = np.flatnonzero(np.bincount(pairs, minlength=len(rows)) > 1)
        if len(several):
            n = int(rows[several].sum())
            first = np.flatnonzero(row_key == several[0])
            said = f"First: {_named(examples, first[:3])}."
            level: Literal["info", "warn"] = "warn" if what == "image" or n > 0.01 * len(row_key) else "info"
            text = f"{count(n, what)} alike but with different labels in '{name}'."
            yield Finding(level, "conflicts", text, said, "Check their labels: no model can get all of them right.")


def _named(examples: Examples, rows: Array) -> str:
    """Rows as people find them again: file names, else row numbers from 1."""
    for name in examples.of("image"):
        cells = examples.stored(name, rows)
        if not isinstance(cells, Coded) and cells.dtype == object and all(isinstance(each, str) for each in cells):
            return " and ".join("/".join(each.replace("\\", "/").split("/")[-2:]) for each in cells)
    return "rows " + " and ".join(f"{row + 1:,}" for row in rows)


def _pictures(examples: Examples, targets: Sequence[str], name: str, survey: pictures.Survey) -> Iterator[Finding]:
    bad = np.flatnonzero(survey.problems != "")
    if len(bad):
        text = f"{count(len(bad), 'image')} cannot be read."
        first = f"First: {_named(examples, bad[:1])} ({survey.problems[bad[0]]})."
        yield Finding("warn", "unreadable", text, first, "Remove or replace them; until then they are skipped.")
    if len(bad) == len(examples):
        yield Finding("stop", "unreadable", f"Not one image in '{name}' can be read.", "", "Check the files.")
        return
    yield from _sizes(name, survey)
    pairs = pictures.near(survey)
    if not len(pairs):
        return
    label = examples.stored(targets[0]) if targets else None
    text = f"{count(len(pairs), 'pair')} of images nearly the same."
    detail = f"First: {_named(examples, pairs[0])}."
    if isinstance(label, Coded):
        differ = label.codes[pairs[:, 0]] != label.codes[pairs[:, 1]]
        if differ.any():
            where = f"First: {_named(examples, pairs[np.argmax(differ)])}."
            said = f"{count(int(differ.sum()), 'pair')} of nearly the same images with different labels."
            yield Finding("warn", "near_conflicts", said, where, "Check their labels.")
    parts = examples.parts
    across = np.zeros(len(pairs), dtype=bool) if parts is None else parts[pairs[:, 0]] != parts[pairs[:, 1]]
    if across.any():
        where = f"First: {_named(examples, pairs[np.argmax(across)])}."
        said = f"{count(int(across.sum()), 'pair')} of nearly the same images in both training and test."
        yield Finding("warn", "near_overlap", said, where, "Remove one of each; the test is too easy.")
    advice = "If one scene gave several pictures, keep them together with a group column (--group)."
    yield Finding("warn" if len(pairs) > 0.02 * len(examples) else "info", "near_duplicates", text, detail, advice)


def _sizes(name: str, survey: pictures.Survey) -> Iterator[Finding]:
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


def _gives_away(examples: Examples, targets: Sequence[str], surveys: dict[str, pictures.Survey]) -> Iterator[Finding]:
    inputs = [name for name in examples.of("number", "category", "date") if name not in targets]
    for target in targets:
        for name, how in giveaway.columns(examples, target, inputs):
            text = f"'{name}' alone gives '{target}' away."
            advice = f"If it is not known when the answer is needed, leave it out: --drop {name}."
            yield Finding("warn", "giveaway", text, how, advice)
        for name, survey in surveys.items():
            for trait, how in giveaway.traits(examples, target, survey):
                text = f"The {trait} of the images in '{name}' gives '{target}' away."
                advice = "Give all images the same form, or the model may learn that instead."
                yield Finding("warn", "giveaway", text, how, advice)
