"""A bag of words, and filters over a few words at once: all learn alone, and answer together."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from lamina.core import Form, Json, Recipe
from lamina.networks import _time
from lamina.networks.bag import WIDEST, Bag

SPANS = (2, 3, 4)  # words that a filter sees
PIECES = 8_192  # numbers that pieces of words are told apart by
RATES = {
    "weight": 0.2,
    "least": 0.2,
}  # of the bag's steps: it learns factors of what was counted, they learn from nothing


class Phrases(Bag):
    """A `bag`, of both its kinds, and Kim's filters (2014), `copies` of them, a third of each: an ensemble of three kinds of
    network, each kept from the rows of one fold, which err in different places.

    The bag knows what words, pairs of them, their pieces and letters that run over from one to the next are counted to
    say, wherever they stand, and what they say beside each other; the filters what phrases say, also of words that are only
    like others. For these a word's vector is the sum of its own and those of its pieces (Bojanowski et al. 2017), so that
    also rare words have one. The loss of each copy is its own: none has a say in what another learns. Where filters learn
    little from few passes, they get no voice, and spoil nothing.

    width, pairs, letters: as of `bag`. embedded: width of a word's vector, of each copy of filters; filters: of each copy
    and span. drop: share of the filters that is left out while learning; of the words' vectors half as much.
    """

    kind: ClassVar[str] = "phrases"
    kinds: ClassVar[tuple[str, ...]] = (*Bag.kinds, "filters")
    beyond: ClassVar[str] = ""
    of: ClassVar[tuple[str, ...]] = ("bag", "text_cnn")
    recipe = replace(Bag.recipe, folds=20, smoothing=0.1)  # what it learns of rare words hangs on few rows
    said: Tensor  # [words, k/3 * W] vectors of words, with their pieces, once learned

    def __init__(
        self,
        form: Form,
        width: int = WIDEST,
        copies: int = 9,
        pairs: int = 16_384,
        letters: int = 32_768,
        embedded: int = 32,
        filters: int = 64,
        drop: float = 0.5,
    ) -> None:
        super().__init__(form, width, copies, pairs, letters)
        each = self.each
        self.words = Vectors(form.sizes[0], each * embedded, 0.1)
        self.pieces = Vectors(PIECES + 1, each * embedded, 0.03)  # a word has many
        self.register_buffer("said", torch.zeros_like(self.words.weight), persistent=False)
        self.blur = nn.Dropout(drop / 2)
        self.filters = nn.ModuleDict(
            {f"over{span}": Filters(each * embedded, each * filters, span, each) for span in SPANS}
        )
        self.drop = nn.Dropout(drop)
        self.read = Read(each, len(SPANS) * filters, width)

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """As of the bag, whose steps are few, but passes enough for filters too."""
        options, recipe = Bag.suited(rows)
        return options, replace(
            cls.recipe, batch=recipe.batch, epochs=min(20.0, max(4.0, 50_000 / max(rows, 1))), most=1.6
        )

    def depth(self) -> int:
        return 3

    @property
    def outside(self) -> None:
        """A copy is kept from too few rows here to learn a read-out from them; smoothing keeps it from being too sure."""
        return None

    def train(self, mode: bool = True) -> Self:
        """As of `nn.Module`; to answer, words and their pieces are summed once."""
        super().train(mode)
        if not mode:
            with torch.no_grad():
                self.said.copy_(self._vectors(torch.arange(len(self.said), device=self.said.device)))
        return self

    def _vectors(self, codes: Tensor) -> Tensor:
        """[n, k/3 * W] of words [n]."""
        spelt = self.counted.spelt[codes]
        spelt = (spelt % PIECES + 1) * (spelt > 0)
        pieces = nn.functional.embedding_bag(spelt, self.pieces.weight, mode="sum", padding_idx=0)
        return nn.functional.embedding(codes, self.words.weight) + pieces

    def voices(self, x: Tensor, lengths: Tensor) -> list[Tensor]:
        if self.training:
            # Vectors of the words of these texts alone, each once; texts beside others as long, as padding takes time.
            codes, place = torch.unique(x.long(), return_inverse=True)
            found = _time.alike(place, lengths, partial(self._strongest, self._vectors(codes)))
        else:
            found = self._strongest(self.said, x.long(), lengths)
        return [*super().voices(x, lengths), self.read(self.drop(found))]

    def _strongest(self, vectors: Tensor, place: Tensor, lengths: Tensor) -> Tensor:
        """What filters find [B, k/3, F] in texts whose words [B, T] are places among the vectors."""
        here = _time.mask(place, lengths)
        words = (self.blur(nn.functional.embedding(place, vectors)) * here[:, :, None]).transpose(1, 2)
        return torch.cat([each(words) for each in self.filters.values()], 2)


class Vectors(nn.Module):
    """Of words or pieces, [n, W]; they begin at random."""

    rates = RATES

    def __init__(self, count: int, width: int, size: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(count, width) * size)


class Filters(nn.Conv1d):
    """Words' vectors [B, k * W, T] to the strongest answer of each filter [B, k, F], wherever it stands.

    Beyond both ends lies 0, as far as a filter reaches, so that a text of one word is seen whole; farther out filters make
    0 of it, which says no more than a filter that found nothing.
    """

    rates = RATES

    def __init__(self, inputs: int, outputs: int, span: int, copies: int) -> None:
        super().__init__(inputs, outputs, span, padding=span - 1, groups=copies, bias=False)
        self.least = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        most = super().forward(x).amax(2).relu()
        return (most + self.least).relu().reshape(-1, self.groups, self.out_channels // self.groups)


class Read(nn.Module):
    """Of each copy's filters [B, k, F] the numbers that it is told by [B, k, W]."""

    rates = RATES

    def __init__(self, copies: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(copies, inputs, outputs) / inputs**0.5)

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("bkf,kfw->bkw", x, self.weight)
