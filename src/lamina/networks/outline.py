"""The outline of a series: its means over a few stretches of its own length, to small networks side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Layered
from lamina.networks.mlp import Mlp

PIECES = 8  # of a stretch's mean, at least
SMOOTHING = 0.1  # few series are soon told apart; without it, what is kept is what was least sure


class Outline(Layered):
    """A series in `points` stretches of equal length, however long it is (piecewise aggregate approximation, Keogh et al.
    2001): the mean of each channel over each stretch, and how many steps there were, are the columns of an `Mlp`. With a
    few hundred series that show a course from beginning to end it does better than networks that read step by step, in a
    fraction of the time; what happens within a stretch, and at any time, it does not see.

    A channel that is missing over a whole stretch is missing to the `Mlp` too. copies, bins, gain, hide: as of `Mlp`.
    """

    kind: ClassVar[str] = "outline"
    accepts: ClassVar[frozenset[str]] = frozenset({"sequence"})
    recipe = replace(Mlp.recipe, smoothing=SMOOTHING)

    def __init__(
        self, form: Form, points: int = 16, copies: int = 10, bins: int = PIECES, gain: float = 0.6, hide: float = 0.1
    ) -> None:
        super().__init__()
        self.stretches = Stretches(points)
        columns = points * form.shape[-1] + 1
        self.told = Mlp(Form("vector", (columns,), (0,) * columns), copies=copies, bins=bins, gain=gain, hide=hide)
        self.width, self.copies = self.told.width, self.told.copies

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """As of `Mlp`, in finer pieces: the stretches beside each other bear each other out."""
        options, recipe = Mlp.suited(rows)
        return options | {"bins": max(PIECES, options["bins"]), "gain": 0.6}, replace(recipe, smoothing=SMOOTHING)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        self.told.settle(self.stretches(values, lengths), generator)

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        found: Features = self.told(self.stretches(x, lengths))
        return found


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
