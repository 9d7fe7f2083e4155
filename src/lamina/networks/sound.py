"""A small convolutional network for spectrograms: it shrinks early, most of all in pitch, and never looks at padding."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Layered
from lamina.networks._time import Signals, mask, mean, most

STEPS = 40_000  # rows times epochs of the recipe: few rows want many passes


class Sound(Layered):
    """Convolutions over time and pitch (batch norm, ReLU, residuals); then at each step one vector of all pitches; then the
    mean and the largest of each of its values over the steps that hold something, and a dense layer.

    width: channels of the first stage; each of the following ones halves the pitches, and the second the steps as well.
    Beyond the end of a row everything is zero before every layer, as at an edge: padding changes no answer. `Features.maps`
    holds every step left (one in 40 ms), [B, W, T].
    """

    kind: ClassVar[str] = "sound"
    accepts: ClassVar[frozenset[str]] = frozenset({"spectrum"})
    recipe = Recipe(
        rate=0.004,
        batch=64,
        epochs=30,
        weight_decay=0.05,
        smoothing=0.1,
        augment=("crop", "louder", "noise", "bend", "hide"),
        half=True,
        mixed=0.5,
    )

    def __init__(self, form: Form, width: int = 24, hidden: int = 128) -> None:
        super().__init__()
        self.width = hidden
        self.bands = Signals(form)
        stages: OrderedDict[str, Stage] = OrderedDict(stage1=Stage(1, width, 5, (2, 2)))
        wide, high = width, math.ceil(form.shape[1] / 2)
        while high > 3:
            number = len(stages) + 1
            inside, wide = wide, width * 2 ** max(0, number - 2)
            stages[f"stage{number}"] = Stage(inside, wide, 3, (2 if number == 3 else 1, 2), more=True)
            high = math.ceil(high / 2)
        self.stages = nn.ModuleDict(stages)
        self.pitches = nn.Linear(wide * high, hidden)
        self.dense = nn.Sequential(
            OrderedDict(norm=nn.BatchNorm1d(2 * hidden), dense=nn.Linear(2 * hidden, hidden), act=nn.ReLU(inplace=True))
        )
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Few rows want small batches and many passes."""
        batch = max(8, min(cls.recipe.batch, 2 ** round(math.log2(max(1, rows) / 12))))
        return {}, replace(cls.recipe, batch=batch, epochs=max(10.0, min(60.0, STEPS / max(1, rows))))

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        self.bands.settle(values, lengths)

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        here = mask(x, lengths)
        x = self.bands(x, here)[:, None].contiguous(memory_format=torch.channels_last)
        for stage in self.stages.values():
            x, here = stage(x, here)
        steps = self.pitches(x.permute(0, 2, 1, 3).flatten(2)).relu() * here[:, :, None]  # [B, T, hidden]
        whole = torch.cat([mean(steps, here), most(steps, here)], 1)
        return Features(self.dense(whole), (steps.transpose(1, 2),))


class Stage(nn.Module):
    """A layer that shrinks, and where there is more, a residual one that does not."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: tuple[int, int], more: bool = False) -> None:
        super().__init__()
        self.stride = stride[0]
        self.shrink = _layer(inputs, outputs, kernel, stride)
        self.more = _layer(outputs, outputs, 3, (1, 1)) if more else None

    def forward(self, x: Tensor, here: Tensor) -> tuple[Tensor, Tensor]:
        """x: [B, C, T, F]; here: [B, T] as of `mask`. And both as they are left."""
        here = here[:, :: self.stride]
        kept = here[:, None, :, None].to(x.dtype)
        x = self.shrink(x) * kept
        return (x if self.more is None else x + self.more(x) * kept), here


def _layer(inputs: int, outputs: int, kernel: int, stride: tuple[int, int]) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(OrderedDict(conv=conv, norm=nn.BatchNorm2d(outputs), act=nn.ReLU(inplace=True)))
