"""Videos: a small convolutional network looks at each frame, and a recurrent one at what it saw, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor

from lamina.core import Form, Json, Recipe
from lamina.networks._time import mask
from lamina.networks._watching import Watching
from lamina.networks.cnn import Cnn


class Video(Watching):
    """The same `cnn` for every frame, then what `Watching` makes of what it saw.

    width, depth, hidden: of the `cnn`. units, drop: as of `Watching`. Frames beyond a row's length are not looked at while
    learning.
    """

    kind: ClassVar[str] = "video"
    recipe = Recipe(rate=0.004, batch=32, epochs=15, betas=(0.9, 0.95), weight_decay=0.02, smoothing=0.1)

    def __init__(
        self, form: Form, width: int = 16, depth: int = 0, hidden: int = 96, units: int = 64, drop: float = 0.2
    ) -> None:
        super().__init__(hidden, units, drop)
        self.frames = Cnn(Form("grid", form.shape[1:]), width=width, depth=depth, hidden=hidden)

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Few videos want smaller batches and more passes."""
        return {}, replace(
            cls.recipe, batch=16 if rows < 500 else 32, epochs=max(6.0, min(40.0, 12_000 / max(1, rows)))
        )

    def depth(self) -> int:
        return self.frames.depth() + 1

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        self.frames.settle(values[mask(values, lengths)], generator)

    def look(self, x: Tensor, here: Tensor) -> Tensor:
        if self.training:  # what is no frame must not move the statistics of the batch
            found: Tensor = self.frames(x[here]).whole
            return found.new_zeros(*x.shape[:2], self.frames.width).masked_scatter(here[:, :, None], found)
        every: Tensor = self.frames(x.flatten(0, 1)).whole
        return every.reshape(x.shape[0], x.shape[1], self.frames.width) * here[:, :, None]
