"""Filters over a few words at once, the strongest answer of each kept: a convolutional network for texts."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks import _time
from lamina.networks._layered import Layered

SPANS = (3, 4, 5)  # words that a filter sees


class TextCnn(Layered):
    """Kim's network (2014): words become vectors, filters of three widths look for phrases, wherever they stand.

    embedded: width of a word's vector. filters: of each width. drop: share of the features that is left out while
    learning; of the words' vectors half as much.
    """

    kind: ClassVar[str] = "text_cnn"
    accepts: ClassVar[frozenset[str]] = frozenset({"tokens"})
    beyond: ClassVar[str] = "phrases"
    recipe = Recipe(rate=2e-3, batch=64, epochs=12, betas=(0.9, 0.98), weight_decay=0.05, smoothing=0.05)

    def __init__(self, form: Form, embedded: int = 64, filters: int = 100, drop: float = 0.5) -> None:
        super().__init__()
        self.words = nn.Embedding(form.sizes[0], embedded)
        nn.init.normal_(self.words.weight, std=0.1)
        self.blur = nn.Dropout(drop / 2)
        self.filters = nn.ModuleDict({f"over{span}": nn.Conv1d(embedded, filters, span) for span in SPANS})
        self.drop = nn.Dropout(drop)
        self.width = len(SPANS) * filters

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Few texts want smaller batches and more passes."""
        batch = 32 if rows < 2_000 else 64
        return {}, replace(cls.recipe, batch=batch, epochs=max(5.0, min(30.0, 80_000 / max(rows, 1))))

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        """Nothing to fix: every word starts as a random vector."""

    def depth(self) -> int:
        return 2

    @property
    def starts(self) -> tuple[nn.Module, ...]:
        return (self.words,)

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        here = _time.mask(x, lengths)
        vectors = self.blur(self.words(x)) * here[:, :, None]
        vectors = vectors.transpose(1, 2)  # [B, W, T]
        found = []
        for span, conv in zip(SPANS, self.filters.values(), strict=True):
            edge = span - 1  # beyond both ends, so that a text of one word is seen too
            maps = conv(nn.functional.pad(vectors, (edge, edge))).transpose(1, 2)
            touched = torch.arange(maps.shape[1], device=x.device) < lengths[:, None] + edge
            found.append(_time.most(maps, touched).relu())
        return Features(self.drop(torch.cat(found, 1)))
