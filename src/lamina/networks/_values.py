"""Columns, or the pixels of a small picture, as values on one scale, so that distances between examples mean something."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lamina.core import Form

ONE_HOT = 64  # categories up to this size get a switch per word, larger ones a measure of how rare the word is
APART = math.sqrt(0.5)  # of a switch: rows of different words lie 1 apart, about as far as numbers do
REGIONS = ("top", "middle", "bottom"), ("left", "middle", "right")
PIXELS = 1024  # values of a picture at most: larger ones are averaged down
STROKE = 14  # of so many pixels a side, one blur of 3 × 3 is enough
FAINT = 0.05  # strength below which a picture counts as empty
GROUND = 500  # pictures that the ground is taken from
FAR = 1e9  # spreads from the middle at most: float32 holds the square of it
CONTRAST = 64.0  # steps of brightness that are one step of a value


class Pixels(nn.Module):
    """Pixels [B, H, W, C] of bytes to values [B, n]: less the ground, which most pixels have, blurred, so that a stroke
    beside a stroke is near it, and of one strength, so that a faint or thin picture is not near to all."""

    ground: Tensor

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.register_buffer("ground", torch.zeros(()))
        height, across, channels = form.shape
        self.shrink = max(1, math.ceil(math.sqrt(height * across * channels / PIXELS)))
        high, wide = math.ceil(height / self.shrink), math.ceil(across / self.shrink)
        self.width = high * wide * channels
        self.blurred = max(1, round(min(high, wide) / STROKE))
        self.owners = [
            f"{REGIONS[0][3 * row // high]} {REGIONS[1][3 * column // wide]}".replace("middle middle", "middle")
            for _ in range(channels)
            for row in range(high)
            for column in range(wide)
        ]

    def settle(self, values: Tensor) -> None:
        """The ground, from training pictures."""
        if len(values):
            self.ground.fill_(float(values[:GROUND].flatten().median()) / CONTRAST)

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 3, 1, 2).float() / CONTRAST - self.ground
        if self.shrink > 1:
            x = nn.functional.avg_pool2d(x, self.shrink, ceil_mode=True)
        for _ in range(self.blurred):
            x = nn.functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        x = x.flatten(1)
        strength = x.square().mean(1, keepdim=True).sqrt()
        return x / (strength + FAINT)


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
