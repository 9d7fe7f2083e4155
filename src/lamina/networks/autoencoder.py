"""A row or a small picture squeezed through a narrow layer and drawn again: what cannot be drawn is odd. Without labels."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks._layered import SelfTaught

ONE_HOT = 64  # categories up to this size get a switch per word, larger ones a measure of how rare the word is
APART = math.sqrt(0.5)  # of a switch: rows of different words lie 1 apart, about as far as numbers do
NARROW = 16  # W of the code at most
HIDDEN = 128
SWAPPED = 0.15  # share of the cells that are another row's while learning
NOISE = 0.1
FARTHEST = 4.0  # beyond, an error counts by its size rather than its square: what is odd must not rule the rest
SCALED = 20_000  # rows that scales are taken from
REGIONS = ("top", "middle", "bottom"), ("left", "middle", "right")
PIXELS = 1024  # values of a picture at most: larger ones are averaged down
FAR = 1e9  # spreads from the middle at most: float32 holds the square of it
CONTRAST = 64.0  # steps of brightness that are one step of a value


class Autoencoder(SelfTaught):
    """Columns, or pixels, to even values, these to a code and back, learned as a denoising autoencoder (Vincent et al. 2008).

    Features, in this order (`parts`): `values` [n], every column on one scale, numbers by median and quartiles with long
    tails drawn in (asinh), words as switches; `residuals` [n], each value less what was drawn; `code` [W].
    owners: for each value, the column that it comes from, or the region. width: F of the features.
    """

    kind: ClassVar[str] = "autoencoder"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector", "grid"})
    recipe = Recipe(rate=2e-3, batch=256, epochs=40, schedule="one_cycle", weight_decay=1e-3, average=0.98, most=2.0)

    def __init__(self, form: Form, narrow: int = NARROW, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.values = Values(form) if form.kind == "vector" else Pixels(form)
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


class Pixels(nn.Module):
    """Pixels [B, H, W, C] of bytes to values [B, n], blurred a little, so that a stroke beside a stroke is near it."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        height, across, channels = form.shape
        self.shrink = max(1, math.ceil(math.sqrt(height * across * channels / PIXELS)))
        high, wide = math.ceil(height / self.shrink), math.ceil(across / self.shrink)
        self.width = high * wide * channels
        self.owners = [
            f"{REGIONS[0][3 * row // high]} {REGIONS[1][3 * column // wide]}".replace("middle middle", "middle")
            for _ in range(channels)
            for row in range(high)
            for column in range(wide)
        ]

    def settle(self, values: Tensor) -> None:
        """Nothing: bytes have one scale."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 3, 1, 2).float() / CONTRAST - 255 / CONTRAST / 2
        if self.shrink > 1:
            x = nn.functional.avg_pool2d(x, self.shrink, ceil_mode=True)
        x = nn.functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return x.flatten(1)


class Values(nn.Module):
    """Raw columns [B, W] to even values [B, n]."""

    numbers: Tensor  # places of the columns
    few: Tensor  # owner of each switch; words: the code it stands for
    words: Tensor
    many: Tensor
    center: Tensor
    spread: Tensor
    gaps: Tensor  # 1 for each number that is missing in some training row
    rare: Tensor  # how rare each word of a large category is, standardised
    offset: Tensor

    def __init__(self, form: Form) -> None:
        super().__init__()
        numbers = [j for j, size in enumerate(form.sizes) if not size]
        few = [(j, k) for j, size in enumerate(form.sizes) if 0 < size <= ONE_HOT for k in range(size)]
        many = [(j, size) for j, size in enumerate(form.sizes) if size > ONE_HOT]
        self._index("numbers", numbers)
        self._index("few", [j for j, _ in few])
        self._index("many", [j for j, _ in many])
        self.register_buffer("words", torch.tensor([float(k) for _, k in few]), persistent=False)
        self.sizes = [size for _, size in many]
        self._index("offset", [sum(self.sizes[:place]) for place in range(len(many))])
        self.register_buffer("rare", torch.zeros(sum(self.sizes)))
        for name in ("center", "spread", "gaps"):
            self.register_buffer(name, torch.zeros(len(numbers)))
        self.owners = [*numbers, *numbers, *(j for j, _ in few), *(j for j, _ in many)]
        self.width = len(self.owners)

    def _index(self, name: str, places: list[int]) -> None:
        self.register_buffer(name, torch.tensor(places, dtype=torch.long), persistent=False)

    def settle(self, values: Tensor) -> None:
        """Scales from training rows."""
        for place, column in enumerate(self.numbers.tolist()):
            cells = values[:, column].double()
            known = cells[~cells.isnan()]
            self.gaps[place] = float(len(known) < len(cells))
            if not len(known):
                continue
            low, middle, high = torch.quantile(known, torch.tensor([0.25, 0.5, 0.75], dtype=known.dtype)).tolist()
            wide = (high - low) / 1.35 or float(known.std(correction=0))  # 1.35: of a bell, the quartiles to its spread
            self.center[place] = middle
            self.spread[place] = 1 / wide if wide > 1e-37 else 0.0  # below, float32 has no reciprocal
        for column, start, size in zip(self.many.tolist(), self.offset.tolist(), self.sizes, strict=True):
            codes = values[:, column].long()
            rare = -((torch.bincount(codes, minlength=size) + 0.5) / (len(codes) + 1)).log()
            seen = rare[codes]
            if len(seen):
                self.rare[start : start + size] = (rare - seen.mean()) / seen.std(correction=0).clamp_min(0.1)

    def forward(self, x: Tensor) -> Tensor:
        numbers = x[:, self.numbers]
        known = ((numbers - self.center) * self.spread).nan_to_num(0.0).clamp(-FAR, FAR)
        gone = numbers.isnan().float() * self.gaps
        switches = (x[:, self.few] == self.words).float() * APART
        rare = self.rare[x[:, self.many].long() + self.offset]
        drawn_in = known.sign() * (known.abs() + (known.square() + 1).sqrt()).log()  # asinh, as ONNX can say it
        return torch.cat([drawn_in, gone, switches, rare], 1)
