"""Labels that look wrong: confident learning (Northcutt et al. 2021) on answers to rows that taught nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamina.core import Array

ENOUGH = 0.5  # share of right answers, below which a doubt tells more of the network than of the label
WEAK = "None are listed: this network is right too seldom to tell wrong labels from hard examples."


@dataclass(frozen=True, slots=True)
class Suspect:
    """row: its position among the judged rows; given, likely: class codes; confidence: in `likely`; doubt: in `given`."""

    row: int
    given: int
    likely: int
    confidence: float
    doubt: float


def suspects(shares: Array, target: Array, count: int = 12) -> list[Suspect]:
    """The labels most likely wrong, the worst first.

    A class counts as said where its probability is at least what rows that bear its label get on average; a row of another
    label is suspect. shares: [N, K] calibrated probabilities of rows that were not learned from (of learned ones the network
    knows the wrong label by heart); target: [N] codes.
    """
    classes = shares.shape[1]
    counts = np.bincount(target, minlength=classes)
    own = shares[np.arange(len(target)), target]
    usual = np.bincount(target, own, classes) / np.maximum(counts, 1)
    usual[counts == 0] = np.inf  # nothing tells how sure it is of a class without rows
    said = np.where(shares >= usual, shares, -1.0)
    likely = said.argmax(1)
    margin = shares[np.arange(len(target)), likely] - own
    wrong = np.flatnonzero((said.max(1) > 0) & (likely != target) & (margin > 0))
    order = wrong[np.argsort(-margin[wrong], kind="stable")][:count]
    return [Suspect(int(k), int(target[k]), int(likely[k]), float(shares[k, likely[k]]), float(own[k])) for k in order]
