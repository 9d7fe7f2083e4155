"""What is wrong with the data, and what to do next. `look(examples, targets)` is what `lamina look` shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from lamina import kinds
from lamina.core import Array, Coded
from lamina.examples import dates, gallery, giveaway, keys, moving, pictures, sounds, words
from lamina.examples.columns import count_distinct
from lamina.examples.examples import Examples
from lamina.examples.files import by_suffix, called
from lamina.examples.findings import ORDER, Described, Finding, Findings, named
from lamina.examples.reading import FILES, TEST, TRAIN, UNUSED, VALIDATION, count, figure, listed
from lamina.examples.splits import SMALL, labelled

LABELS = ("category", "constant")  # kinds of targets whose distinct values are classes


def look(examples: Examples, targets: Sequence[str] = ()) -> Findings:
    """Check examples before learning. Without a target, the label of a folder of labelled files is taken.

    >>> from lamina.examples import read
    >>> [each.kind for each in look(read({"x": [1.0, 2.0], "y": ["a", "b"]}), ["y"])]
    ['few_rows', 'few_in_class']
    """
    if not targets and "label" in examples.kinds and set(examples.columns) & set(by_suffix().values()):
        targets = ("label",)
    out = Findings(examples.source, len(examples), tuple(targets), describe(examples), {})
    for name in targets:
        data = examples.stored(name)
        if isinstance(data, Coded) and examples.kinds[name].name in LABELS:
            known, counts = words.used(data)
            out.labels[name] = {known.words[place]: int(counts[place]) for place in np.argsort(-counts, kind="stable")}
    images = {name: pictures.survey(examples.stored(name)) for name in examples.of("image", "line")}
    heard = {name: sounds.survey(examples.stored(name)) for name in examples.of("sound")}
    checks = (_notes, _target, _parts, _rows, _labels, _missing, _sentinels, _alike)
    for check in checks:
        out.found += check(examples, targets)
    for name, seen in images.items():
        out.found += gallery.check(examples, targets, name, seen)
    for name, survey in heard.items():
        out.found += sounds.check(examples, name, survey)
    for name in examples.of(*moving.READERS):
        out.found += moving.check(examples, name)
    forms = {name: (seen.problems, pictures.traits(seen)) for name, seen in images.items()}
    forms |= {name: (survey.problems, sounds.traits(survey)) for name, survey in heard.items()}
    out.found += _gives_away(examples, targets, forms)
    out.found.sort(key=lambda finding: ORDER[finding.level])
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
        if kind.name == "constant":
            top = []  # the reason says it
        if kind.name in ("identifier", "text"):
            top = [word[:24] for word in known.words[:2]]
        shown = ", ".join(each.replace("\x1f", " ") for each in top)
        return Described(name, kind.name, kind.reason, len(counts), float((data.codes < 0).mean()), shown)
    if kind.held in FILES:
        absent = float(np.mean([each is None for each in data])) if data.dtype == object else 0.0
        shown = "" if data.dtype == object else " × ".join(map(str, data.shape[1:])) + " pixels"
        return Described(name, kind.name, kind.reason, None, absent, shown)
    gone = np.isnan(data) if data.dtype.kind == "f" else np.zeros(len(data), dtype=bool)
    there = data[~gone]
    if not len(there):
        return Described(name, kind.name, kind.reason, 0, 1.0, "")
    if kind.name == "constant":
        return Described(name, kind.name, kind.reason, 1, float(gone.mean()), "")
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


_USUAL = frozenset({"target", "label", "labels", "class", "y", "outcome", "answer"})


def _target(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    """Without a target half of the checks say nothing."""
    if targets:
        return
    if len(examples.columns) == 1 and examples.columns[0] in by_suffix().values():
        text, advice = (
            f"{called(len(examples), examples.columns[0])} without labels.",
            "Put them into a folder per label, or beside a table that names them; or find something in them without: "
            "lamina learn PATH --find anomalies.",
        )
    else:
        likely = next((name for name in examples.columns if name.lower() in _USUAL), examples.columns[-1])
        text = "No target was named: labels, and columns that give them away, were not looked at."
        advice = f"Say which column is to be answered, for example --target {likely}; or find something without, with --find."
    yield Finding("info", "no_target", text, "", advice)


def _parts(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    if examples.parts is None:
        return
    words_for = ((TRAIN, "to learn from"), (VALIDATION, "to choose by"), (TEST, "of your own test set"))
    said = [
        f"{int((examples.parts == part).sum()):,} {what}" for part, what in words_for if (examples.parts == part).any()
    ]
    loose = int((examples.parts == UNUSED).sum())
    said += [f"{loose:,} {'that a split will part' if said else ''}".strip()] if loose else []
    yield Finding("info", "parts", f"The parts are given: {', '.join(said)}.")


def _rows(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    known = int(labelled(examples, targets).sum())
    inputs = [name for name in examples.of(*kinds.names("inputs")) if name not in targets]
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
        yield Finding("info", "few_rows", text, _judged(examples, targets), "More examples help most.")


def _judged(examples: Examples, targets: Sequence[str]) -> str:
    """By which rows a small table is judged, as `splits.split` and learning do it; nothing where that is not settled here."""
    if examples.of("time") or any(examples.kinds[name].name == "transcript" for name in targets):
        return ""
    if examples.parts is not None and (examples.parts == TEST).any():
        return "Five folds share the others, and your own test set judges too."
    return "Five folds will judge, so every row is used."


def _labels(examples: Examples, targets: Sequence[str]) -> Iterator[Finding]:
    for name in targets:
        data = examples.stored(name)
        if not isinstance(data, Coded) or examples.kinds[name].name not in LABELS:
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
        if most > 10 * least and most > 0.7 * counts.sum():
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
        if name in targets or kind.held in (*FILES, "empty"):
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
    alone = {examples.kinds[name].name for name in inputs}
    what = alone.pop() if len(alone) == 1 and alone <= set(FILES) else "row"
    if twice:
        first = np.flatnonzero(row_key == int(np.argmax(rows > 1)))[:2]
        where = named(examples, first)
        text = (
            f"{called(twice, what)} ({twice / len(key):.1%}) {'repeats' if twice == 1 else 'repeat'} another exactly."
        )
        yield Finding("info", "duplicates", text, f"First: {where}.", "They will always stay in the same part.")
        yield from _conflicts(examples, targets, row_key, rows, what)
    parts = examples.parts
    if parts is not None and (parts == TEST).any():
        seen = np.isin(key[parts == TEST], key[parts == TRAIN])
        if seen.any():
            share = float(seen.mean())
            text = f"{called(int(seen.sum()), what)} of the test set ({share:.1%}) also in the training set."
            level: Literal["info", "warn"] = "warn" if share > 0.002 or what != "row" else "info"
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
            said = f"First: {named(examples, first[:3])}."
            level: Literal["info", "warn"] = "warn" if what != "row" or n > 0.01 * len(row_key) else "info"
            text = f"{called(n, what)} alike but with different labels in '{name}'."
            yield Finding(level, "conflicts", text, said, "Check their labels: no model can get all of them right.")


def _gives_away(
    examples: Examples, targets: Sequence[str], forms: Mapping[str, tuple[Array, Mapping[str, Array]]]
) -> Iterator[Finding]:
    inputs = [name for name in examples.of("number", "category", "date") if name not in targets]
    for target in targets:
        for name, how in giveaway.columns(examples, target, inputs):
            text = f"'{name}' alone gives '{target}' away."
            advice = f"If it is not known when the answer is needed, leave it out: --drop {name}."
            yield Finding("warn", "giveaway", text, how, advice)
        for name, (problems, form) in forms.items():
            for trait, how in giveaway.traits(examples, target, problems, form):
                what = examples.kinds[name].held
                text = f"The {trait} of the {what}s in '{name}' gives '{target}' away."
                advice = f"Give all {what}s the same form, or the model may learn that instead."
                yield Finding("warn", "giveaway", text, how, advice)
