"""provisional"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Recipe
from lamina.networks._layered import Layered


class Cnn(Layered):
    kind: ClassVar[str] = "cnn"
    accepts: ClassVar[frozenset[str]] = frozenset({"grid"})
    recipe = Recipe(rate=1e-2, batch=128, epochs=10, average=0.99)
    rates: ClassVar[dict[str, float]] = {}
    mean: Tensor
    std: Tensor

    def __init__(self, form: Form, width: int = 32) -> None:
        super().__init__()
        self.width = 4 * width
        self.copies = 1
        channels = form.shape[2]
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1), nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(2 * width), nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1), nn.BatchNorm2d(4 * width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        x = values.float()
        self.mean.copy_(x.mean((0, 1, 2)))
        self.std.copy_(x.std((0, 1, 2)).clamp_min(1.0))

    def forward(self, x: Tensor) -> Features:
        x = ((x.float() - self.mean) / self.std).permute(0, 3, 1, 2)
        return Features(self.layers(x))
