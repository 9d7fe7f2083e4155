"""What is said in a sound, from the states of a network that has heard a great deal of speech: any Whisper's encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import Layered
from lamina.networks._weights import a_few
from lamina.networks._whisper import BLANK, Encoder
from lamina.networks.scribe import recurrent, written

STEPS = 2_500  # of learning, for many rows as for few


class PretrainedScribe(Layered):
    """The last states of the encoder, 50 a second, standardised; then GRU layers that read them in both directions.

    config, weights, digest, learned: as of `PretrainedSound`. width: of a GRU layer and direction. depth: GRU layers.
    drop: share of the units left out between layers while learning. forward takes spectra [B, T, F] as Whisper hears them,
    or what was made of them and kept in half precision: the maps that enter the first layer that learns, or behind the last.
    """

    kind: ClassVar[str] = "pretrained_scribe"
    accepts: ClassVar[frozenset[str]] = frozenset({"spectrum"})
    recurrent: ClassVar[bool] = True
    recipe = Recipe(rate=2e-3, batch=16, epochs=40, betas=(0.9, 0.98), weight_decay=0.02)
    center: Tensor
    scale: Tensor

    def __init__(
        self,
        form: Form,
        config: Json | None = None,
        weights: str | None = None,
        digest: str = "",
        learned: int = 0,
        width: int = 128,
        depth: int = 1,
        drop: float = 0.3,
    ) -> None:
        super().__init__()
        self.weights, self.digest, self.shrink = weights, digest, 2
        self.encoder = Encoder(config or BLANK | {"num_mel_bins": form.shape[1]}, learned)
        self.register_buffer("center", torch.zeros(self.encoder.width))
        self.register_buffer("scale", torch.ones(self.encoder.width))
        self.drop = nn.Dropout(drop)
        self.dense = nn.Linear(self.encoder.width, 2 * width)
        self.layers, self.norms = recurrent(width, depth)
        self.width = self.steps = 2 * width

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """The alignment has to be found, whatever the number of rows: about as many steps always."""
        epochs = STEPS * cls.recipe.batch / max(rows, 1)
        return {}, replace(cls.recipe, epochs=float(min(max(epochs, 10.0), 120.0)))

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        if self.weights is not None:
            self.encoder.load(self.weights, self.digest)
        total = torch.zeros(3, self.encoder.width, dtype=torch.float64)  # how many, their sum, the sum of their squares
        for some, long in a_few(values, lengths):
            with torch.no_grad():
                _, states, here = self.encoder(some, long)
            held = states[here].double()
            total += torch.stack([torch.full_like(total[0], len(held)), held.sum(0), held.square().sum(0)])
        count = total[0].clamp_min(1)
        self.center.copy_(total[1] / count)
        self.scale.copy_((total[2] / count - (total[1] / count).square()).clamp_min(1e-6).sqrt())

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        _, states, here = self.encoder(x, lengths)
        states = self.dense(self.drop((states - self.center) / self.scale)) * here[:, :, None]
        return written(states, here, here.sum(1), self.layers, self.norms, self.drop)
