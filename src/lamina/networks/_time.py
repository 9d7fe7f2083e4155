"""Rows of different length: which steps count, and one vector of all that do. Padding never changes an answer."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def mask(x: Tensor, lengths: Tensor) -> Tensor:
    """[B, T] bool: True where step t of row b, of x [B, T, …], holds something."""
    return torch.arange(x.shape[1], device=x.device) < lengths[:, None]


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
        self.score = nn.Linear(width, 1)

    def forward(self, x: Tensor, here: Tensor) -> Tensor:
        """here: [B, T] as of `mask`."""
        score = self.score(x)[:, :, 0].masked_fill(~here, torch.finfo(x.dtype).min)
        found: Tensor = (torch.softmax(score, 1)[:, :, None] * x).sum(1)
        return found
