"""A bag of words, pairs of words and pieces of words: what each has to say, added up in two ways."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor

from lamina.core import Features, Form, Json, Recipe
from lamina.networks import _time
from lamina.networks._counted import Counted
from lamina.networks._layered import Counts, Layered
from lamina.networks._sums import Sums

WIDEST = 16  # numbers that a text is told by, at most


class Bag(Layered):
    """`copies` bags in one, as many of each kind, each kept from the rows of one fold: together an ensemble of folds, as in
    `mlp`. Of one kind what stands in a text is counted to say something of the target, and learning weighs it (`Counted`);
    of the other a linear model is solved (`Sums`). Which kinds answer, and with how many voices, is seen when all have
    learned (`stand`).

    pairs: how many of the most frequent pairs of words are known; letters: numbers that pieces of words are told apart by.
    """

    kind: ClassVar[str] = "bag"
    accepts: ClassVar[frozenset[str]] = frozenset({"tokens"})
    counts: ClassVar[bool] = True
    kinds: ClassVar[tuple[str, ...]] = ("counted words", "fitted words")
    beyond: ClassVar[str] = "phrases"
    recipe = Recipe(
        rate=0.02, batch=128, epochs=20, schedule="cosine", betas=(0.9, 0.99), weight_decay=0.1, most=1.0, folds=5
    )
    stands: Tensor  # [k] the copy that answers in each place

    def __init__(
        self, form: Form, width: int = WIDEST, copies: int = 10, pairs: int = 16_384, letters: int = 32_768
    ) -> None:
        super().__init__()
        self.each = max(1, copies // len(self.kinds))
        self.width, self.copies = width, len(self.kinds) * self.each
        self.counted = Counted(form.sizes[0], pairs, letters, self.each, width)
        self.fitted = Sums(form.sizes[0], pairs, self.each, width)
        self.register_buffer("stands", torch.arange(self.copies))

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Few texts have few pairs; many are learned in fewer passes."""
        pairs = 2 ** min(16, max(10, (2 * rows).bit_length()))
        epochs = min(40.0, max(5.0, 100_000 / max(rows, 1)))
        return {"pairs": pairs}, replace(cls.recipe, epochs=epochs, batch=64 if rows < 2_000 else 128)

    @classmethod
    def wide(cls, answers: int) -> Json:
        return {"width": min(answers, WIDEST) or WIDEST}

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        self.counted.settle(values, lengths)
        self.fitted.settle(values.long() * _time.mask(values, lengths), self.counted)

    def count(self, values: Tensor, lengths: Tensor, counts: Counts) -> None:
        self.counted.count(values, lengths, counts)
        self.fitted.settle(values.long() * _time.mask(values, lengths), self.counted, counts)

    def depth(self) -> int:
        return 1

    @property
    def mixed(self) -> tuple[str, ...]:
        return tuple(self.kinds[int(copy) // self.each] for copy in self.stands[:: self.each])

    @property
    def outside(self) -> Tensor | None:
        return self.stands // self.each == self.kinds.index("fitted words")

    def stand(self, order: Tensor) -> None:
        self.stands.copy_(self.stands[order.to(self.stands.device)])

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        return Features(torch.cat(self.voices(x, lengths), 1)[:, self.stands])

    def voices(self, x: Tensor, lengths: Tensor) -> list[Tensor]:
        """[B, each, W] of each kind."""
        words = x.long() * _time.mask(x, lengths)
        return [self.counted(x, lengths), self.fitted(words, self.counted.codes(words))]
