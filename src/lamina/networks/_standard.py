"""What frozen features are standardised by, however few rows tell it."""

from __future__ import annotations

import torch
from torch import Tensor

STEADY = 100  # rows of which a feature's own spread is believed as much as that of all features
FLAT = 1e-3  # the least that is divided by


def standard(values: Tensor) -> tuple[Tensor, Tensor]:
    """Center and scale [W] of features [N, W]. Of few rows, a feature's own spread is mostly chance: its variance is drawn
    towards the mean of all, as far as if `STEADY` more rows had that.

    >>> standard(torch.tensor([[0.0, 1.0], [2.0, 1.0]]))
    (tensor([1., 1.]), tensor([0.7140, 0.7001]))
    """
    if not len(values):
        return torch.zeros(values.shape[1]), torch.ones(values.shape[1])
    own = values.var(0, correction=0)
    drawn = (len(values) * own + STEADY * own.mean()) / (len(values) + STEADY)
    return values.mean(0), drawn.sqrt().clamp_min(FLAT)
