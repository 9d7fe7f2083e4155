"""provisional"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Recipe
from lamina.networks._layered import Layered


class Mlp(Layered):
    kind: ClassVar[str] = "mlp"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    recipe = Recipe(rate=4e-3, batch=256, epochs=40, schedule="flat_cos", average=0.99)
    rates: ClassVar[dict[str, float]] = {}
    center: Tensor
    scale: Tensor

    def __init__(self, form: Form, width: int = 256) -> None:
        super().__init__()
        self.width = width
        self.copies = 1
        self.numbers = [j for j, size in enumerate(form.sizes) if not size]
        self.words = [j for j, size in enumerate(form.sizes) if size]
        self.sizes = [form.sizes[j] for j in self.words]
        self.register_buffer("center", torch.zeros(len(self.numbers)))
        self.register_buffer("scale", torch.ones(len(self.numbers)))
        inside = 2 * len(self.numbers) + sum(self.sizes)
        self.layers = nn.Sequential(nn.Linear(inside, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        x = values[:, self.numbers]
        if x.shape[1]:
            self.center.copy_(x.nanmedian(0).values.nan_to_num(0))
            self.scale.copy_((x - self.center).abs().nanmean(0).nan_to_num(1).clamp_min(1e-6))

    def forward(self, x: Tensor) -> Features:
        numbers = x[:, self.numbers]
        missing = numbers.isnan()
        scaled = torch.where(missing, 0.0, (numbers - self.center) / self.scale)
        parts = [scaled / (1 + (scaled / 3).square()).sqrt(), missing.float()]
        for j, size in zip(self.words, self.sizes, strict=True):
            parts.append((x[:, j : j + 1] == torch.arange(size)).float())
        return Features(self.layers(torch.cat(parts, 1)))
