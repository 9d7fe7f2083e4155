"""The outline of a series: its means over a few stretches of its own length, to small networks side by side, and beside known ones."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Counts, Layered
from lamina.networks._near import MOST, Near
from lamina.networks.mlp import Mlp

WIDEST = 16  # numbers that the target is told by, at most
PIECES = 8  # of a stretch's mean, at least
SMOOTHING = 0.1  # few series are soon told apart; without it, what is kept is what was least sure


class Outline(Layered):
    """A series in `points` stretches of equal length, however long it is (piecewise aggregate approximation, Keogh et al.
    2001): the mean of each channel over each stretch, and how many steps there were, are the columns of an `Mlp`. With a
    few hundred series that show a course from beginning to end it does better than networks that read step by step, in a
    fraction of the time; what happens within a stretch, and at any time, it does not see. Beside what the `Mlp` makes of them
    stands what is known of the series whose outlines are nearest (`Near`): few series come back in the same way, and a smooth
    border says less of them.

    A channel that is missing over a whole stretch is missing to the `Mlp` too. copies, bins, gain, hide: as of `Mlp`. width: numbers
    that the target is told by; units: known series that it keeps the outlines of, none where that is not to be.
    """

    kind: ClassVar[str] = "outline"
    accepts: ClassVar[frozenset[str]] = frozenset({"sequence"})
    counts: ClassVar[bool] = True
    discreet: ClassVar[Json] = {"units": 0}
    recipe = replace(Mlp.recipe, smoothing=SMOOTHING)

    def __init__(
        self,
        form: Form,
        width: int = 1,
        points: int = 16,
        copies: int = 10,
        bins: int = PIECES,
        gain: float = 0.6,
        hide: float = 0.1,
        units: int = MOST,
    ) -> None:
        super().__init__()
        self.stretches = Stretches(points)
        columns = points * form.shape[-1] + 1
        self.told = Mlp(Form("vector", (columns,), (0,) * columns), copies=copies, bins=bins, gain=gain, hide=hide)
        self.near = Near(columns, width, copies, units) if units else None
        self.width, self.copies = self.told.width + (width if units else 0), self.told.copies

    @classmethod
    def wide(cls, answers: int) -> Json:
        return {"width": min(answers, WIDEST) or 1}

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """As of `Mlp`, in finer pieces: the stretches beside each other bear each other out."""
        options, recipe = Mlp.suited(rows)
        options |= {"bins": max(PIECES, options["bins"]), "gain": 0.6, "units": max(1, min(MOST, rows))}
        return options, replace(recipe, smoothing=SMOOTHING)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        told = self.stretches(values, lengths)
        self.told.settle(told, generator)
        if self.near is not None:
            self.near.settle(told, generator)

    def count(self, values: Tensor, lengths: Tensor, counts: Counts) -> None:
        """Which series are known, and what of them."""
        if self.near is not None:
            said, here = counts.told(self.copies, self.near.said.shape[2])
            rows = counts.known > 0
            self.near.learn(self.stretches(values[rows], lengths[rows]), said[rows], here[rows])

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        told = self.stretches(x, lengths)
        found: Features = self.told(told)
        return found if self.near is None else Features(torch.cat([found.whole, self.near(told)], 2))


class Stretches(nn.Module):
    """[B, T, C] to [B, points * C + 1]: the mean of what is there of each channel over each stretch, NaN where nothing is;
    then the number of steps. A step on the border of two stretches counts in both, by its share."""

    def __init__(self, points: int) -> None:
        super().__init__()
        self.points = points

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        step = torch.arange(x.shape[1], device=x.device, dtype=x.dtype)
        size = lengths.to(x.dtype)[:, None, None] / self.points  # [B, 1, 1]
        start = torch.arange(self.points, device=x.device, dtype=x.dtype)[None, :, None] * size  # [B, points, 1]
        share = (torch.minimum(step + 1, start + size) - torch.maximum(step, start)).clamp_min(0)  # [B, points, T]
        there = ~x.isnan()
        sums = torch.matmul(share, torch.where(there, x, 0.0))
        weight = torch.matmul(share, there.to(x.dtype))
        means = torch.where(weight > 1e-6, sums / weight.clamp_min(1e-6), torch.nan)
        return torch.cat([means.flatten(1), lengths.to(x.dtype)[:, None]], 1)
