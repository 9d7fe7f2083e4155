"""A small convolutional network for pictures: few, cheap layers that shrink early, since a CPU pays for every pixel."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Layered

LARGEST = 96  # pixels a side: larger pictures are averaged down first
SMALLEST = 4  # pixels a side of the last maps
WIDEST = 256
FEW = 500  # pictures to learn from, below which there are few
BATCH = 64  # of them a step
STEPS = 800


class Cnn(Layered):
    """Convolution, batch norm, ReLU; each stage halves the side and doubles the channels; then one dense layer.

    width: channels of the first stage. depth: residual layers within each stage but the first. light: within the first
    too, and all but the second's look at each channel alone, then mix them: a third of the price or less. Strides rather than pooling, which
    would compute four times as much. All memory is channels_last, nearly twice as fast on a CPU. unit: features of length 1,
    where only their direction was learned.
    """

    kind: ClassVar[str] = "cnn"
    accepts: ClassVar[frozenset[str]] = frozenset({"grid"})
    recipe = Recipe(rate=0.01, batch=256, epochs=12, betas=(0.7, 0.9), smoothing=0.1, augment=("shift",), half=True)

    # Flips are for classes that look the same in a mirror, as the pictures tell. Turns and covers pay only over many
    # passes: over five, covers took half a point from clothes. Most rows are easy soon: to pass over half of them gave four
    # tenths of a point in the same time.
    longer = replace(recipe, weight_decay=0.05, augment=("flip", "shift"), easy=0.5)
    larger = (
        (
            {"width": 32, "depth": 1, "light": True},
            replace(longer, epochs=6, optimiser="muon", momentum=0.6, share=0.12),
        ),
        ({"width": 64, "depth": 1}, replace(longer, epochs=8, rate=0.005, augment=("flip", "shift", "turn", "cover"))),
    )

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """With few pictures, steps are counted, not passes, and each pass turns, stretches, moves and shades them anew: there
        is nothing else to learn from. A larger network would learn no more of them."""
        if rows >= FEW:
            return {}, cls.recipe
        batch = max(1, min(BATCH, rows))
        return {"width": 16}, replace(
            cls.recipe, rate=0.005, batch=batch, epochs=STEPS / max(1, rows // batch), weight_decay=0.05, average=0.99,
            augment=("turn", "turn", "shift", "shade"), most=1.5,
        )  # fmt: skip

    def __init__(
        self,
        form: Form,
        width: int = 16,
        depth: int = 0,
        hidden: int = 128,
        light: bool = False,
        unit: bool = False,
    ) -> None:
        super().__init__()
        height, across, channels = form.shape
        self.width, self.unit = hidden, unit
        self.pixels = Pixels(channels, max(1, math.ceil(min(height, across) / LARGEST)))
        height, across = (math.ceil(side / self.pixels.shrink) for side in (height, across))
        stages: OrderedDict[str, nn.Module] = OrderedDict()
        inside, wide = channels, width
        while max(height, across) > SMALLEST or not stages:
            first, second = not stages, len(stages) == 1
            stage: list[nn.Module] = [_layer(inside, wide, 5 if first else 3, 2)]
            for _ in range(depth if light or not first else 0):
                stage.append(Residual(_apart(wide) if light and not second else _layer(wide, wide, 3, 1)))
            stages[f"stage{len(stages) + 1}"] = nn.Sequential(*stage)
            height, across = math.ceil(height / 2), math.ceil(across / 2)
            inside, wide = wide, min(2 * wide, WIDEST)
        self.stages = nn.Sequential(stages)
        dense = nn.Linear(inside * height * across, hidden, bias=False)
        self.dense = nn.Sequential(
            OrderedDict(flat=nn.Flatten(), dense=dense, norm=nn.BatchNorm1d(hidden), act=nn.ReLU(inplace=True))
        )
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        self.pixels.settle(values)

    def forward(self, x: Tensor) -> Features:
        maps = self.stages(self.pixels(x))
        whole = self.dense(maps)
        return Features(nn.functional.normalize(whole, dim=1) if self.unit else whole, (maps,))


class Pixels(nn.Module):
    """uint8 [B, H, W, C] to standardised float [B, C, H, W]; large pictures averaged down by `shrink`."""

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int, shrink: int = 1) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((channels,), 127.5))
        self.register_buffer("std", torch.full((channels,), 64.0))
        self.shrink = shrink

    def settle(self, values: Tensor) -> None:
        """Mean and spread of each channel, from training pictures."""
        if not len(values):  # no picture of the training rows can be read
            return
        sample = values[:: max(1, len(values) // 2_000)].float()
        self.mean.copy_(sample.mean((0, 1, 2)))
        self.std.copy_(sample.std((0, 1, 2), correction=0).clamp_min(1.0))

    def forward(self, x: Tensor) -> Tensor:
        # permuted, the memory of [B, H, W, C] is already channels_last
        x = ((x.float() - self.mean) / self.std).permute(0, 3, 1, 2)
        return nn.functional.avg_pool2d(x, self.shrink, ceil_mode=True) if self.shrink > 1 else x


class Residual(nn.Module):
    """What comes in, plus what a layer makes of it (He et al. 2016)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.layer(x)
        return found


def _apart(channels: int) -> nn.Sequential:
    """Each channel's surroundings alone, then all channels of a pixel (MobileNet, Howard et al. 2017)."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(channels, channels, 3, 1, 1, groups=channels, bias=False),
            norm=nn.BatchNorm2d(channels),
            mix=nn.Conv2d(channels, channels, 1, bias=False),
            mixed=nn.BatchNorm2d(channels),
            act=nn.ReLU(inplace=True),
        )
    )


def _layer(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    act = nn.ReLU(inplace=True)  # nobody needs what it is given: a seventh of a step's time is saved
    return nn.Sequential(OrderedDict(conv=conv, norm=nn.BatchNorm2d(outputs), act=act))
