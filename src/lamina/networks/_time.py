"""Rows of different length: which steps count, and one vector of all that do. Padding never changes an answer."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from lamina.core import Form

TOGETHER = 4  # groups of rows of like lengths, in a batch
FARTHEST = 10.0  # standard deviations: what lies farther out says no more


def mask(x: Tensor, lengths: Tensor) -> Tensor:
    """[B, T] bool: True where step t of row b, of x [B, T, …], holds something."""
    return torch.arange(x.shape[1], device=x.device) < lengths[:, None]


def alike(x: Tensor, lengths: Tensor, act: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """What `act` makes of rows [B, T, …] and lengths [B], asked in groups of rows about as long: padding takes time."""
    order = lengths.argsort(stable=True)
    parts = [act(x[rows, : int(lengths[rows].max())], lengths[rows]) for rows in order.chunk(TOGETHER)]
    return torch.cat(parts)[order.argsort()]


def mean(x: Tensor, here: Tensor) -> Tensor:
    """[B, W] from [B, T, W]: over the steps that hold something."""
    kept = here[:, :, None].to(x.dtype)
    found: Tensor = (x * kept).sum(1) / kept.sum(1).clamp_min(1)
    return found


def most(x: Tensor, here: Tensor) -> Tensor:
    """[B, W] from [B, T, W]: the largest over the steps that hold something."""
    return x.masked_fill(~here[:, :, None], torch.finfo(x.dtype).min).amax(1)


class Attention(nn.Module):
    """A weighted mean over time, whose weights are learned from the steps themselves (Bahdanau et al. 2015, without a
    question): [B, T, W] to [B, W]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)  # what is added to all scores alike weighs nothing

    def forward(self, x: Tensor, here: Tensor) -> Tensor:
        """here: [B, T] as of `mask`."""
        score = self.score(x)[:, :, 0].masked_fill(~here, torch.finfo(x.dtype).min)
        found: Tensor = (torch.softmax(score, 1)[:, :, None] * x).sum(1)
        return found


class Signals(nn.Module):
    """Raw steps [B, T, C] of a sequence to standardised ones [B, T, W], W twice C: each channel, 0 where it is missing,
    then a sign for each that is; of a spectrum, where nothing is missing, C. Padding becomes 0.

    mean, spread (one over the standard deviation): [C], over the steps of training rows that hold something; gaps: [C], 1
    where a channel is missing in some of them, since only there a sign of it says something.
    """

    mean: Tensor
    spread: Tensor
    gaps: Tensor

    def __init__(self, form: Form) -> None:
        super().__init__()
        channels = form.shape[-1]
        self.gappy = form.kind == "sequence"
        self.width = channels * (2 if self.gappy else 1)
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("spread", torch.ones(channels))
        self.register_buffer("gaps", torch.zeros(channels))

    def settle(self, values: Tensor, lengths: Tensor) -> None:
        """From training rows."""
        steps = values[mask(values, lengths)].double()  # [N, C]
        self.mean.copy_(steps.nanmean(0).nan_to_num(0))
        spread = (steps - self.mean.double()).square().nanmean(0).sqrt().nan_to_num(0)
        self.spread.copy_(torch.where(spread > 1e-37, 1 / spread, 0.0))  # below, float32 has no reciprocal
        self.gaps.copy_(steps.isnan().any(0))

    def forward(self, x: Tensor, here: Tensor) -> Tensor:
        """here: [B, T] as of `mask`."""
        scaled = ((x - self.mean) * self.spread).clamp(-FARTHEST, FARTHEST)
        if self.gappy:
            gone = x.isnan()
            scaled = torch.cat([torch.where(gone, 0.0, scaled), gone * self.gaps], 2)
        return scaled * here[:, :, None]
