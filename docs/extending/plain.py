"""The plainest network: scaled numbers, a switch for each word, and one matrix."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Recipe
from lamina.networks._layered import Layered


class Plain(Layered):
    """A table [B, D] in raw units to features [B, width].

    The scales are buffers: they are saved with the weights and stand in the ONNX graph, which so takes raw values.
    """

    kind: ClassVar[str] = "plain"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    recipe = Recipe(rate=0.01, batch=128, epochs=20)
    center: Tensor
    scale: Tensor

    def __init__(self, form: Form, width: int = 32) -> None:
        super().__init__()
        self.width = width
        self.numbers = [place for place, size in enumerate(form.sizes) if not size]
        self.words = [(place, size) for place, size in enumerate(form.sizes) if size]
        self.register_buffer("center", torch.zeros(len(self.numbers)))
        self.register_buffer("scale", torch.ones(len(self.numbers)))
        self.dense = nn.Linear(len(self.numbers) + sum(size for _, size in self.words), width)

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        x = values[:, self.numbers]
        self.center.copy_(x.nanmean(0).nan_to_num(0.0))
        self.scale.copy_((x - self.center).square().nanmean(0).sqrt().nan_to_num(1.0).clamp_min(1e-6))

    def forward(self, x: Tensor) -> Features:
        scaled = ((x[:, self.numbers] - self.center) / self.scale).nan_to_num(0.0)  # missing: the mean
        switches = [(x[:, place : place + 1] == torch.arange(size)).float() for place, size in self.words]
        return Features(self.dense(torch.cat([scaled, *switches], 1)).relu())
