"""What a training with unlabelled rows begins with: weights that were learned without labels, or what teachers say of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array
from lamina.learning.expecting import worded
from lamina.learning.graph import Graph
from lamina.learning.prepare import Prepared
from lamina.learning.spreading import lead, method_for, spread
from lamina.outputs._scores import log_softmax, softmax

WEIGHT = 3.0  # of the labels, beside that the weights be small: labels are few


class Teacher(Protocol):
    """What knows some rows without their labels."""

    def told(self, taught: Array, labels: Array, classes: int) -> Array:
        """[N, K] logarithms of how likely each class is for each of its rows, by the labels [m] at the places `taught` alone."""
        ...


@dataclass(frozen=True, slots=True)
class Near:
    """Labels spread to what is near."""

    graph: Graph

    def told(self, taught: Array, labels: Array, classes: int) -> Array:
        raw = spread(self.graph.ties, taught, labels, classes, method_for(labels))
        return log_softmax(raw * lead(raw))


@dataclass(frozen=True, slots=True)
class Straight:
    """Logistic regression on where features [N, F] point (they may be sparse), that no label had a say in."""

    features: Any

    def told(self, taught: Array, labels: Array, classes: int) -> Array:
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import normalize

        there = np.unique(labels)
        found = np.full((self.features.shape[0], classes), np.log(1 / (len(labels) + classes)))
        if len(there) < 2 or not self.features.shape[1]:  # nothing to tell apart, or nothing to tell it by
            found[:, there] = 0.0
            return log_softmax(found)
        x = normalize(self.features)
        model = LogisticRegression(C=WEIGHT, max_iter=500).fit(x[taught], labels)
        found[:, there] = model.predict_log_proba(x)
        return log_softmax(found)


def among(prepared: Prepared) -> Array:
    """The rows that labels spread among: those with a label that may teach, and those without. Where there are several folds, what
    one is judged on teaches the others; its labels are not told to that one's teachers, but its values are among these."""
    folds = prepared.folds
    judged = np.concatenate([prepared.held, *(fold.test for fold in folds if len(folds) == 1)])
    labelled = np.concatenate([part for fold in folds for part in (fold.train, fold.validation)])
    found: Array = np.union1d(np.setdiff1d(labelled, judged), prepared.extra)
    return found


def teachers_of(prepared: Prepared, rows: Array, known: Array, graph: Graph) -> list[Teacher]:
    """Who knows these rows: what is near them; and of texts what their words say, and what they are about.

    known: [N, F] their features, that no label had a say in; graph: of these.
    """
    found: list[Teacher] = [Near(graph)]
    if texts := worded(prepared, rows):
        found += [*texts, *(Straight(each.weighed) for each in texts), Straight(known)]
    return found


def joint(teachers: Sequence[Teacher], taught: Array, labels: Array, classes: int) -> Array:
    """[N, K] raw answers to all rows that they know: each has one voice. As of `Teacher.told`."""
    found: Array = np.mean([each.told(taught, labels, classes) for each in teachers], axis=0)
    return found


@dataclass(frozen=True, slots=True)
class Teachers:
    """rows: [N] that every teacher knows, ascending."""

    rows: Array
    each: Sequence[Teacher]

    def told(self, taught: Array, labels: Array, asked: Array, classes: int) -> Tensor:
        """[n, K] how likely each class is for the rows `asked`, by the labels [m] of the rows `taught` alone."""
        places = np.searchsorted(self.rows, taught)
        raw = joint(self.each, places, labels, classes)
        return torch.from_numpy(softmax(raw[np.searchsorted(self.rows, asked)]).astype(np.float32))


@dataclass(frozen=True, slots=True)
class Beginning:
    """weights: of the network, by input. teachers: what they say of rows is learned first."""

    weights: Mapping[str, Mapping[str, Tensor]]
    teachers: Teachers | None = None
