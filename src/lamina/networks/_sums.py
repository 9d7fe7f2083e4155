"""Sums of learned vectors of what stands in a text, each weighed by how rare it is: a linear model of TF-IDF that learns
beside others."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.networks.bag import BEGIN, Bag, texts_with

PIECES = 2**15  # numbers that pieces of words are told apart by
RUNS = 2**15  # and letters that run over from one word to the next
OVER = (1, 4), (2, 3), (3, 2), (4, 1)  # so many letters of the one, and of the next
LEAST = 2  # texts that such a run has to stand in
STEP = 200.0  # of the learning rate, for a copy that learns alone
SMALL = 1 / 16  # size of vectors that nobody has learned yet


class Sums(nn.Module):
    """Codes of words [B, T], and of words and pairs as of `Bag` [B, 2T], to a sum for each copy [B, k, W].

    Two sums of one length each (Salton and Buckley 1988) are added up: one of words and pairs; one of pieces of words, and of
    what runs over from a word to the next ("w man" in "how many"): such runs say what pairs say of words that are only like
    others.

    Vectors learn by plain gradient descent, by as much as they stand in texts. Steps of Adam are as large for what stands
    in one text as for what stands in hundreds, and a text's rarest words are learned by heart.

    learners: how many copies there are in all, of this kind and others, over which the loss is a mean.
    """

    optimiser: ClassVar[str] = "sgd"
    decays: ClassVar[bool] = False
    weight: Tensor  # [words + pairs, k * W]
    weight_pieces: Tensor
    weight_runs: Tensor
    spelt: Tensor  # [words, G] places of each word's pieces
    ends: Tensor  # [words, 2, 4] numbers of the last letters of each word, and of its first ones
    rare: Tensor  # [words + pairs] how much each counts for, 0 what stands in no text
    rare_pieces: Tensor
    rare_runs: Tensor
    length: Tensor  # [words] of the pieces of each word, squared
    said: Tensor  # [words, k * W] sums over each word's pieces, once learned

    def __init__(self, words: int, pairs: int, parts: int, copies: int, width: int, learners: int) -> None:
        super().__init__()
        self.copies, self.width = copies, width
        sizes = {"": words + pairs + 1, "_pieces": PIECES + 1, "_runs": RUNS + 1}
        self.rates = {f"weight{of}": STEP * learners for of in sizes}
        for of, size in sizes.items():
            start = torch.empty(size, copies * width).uniform_(-SMALL, SMALL)
            self.register_parameter(f"weight{of}", nn.Parameter(start))
            self.register_buffer(f"rare{of}", torch.zeros(size))
        self.register_buffer("spelt", torch.zeros(words, parts, dtype=torch.int32))
        self.register_buffer("ends", torch.zeros(words, 2, len(OVER), dtype=torch.int32))
        self.register_buffer("length", torch.zeros(words))
        self.register_buffer("said", torch.zeros(words, copies * width), persistent=False)

    def settle(self, x: Tensor, bag: Bag, ends: Tensor | None = None) -> None:
        """From words [N, T] of training rows: how rare each is. ends: as of `Counts`."""
        self.spelt.copy_((bag.spelt % PIECES + 1) * (bag.spelt > 0))
        whole = torch.arange(1, len(self.ends) + 1)[
            :, None, None
        ]  # a word whose letters nobody tells runs over as it is
        self.ends.copy_(whole.expand(self.ends.shape) if ends is None else ends)
        self.ends[0] = 0
        texts = texts_with(bag.codes(x), len(self.rare))
        words = texts[: len(self.spelt), None].expand(self.spelt.shape)
        pieces = torch.zeros(PIECES + 1).index_add_(0, self.spelt.long().flatten(), words.flatten())
        runs = texts_with(self._over(x), RUNS + 1)
        for found, rare in (
            (texts, self.rare),
            (pieces.clamp_max(len(x)), self.rare_pieces),
            (runs * (runs >= LEAST), self.rare_runs),
        ):
            found[0] = 0
            rare.copy_((torch.log((1 + len(x)) / (1 + found)) + 1) * (found > 0))
        self.length.copy_(self.rare_pieces[self.spelt.long()].square().sum(1))
        self.write_up()

    def write_up(self) -> None:
        """Sum each word's pieces once, to answer."""
        with torch.no_grad():
            self.said.copy_(self._spelt(self.spelt.long()))

    def _spelt(self, spelt: Tensor) -> Tensor:
        """[n, k * W] of words with these pieces [n, G]."""
        return nn.functional.embedding_bag(
            spelt, self.weight_pieces, mode="sum", per_sample_weights=self.rare_pieces[spelt]
        )

    def _over(self, x: Tensor) -> Tensor:
        """[B, 4T] places of what runs over from each word's neighbour before it; 0 where nothing does."""
        ends = self.ends[x].long()
        last = torch.cat([torch.full_like(ends[:, :1, 0], BEGIN), ends[:, :-1, 0]], 1)  # [B, T, 4]
        first = ends[:, :, 1].flip(2)
        run = (last * 314_159 + first * 2_718_281) % RUNS + 1
        return (run * ((last > 0) & (first > 0))).flatten(1)

    def forward(self, x: Tensor, codes: Tensor) -> Tensor:
        words, square = _weighed(codes, self.rare, self.weight)
        runs, among = _weighed(self._over(x), self.rare_runs, self.weight_runs)
        if self.training:
            once, place = torch.unique(x, return_inverse=True)
            spelt = nn.functional.embedding(place, self._spelt(self.spelt[once].long()))
        else:
            spelt = nn.functional.embedding(x, self.said)
        letters = _of_one_length(spelt.sum(1) + runs, self.length[x].sum(1) + among)
        return (_of_one_length(words, square) + letters).reshape(-1, self.copies, self.width)


def _weighed(codes: Tensor, rare: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Sums [B, k * W] over codes [B, T], and the squares [B] of how much these count for."""
    here = rare[codes]
    return torch.matmul(here[:, None], nn.functional.embedding(codes, weight))[:, 0], here.square().sum(1)


def _of_one_length(sums: Tensor, squares: Tensor) -> Tensor:
    return sums / squares.sqrt().clamp_min(1e-6)[:, None]
