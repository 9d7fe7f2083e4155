"""A multilayer perceptron for tables: numbers bent by learned pieces, categories switched on, several copies at once."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Features, Form, Recipe
from lamina.networks._layered import Layered

BINS = 48  # pieces per number; fewer where there are many columns
GAIN = 0.3  # of the pieces: many move together when a number does
PIECES = 4096  # pieces of all numbers together
ONE_HOT = 64  # categories up to this size get a switch per word, larger ones an embedding
EMBEDDED = 16


class Mlp(Layered):
    """Columns to features, one shared first layer, then `copies` networks that share their weights but not their view:
    each flips the signs of the first layer's outputs in its own way, which learning then refines (after TabM-mini,
    Gorishniy et al. 2025). Each has its own read-out; their answers are averaged.

    width: W of each layer. depth: layers. hide: share of the cells that are hidden while learning, so that no column is
    relied on alone and a missing value is nothing new.
    """

    kind: ClassVar[str] = "mlp"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    recipe = Recipe(
        rate=0.01, batch=256, epochs=16, schedule="flat_cos", betas=(0.9, 0.99), weight_decay=1e-3, average=0.995
    )

    def __init__(self, form: Form, width: int = 64, depth: int = 2, copies: int = 8, hide: float = 0.1) -> None:
        super().__init__()
        self.width, self.copies = width, copies
        self.hide = Hide(form, hide)
        self.columns = Columns(form)
        self.first = nn.Linear(self.columns.width, width)
        self.views = Views(copies, width)
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            (f"layer{n}", nn.Sequential(nn.Linear(width, width), nn.ReLU())) for n in range(2, depth + 1)
        )
        self.layers = nn.Sequential(layers)
        nn.init.normal_(self.first.weight, std=1 / math.sqrt(max(self.columns.width, 1)))
        nn.init.normal_(self.first.bias, std=0.3)

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        self.columns.settle(values)

    def forward(self, x: Tensor) -> Features:
        hidden = self.layers(self.views(self.first(self.columns(self.hide(x)))))
        return Features(hidden.transpose(0, 1))


class Hide(nn.Module):
    """While learning, some cells are made missing: numbers NaN, categories unknown."""

    nothing: Tensor

    def __init__(self, form: Form, share: float) -> None:
        super().__init__()
        self.share = share
        nothing = [math.nan if not size else 0.0 for size in form.sizes]
        self.register_buffer("nothing", torch.tensor(nothing), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.share:
            return x
        return torch.where(torch.rand_like(x) < self.share, self.nothing, x)


class Columns(nn.Module):
    """Raw columns [B, W] to features [B, F], centred on the training rows.

    A number becomes its scaled and smoothly clipped value (RealMLP, Holzmüller et al. 2024), a sign that it is missing,
    and its place within each of up to 48 pieces, 0 below and 1 above (piecewise-linear encoding, Gorishniy et al.
    2022). Pieces hold about as many training rows each; a value that many rows share counts as one piece at most.
    """

    numbers: Tensor  # places of the columns; owner, few, many: of each piece, switch and embedded column
    owner: Tensor
    few: Tensor
    many: Tensor
    words: Tensor  # the code that each switch stands for
    offset: Tensor  # where a column's embeddings begin
    center: Tensor  # of each number; spread: one over its interquartile range
    spread: Tensor
    left: Tensor  # where each piece begins; steep: one over its width
    steep: Tensor
    mean: Tensor

    def __init__(self, form: Form) -> None:
        super().__init__()
        numbers = [j for j, size in enumerate(form.sizes) if not size]
        few = [(j, size) for j, size in enumerate(form.sizes) if 0 < size <= ONE_HOT]
        many = [(j, size) for j, size in enumerate(form.sizes) if size > ONE_HOT]
        self.bins = min(BINS, PIECES // max(len(numbers), 1))
        pieces = len(numbers) * self.bins
        self._index("numbers", numbers)
        self._index("owner", np.repeat(numbers, self.bins).tolist())
        self._index("few", [j for j, size in few for _ in range(size)])
        self.register_buffer(
            "words", torch.tensor([float(k) for _, size in few for k in range(size)]), persistent=False
        )
        self._index("many", [j for j, _ in many])
        self._index("offset", np.cumsum([0, *(size for _, size in many)])[:-1].tolist())
        for name, size in (("center", len(numbers)), ("spread", len(numbers)), ("left", pieces), ("steep", pieces)):
            self.register_buffer(name, torch.zeros(size))
        self.embedding = nn.Embedding(sum(size for _, size in many), EMBEDDED) if many else None
        self.width = 2 * len(numbers) + pieces + len(self.few) + EMBEDDED * len(many)
        self.centred = self.width - EMBEDDED * len(many)
        self.register_buffer("mean", torch.zeros(self.centred))

    def _index(self, name: str, places: list[int]) -> None:
        self.register_buffer(name, torch.tensor(places, dtype=torch.long), persistent=False)

    def settle(self, values: Tensor) -> None:
        """Scales and pieces from training rows."""
        x = values[:, self.numbers].double().numpy()
        for place in range(x.shape[1]):
            known = x[~np.isnan(x[:, place]), place]
            if not len(known):
                continue
            low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
            wide = high - low or (known.max() - known.min()) / 2
            self.center[place] = middle
            self.spread[place] = 1 / wide if wide > 1e-37 else 0.0  # below, float32 has no reciprocal
            if self.bins:
                self._cut(place, known)
        self.mean.zero_()
        if len(values):
            self.mean.copy_(self._fixed(values).mean(0))

    def _cut(self, place: int, known: Array) -> None:
        edges = pieces(known, min(self.bins, max(2, len(known) // 20)))
        count = len(edges) - 1
        at = slice(place * self.bins, place * self.bins + count)
        self.left[at] = torch.from_numpy(edges[:-1]).float()
        self.steep[at] = torch.from_numpy(1 / np.diff(edges)).float()

    def _fixed(self, x: Tensor) -> Tensor:
        """All features that need no learning."""
        numbers = x[:, self.numbers]
        scaled = (numbers - self.center) * self.spread
        scaled = scaled / (1 + (scaled / 3).square()).sqrt()
        inside = ((x[:, self.owner] - self.left) * self.steep).nan_to_num(0.0).clamp(0, 1) * GAIN
        switches = (x[:, self.few] == self.words).float()
        return torch.cat([scaled.nan_to_num(0.0), numbers.isnan().float(), inside, switches], 1) - self.mean

    def forward(self, x: Tensor) -> Tensor:
        found = self._fixed(x)
        if self.embedding is None:
            return found
        return torch.cat([found, self.embedding(x[:, self.many].long() + self.offset).flatten(1)], 1)


class Views(nn.Module):
    """[B, W] to [k, B, W]: each copy's own signs and shifts of the same features, then ReLU."""

    def __init__(self, copies: int, width: int) -> None:
        super().__init__()
        self.signs = nn.Parameter(torch.randint(0, 2, (copies, 1, width)).float() * 2 - 1)
        self.shifts = nn.Parameter(torch.randn(copies, 1, width) * 0.1)

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.signs + self.shifts).relu()


def pieces(known: Array, count: int) -> Array:
    """Edges of at most `count` pieces that hold about as many values each.

    A value that many rows share weighs at most one piece: else a column that is mostly zero has no pieces elsewhere.
    """
    values, counts = np.unique(known.astype(np.float32), return_counts=True)
    if len(values) <= count + 1:
        return values.astype(np.float64)
    weights = counts.astype(np.float64)
    for _ in range(4):
        weights = np.minimum(weights, weights.sum() / count)
    middle = np.cumsum(weights) - weights / 2
    inner = np.interp(np.linspace(0, weights.sum(), count + 1)[1:-1], middle, np.arange(len(values)))
    return np.unique(np.concatenate([values[:1], values[inner.round().astype(int)], values[-1:]])).astype(np.float64)
