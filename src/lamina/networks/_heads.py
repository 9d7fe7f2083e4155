"""Layers for k copies of a network at once, and the last ones: features to raw answers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lamina.core import CERTAIN

SHARP = 16.0  # of the sphere's cosines: how sure the nearest known one can be at most


class Packed(nn.Module):
    """A linear layer of its own for each copy: [B, k, I] to [B, k, O]."""

    def __init__(self, copies: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(copies, inputs, outputs) / math.sqrt(max(inputs, 1)))
        self.bias = nn.Parameter(torch.zeros(copies, 1, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x.transpose(0, 1), self.weight).transpose(0, 1)


class Head(nn.Module):
    """A linear read-out per copy: features [B, W] or [B, k, W] to raw answers [B, k, C]. Starts at zero: no opinion."""

    def __init__(self, width: int, answers: int, copies: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(copies, width, answers))
        self.bias = nn.Parameter(torch.zeros(copies, answers))

    def settle(self, target: Tensor, copies: Tensor | None = None) -> None:
        """Nothing to learn from the targets [N] alone. copies: [N, k], which copies learn from which."""

    def stand(self, order: Tensor) -> None:
        """Read out in place k what the copy `order[k]` did."""
        for each in (*self.parameters(), *self.buffers()):
            each.data = each.data[order.to(each.device)]

    def forward(self, features: Tensor) -> Tensor:
        if features.ndim == 2:
            features = features[:, None]
        if self.weight.shape[0] == 1:
            return features @ self.weight[0] + self.bias
        return torch.einsum("bkw,kwc->bkc", features, self.weight) + self.bias


class NumberHead(Head):
    """A read-out in the target's own units: it learns a standardised value, and moves and stretches it at the end.

    center, scale, low, high: [k, 1], of the targets that each copy learns from; answers stay between low and high.
    """

    center: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, width: int, copies: int = 1) -> None:
        super().__init__(width, 1, copies)
        self.register_buffer("center", torch.zeros(copies, 1))
        self.register_buffer("scale", torch.ones(copies, 1))
        self.register_buffer("low", torch.full((copies, 1), -math.inf))
        self.register_buffer("high", torch.full((copies, 1), math.inf))

    def settle(self, target: Tensor, copies: Tensor | None = None) -> None:
        for copy in range(len(self.center)):
            seen = (target if copies is None else target[copies[:, copy]]).double()
            if len(seen):
                self.center[copy], self.scale[copy] = seen.mean(), seen.std(correction=0).clamp_min(1e-12)
                self.low[copy], self.high[copy] = seen.min(), seen.max()

    def forward(self, features: Tensor) -> Tensor:
        raw: Tensor = super().forward(features) * self.scale + self.center
        return raw if self.training else torch.minimum(torch.maximum(raw, self.low), self.high)


class Along(nn.Module):
    """A linear read-out of each step: [B, W, T] to raw answers [B, 1, T, V]. Where nothing is, it is certain of class 0:
    then rows of any length lie in one array, and padding changes no answer."""

    def __init__(self, width: int, answers: int) -> None:
        super().__init__()
        self.read = nn.Linear(width, answers)
        nn.init.zeros_(self.read.weight)
        nn.init.zeros_(self.read.bias)

    def settle(self, target: Tensor, copies: Tensor | None = None) -> None:
        """Nothing to learn from the targets alone."""

    def forward(self, steps: Tensor, here: Tensor) -> Tensor:
        """here: [B, T] bool."""
        raw: Tensor = self.read(steps.transpose(1, 2))
        nothing = torch.full_like(raw[:1, :1], -CERTAIN)
        nothing[:, :, 0] = 0.0
        return torch.where(here[:, :, None], raw, nothing)[:, None]


class Sphere(Head):
    """Features to a place on a sphere, [B, k, E] of length one; while it learns, to how near that lies to each known
    one's place, [B, k, K] cosines times SHARP.

    It begins as a view of the features in random directions, which keeps their distances; what is learned is added, and
    weight decay holds that back. taught: [k, K] bool, whom a copy learns from: the others, who chose or are judged, repel
    nothing.
    """

    start: Tensor
    taught: Tensor

    def __init__(self, width: int, places: int, known: int, copies: int = 1) -> None:
        super().__init__(width, places, copies)
        self.register_buffer("start", torch.randn(copies, width, places) / math.sqrt(max(width, 1)))
        self.known = nn.Parameter(torch.randn(copies, known, places))
        self.register_buffer("taught", torch.ones(copies, known, dtype=torch.bool))

    def settle(self, target: Tensor, copies: Tensor | None = None) -> None:
        for copy in range(len(self.taught)):
            seen = target if copies is None else target[copies[:, copy]]
            self.taught[copy] = torch.isin(torch.arange(self.taught.shape[1]), seen)

    def forward(self, features: Tensor) -> Tensor:
        seen = features[:, None] if features.ndim == 2 else features
        seen = seen.expand(-1, len(self.start), -1)
        place = super().forward(features) + torch.einsum("bkw,kwe->bke", seen, self.start)
        place = nn.functional.normalize(place, dim=-1)
        if not self.training:
            return place
        near = torch.einsum("bke,kne->bkn", place, nn.functional.normalize(self.known, dim=-1))
        return SHARP * near.masked_fill(~self.taught, -1.0)
