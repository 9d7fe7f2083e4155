"""Filters that learn by Hebb's rule: each becomes what it answers to. No label and no error is sent back to them."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, PlanError, Recipe
from lamina.networks._layered import Layered
from lamina.networks._places import Places
from lamina.networks.cnn import Pixels

LARGEST = 64  # pixels a side: larger pictures are averaged down first
SMALLEST = 4  # pixels a side: with so few, no further layer
GRID = 4  # places along the longer side at which the last maps are read
NORM = 2.0  # of a filter at the start, which tends to 1
AROUND = 9  # pixels a side of the surroundings that a pixel is told from
WIDEST = 256
AT_ONCE = 128  # pictures that pass at once where scales are taken
SCALED = 1_000  # pictures that scales are taken from
STEPS = 400  # of the read-out, at least
POWERS = 0.7, 1.4  # of the first layer's answers, and of later ones


class Hebbian(Layered):
    """SoftHebb layers (Journé et al. 2023), read out at a few places of the last maps.

    Pixels are told from their surroundings first, as a retina does: an even ground is nothing, whatever its brightness, else
    most filters would learn it. A layer puts what comes in on one scale, filters it, takes the mean of all filters' answers at
    a place off each, keeps what is above zero (the triangle of Coates et al. 2011), the largest of it nearby, and raises it to
    a power. width: filters
    of the first layer; each further layer has four times as many, up to 256. depth: layers, as far as the pictures are large
    enough. kernel: pixels a side that a filter of the first layer looks at, an odd number. random: the filters stay as drawn, to
    compare with.

    forward takes pixels [B, H, W, C] uint8, or what was made of them before and kept, [B, W] float32: the filters no longer
    change when labels come in, so that learning the read-out costs next to nothing.
    """

    kind: ClassVar[str] = "hebbian"
    accepts: ClassVar[frozenset[str]] = frozenset({"grid"})
    recipe = Recipe(rate=2e-3, batch=128, epochs=12, schedule="one_cycle", weight_decay=0.05, average=0.98)
    center: Tensor
    scale: Tensor

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Steps enough for the read-out of few pictures too."""
        passes = STEPS / max(1, rows // cls.recipe.batch)
        return {}, replace(cls.recipe, epochs=max(cls.recipe.epochs, passes))

    def __init__(self, form: Form, width: int = 64, depth: int = 2, kernel: int = 7, random: bool = False) -> None:
        super().__init__()
        if depth < 1:
            raise PlanError(f"The depth was {depth}. It must be 1 or more.")
        if not kernel % 2:
            raise PlanError(
                f"The kernel was {kernel}. It must be odd, such as {kernel + 1}: a filter has a pixel in its middle."
            )
        height, across, channels = form.shape
        self.random = random
        self.pixels = Pixels(channels, max(1, math.ceil(min(height, across) / LARGEST)))
        side = math.ceil(max(height, across) / self.pixels.shrink)
        layers: OrderedDict[str, Layer] = OrderedDict()
        inside, wide = channels, width
        while not layers or (len(layers) < depth and side > SMALLEST):
            first = not layers
            layers[f"layer{len(layers) + 1}"] = Layer(inside, wide, kernel if first else 3, POWERS[0 if first else 1])
            inside, wide, side = wide, max(width, min(4 * wide, WIDEST)), math.ceil(side / 2)
        self.retina = Retina()
        self.layers = nn.ModuleDict(layers)
        self.places = Places((height, across), GRID)
        self.width = inside * self.places.count
        self.register_buffer("center", torch.zeros(self.width))
        self.register_buffer("scale", torch.ones(self.width))
        self.dropout = nn.Dropout(0.5)
        self.requires_grad_(False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if random:
            for layer in layers.values():
                layer.filters.weight.div_(layer.norms()[:, None, None, None])

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        """From pictures, every scale; from what was made of them, that of the read-out alone."""
        if not len(values):
            return
        if values.dtype == torch.uint8:
            self.pixels.settle(values)
            some = values[:: max(1, len(values) // SCALED)]
            for number in range(len(self.layers)):
                self.settle_layer(number, some)
            values = torch.cat([self.seen(each) for each in torch.split(some, AT_ONCE)])
        self.center.copy_(values.mean(0))
        self.scale.copy_(values.std(0, correction=0).clamp_min(1e-3))

    def settle_layer(self, number: int, pictures: Tensor) -> None:
        """The scale of what comes into a layer, from pictures [N, H, W, C] of bytes."""
        layer = self.layer(number)
        layer.settle(torch.cat([self.before(number, some) for some in torch.split(pictures, AT_ONCE)]))

    def layer(self, number: int) -> Layer:
        """From 0."""
        found = self.layers[f"layer{number + 1}"]
        assert isinstance(found, Layer)
        return found

    def before(self, number: int, x: Tensor) -> Tensor:
        """Pictures of bytes to what comes into a layer, [B, C, H, W]."""
        maps: Tensor = self.retina(self.pixels(x))
        for earlier in range(number):
            maps = self.layer(earlier)(maps)
        return maps

    def seen(self, x: Tensor) -> Tensor:
        """Pictures of bytes to [B, W], before they are put on one scale."""
        found: Tensor = self.places(self.before(len(self.layers), x))
        return found.flatten(1)

    def forward(self, x: Tensor) -> Features:
        seen = self.seen(x) if x.dtype == torch.uint8 else x
        return Features(self.dropout((seen - self.center) / self.scale))


class Layer(nn.Module):
    """Maps [B, I, H, W] to [B, O, H/2, W/2]."""

    def __init__(self, inputs: int, outputs: int, kernel: int, power: float) -> None:
        super().__init__()
        self.even = Even(inputs)
        self.edge = nn.ReplicationPad2d(kernel // 2)  # the picture goes on: its border is no edge to learn
        self.filters = nn.Conv2d(inputs, outputs, kernel, bias=False)
        nn.init.normal_(self.filters.weight, std=NORM / math.sqrt(inputs * kernel * kernel))
        self.others = Others()
        self.pool = nn.MaxPool2d(
            4, 2, 1, ceil_mode=True
        )  # before what follows, which changes no order: a quarter of the work
        self.act = nn.ReLU()
        self.power = Power(power)

    def settle(self, maps: Tensor) -> None:
        self.even.settle(maps)

    def norms(self) -> Tensor:
        """[O] of the filters."""
        found: Tensor = self.filters.weight.detach().flatten(1).norm(dim=1)
        return found

    def surroundings(self, maps: Tensor) -> Tensor:
        """What the filters look at."""
        found: Tensor = self.edge(self.even(maps))
        return found

    def forward(self, maps: Tensor) -> Tensor:
        found: Tensor = self.power(self.act(self.pool(self.others(self.filters(self.surroundings(maps))))))
        return found


class Retina(nn.Module):
    """What a pixel is more or less than its surroundings are on average."""

    def __init__(self) -> None:
        super().__init__()
        self.edge = nn.ReplicationPad2d(AROUND // 2)
        self.around = nn.AvgPool2d(AROUND, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        found: Tensor = pixels - self.around(self.edge(pixels))
        return found


class Even(nn.Module):
    """Every channel [B, C, H, W] less its mean, over its spread."""

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("std", torch.ones(channels, 1, 1))

    def settle(self, maps: Tensor) -> None:
        self.mean.copy_(maps.mean((0, 2, 3))[:, None, None])
        self.std.copy_(maps.std((0, 2, 3), correction=0).clamp_min(1e-3)[:, None, None])

    def forward(self, maps: Tensor) -> Tensor:
        return (maps - self.mean) / self.std


class Others(nn.Module):
    """What a filter answers [B, C, H, W] less what all filters answer at the same place on average."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps - maps.mean(1, keepdim=True)


class Power(nn.Module):
    """Values of 0 or more to a power."""

    def __init__(self, power: float) -> None:
        super().__init__()
        self.power = power

    def forward(self, maps: Tensor) -> Tensor:
        found: Tensor = maps**self.power
        return found
