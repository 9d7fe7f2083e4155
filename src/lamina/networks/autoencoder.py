"""A table's row squeezed through a narrow layer and drawn again: what cannot be drawn is odd. Learned without labels."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import SelfTaught
from lamina.networks._values import Values

NARROW = 16  # W of the code at most
HIDDEN = 128
SWAPPED = 0.15  # share of the cells that are another row's while learning
NOISE = 0.1
FARTHEST = 4.0  # beyond, an error counts by its size rather than its square: what is odd must not rule the rest
SCALED = 20_000  # rows that scales are taken from


class Autoencoder(SelfTaught):
    """Columns to even values, these to a code and back, learned as a denoising autoencoder (Vincent et al. 2008).

    Features, in this order (`parts`): `values` [n], every column on one scale, numbers by median and quartiles with long
    tails drawn in (asinh), words as switches; `residuals` [n], each value less what was drawn; `code` [W].
    owners: for each value, the column that it comes from. width: F of the features.
    """

    kind: ClassVar[str] = "autoencoder"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    recipe = Recipe(rate=2e-3, batch=256, epochs=40, schedule="one_cycle", weight_decay=1e-3, average=0.98, most=2.0)

    def __init__(self, form: Form, narrow: int = NARROW, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.values = Values(form)
        n = self.values.width
        narrow = max(1, min(narrow, n // 2))
        self.encoder = nn.Sequential(
            nn.Linear(n, hidden), nn.SiLU(), nn.Linear(hidden, hidden // 2), nn.SiLU(), nn.Linear(hidden // 2, narrow)
        )
        self.decoder = nn.Sequential(
            nn.Linear(narrow, hidden // 2), nn.SiLU(), nn.Linear(hidden // 2, hidden), nn.SiLU(), nn.Linear(hidden, n)
        )
        self.parts = {"values": n, "residuals": n, "code": narrow}
        self.owners = self.values.owners
        self.width = sum(self.parts.values())

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """At least some thousand steps' worth of small batches for small tables, fewer passes over large ones."""
        batch = min(cls.recipe.batch, max(16, rows // 10))
        epochs = min(200.0, max(4.0, 1500 * batch / max(rows, 1)))
        return {}, replace(cls.recipe, batch=batch, epochs=epochs)

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        self.values.settle(values[:SCALED])

    def forward(self, x: Tensor) -> Features:
        values = self.values(x)
        code = self.encoder(values)
        return Features(torch.cat([values, values - self.decoder(code), code], 1))

    def losses(self, x: Tensor) -> Tensor:
        """[B]: how badly a row is drawn of which some cells were another row's."""
        clean = self.values(x)
        other = clean[torch.randperm(len(clean), device=clean.device)]
        noisy = torch.where(torch.rand_like(clean) < SWAPPED, other, clean) + NOISE * torch.randn_like(clean)
        drawn = self.decoder(self.encoder(noisy))
        each: Tensor = nn.functional.huber_loss(drawn, clean, reduction="none", delta=FARTHEST).mean(1)
        return each
