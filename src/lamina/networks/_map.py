"""Features to a place on a plane on which near examples stay near: learned, so that new examples find their place too."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

WIDTH = 2
HIDDEN = 256


class Map(nn.Module):
    """[B, F] to [B, width]. spans: of the features, those it looks at, as (start, stop)."""

    center: Tensor
    scale: Tensor

    def __init__(self, spans: Sequence[Sequence[int]], width: int = WIDTH, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.spans = [(int(start), int(stop)) for start, stop in spans]
        inputs = sum(stop - start for start, stop in self.spans)
        self.register_buffer("center", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(()))
        self.layers = nn.Sequential(
            OrderedDict(
                first=nn.Linear(inputs, hidden),
                act1=nn.SiLU(),
                second=nn.Linear(hidden, hidden),
                act2=nn.SiLU(),
                place=nn.Linear(hidden, width),
            )
        )

    def settle(self, features: Tensor) -> None:
        """Center and one scale for all, from training rows: what varies more counts for more."""
        seen = self.cut(features)
        self.center.copy_(seen.mean(0))
        self.scale.copy_(seen.std(0).square().mean().sqrt().clamp_min(1e-6))

    def cut(self, features: Tensor) -> Tensor:
        return torch.cat([features[:, start:stop] for start, stop in self.spans], 1)

    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.layers((self.cut(features) - self.center) / self.scale)
        return found
