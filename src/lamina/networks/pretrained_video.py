"""Videos whose frames a network looks at that knows photographs, and a recurrent one at what it saw, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Form, Json, Recipe
from lamina.networks._standard import standard
from lamina.networks._time import mask
from lamina.networks._watching import Watching
from lamina.networks.pretrained import SETTLING, SIDE, WIDTH, Backbone


class PretrainedVideo(Watching):
    """Each frame's features of EfficientNet-Lite0 (frozen; see `Pretrained`), standardised, narrowed by a layer that learns,
    then what `Watching` makes of them.

    side: pixels that the shorter side of a small frame is enlarged to. hidden: numbers that a frame is narrowed to. units,
    drop: as of `Watching`. forward takes frames [B, T, H, W, C] uint8, or what was made of them before and kept: features
    [B, T, W].
    """

    kind: ClassVar[str] = "pretrained_video"
    recipe = Recipe(
        rate=2e-3, batch=32, epochs=30, schedule="one_cycle", weight_decay=0.05, average=0.98, smoothing=0.1
    )
    center: Tensor
    scale: Tensor

    def __init__(self, form: Form, side: int = SIDE, hidden: int = 128, units: int = 64, drop: float = 0.3) -> None:
        super().__init__(hidden, units, drop)
        self.backbone = Backbone(Form("grid", form.shape[1:]), side)
        self.register_buffer("center", torch.zeros(WIDTH))
        self.register_buffer("scale", torch.ones(WIDTH))
        self.narrow = nn.Linear(WIDTH, hidden)

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Few videos want smaller batches."""
        return {}, replace(cls.recipe, batch=16 if rows < 500 else 32)

    def depth(self) -> int:
        return sum(isinstance(module, nn.Conv2d) for module in self.backbone.modules()) + 2

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        self.backbone.load_photographs()
        frames = values[mask(values, lengths)]
        if frames.dtype == torch.uint8:
            frames = torch.cat([self.backbone(some) for some in torch.split(frames[:SETTLING], 64)])
        center, scale = standard(frames)
        self.center.copy_(center)
        self.scale.copy_(scale)

    def look(self, x: Tensor, here: Tensor) -> Tensor:
        if x.dtype == torch.uint8:
            x = self.backbone(x.flatten(0, 1)).reshape(x.shape[0], x.shape[1], WIDTH)
        seen = nn.functional.relu(self.narrow(self.drop((x - self.center) / self.scale)))
        return seen * here[:, :, None]
