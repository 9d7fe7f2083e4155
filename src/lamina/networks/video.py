"""Videos: a small convolutional network looks at each frame, and a recurrent one at what it saw, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Layered
from lamina.networks._time import Attention, mask, most
from lamina.networks.cnn import Cnn
from lamina.networks.rnn import Layer, turned


class Video(Layered):
    """The same `cnn` for every frame, then a GRU in both directions over its features, then their attention-weighted mean and
    the largest of each unit. Never learned from mirrored films: a gesture has a side.

    width, depth, hidden: of the `cnn`. units: of the GRU in each direction. drop: share of the features left out while
    learning. Frames beyond a row's length are not looked at while learning, and count for nothing.
    """

    kind: ClassVar[str] = "video"
    accepts: ClassVar[frozenset[str]] = frozenset({"film"})
    recurrent: ClassVar[bool] = True
    recipe = Recipe(rate=0.004, batch=32, epochs=15, betas=(0.9, 0.95), weight_decay=0.02, smoothing=0.1)

    def __init__(
        self, form: Form, width: int = 16, depth: int = 0, hidden: int = 96, units: int = 64, drop: float = 0.2
    ) -> None:
        super().__init__()
        self.frames = Cnn(Form("grid", form.shape[1:]), width=width, depth=depth, hidden=hidden)
        self.drop = nn.Dropout(drop)
        self.time = Layer("gru", hidden, units, both=True)
        self.attention = Attention(2 * units)
        self.width = 4 * units

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

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        here = mask(x, lengths)
        steps = self.drop(self._seen(x, here))
        steps, _ = self.time(steps, lengths, turned(here, lengths))
        steps = steps * here[:, :, None]
        whole = torch.cat([self.attention(steps, here), most(steps, here)], 1)
        return Features(self.drop(whole), (steps.transpose(1, 2),))

    def _seen(self, x: Tensor, here: Tensor) -> Tensor:
        """[B, T, W], zero where there is no frame."""
        if self.training:  # what is no frame must not move the statistics of the batch
            found: Tensor = self.frames(x[here]).whole
            return found.new_zeros(*x.shape[:2], self.frames.width).masked_scatter(here[:, :, None], found)
        every: Tensor = self.frames(x.flatten(0, 1)).whole
        return every.reshape(x.shape[0], x.shape[1], self.frames.width) * here[:, :, None]
