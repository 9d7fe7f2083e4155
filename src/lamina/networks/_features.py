"""Features of a network that others taught, standardised: what is read out, whatever it was taught with."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from lamina.core import Features, Recipe
from lamina.networks._layered import Layered
from lamina.networks._standard import standard
from lamina.networks._weights import a_few


class Knowing(Protocol):
    """A published network. features: how many numbers it gives of a row."""

    features: int

    def load(self, folder: str, digest: str) -> None: ...


class PretrainedFeatures(Layered):
    """What `reader` gives of a row, standardised.

    weights: the folder that it is taken from, and digest: the hash of its files. forward takes what `reader` was taught with,
    or what was made of that before and kept: features [B, W], or the maps that enter the first layer that learns, in half
    precision. `settle` takes what was kept.
    """

    recipe = Recipe(rate=2e-3, batch=128, epochs=60, schedule="one_cycle", weight_decay=0.05, average=0.98)
    center: Tensor
    scale: Tensor

    def __init__(self, reader: Knowing, weights: str | None, digest: str) -> None:
        super().__init__()
        self.reader, self.weights, self.digest = reader, weights, digest
        self.width = reader.features
        self.register_buffer("center", torch.zeros(self.width))
        self.register_buffer("scale", torch.ones(self.width))
        self.drop = nn.Dropout(0.2)

    def told(self, x: Tensor, lengths: Tensor) -> Tensor:
        """[B, W]: what `reader` gives."""
        raise NotImplementedError

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor | None = None) -> None:
        if self.weights is not None:
            self.reader.load(self.weights, self.digest)
        if lengths is not None:
            with torch.no_grad():
                found = [self.told(*each) for each in a_few(values, lengths)]
            values = torch.cat([torch.zeros(0, self.width), *found])
        center, scale = standard(values)
        self.center.copy_(center)
        self.scale.copy_(scale)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Features:
        seen = x if lengths is None else self.told(x, lengths)
        return Features(self.drop((seen - self.center) / self.scale))
