"""Rows of any kind as values on one scale: nothing is learned but the scales, and what texts are about."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from lamina.core import Features, Form, Recipe
from lamina.networks._layered import Laid
from lamina.networks._values import Pixels, Values
from lamina.networks._whole import Course, Frames, Topics

SCALED = 20_000  # rows that scales are taken from
VALUES: dict[str, Any] = {
    "vector": Values, "grid": Pixels, "sequence": Course, "spectrum": Course, "film": Frames, "tokens": Topics,
}  # fmt: skip


class Even(Laid):
    """Features are the values themselves: columns and pixels as `_values` has them, what lies over time as `_whole`. For what is found
    by nearness alone."""

    kind: ClassVar[str] = "even"
    accepts: ClassVar[frozenset[str]] = frozenset(VALUES)
    recipe = Recipe(rate=1e-3, batch=256, epochs=10)

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.values = VALUES[form.kind](form)
        self.width: int = self.values.width
        self.parts = {"values": self.width}
        self.owners: list[int] | list[str] = self.values.owners

    def settle(self, values: Tensor, generator: torch.Generator, *lengths: Tensor) -> None:
        self.values.settle(values[:SCALED], *(each[:SCALED] for each in lengths))

    def forward(self, x: Tensor, *lengths: Tensor) -> Features:
        return Features(self.values(x, *lengths))
