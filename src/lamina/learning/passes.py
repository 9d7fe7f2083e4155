"""Which rows make the next batch: pass after pass over all of them, each in an order of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array

FULL = 0.875  # of the time: from here on every row is passed over again, so that the weights end where they should


class Order(Protocol):
    """Which places of what is learned from make the batch of a step. Asked twice for a step, it gives the same."""

    def next(self, step: int, time: float) -> tuple[Tensor, Tensor | None]:
        """Places, and what each counts for (None: the same). time: of the schedule, 0 to 1."""
        ...

    def told(self, losses: Tensor) -> None: ...
    def forget(self) -> None: ...
    def state(self) -> tuple[dict[str, Tensor], dict[str, int]]: ...
    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, int]) -> None: ...


class Passes:
    """Batches from seed and pass; what does not fill a batch is left out of its pass.

    easy: this share of the rows with less loss than the mean is left out of a pass, drawn anew each time; those that stay
    count for as much more, so that a step is on average the same as without (InfoBatch, Qin et al. 2024). It spends the
    time where something is left to learn. 0: all rows, always.
    """

    def __init__(self, index: Array, batch: int, seed: int, easy: float = 0.0) -> None:
        self.index = torch.from_numpy(np.ascontiguousarray(index, np.int64))
        self.batch, self.seed, self.easy = batch, seed, easy
        self.number, self.start = -1, 0  # of the pass, and the step it began with
        self.step = -1
        self.order = torch.empty(0, dtype=torch.int64)  # places in `index`
        self.worth = torch.ones(len(index)) if easy else None  # how much a row counts for in this pass
        self.losses = torch.full((len(index),), torch.inf) if easy else None  # when it was last passed over
        self.places = self.order

    def next(self, step: int, time: float) -> tuple[Tensor, Tensor | None]:
        """Rows of the batch of `step`, and what each counts for (None: the same). time: of the schedule, 0 to 1.

        Asked twice for a step, it gives the same. Steps come one after the other.
        """
        if step != self.step:
            if self.number < 0 or (step - self.start + 1) * self.batch > max(len(self.order), self.batch):
                self._begin(step, time)
            self.step = step
        place = (step - self.start) * self.batch
        self.places = self.order[place : place + self.batch]
        return self.index[self.places], None if self.worth is None else self.worth[self.places]

    def told(self, losses: Tensor) -> None:
        """The losses [B] of the batch at hand."""
        if self.losses is not None:
            self.losses[self.places] = losses.float().cpu()

    def _begin(self, step: int, time: float) -> None:
        self.number, self.start = self.number + 1, step
        rng = np.random.default_rng([self.seed, self.number])
        self.order = torch.from_numpy(rng.permutation(len(self.index)))
        if self.losses is None or self.worth is None:
            return
        self.worth.fill_(1.0)
        if time >= FULL or not self.losses.isfinite().any():
            return
        known = self.losses[self.losses.isfinite()]
        easy = self.losses < known.mean()
        self.worth[easy] = 1 / (1 - self.easy)
        left_out = easy & (torch.from_numpy(rng.random(len(self.index))) < self.easy)
        self.order = self.order[~left_out[self.order]]

    def forget(self) -> None:
        """The order of the pass at hand, once there is no next batch: it is as long as the rows."""
        self.order = self.places = self.order[:0].clone()

    def state(self) -> tuple[dict[str, Tensor], dict[str, int]]:
        """Tensors and numbers for a checkpoint."""
        if self.losses is None or self.worth is None:
            return {}, {"number": self.number, "start": self.start}
        tensors = {"order": self.order, "worth": self.worth, "losses": self.losses}
        return tensors, {"number": self.number, "start": self.start}

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, int]) -> None:
        self.number, self.start = int(numbers["number"]), int(numbers["start"])
        if self.easy:
            self.order, self.worth, self.losses = (tensors[name].clone() for name in ("order", "worth", "losses"))
        elif self.number >= 0:
            self.number -= 1
            self._begin(self.start, 0.0)
