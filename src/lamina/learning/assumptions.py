"""What learning from rows without a label relies on, measured on the data at hand: that near rows are alike, that what
belongs together lies together, and that rows lie on something of few dimensions (Chapelle et al. 2006)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lamina.core import Array, Form, Json
from lamina.found._near import groups, squares
from lamina.learning.graph import Graph, turned
from lamina.learning.label_free import features
from lamina.learning.prepare import Prepared

DROPPED = 0.1  # share of the rows, those whose second neighbour is relatively farthest, that tell no dimension
COMPARED = 5_000  # labelled rows that are compared with each other
GROUPED = 20_000  # rows that groups are found among
EACH = 3  # groups for each class, where there are labels enough to tell


def measure(prepared: Prepared, rng: np.random.Generator) -> Json:
    """The same for the one target of a training, on features that no label had a say in, of some of the rows."""
    [column] = prepared.outputs
    parts = [each for fold in prepared.folds for each in (fold.train, fold.validation)]
    taught = rng.permutation(np.unique(np.concatenate(parts)))[: GROUPED // 2]
    extra = rng.permutation(prepared.extra)[: GROUPED - len(taught)]
    x = turned(features(prepared, np.concatenate([taught, extra]), rng), rng)
    labels = prepared.targets(column, taught)[0].astype(np.int64)
    return about(x, Graph.of(x, rng), np.arange(len(taught)), labels, prepared.intake.forms, rng)


def about(
    x: Array, graph: Graph, rows: Array, labels: Array, forms: Mapping[str, Form], rng: np.random.Generator
) -> Json:
    """x: [N, F] what the graph was made of; rows: [n] those with a label; labels: [n] class numbers.

    near: the share of labelled rows whose nearest labelled row has their label; chance: what guessing by how frequent
    classes are would give; compared: of how many rows. groups: of how many groups of near rows; same: the share of labelled
    rows that have the label of most others of their group, of `grouped`. dimensions: how many directions rows differ
    in; values: how many numbers a row is.
    """
    several = np.flatnonzero(np.bincount(labels)[labels] > 1)  # the only one of a class can be near none of its kind
    some = several[np.sort(rng.permutation(len(several))[:COMPARED])]
    known, said = x[rows[some]], labels[some]
    share = np.bincount(said) / max(len(said), 1)
    count, same, grouped = _grouped(x, known, said, rng)
    return {
        "near": _near(known, said),
        "compared": len(said),
        "chance": float((share**2).sum()),
        "groups": count,
        "same": same,
        "grouped": grouped,
        "dimensions": dimensions(graph.far),
        "values": sum(int(np.prod(form.shape)) for form in forms.values()),
    }


def dimensions(far: Array) -> float | None:
    """Of what rows lie on, from the distances [N, k] to their nearest two (Facco et al. 2017); None where that says nothing.

    >>> x = np.random.default_rng(0).uniform(size=(2000, 2)).astype(np.float32)
    >>> round(dimensions(Graph.of(x, np.random.default_rng(0)).far))
    2
    """
    if far.shape[1] < 2:
        return None
    apart = far[:, 0] > 0  # the same row twice says nothing
    ratio = np.sort(far[apart, 1].astype(np.float64) / far[apart, 0])
    kept = ratio[: int((1 - DROPPED) * len(ratio))]
    if len(kept) < 20 or kept[-1] <= 1:
        return None
    # The largest are left out, not seen smaller: the likelihood of the others, given that these are larger.
    total = np.log(kept).sum() + (len(ratio) - len(kept)) * np.log(kept[-1])
    return float(len(kept) / total)


def _near(known: Array, labels: Array) -> float | None:
    """The share of rows whose nearest other row has their label."""
    if len(known) < 2:
        return None
    found = []
    for start in range(0, len(known), 512):
        away = squares(known[start : start + 512], known)
        here = np.arange(len(away))
        away[here, start + here] = np.inf
        found.append(labels[away.argmin(1)] == labels[start : start + 512])
    return float(np.concatenate(found).mean())


def _grouped(x: Array, known: Array, labels: Array, rng: np.random.Generator) -> tuple[int, float | None, int]:
    """How many groups of near rows there are, the share of labelled rows that most others of their group agree with, of
    how many rows."""
    if not len(known):
        return 0, None, 0
    count = max(2, min(EACH * len(np.unique(labels)), len(labels) // 4))
    some = x[np.sort(rng.permutation(len(x))[:GROUPED])]
    if len(some) < 2 * count:
        return count, None, 0
    means = groups(some, count, rng)
    own = squares(known, means).argmin(1)
    table = np.zeros((len(means), int(labels.max()) + 1), np.int64)
    np.add.at(table, (own, labels), 1)
    others = table[own]
    others[np.arange(len(labels)), labels] -= 1  # a row is no witness for itself
    told = others.sum(1) > 0
    return len(means), float((others[told].argmax(1) == labels[told]).mean()) if told.any() else None, int(told.sum())
