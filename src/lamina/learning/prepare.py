"""Examples to tensors: which columns are inputs, which rows teach, choose and report; settled on training rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from lamina import kinds
from lamina.core import Array, DataError, Encoded, Json, PlanError, Taught, nearest
from lamina.examples import Examples, Split, keys, place, split
from lamina.examples.reading import TEST, TRAIN, VALIDATION
from lamina.inputs.sound import Sound
from lamina.learning.heard import spectra
from lamina.learning.plan import IDENTITY, Plan
from lamina.learning.rows import Rows
from lamina.machine import cache
from lamina.model.intake import Intake, row_names, safe, things
from lamina.model.model import Model
from lamina.outputs.transcript import Transcript

CATEGORY = "category"  # what rows without a label can help to tell
FEWEST, SHARE = 20, 0.1  # rows without a label, at least, and beside each that has one: fewer teach nothing
CHOOSERS = 100  # labelled rows in folds: of no more, those of one fold are too few to choose anything by
OBSERVED = 20_000  # of them, that vocabularies and scales are taken from
TRANSCRIPT = "transcript"  # its letters are learned from texts that teach, and folds have no such texts in common


@dataclass(slots=True)
class Fold:
    """Rows of one training: what it learns from, what chooses its weights, what it is judged on."""

    train: Array
    validation: Array
    test: Array

    @property
    def whole(self) -> Fold:
        """The same, with the rows that would choose among those that teach."""
        return Fold(np.sort(np.concatenate([self.train, self.validation])), self.validation[:0], self.test)


@dataclass(slots=True)
class Prepared:
    """Everything that learning needs, settled.

    outputs: by target column; names: target column to its name in the network. folds: one, or several for small data.
    unlabelled: how many rows have no label; extra: those of them that are learned from. inner: as of `Split`. problems: row to why it could not be read. held: rows of the user's own test set, judged by all folds together. odd: rows known to be odd, odd_held: those of them that teach nothing;
    neither lies in a fold.
    """

    examples: Examples
    split: Split
    intake: Intake
    outputs: dict[str, Taught]
    names: dict[str, str]
    rows: Rows
    folds: list[Fold]
    held: Array
    inner: Array | None = None
    before: dict[str, Encoded] = field(
        default_factory=dict
    )  # what was encoded, where features took its place in `rows`
    problems: dict[int, str] = field(default_factory=dict)
    unlabelled: int = 0
    extra: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    odd: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    odd_held: Array = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def named(self) -> dict[str, Taught]:
        return {self.names[column]: output for column, output in self.outputs.items()}

    @property
    def teaching(self) -> int:
        """How many rows one training may learn from."""
        fold = self.folds[0]
        return len(fold.train) + (0 if self.inner is None else len(fold.validation))

    @property
    def few(self) -> bool:
        """Whether the labels of one fold are too few to choose by."""
        return len(self.folds) > 1 and sum(len(fold.test) for fold in self.folds) <= CHOOSERS

    def given(self, name: str) -> Encoded:
        """What an input was encoded to, also where features took its place."""
        return self.before.get(name, self.rows.inputs[name])

    def targets(self, column: str, rows: Array) -> tuple[Array, Array]:
        """Targets of the rows that have a label, and those rows' places in `rows`."""
        name = self.names[column]
        known = np.flatnonzero(self.rows.known[name].numpy()[rows] > 0)
        return self.rows.targets[name].numpy()[rows[known]], known

    def weights(self, rows: Array) -> Array:
        found: Array = self.rows.weight.numpy()[rows]
        return found


def prepare(
    examples: Examples,
    plan: Plan,
    start: Model | None = None,
    report: bool = True,
    options: Mapping[str, Json] = MappingProxyType({}),
) -> Prepared:
    """Split, settle and encode. start: an earlier model, to go on with its vocabularies and splits. report: whether
    rows are set aside for one. options: of inputs, by column."""
    columns = input_columns(examples, plan.target)
    parts = _parts(examples, plan, start, report)
    teach = parts.parts == TRAIN if parts.folds is None else parts.folds >= 0
    outputs = _outputs(examples, plan, start, np.flatnonzero(teach))
    labels = {column: output.encode(examples.values(column)) for column, output in outputs.items()}
    known = np.any([known for _, known in labels.values()] or [np.ones(len(examples), bool)], axis=0)
    more = _more(plan, outputs, parts, known)
    intake = _intake(examples, plan, start, columns, known & teach, more, options)
    encoded = intake.encode(examples, allocate=cache.allocate, known=_heard(intake, examples))
    present = np.any([each.present for each in encoded.values()], axis=0)
    problems = {row: text for each in encoded.values() for row, text in each.problems}
    if problems and examples.reading.unreadable == "stop":
        raise DataError(_unreadable(examples, problems) + " Remove them, or leave --unreadable stop out to skip them.")
    usable = known & present & (parts.parts >= 0)
    if not usable.any():
        lacks = "both something to learn from and a label" if labels else "something to learn from"
        raise DataError(f"No row has {lacks}. {_unreadable(examples, problems)}".strip())
    names: dict[str, str] = {}
    for column in plan.target:
        names[column] = safe(column, dict.fromkeys(names.values()))
    rows = Rows.of(encoded, {names[column]: label for column, label in labels.items()}, _weight(examples))
    held = np.zeros(0, np.int64)
    if parts.folds is not None:  # the user's own test set lies in no fold
        held = np.flatnonzero(usable & (parts.parts == TEST) & (parts.folds < 0))
    return Prepared(
        examples, parts, intake, outputs, names, rows, _folds(parts, usable), held, parts.inner, problems=problems,
        unlabelled=int((~known).sum()), extra=more[present[more]],
    )  # fmt: skip


def _parts(examples: Examples, plan: Plan, start: Model | None, report: bool) -> Split:
    """Which rows teach, choose and judge."""
    asked = [_kind(examples, plan, column) for column in plan.target]
    folds = 0 if plan.folds is None and TRANSCRIPT in asked else plan.folds
    apart = IDENTITY in asked
    parts = split(examples, plan.target, seed=plan.seed, folds=folds, report=report, apart=apart)
    return parts if start is None else _as_before(examples, plan, start, parts, apart)


def _outputs(examples: Examples, plan: Plan, start: Model | None, taught: Array) -> dict[str, Taught]:
    """An output for each target: those of the earlier model, else settled on these examples. taught: rows that teach."""
    if start is not None:
        return dict(start.outputs)
    return {column: _output(examples, plan, column, taught) for column in plan.target}


def _more(plan: Plan, outputs: Mapping[str, Taught], parts: Split, known: Array) -> Array:
    """The rows without a label that are learned from, or answered."""
    if plan.transduce:
        return np.flatnonzero(~known)
    more = np.flatnonzero(~known & (parts.parts == TRAIN))
    return more if _helps(outputs, plan, len(more), int(known.sum())) else more[:0]


def _intake(
    examples: Examples,
    plan: Plan,
    start: Model | None,
    columns: Sequence[str],
    teach: Array,
    more: Array,
    options: Mapping[str, Json],
) -> Intake:
    """The inputs: those of the earlier model, else settled on the rows that teach [N] bool, and some of `more`."""
    if start is not None:
        return start.intake
    settling = teach.copy()
    settling[np.random.default_rng(plan.seed).permutation(more)[:OBSERVED]] = True
    return Intake.observe(examples, columns, np.flatnonzero(settling), plan.private, options)


def _helps(outputs: Mapping[str, Taught], plan: Plan, rows: int, labelled: int) -> bool:
    """Whether rows without a label are learned from: beside one class to answer, where they are not just a few."""
    kinds_of = [output.kind for output in outputs.values()]
    return kinds_of == [CATEGORY] and plan.unlabelled_weight != 0 and rows >= max(FEWEST, SHARE * labelled)


def _as_before(examples: Examples, plan: Plan, start: Model, parts: Split, apart: bool) -> Split:
    """Rows in the parts that the earlier model's thresholds give them."""
    # Several networks need not be those of folds; cards of earlier versions do not tell.
    if start.card.split.get("folded", start.card.members > 1) or parts.folds is not None:
        return parts
    if set(plan.target) != set(start.outputs) or not set(start.intake.inputs) <= set(examples.kinds):
        raise PlanError(
            f"The model to go on from answers {', '.join(start.outputs)} from {', '.join(start.intake.inputs)}. "
            "The examples need the same columns, and the same --target."
        )
    times = examples.of("time")
    placed = place(
        start.card.split,
        keys.of_labels(examples, plan.target[0]) if apart else examples.keys(plan.target),
        examples.values(plan.target[0]),
        examples.values(times[0]) if times else None,
    )
    given = examples.parts
    if given is not None:
        placed = np.where(given >= 0, given, placed).astype(np.int8)
    return replace(parts, parts=placed, thresholds=start.card.split, how="the same thresholds as the earlier model")


def input_columns(examples: Examples, targets: Sequence[str]) -> list[str]:
    """The columns that a network can learn from; what is left out says why in `examples.kinds`."""
    for target in targets:
        if target not in examples.kinds:
            raise PlanError(f"There is no column '{target}' in {examples.source}. {nearest(target, examples.kinds)}")
    known = kinds.names("inputs")
    found = [c for c, kind in examples.kinds.items() if kind.name in known and c not in targets]
    if not found:
        said = "; ".join(f"{c}: {kind.reason}" for c, kind in examples.kinds.items() if c not in targets)
        raise DataError(f"No column is left to learn from ({said}). Say --kind COLUMN=KIND where one was misread.")
    return found


def _kind(examples: Examples, plan: Plan, column: str) -> str:
    """What a target is: as the plan says, else as its cells were read."""
    return plan.kinds.get(column, examples.kinds[column].name)


def _output(examples: Examples, plan: Plan, column: str, taught: Array) -> Taught:
    """Settled on all rows, so that a rare class has a place; a transcript on those that teach, whose texts it learns."""
    kind = _kind(examples, plan, column)
    if kind not in kinds.names("outputs"):
        raise PlanError(
            f"The target '{column}' was read as {kind} ({examples.kinds[column].reason}); an answer can be one of: "
            f"{', '.join(kinds.names('outputs'))}. Say it with --kind {column}=category (or number, tags)."
        )
    made: Any = kinds.find("outputs", kind)
    if made is Transcript:
        spoken = any(examples.kinds[each].held in ("sound", "video") for each in input_columns(examples, plan.target))
        made = partial(Transcript, spoken=spoken, lettered=not (plan.private or plan.folds))
    output: Taught = made()
    output.observe(examples.values(column, taught if output.along else None))
    output.settle()
    return output


def _folds(parts: Split, usable: Array) -> list[Fold]:
    """One fold, or k: fold i is judged, the next one chooses, the others teach."""
    if parts.folds is None:
        found = [np.flatnonzero(usable & (parts.parts == part)) for part in (TRAIN, VALIDATION, TEST)]
        return [Fold(*found)]
    count = int(parts.folds.max()) + 1
    inside = usable & (parts.folds >= 0)
    made = []
    for k in range(count):
        test, validation = parts.folds == k, parts.folds == (k + 1) % count
        made.append(Fold(*(np.flatnonzero(inside & each) for each in (~test & ~validation, validation, test))))
    return made


def _heard(intake: Intake, examples: Examples) -> dict[str, Encoded]:
    """Sounds, whose spectra may have been kept before."""
    found = {}
    for name, columns in intake.groups.items():
        each = intake.inputs[columns[0]]
        if isinstance(each, Sound):
            found[name] = spectra(each, examples.values(columns[0]))
    return found


def _weight(examples: Examples) -> Array | None:
    column = examples.reading.weight
    if column is None:
        return None
    values: Any = examples.values(column)
    weight = np.nan_to_num(np.asarray(values, np.float64), nan=0.0)
    if (weight < 0).any() or weight.sum() <= 0:
        raise DataError(f"The weights in '{column}' must be 0 or more, and not all 0.")
    result: Array = weight * (len(weight) / weight.sum())
    return result


def _unreadable(examples: Examples, problems: dict[int, str]) -> str:
    if not problems:
        return ""
    row, text = next(iter(problems.items()))
    names = row_names(examples)
    first = names[row] if names is not None else f"row {row + 1}"
    return (
        f"{len(problems)} of {len(examples)} {things(examples.kinds.values())} cannot be read (first: {first}: {text})."
    )
