"""What is written down along time: convolutions that see small pieces, then recurrent layers that know what is around."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Layered
from lamina.networks._time import Signals, mask, mean
from lamina.networks.rnn import Layer, turned

STEPS = 4_000  # of learning, for many rows as for few


class Scribe(Layered):
    """Spectra (of sounds, or columns of pixels of a line) to steps that are `shrink` times as long (as CRNN, Shi et al.
    2017, and Deep Speech 2, Amodei et al. 2016).

    Each convolution halves the bands, and the first ones also the steps; then GRU layers read in both directions.
    channels: of the first convolution. width: of a GRU layer and direction. depth: GRU layers. shrink: 1, 2, 4 or 8.
    drop: share of the units left out between layers while learning. Padding changes no answer: it is made zero after each layer.
    """

    kind: ClassVar[str] = "scribe"
    accepts: ClassVar[frozenset[str]] = frozenset({"spectrum"})
    recurrent: ClassVar[bool] = True
    recipe = Recipe(rate=3e-3, batch=32, epochs=40, betas=(0.9, 0.98), weight_decay=0.01)

    def __init__(
        self, form: Form, channels: int = 24, width: int = 96, depth: int = 2, shrink: int = 4, drop: float = 0.15
    ) -> None:
        super().__init__()
        self.shrink = shrink
        self.first = Signals(form)
        halvings = round(math.log2(shrink))
        stages: OrderedDict[str, nn.Module] = OrderedDict()
        inside, bands = 1, form.shape[-1]
        for number in range(max(2, halvings)):
            outside = channels * 2**number
            stages[f"stage{number + 1}"] = Stage(inside, outside, 2 if number < halvings else 1)
            inside, bands = outside, math.ceil(bands / 2)
        self.stages = nn.Sequential(stages)
        self.dense = nn.Linear(inside * bands, 2 * width)
        self.layers, self.norms = recurrent(width, depth)
        self.drop = nn.Dropout(drop)
        self.width = self.steps = 2 * width

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """The alignment has to be found, whatever the number of rows: about as many steps always."""
        epochs = STEPS * cls.recipe.batch / max(rows, 1)
        return {}, replace(cls.recipe, epochs=float(min(max(epochs, 15.0), 120.0)))

    def depth(self) -> int:
        return len(self.stages) + 1 + len(self.layers)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        self.first.settle(values, lengths)

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        maps = self.first(x, mask(x, lengths))[:, None]  # [B, 1, T, F]
        for stage in self.stages:
            assert isinstance(stage, Stage)
            lengths = torch.div(lengths + stage.stride - 1, stage.stride, rounding_mode="floor")
            maps = stage(maps, lengths)
        steps = maps.permute(0, 2, 1, 3).flatten(2)
        here = mask(steps, lengths)
        steps = self.dense(steps)
        return written(steps, here, lengths, self.layers, self.norms, self.drop)


def recurrent(width: int, depth: int) -> tuple[nn.Sequential, nn.ModuleList]:
    """GRU layers of so many units a direction, with a norm before each."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        (f"layer{n}", Layer("gru", 2 * width, width, True)) for n in range(1, depth + 1)
    )
    return nn.Sequential(layers), nn.ModuleList([nn.LayerNorm(2 * width) for _ in range(depth)])


def written(
    steps: Tensor, here: Tensor, lengths: Tensor, layers: nn.Sequential, norms: nn.ModuleList, drop: nn.Module
) -> Features:
    """Steps [B, T, W] through recurrent layers in both directions, each beside what it gets: features along time."""
    back = turned(here, lengths)
    for layer, norm in zip(layers, norms, strict=True):
        steps = steps + layer(drop(norm(steps)), lengths, back)[0]
    steps = steps * here[:, :, None]
    return Features(mean(steps, here), (drop(steps).transpose(1, 2),), here=here)


class Stage(nn.Module):
    """A convolution over steps and bands, which it halves; stride: of the steps. [B, C, T, F]; zero where nothing is."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(inputs, outputs, 3, (stride, 2), 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        found = torch.relu(self.norm(self.conv(x)))
        here = torch.arange(found.shape[2], device=x.device) < lengths[:, None]
        return found * here[:, None, :, None]
