"""Features of clips from a network that has heard a great deal of speech: any Whisper that `transformers` opens."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Layered
from lamina.networks._weights import a_few
from lamina.networks._whisper import BLANK, Encoder


class PretrainedSound(Layered):
    """Means and spreads of what three layers of the encoder say of a clip, standardised.

    config: of the network, as `transformers` has it; weights: the folder that they are taken from, and digest: the hash
    of its files. learned: how many of the last layers learn; everything before them is frozen. forward takes spectra
    [B, T, F] as Whisper hears them, or what was made of them before and kept: features [B, W], or the maps that enter the
    first layer that learns, in half precision. `settle` takes what was kept.
    """

    kind: ClassVar[str] = "pretrained_sound"
    accepts: ClassVar[frozenset[str]] = frozenset({"spectrum"})
    recipe = Recipe(rate=2e-3, batch=128, epochs=60, schedule="one_cycle", weight_decay=0.05, average=0.98)
    center: Tensor
    scale: Tensor

    def __init__(
        self, form: Form, config: Json | None = None, weights: str | None = None, digest: str = "", learned: int = 0
    ) -> None:
        super().__init__()
        self.weights, self.digest = weights, digest
        self.encoder = Encoder(config or BLANK | {"num_mel_bins": form.shape[1]}, learned)
        self.width = self.encoder.features
        self.register_buffer("center", torch.zeros(self.width))
        self.register_buffer("scale", torch.ones(self.width))
        self.drop = nn.Dropout(0.2)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor | None = None) -> None:
        if self.weights is not None:
            self.encoder.load(self.weights, self.digest)
        if lengths is not None:
            some = a_few(values, lengths)
            with torch.no_grad():
                values = torch.cat([values.new_zeros(0, self.width), *(self.encoder(*each)[0] for each in some)])
        self.center.copy_(values.mean(0) if len(values) else torch.zeros(self.width))
        self.scale.copy_(values.std(0, correction=0).clamp_min(1e-3) if len(values) else torch.ones(self.width))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Features:
        seen = x if lengths is None else self.encoder(x, lengths)[0]
        return Features(self.drop((seen - self.center) / self.scale))
