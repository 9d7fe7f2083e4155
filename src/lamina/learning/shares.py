"""How frequent classes are among rows without a label, where somebody knows: answers keep to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.core import Array, PlanError, nearest
from lamina.learning.spreading import lead
from lamina.outputs._scores import softmax

EQUAL = "equal"
EXAMPLE = "Say equal, or class=share for every class, such as --shares spam=0.1 --shares ham=0.9."
OFF = 1e-3  # by how much shares may miss 1: thirds are written 0.333
TURNS, ROUNDS = 10, 10  # times that every row is given its class, and rounds of flowing between two of them
STEPS = 60  # of the search for what each class has to gain
COOLED, SHARP = 0.93, 0.05  # per step, and at the end: as answers get sharper, shares become counts


def told(said: Sequence[str], classes: Sequence[str]) -> Array | None:
    """[K] the share of each class, from `equal` or `class=share`; None where nothing is said.

    >>> told(("equal",), ("cat", "dog")).tolist(), told(("dog=0.25", "cat=0.75"), ("cat", "dog")).tolist()
    ([0.5, 0.5], [0.75, 0.25])

    Raises:
        PlanError: not of that form, a class that does not exist, one without a share or with two, or a sum that is not 1.
    """
    if not said:
        return None
    if tuple(said) == (EQUAL,):
        return np.full(len(classes), 1 / len(classes))
    found: dict[str, float] = {}
    for each in said:
        word, _, number = each.rpartition("=")
        try:
            share = float(number)
        except ValueError:
            share = float("nan")
        if not word or np.isnan(share):
            raise PlanError(f"The share '{each}' was not understood. {EXAMPLE}")
        if word not in classes:
            raise PlanError(f"The share '{each}' names '{word}', which is no class. {nearest(word, classes)}")
        if word in found:
            raise PlanError(f"The class '{word}' was given two shares, {found[word]:g} and {share:g}. Leave one out.")
        if not 0 < share <= 1:
            raise PlanError(f"The share '{each}' must be more than 0, and at most 1.")
        found[word] = share
    if missing := [word for word in classes if word not in found]:
        raise PlanError(f"{len(missing)} classes have no share (first: {missing[0]}). {EXAMPLE}")
    total = sum(found.values())
    if abs(total - 1) > OFF:
        raise PlanError(f"The shares of the {len(found)} classes sum to {total:g}. They must sum to 1.")
    return np.array([found[word] / total for word in classes])


def kept(raw: Array, asked: Array, shares: Array) -> Array:
    """Answers [N, K] to which every class adds what it takes to be the best of its share of the rows `asked`; on the scale
    of logits.

    What is added is sought as in optimal transport, with less and less room for doubt (Cuturi 2013).
    """
    raw = raw * lead(raw)
    gain, heat = np.zeros(raw.shape[1]), 1.0
    for _ in range(STEPS):
        heat = max(SHARP, COOLED * heat)
        mean = softmax((raw[asked] + gain) / heat).mean(0)
        gain += heat * (np.log(shares) - np.log(np.maximum(mean, 1e-12)))
    moved: Array = raw + (gain - gain.mean())
    return moved


def flowing(ties: Any, rows: Array, labels: Array, raw: Array, asked: Array, shares: Array) -> Array:
    """Poisson learning [N, K] that keeps to the shares (Poisson MBO, Calder et al. 2020): in turns, every row is given its best
    class, so that the shares hold, and what it was given flows on to what is near, with more from each label.

    raw: [N, K] of Poisson learning without shares. ties, rows, labels: as of `spread`. asked: rows that the shares are of.

    >>> from scipy.sparse import csr_array
    >>> line = csr_array(np.eye(6, k=1) + np.eye(6, k=-1))
    >>> start = np.eye(2)[[0, 1, 1, 1, 1, 1]]
    >>> flowing(line, np.array([0, 5]), np.array([0, 1]), start, np.arange(6), np.array([0.5, 0.5])).argmax(1).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    classes = raw.shape[1]
    degree = np.maximum(np.asarray(ties.sum(1)).ravel(), 1e-12)[:, None]
    source = np.zeros(raw.shape)
    source[rows] = np.eye(classes)[labels] - np.bincount(labels, minlength=classes) / len(labels)
    found = kept(raw, asked, shares)
    for _ in range(TURNS):
        flow = np.eye(classes)[found.argmax(1)]
        for _ in range(ROUNDS):
            flow = (ties @ flow + source) / degree
        found = kept(flow, asked, shares)
    return found
