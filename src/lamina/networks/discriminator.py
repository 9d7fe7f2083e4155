"""What tells real pictures from made ones: a small residual network without normalisation layers."""

from __future__ import annotations

from collections import OrderedDict
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Recipe
from lamina.networks._asked import SLOPE, Asked
from lamina.networks._layered import Layered
from lamina.networks.generator import NARROWEST, Residual, even, stages


class Discriminator(Layered):
    """Pictures to features [B, width]: the generator's stages backwards; each halves the side and doubles the channels.

    It takes bytes as every network does; `look` takes pictures [B, C, H, W] from -1 to 1, through which a generator is
    told what to do better.
    """

    kind: ClassVar[str] = "discriminator"
    accepts: ClassVar[frozenset[str]] = frozenset({"grid"})
    recipe = Recipe(rate=2e-3, batch=64, epochs=20, schedule="cosine", betas=(0.0, 0.99))

    def __init__(self, form: Form, width: int = 128, depth: int = 1) -> None:
        super().__init__()
        self.width = width
        height, across, channels = form.shape
        halvings = stages(form.shape)
        sides = [height, across]
        count = max(1, halvings)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        inside = channels
        for stage in range(count):
            wide = max(NARROWEST, width >> (count - 1 - stage))
            kernel = 4 if stage == 0 and halvings else 3
            down = nn.Conv2d(inside, wide, kernel, 2 if halvings else 1, 1)
            sides = [(side + 2 - kernel) // down.stride[0] + 1 for side in sides]
            even(down, 1.0)
            layers[f"down{stage + 1}"] = down
            for number in range(depth):
                layers[f"stage{stage + 1}_{number + 1}"] = Residual(wide, depth * count)
            inside = wide
        self.layers = nn.Sequential(layers)
        self.dense = nn.Linear(width * sides[0] * sides[1], width)
        even(self.dense, 1.0)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        """Nothing: bytes have their scale."""

    def forward(self, x: Tensor) -> Features:
        return Features(self.look(as_seen(x)))

    def look(self, x: Tensor) -> Tensor:
        """[B, width] from pictures [B, C, H, W], -1 to 1."""
        maps = nn.functional.leaky_relu(self.layers(x), SLOPE)
        return nn.functional.leaky_relu(self.dense(maps.flatten(1)), SLOPE)


class Critic(nn.Module):
    """How real a picture looks as an example of what was asked for: one number; only differences mean anything.

    The features' own score, plus how well they agree with what was asked for (projection, Miyato & Koyama 2018).
    given: the form of the label or sentence that says what; None: nothing does.
    """

    def __init__(self, network: Discriminator, given: Form | None = None) -> None:
        super().__init__()
        self.network = network
        self.score = nn.Linear(network.width, 1)
        nn.init.normal_(self.score.weight, std=network.width**-0.5)
        self.asked = None if given is None else Asked(given, network.width, network.width**-0.5)

    def forward(self, x: Tensor, *given: Tensor) -> Tensor:
        """[B] from pictures [B, C, H, W], -1 to 1. given: values of what was asked for, and lengths of words."""
        return self.scores(self.network.look(x), self.meant(*given))

    def meant(self, *given: Tensor) -> Tensor | None:
        """[B, width]: what was asked for, in the features of a picture; None where nothing says it."""
        return None if self.asked is None else self.asked(*given)

    def scores(self, features: Tensor, meant: Tensor | None) -> Tensor:
        """[B] from the features of pictures, and what is meant to be seen there."""
        found: Tensor = self.score(features)[:, 0]
        return found if meant is None else found + (meant * features).sum(1)


def as_seen(pixels: Tensor) -> Tensor:
    """Bytes [B, H, W, C] to [B, C, H, W] from -1 to 1; the memory of the one is that of the other in channels_last."""
    return (pixels.float() / 127.5 - 1).permute(0, 3, 1, 2)
