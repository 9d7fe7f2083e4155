"""Multilayer perceptrons for tables: several small ones side by side, on numbers cut into pieces and words switched on."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Features, Form, Json, Recipe
from lamina.networks._heads import Packed
from lamina.networks._layered import Layered

PIECES = 4096  # pieces of all numbers together
ONE_HOT = 64  # categories up to this size get a switch per word, larger ones an embedding
EMBEDDED = 8
WEIGHTS = 4_000_000  # of the first layer at most: with thousands of columns the copies become narrower
NARROWEST = 16
AT_ONCE = 512  # rows that are turned into features at once


class Setting(NamedTuple):
    """What suits tables of fewer than `rows` rows. gain: of the pieces, many of which move together when a number does;
    piece: rows that a piece should hold; steps 0: as many as the rows ask for."""

    rows: float
    copies: int
    batch: int
    steps: int
    rate: float
    decay: float
    hide: float
    gain: float
    piece: int


SETTINGS = (
    Setting(1_000, 10, 64, 130, 0.005, 0.1, 0.1, 0.3, 60),
    Setting(10_000, 5, 256, 500, 0.01, 1e-3, 0.05, 0.6, 20),
    Setting(25_000, 5, 256, 1500, 0.01, 1e-3, 0.05, 0.6, 20),
    Setting(math.inf, 5, 512, 0, 0.01, 1e-3, 0.1, 0.6, 20),
)
BINS = 48  # pieces of a number at most


class Mlp(Layered):
    """`copies` independent networks in one: the same columns, then for each its own two layers and its own read-out.

    Each copy is kept from the rows of one fold (`Recipe.folds`), so that one training is at once an ensemble of folds
    (bagging, Breiman 1996) and gives every row an answer from copies that never learned from it; their answers are
    averaged. On tables this did better, many times faster, than one larger network tuned as RealMLP is (Holzmüller et
    al. 2024), whose scaling and clipping of numbers it keeps, and than copies that share their weights (TabM,
    Gorishniy et al. 2025).

    width: W of each layer, less where there are thousands of columns. depth: layers. bins: pieces per number at most, fewer where there are many columns. hide:
    share of the cells that are hidden while learning, so that no column is relied on alone and a missing value is
    nothing new.
    """

    kind: ClassVar[str] = "mlp"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    recipe = Recipe(
        rate=0.01, batch=256, epochs=32, schedule="cosine", betas=(0.9, 0.99), weight_decay=1e-3, most=1.0, folds=5
    )

    def __init__(
        self,
        form: Form,
        width: int = 64,
        depth: int = 2,
        copies: int = 5,
        bins: int = BINS,
        gain: float = 0.6,
        hide: float = 0.1,
    ) -> None:
        super().__init__()
        self.hide = Hide(form, hide)
        self.columns = Columns(form, bins, gain)
        width = min(width, max(NARROWEST, WEIGHTS // max(copies * self.columns.width, 1)))
        self.width, self.copies = width, copies
        self.first = nn.Linear(self.columns.width, copies * width)
        nn.init.normal_(self.first.weight, std=1 / math.sqrt(max(self.columns.width, 1)))
        nn.init.normal_(self.first.bias, std=0.3)
        self.words = Words(form, copies, width) if any(size > ONE_HOT for size in form.sizes) else None
        self.act = nn.ReLU()
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            (f"layer{n}", nn.Sequential(Packed(copies, width, width), nn.ReLU())) for n in range(2, depth + 1)
        )
        self.layers = nn.Sequential(layers)

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Small tables want more copies, fewer pieces and a stronger decay; large ones more steps."""
        found = next(setting for setting in SETTINGS if rows < setting.rows)
        steps = found.steps or max(600, rows // 55)
        options = {
            "copies": found.copies,
            "bins": min(BINS, max(2, rows // found.piece)),
            "gain": found.gain,
            "hide": found.hide,
        }
        epochs = steps / max(1, rows // found.batch)
        taught = replace(cls.recipe, rate=found.rate, batch=found.batch, epochs=epochs, weight_decay=found.decay)
        return options, taught

    @property
    def starts(self) -> tuple[nn.Module, ...]:
        return (self.columns,) if self.words is None else (self.columns, self.words.embedding)

    def settle(self, values: Tensor, generator: torch.Generator) -> None:
        self.columns.settle(values)

    def forward(self, x: Tensor) -> Features:
        x = self.hide(x)
        hidden = self.first(self.columns(x)).reshape(-1, self.copies, self.width)
        if self.words is not None:
            hidden = hidden + self.words(x)
        return Features(self.layers(self.act(hidden)))


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
    and its place within each of its pieces, 0 below and 1 above (piecewise-linear encoding, Gorishniy et al. 2022).
    Pieces hold about as many training rows each; a value that many rows share counts as one piece at most.
    """

    numbers: Tensor  # places of the columns; owner, few: of each piece and switch
    owner: Tensor
    few: Tensor
    words: Tensor  # the code that each switch stands for
    gaps: Tensor  # 1 for each number that is missing in some training row: only there a sign of it says something
    center: Tensor  # of each number; spread: one over its interquartile range
    spread: Tensor
    left: Tensor  # where each piece begins; steep: one over its width
    steep: Tensor
    mean: Tensor

    def __init__(self, form: Form, bins: int, gain: float) -> None:
        super().__init__()
        self.gain = gain
        numbers = [j for j, size in enumerate(form.sizes) if not size]
        few = [(j, size) for j, size in enumerate(form.sizes) if 0 < size <= ONE_HOT]
        self.bins = min(bins, PIECES // max(len(numbers), 1))
        pieces = len(numbers) * self.bins
        self._index("numbers", numbers)
        self._index("owner", np.repeat(numbers, self.bins).tolist())
        self._index("few", [j for j, size in few for _ in range(size)])
        self.register_buffer(
            "words", torch.tensor([float(k) for _, size in few for k in range(size)]), persistent=False
        )
        for name in ("center", "spread", "gaps"):
            self.register_buffer(name, torch.zeros(len(numbers)))
        for name in ("left", "steep"):
            self.register_buffer(name, torch.zeros(pieces))
        self.width = 2 * len(numbers) + pieces + len(self.few)
        self.register_buffer("mean", torch.zeros(self.width))

    def _index(self, name: str, places: list[int]) -> None:
        self.register_buffer(name, torch.tensor(places, dtype=torch.long), persistent=False)

    def settle(self, values: Tensor) -> None:
        """Scales and pieces from training rows."""
        rows = values.numpy()
        gaps, center, spread = np.zeros((3, len(self.numbers)))
        for place, column in enumerate(self.numbers.tolist()):
            cells = rows[:, column].astype(np.float64)
            known = np.sort(cells[~np.isnan(cells)])
            gaps[place] = len(known) < len(cells)
            if not len(known):
                continue
            quarters = np.array([0.25, 0.5, 0.75]) * (len(known) - 1)
            low, middle, high = np.interp(quarters, np.arange(len(known)), known)
            wide = high - low or (known[-1] - known[0]) / 2
            center[place] = middle
            spread[place] = 1 / wide if wide > 1e-37 else 0.0  # below, float32 has no reciprocal
            if self.bins:
                self._cut(place, known)
        for buffer, found in ((self.gaps, gaps), (self.center, center), (self.spread, spread)):
            buffer.copy_(torch.from_numpy(found))
        self.mean.zero_()
        if len(values):
            sums = [self(piece).double().sum(0) for piece in torch.split(values, AT_ONCE)]
            self.mean.copy_(torch.stack(sums).sum(0) / len(values))

    def _cut(self, place: int, known: Array) -> None:
        edges = pieces(known, self.bins)
        count = len(edges) - 1
        at = slice(place * self.bins, place * self.bins + count)
        self.left[at] = torch.from_numpy(edges[:-1]).float()
        self.steep[at] = torch.from_numpy(1 / np.diff(edges)).float()

    def forward(self, x: Tensor) -> Tensor:
        numbers = x[:, self.numbers]
        scaled = (numbers - self.center) * self.spread
        scaled = scaled / (1 + (scaled / 3).square()).sqrt()
        inside = ((x[:, self.owner] - self.left) * self.steep).nan_to_num(0.0).clamp(0, 1) * self.gain
        switches = (x[:, self.few] == self.words).float()
        gone = numbers.isnan().float() * self.gaps
        return torch.cat([scaled.nan_to_num(0.0), gone, inside, switches], 1) - self.mean


class Words(nn.Module):
    """Categories of many words [B, W] to each copy's share of the first layer [B, k, W]: every copy has its own
    embedding of a word, for one that they shared would tell a copy of rows that it is kept from."""

    columns: Tensor
    offset: Tensor  # where a column's embeddings begin

    def __init__(self, form: Form, copies: int, width: int) -> None:
        super().__init__()
        many = [(j, size) for j, size in enumerate(form.sizes) if size > ONE_HOT]
        self.copies = copies
        self.register_buffer("columns", torch.tensor([j for j, _ in many]), persistent=False)
        offset = np.cumsum([0, *(size for _, size in many)])
        self.register_buffer("offset", torch.from_numpy(offset[:-1].astype(np.int64)), persistent=False)
        self.embedding = nn.Embedding(int(offset[-1]), copies * EMBEDDED)
        nn.init.normal_(self.embedding.weight, std=0.3)
        self.mix = Packed(copies, len(many) * EMBEDDED, width)

    def forward(self, x: Tensor) -> Tensor:
        found = self.embedding(x[:, self.columns].long() + self.offset)  # [B, columns, k * E]
        each = found.reshape(-1, len(self.columns), self.copies, EMBEDDED).transpose(1, 2)
        mixed: Tensor = self.mix(each.reshape(-1, self.copies, len(self.columns) * EMBEDDED))
        return mixed


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
