"""A bag of words and pairs of words: a weighted sum of their embeddings, as fastText and TF-IDF have it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, Recipe
from lamina.networks import _time
from lamina.networks._layered import Layered

HASHED = 2**18  # numbers that pairs of words are told apart by
LEAST = 2  # times that a pair has to be seen


class Bag(Layered):
    """`copies` bags in one, each kept from the rows of one fold: together an ensemble of folds, as in `mlp`.

    A text is the sum of the embeddings of its words and of its pairs of neighbouring words (Joulin et al. 2017), each
    weighted by how rare it is among the training texts, the weights of a text as a vector of length 1 (TF-IDF). Pairs
    are known by a hash of their two codes; `pairs` of the most frequent ones have an embedding. hide: share of words
    and pairs that are left out while learning, so that no word is relied on alone (Iyyer et al. 2015).
    """

    kind: ClassVar[str] = "bag"
    accepts: ClassVar[frozenset[str]] = frozenset({"tokens"})
    recipe = Recipe(
        rate=0.01, batch=128, epochs=20, schedule="cosine", betas=(0.9, 0.99), weight_decay=0.1, most=2.0, folds=5
    )
    rare: Tensor  # weight of each word; rare_pairs: of each pair that has an embedding, the first stands for none
    rare_pairs: Tensor
    place: Tensor  # of a pair's hash among the pairs

    def __init__(self, form: Form, width: int = 16, copies: int = 5, pairs: int = 16_384, hide: float = 0.3) -> None:
        super().__init__()
        self.width, self.copies, self.hide = width, copies, hide
        self.words = nn.Embedding(form.sizes[0], copies * width)
        self.pairs = nn.Embedding(pairs + 1, copies * width)
        nn.init.normal_(self.words.weight, std=0.1)
        nn.init.normal_(self.pairs.weight, std=0.03)
        self.register_buffer("rare", torch.ones(form.sizes[0]))
        self.register_buffer("rare_pairs", torch.zeros(pairs + 1))
        self.register_buffer("place", torch.zeros(HASHED, dtype=torch.int32))

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Few texts have few pairs; many are learned in fewer passes."""
        pairs = 2 ** min(16, max(10, (2 * rows).bit_length()))
        epochs = min(40.0, max(5.0, 100_000 / max(rows, 1)))
        return {"pairs": pairs}, replace(cls.recipe, epochs=epochs, batch=64 if rows < 2_000 else 128)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        """How rare words and pairs are among these texts, and which pairs get an embedding."""
        values = values * _time.mask(values, lengths)
        texts = torch.tensor(float(len(values)))
        words = _texts(values, len(self.rare))
        self.rare.copy_(_rarity(words, texts))
        with torch.no_grad():
            self.words.weight[words == 0] = 0.0  # they say nothing, unless they are learned
        self.rare[0] = 0.0
        counts = _texts(hashes(values), HASHED)
        counts[0] = 0.0
        often = counts.argsort(descending=True, stable=True)[: len(self.rare_pairs) - 1]
        often = often[counts[often] >= LEAST]
        self.place.zero_()
        self.place[often] = torch.arange(1, len(often) + 1, dtype=torch.int32)
        self.rare_pairs.zero_()
        self.rare_pairs[1 : len(often) + 1] = _rarity(counts[often], texts)

    def depth(self) -> int:
        return 1

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        x = x.long() * _time.mask(x, lengths)
        pairs = self.place[hashes(x)].long()
        weights = torch.cat([self.rare[x], self.rare_pairs[pairs]], 1)
        weights = weights / weights.square().sum(1, keepdim=True).clamp_min(1e-12).sqrt()
        if self.training and self.hide:
            weights = weights * (torch.rand_like(weights) >= self.hide) / (1 - self.hide)
        found = torch.cat([self.words(x), self.pairs(pairs)], 1)  # [B, n, k * W]
        whole = torch.matmul(weights[:, None], found)[:, 0]
        return Features(whole.reshape(-1, self.copies, self.width))


def hashes(x: Tensor) -> Tensor:
    """[B, T] numbers below `HASHED` of each word with the one after it, 0 where there is none."""
    x = x.long()
    after = torch.cat([x[:, 1:], torch.zeros_like(x[:, :1])], 1)
    mixed = (x * 314_159 + after * 2_718_281) % (HASHED - 1) + 1
    return mixed * ((x > 0) & (after > 0))


def _texts(codes: Tensor, size: int) -> Tensor:
    """[size] in how many rows of [N, T] each code stands."""
    found = torch.zeros(size)
    for piece in torch.split(codes.long(), 1_000):
        ordered = piece.sort(1).values
        first = torch.ones_like(ordered, dtype=torch.bool)
        first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        found += torch.bincount(ordered[first], minlength=size)
    return found


def _rarity(texts: Tensor, of: Tensor) -> Tensor:
    """The smoothed inverse document frequency, as scikit-learn has it."""
    return torch.log((1 + of) / (1 + texts)) + 1
