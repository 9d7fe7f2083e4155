"""Answers of rows that nobody learned from: what chooses and calibrates, and what is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lamina.core import Array, Taught
from lamina.learning.prepare import Prepared
from lamina.learning.trial import Trial
from lamina.outputs._scores import together

ENOUGH = 100  # rows, at least, by which to tell how far from the training data the farthest hundredth lies


@dataclass(slots=True)
class Held:
    """Raw answers of rows never learned from, by target column: those that calibrate, and those that are reported."""

    chosen: Array
    chosen_raw: dict[str, Array]
    tested: Array
    tested_raw: dict[str, Array]
    # Rows whose distance says what is unlike: nobody learned from them. They choose; where those that choose teach too,
    # they are the tested ones, if there are enough: no figure of the report is about them.
    apart: Array
    features: Array  # [apart, F], of the whole ensemble

    def judged(self, prepared: Prepared, column: str) -> tuple[Array, Array, Array]:
        """The reported rows that somebody has labelled: which these are, the raw answers to them, and what is true."""
        target, places = prepared.targets(column, self.tested)
        return self.tested[places], self.tested_raw[column][places], target


def held_out(prepared: Prepared, members: list[Trial]) -> Held:
    """Answers of every training on the rows that it did not see."""
    chosen, raws, seen = choosing(prepared, members)
    folded = len(prepared.folds) > 1
    if folded and not len(prepared.held):
        return Held(chosen, raws, chosen, raws, chosen, _features(members, chosen))
    tested = prepared.held if folded else prepared.folds[0].test
    answered, unseen = _answered(prepared, members, tested)
    taught = folded or members[0].copies is not None  # the rows that choose
    if taught and len(unseen) >= ENOUGH:
        return Held(chosen, raws, tested, answered, tested, unseen)
    return Held(chosen, raws, tested, answered, chosen, _features(members, chosen) if folded else seen)


def choosing(prepared: Prepared, members: list[Trial]) -> tuple[Array, dict[str, Array], Array]:
    """The rows that calibrate and choose between models, the raw answers to each of those that did not learn from it, and
    their features.

    Of a fold there may be several members: they answer together."""
    rows, parts = [], []
    for number in dict.fromkeys(member.number for member in members):
        group = [member for member in members if member.number == number]
        here = group[0].fold.test if len(prepared.folds) > 1 else group[0].chosen
        rows.append(here)
        parts.append(_answered(prepared, group, here, outside=len(prepared.folds) == 1))
    raws = {column: together([raw[column] for raw, _ in parts]) for column in prepared.outputs}
    return np.concatenate(rows), raws, np.concatenate([features for _, features in parts])


def _answered(
    prepared: Prepared, members: list[Trial], rows: Array, outside: bool = False
) -> tuple[dict[str, Array], Array]:
    """Raw answers of several members together by target column, and their features beside each other."""
    every = [member.raw(rows, outside) for member in members]
    if len(every) == 1:
        return every[0]
    raws = {
        column: combined(output, [each[column] for each, _ in every]) for column, output in prepared.outputs.items()
    }
    return raws, np.concatenate([each for _, each in every], 1)


def _features(members: list[Trial], rows: Array) -> Array:
    return np.concatenate([member.raw(rows)[1] for member in members], 1)


def combined(output: Taught, raws: Sequence[Array]) -> Array:
    """Raw answers of several models as an ensemble of them gives them."""
    found: Array = output.combine(torch.from_numpy(np.stack(raws, 1))).numpy()
    return found
