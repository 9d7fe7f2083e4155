"""Columns, or the pixels of a small picture, as values on one scale: nothing is learned but the scales."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from lamina.core import Features, Form, Recipe
from lamina.networks._layered import Laid
from lamina.networks._values import values_of

SCALED = 20_000  # rows that scales are taken from


class Even(Laid):
    """Features are the values themselves: see `_values`. For what is found by nearness alone."""

    kind: ClassVar[str] = "even"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector", "grid"})
    recipe = Recipe(rate=1e-3, batch=256, epochs=10)

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.values = values_of(form)
        self.width = self.values.width
        self.parts = {"values": self.width}
        self.owners = self.values.owners

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        self.values.settle(values[:SCALED])

    def forward(self, x: Tensor) -> Features:
        return Features(self.values(x))
