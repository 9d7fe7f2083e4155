"""Pictures from noise: a small residual network without normalisation layers, cheap enough to learn on a CPU."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Form, Recipe
from lamina.networks._asked import SLOPE, Asked

NOISE = 64  # numbers that a picture is made from
EMBEDDED = 64  # numbers that what is asked for becomes
LARGEST = 128  # pixels a side, of what is made
COARSEST = 8  # pixels of the shorter side that the network begins with, at most
NARROWEST = 16  # channels


class Generator(nn.Module):
    """Noise [B, NOISE], and what is asked for, to pictures [B, C, H, W]; -1 is black, 1 is white.

    The noise becomes maps of few pixels, each pixel from all of it; then residual layers; each stage doubles the side and
    halves the channels, so that every stage costs the same. No layer normalises: the weights begin so small that
    nothing grows from stage to stage (Zhang et al. 2019, as in R3GAN, Huang et al. 2024).

    form: of the pictures. given: the form of the label or sentence that says what is asked for; None: nothing does.
    width: channels of the coarsest stage. depth: residual layers of each stage.
    """

    kind: ClassVar[str] = "generator"
    accepts: ClassVar[frozenset[str]] = frozenset()  # it begins with noise
    recipe = Recipe(rate=2e-3, batch=64, epochs=20, schedule="cosine", betas=(0.0, 0.99), average=0.998)

    def __init__(self, form: Form, given: Form | None = None, width: int = 128, depth: int = 1) -> None:
        super().__init__()
        self.form, self.noise = form, NOISE
        height, across, channels = form.shape
        doublings = stages(form.shape)
        sides = [math.ceil(side / 2**doublings) for side in (height, across)]
        self.asked = None if given is None else Asked(given, EMBEDDED)
        self.start = nn.Linear(NOISE if given is None else NOISE + EMBEDDED, sides[0] * sides[1] * width)
        nn.init.normal_(self.start.weight, std=self.start.in_features**-0.5)
        nn.init.normal_(self.start.bias, std=0.5)
        self.sides = sides
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        blocks = depth * max(1, doublings)
        for stage in range(max(1, doublings)):
            wide = max(NARROWEST, width >> stage)
            if stage:
                layers[f"up{stage}"] = Up(max(NARROWEST, width >> (stage - 1)), wide)
            for number in range(depth):
                layers[f"stage{stage + 1}_{number + 1}"] = Residual(wide, blocks)
        self.layers = nn.Sequential(layers)
        self.finish = Finish(wide, channels, larger=doublings > 0)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, noise: Tensor, *given: Tensor) -> Tensor:
        """given: values of what is asked for, and their lengths where they are words."""
        # every noise as long as any other: what matters is where it points
        noise = noise * (noise.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        if self.asked is not None:
            noise = torch.cat([noise, self.asked(*given)], 1)
        maps = self.start(noise).unflatten(1, (*self.sides, -1)).permute(0, 3, 1, 2)  # as channels_last lies in memory
        made: Tensor = self.finish(self.layers(maps))
        height, across, _ = self.form.shape
        top, left = (made.shape[2] - height) // 2, (made.shape[3] - across) // 2
        return made[:, :, top : top + height, left : left + across]

    def make(self, noise: Tensor, *given: Tensor) -> Tensor:
        """[B, H, W, C] uint8, as the input encodes pictures."""
        made: Tensor = self(noise, *given).permute(0, 2, 3, 1)
        return ((made + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)

    def depth(self) -> int:
        """Layers with weights one after the other."""
        return 1 + sum(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in self.modules())


def stages(shape: Sequence[int]) -> int:
    """How often the side of a picture [H, W, C] is halved until its shorter side is COARSEST at most."""
    return max(0, math.ceil(math.log2(min(shape[:2]) / COARSEST)))


class Residual(nn.Module):
    """What comes in, plus what two convolutions make of it: next to nothing, at the start.

    blocks: how many there are one after the other; the more, the less each first convolution begins with.
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels // 2, 3, 1, 1)
        self.second = nn.Conv2d(channels // 2, channels, 3, 1, 1, bias=False)
        even(self.first, blocks**-0.5)
        even(self.second, 0.1)

    def forward(self, x: Tensor) -> Tensor:
        inner = nn.functional.leaky_relu(self.first(nn.functional.leaky_relu(x, SLOPE)), SLOPE)
        found: Tensor = x + self.second(inner)
        return found


class Up(nn.Module):
    """Fewer channels, then twice the side."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(inputs, outputs, 1)
        even(self.mix, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.interpolate(self.mix(x), scale_factor=2, mode="bilinear", align_corners=False)


class Finish(nn.Module):
    """Maps to pictures; larger: of twice the side, with a layer of a few channels at full size."""

    def __init__(self, inputs: int, channels: int, larger: bool) -> None:
        super().__init__()
        self.grow: nn.Module
        if larger:
            self.grow = nn.ConvTranspose2d(inputs, NARROWEST, 4, 2, 1)
            nn.init.normal_(self.grow.weight, std=(2 / (1 + SLOPE**2) / (4 * inputs)) ** 0.5)
            nn.init.zeros_(self.grow.bias)  # type: ignore[arg-type]
        else:
            self.grow = nn.Conv2d(inputs, NARROWEST, 3, 1, 1)
            even(self.grow, 1.0)
        self.draw = nn.Conv2d(NARROWEST, channels, 3, 1, 1)
        even(self.draw, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.draw(nn.functional.leaky_relu(self.grow(nn.functional.leaky_relu(x, SLOPE)), SLOPE))
        return found


def even(layer: nn.Conv2d | nn.Linear, gain: float) -> None:
    """Begin so that what comes out varies `gain` times as much as what comes in, a leaky ReLU before it."""
    fan = layer.weight[0].numel()
    nn.init.normal_(layer.weight, std=gain * (2 / (1 + SLOPE**2) / fan) ** 0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
