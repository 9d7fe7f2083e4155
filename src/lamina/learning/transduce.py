"""Answers for exactly the rows at hand that have no label: labels spread over a graph of near rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from lamina.core import Array, DataError, Json, PlanError
from lamina.examples.reading import TEST
from lamina.learning import shares
from lamina.learning.assumptions import about
from lamina.learning.beginning import Teacher, joint, teachers_of
from lamina.learning.graph import Graph, turned
from lamina.learning.held import held_out
from lamina.learning.label_free import features
from lamina.learning.plan import Plan
from lamina.learning.prepare import CATEGORY, Prepared
from lamina.learning.seen import called
from lamina.learning.shown import shown
from lamina.learning.spreading import lead, method_for, spread
from lamina.learning.trial import Trial
from lamina.model.intake import row_names
from lamina.model.intervals import wilson
from lamina.networks.cnn import FEW
from lamina.outputs._scores import softmax
from lamina.outputs.category import Category

FOLDS = 5  # times that a part of the labels is hidden
TIED, SPREAD = 1e-4, 5e-6  # seconds a row, and a row and class
KEPT = 3  # times as long, where shares are kept to
SHOWN = 6  # examples of an answer that the report shows: the surest, and the least sure


@dataclass(frozen=True, slots=True)
class Answered:
    """rows: [n] without a label; values: [n] their classes; sure: [n] how certain. said: what the report tells;
    assumptions: as of `assumptions.about`."""

    column: str
    rows: Array
    values: Array
    sure: Array
    names: list[str] | None
    said: Json
    assumptions: Json

    @property
    def table(self) -> bytes:
        """As CSV: the example, its answer, how certain. `lamina learn` reads it where examples are files."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(["row" if self.names is None else "example", self.column, "confidence"])
        names = [row + 1 for row in self.rows.tolist()] if self.names is None else self.names
        lines.writerows(zip(names, self.values.tolist(), (f"{each:.4f}" for each in self.sure), strict=True))
        return text.getvalue().encode()


def asked(prepared: Prepared) -> Array:
    """The rows of the graph: those whose labels are spread, those of the user's own test set, those without a label."""
    return np.concatenate(_parts(prepared))


def seconds(prepared: Prepared, kept: bool = False) -> float:
    """About how long it takes to tie rows and to spread labels. kept: so that the shares of classes hold."""
    [output] = prepared.outputs.values()
    assert isinstance(output, Category)
    return len(asked(prepared)) * (TIED + SPREAD * (FOLDS + 1) * output.width * (KEPT if kept else 1))


def _parts(prepared: Prepared) -> tuple[Array, Array, Array]:
    own, parts = prepared.held, prepared.examples.parts
    if len(prepared.folds) == 1 and parts is not None and (parts == TEST).any():
        own = prepared.folds[0].test  # the user's own test set, where labels are too many for folds
    folds = [part for each in prepared.folds for part in (each.train, each.validation, each.test)]
    return np.setdiff1d(np.concatenate(folds), own), own, prepared.extra


def check(prepared: Prepared, frequent: Sequence[str] = ()) -> None:
    """Refuse what cannot be answered so, before learning. frequent: what was said of the shares of classes."""
    kinds = [output.kind for output in prepared.outputs.values()]
    if kinds != [CATEGORY]:
        raise PlanError(f"--transduce answers one target of categories; asked for were: {', '.join(kinds)}.")
    if not len(prepared.extra):
        raise DataError(
            "--transduce answers rows without a label, and every row has one. Leave their cells in the target empty, or give "
            "them with --unlabelled PATH."
        )
    for output in prepared.outputs.values():
        assert isinstance(output, Category)
        shares.told(frequent, output.classes)


@dataclass(frozen=True, slots=True)
class Spreading:
    """Labels spread over one graph. asked: the rows of it without a label; shares: [K] how frequent classes are among these,
    None where nobody knows."""

    graph: Graph
    classes: int
    method: str
    asked: Array
    shares: Array | None = None

    def __call__(self, rows: Array, labels: Array) -> Array:
        """[N, K] raw answers of all rows, on the scale of logits, by the labels [n] of `rows`."""
        ties = self.graph.ties
        raw = spread(ties, rows, labels, self.classes, self.method)
        if self.shares is None:
            return raw * lead(raw)
        if self.method == "laplace":
            return shares.kept(raw, self.asked, self.shares)
        return shares.flowing(ties, rows, labels, raw, self.asked, self.shares)


@dataclass(frozen=True, slots=True)
class Voices:
    """What several teachers say together: with few labels, words of texts tell more than what is near. asked, shares: as of
    `Spreading`."""

    teachers: Sequence[Teacher]
    classes: int
    asked: Array
    shares: Array | None = None
    method: str = "teachers"

    def __call__(self, rows: Array, labels: Array) -> Array:
        """As of `Spreading`."""
        raw = joint(self.teachers, rows, labels, self.classes)
        return raw * lead(raw) if self.shares is None else shares.kept(raw, self.asked, self.shares)


def transduce(
    prepared: Prepared, own: Mapping[str, Array], members: list[Trial], rng: np.random.Generator, plan: Plan
) -> Answered:
    """Answer every row without a label: labels spread to what is near; few labels of texts, as their words say, too.

    own: features [n, F] of the rows of `asked` that were learned without labels, by input. members: of the network that learned
    from labels alone, to compare with.

    How good that is, hidden labels tell: each fold of them is answered by the others; where there is a test set of the
    user's own, that alone.
    """
    [(column, output)] = prepared.outputs.items()
    assert isinstance(output, Category)
    taught, hidden, open_rows = _parts(prepared)
    rows = np.concatenate([taught, hidden, open_rows])
    known = features(prepared, rows, rng, own)
    x = turned(known, rng)
    graph = Graph.of(x, rng)
    labels = prepared.targets(column, taught)[0].astype(np.int64)
    places = np.arange(len(taught))
    wanted = shares.told(plan.shares, output.classes)
    begin = len(taught) + len(hidden)
    open_places = np.arange(begin, len(rows))
    teachers = teachers_of(prepared, rows, known, graph) if len(labels) < FEW else []
    spreading = (
        Voices(teachers, output.width, open_places, wanted)
        if len(teachers) > 1
        else Spreading(graph, output.width, method_for(labels), open_places, wanted)
    )
    raw = spreading(places, labels)
    if len(hidden):
        judged, truth = (
            raw[len(taught) : begin],
            prepared.targets(column, hidden)[0].astype(np.int64),
        )
    else:
        judged, truth = _hidden(spreading, labels, rng)
    tuned = copy(output)
    tuned.calibrate(judged, truth)
    likely = softmax(tuned.scaled(raw[begin:]))
    choice = tuned.decide(likely)
    values, sure = np.array(output.classes, object)[choice], likely[np.arange(len(choice)), choice]
    names = None if plan.private else row_names(prepared.examples)
    said: Json = {
        "column": column,
        "rows": len(open_rows),
        "labels": len(labels),
        "method": spreading.method,
        "shares": None if wanted is None else dict(zip(output.classes, wanted.tolist(), strict=True)),
        "right": _right(judged, truth),
        "alone": _alone(prepared, column, members) if len(truth) else None,
        "calibrated": len(truth) >= 10,
        "counts": {word: int((choice == k).sum()) for k, word in enumerate(output.classes)},
        "shown": [] if plan.private else _shown(prepared, open_rows, values, sure),
    }
    assumptions = about(x, graph, places, labels, prepared.intake.forms, rng)
    named = None if names is None else [names[row] for row in open_rows.tolist()]
    return Answered(column, open_rows, values, sure, named, said, assumptions)


def _hidden(spreading: Spreading | Voices, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Raw answers to labelled rows whose label was hidden, and the labels. The only label of a class is never hidden.

    As all labels are spread: by the same method and to the same shares, each fold brought to the same lead, for how much a label says depends on
    how many there are.
    """
    fold = np.full(len(labels), -1)
    for each in np.unique(labels):
        inside = rng.permutation(np.flatnonzero(labels == each))
        if len(inside) > 1:
            fold[inside] = (np.arange(len(inside)) + int(rng.integers(FOLDS))) % min(FOLDS, len(inside))
    found: list[Array] = [np.zeros((0, spreading.classes), np.float32)]
    truth: list[Array] = [np.zeros(0, np.int64)]
    for number in range(FOLDS):
        out, kept = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(out):
            continue
        found.append(spreading(kept, labels[kept])[out])
        truth.append(labels[out])
    return np.concatenate(found), np.concatenate(truth)


def _alone(prepared: Prepared, column: str, members: list[Trial]) -> float | None:
    """The share of held-out rows that the network is right on."""
    _, raw, target = held_out(prepared, members).judged(prepared, column)
    return float((raw.argmax(1) == target).mean()) if len(target) else None


def _right(judged: Array, truth: Array) -> Json | None:
    """The share of hidden labels that was found again, with its interval; nothing where no label could be hidden."""
    if not len(truth):
        return None
    hits = float((judged.argmax(1) == truth).sum())
    low, high = wilson(hits, len(truth))
    return {"value": hits / len(truth), "low": low, "high": high, "rows": len(truth)}


def _shown(prepared: Prepared, rows: Array, values: Array, sure: Array) -> list[Json]:
    """The surest and the least sure answers."""
    order = np.argsort(-sure, kind="stable")
    some = order if len(order) <= 2 * SHOWN else np.concatenate([order[:SHOWN], order[-SHOWN:]])
    return [
        {"name": name, "answer": str(values[place]), "sure": float(sure[place])} | shown(prepared, int(rows[place]))
        for place, name in zip(some.tolist(), called(prepared, rows[some]), strict=True)
    ]
