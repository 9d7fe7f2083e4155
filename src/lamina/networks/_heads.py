"""The last layers: features to raw answers, for k copies of a network at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Head(nn.Module):
    """A linear read-out per copy: features [B, W] or [B, k, W] to raw answers [B, k, C]. Starts at zero: no opinion."""

    def __init__(self, width: int, answers: int, copies: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(copies, width, answers))
        self.bias = nn.Parameter(torch.zeros(copies, answers))

    def settle(self, target: Tensor) -> None:
        """Nothing to learn from the targets alone."""

    def forward(self, features: Tensor) -> Tensor:
        if features.ndim == 2:
            features = features[:, None]
        if self.weight.shape[0] == 1:
            return features @ self.weight[0] + self.bias
        return torch.einsum("bkw,kwc->bkc", features, self.weight) + self.bias


class NumberHead(Head):
    """A read-out in the target's own units: it learns a standardised value, and moves and stretches it at the end."""

    center: Tensor
    scale: Tensor

    def __init__(self, width: int, copies: int = 1) -> None:
        super().__init__(width, 1, copies)
        self.register_buffer("center", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    def settle(self, target: Tensor) -> None:
        self.center.copy_(target.double().mean())
        self.scale.copy_(target.double().std(correction=0).clamp_min(1e-12))

    def forward(self, features: Tensor) -> Tensor:
        raw: Tensor = super().forward(features) * self.scale + self.center
        return raw
