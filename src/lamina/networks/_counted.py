"""Counted words: a weighted sum of what each word, pair of words and piece of a word has been counted to say."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array
from lamina.networks import _time
from lamina.networks._layered import Counts

HASHED = 2**18  # numbers that pairs of words are told apart by
BEGIN = 2**20  # what stands before the first word: no word has this code
LEAST = 2  # times that a pair has to be seen
DOUBT = 6.0  # texts without a message that every count is shrunk by: what stands in few texts says little
FAINT = 0.4  # of what a piece of a word says: a word has many
FEW = 200  # texts, with far fewer of which it says twice as much: most words of a new text were in none of them
PARTS = 24  # pieces of a word, at most
RANDOM = 0.1  # size of vectors where nothing is counted
SAMPLE = 2_048  # texts that the features' size is taken from


class Counted(nn.Module):
    """Words [B, T] to a sum for each copy [B, k, W].

    A text is the sum of vectors of its words, of its pairs of neighbouring words (Joulin et al. 2017) and of the pieces of
    its words, over the root of their number. Such a vector is what counting says of the target (`count`): by how much it
    is larger, or likelier, than usual in the texts that hold the word, shrunk where these are few. What learns is a factor
    of each of its numbers, as in a linear model on features scaled by their log-count ratios (Wang and Manning 2012): what
    says little when counted has little say. Where nothing is counted, the vectors are random.

    The first word makes a pair with the beginning: what a question asks for, say, its first word tells. Pairs are known by
    a hash of their two codes; `pairs` of the most frequent ones have a vector, and `letters` hashes of
    pieces. hide: share of words and pairs that are left out while learning, so that no word is relied on alone (Iyyer et
    al. 2015).
    """

    place: Tensor  # of a pair's hash among the pairs
    spelt: Tensor  # [words, G] the pieces that each word has
    said: Tensor  # [words + pairs, k * W] what words, with their pieces, and pairs say once learned

    def __init__(self, words: int, pairs: int, letters: int, copies: int, width: int, hide: float = 0.3) -> None:
        super().__init__()
        self.width, self.copies, self.hide = width, copies, hide
        sizes = (words, pairs + 1, letters)
        self.words, self.pairs, self.letters = (Vectors(size, copies * width) for size in sizes)
        self.register_buffer("place", torch.zeros(HASHED, dtype=torch.int32))
        self.register_buffer("spelt", torch.zeros(sizes[0], PARTS, dtype=torch.int32))
        self.register_buffer("said", torch.zeros(sizes[0] + sizes[1], copies * width), persistent=False)

    def settle(self, values: Tensor, lengths: Tensor) -> None:
        """Which pairs get a vector; what stands in none of these texts says nothing."""
        values = values.long() * _time.mask(values, lengths)
        met = texts_with(values, len(self.words.says)) > 0
        self.words.says.data[~met] = 0.0
        self.spelt.zero_()  # a word whose letters nobody tells is one piece
        self.spelt[met, 0] = (torch.arange(len(met))[met] % (len(self.letters.says) - 1) + 1).int()
        self.letters.says.data[0] = 0.0
        counts = texts_with(pairs_of(values), HASHED)
        often = counts.argsort(descending=True, stable=True)[: len(self.pairs.says) - 1]
        often = often[counts[often] >= LEAST]
        self.place.zero_()
        self.place[often] = torch.arange(1, len(often) + 1, dtype=torch.int32)
        self.pairs.says.data[0] = 0.0
        self.pairs.says.data[len(often) + 1 :] = 0.0
        self._write_up()

    def count(self, values: Tensor, lengths: Tensor, counts: Counts) -> None:
        """Give words, pairs and pieces what counting says of the target, of one size, so that features vary by about 1."""
        if counts.pieces is not None:
            self.spelt.copy_((counts.pieces % (len(self.letters.says) - 1) + 1) * (counts.pieces > 0))
        sums, texts = self._counted(values, lengths, counts)
        rare = self._rare(values, lengths) if (counts.known < 1).any() else torch.ones(len(texts))
        faint = FAINT * (1 + FEW / (FEW + float(counts.known.sum())))
        words = len(self.words.says)
        word, place = self.spelt.nonzero(as_tuple=True)
        piece = self.spelt[word, place].long()
        spelt = torch.zeros_like(self.letters.says).index_add_(0, piece, sums[word])
        among = torch.zeros(len(spelt), self.copies).index_add_(0, piece, texts[word])
        for each, total, count, weight in (
            (self.words, sums[:words], texts[:words], rare[:words, None]),
            (self.pairs, sums[words:], texts[words:], rare[words:, None]),
            (self.letters, spelt, among, faint),
        ):
            mean = total / (count + DOUBT).repeat_interleave(self.width, 1)
            each.says.data.copy_(weight * mean)
        spread = self._spread(values[:SAMPLE], lengths[:SAMPLE])
        for each in (self.words, self.pairs, self.letters):
            each.says.data.mul_(1 / spread if spread > 1e-6 else 1.0)
        self._write_up()

    def _rare(self, values: Tensor, lengths: Tensor) -> Tensor:
        """[words + pairs] inverse document frequencies. Few texts have a label, and what stands in some of them by chance
        is told from what stands in these alone by all the others."""
        x = values.long() * _time.mask(values, lengths)
        texts = texts_with(self.codes(x), len(self.words.says) + len(self.pairs.says))
        return torch.log((1 + len(x)) / (1 + texts)) + 1

    def _counted(self, values: Tensor, lengths: Tensor, counts: Counts) -> tuple[Tensor, Tensor]:
        """What the texts that hold a word or pair are known to be [words + pairs, k * W], as sums over those that a copy
        learns from, of which there are so many [words + pairs, k].

        Rows that the same copies learn from are counted together first: a pass over all words for each number, not for
        each copy's.
        """
        mixed, here = counts.told(self.copies, self.width)
        parts, part = np.unique(here.numpy(), axis=0, return_inverse=True)  # [P, k], [N]
        size = len(self.words.says) + len(self.pairs.says)
        found = np.zeros((self.width + 1, len(parts), size))
        for rows in torch.split(torch.arange(len(values)), 1_000):
            x = values[rows].long() * _time.mask(values[rows], lengths[rows])
            row, code = once(self.codes(x))
            cell = part.reshape(-1)[rows][row] * size + code
            for number, weight in enumerate((None, *mixed[rows].numpy().T)):
                each = None if weight is None else weight[row]
                found[number] += np.bincount(cell, each, len(parts) * size).reshape(len(parts), size)
        every = torch.from_numpy(found)
        texts = torch.einsum("pv,pk->vk", every[0], torch.from_numpy(parts).double())
        sums = torch.einsum("wpv,pk->vkw", every[1:], torch.from_numpy(parts).double())
        usual = (here.double().T @ mixed.double()) / here.double().sum(0).clamp_min(1)[:, None]  # [k, W]
        return (sums - texts[:, :, None] * usual).flatten(1).float(), texts.float()

    def _spread(self, values: Tensor, lengths: Tensor) -> float:
        """By how much features vary, on average."""
        before = self.training
        with torch.no_grad():
            found = [
                self.eval()(*each) for each in zip(torch.split(values, 512), torch.split(lengths, 512), strict=True)
            ]
        self.train(before)
        return float(torch.cat(found).std(0, correction=0).mean()) if found else 0.0

    def train(self, mode: bool = True) -> Self:
        """As of `nn.Module`; to answer, words and their pieces are summed once."""
        super().train(mode)
        if not mode:
            self._write_up()
        return self

    def _write_up(self) -> None:
        with torch.no_grad():
            words = self.words() + self._pieces(self.spelt)
            self.said.copy_(torch.cat([words, self.pairs()]))

    def _pieces(self, spelt: Tensor) -> Tensor:
        """[n, k * W] the sum over each word's pieces [n, G]."""
        return nn.functional.embedding_bag(spelt, self.letters(), mode="sum")

    def codes(self, x: Tensor) -> Tensor:
        """[B, 2T] of words, then of pairs, which are numbered on after all words; 0 where there is none."""
        pairs = self.place[pairs_of(x)].long()
        return torch.cat([x, torch.where(pairs > 0, pairs + len(self.words.says), 0)], 1)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        x = x.long() * _time.mask(x, lengths)
        codes = self.codes(x)
        weights = (codes > 0).float()
        weights = weights / weights.sum(1, keepdim=True).clamp_min(1).sqrt()
        if self.training:
            weights = weights * (torch.rand_like(weights) >= self.hide) / (1 - self.hide)
            once, place = torch.unique(x, return_inverse=True)
            pieces = nn.functional.embedding(place, self._pieces(self.spelt[once]))
            found = nn.functional.embedding(codes, torch.cat([self.words(), self.pairs()]))
            found = found + torch.cat([pieces, torch.zeros_like(pieces)], 1)
        else:
            found = nn.functional.embedding(codes, self.said)  # [B, 2T, k * W]
        whole = torch.matmul(weights[:, None], found)[:, 0]
        return whole.reshape(-1, self.copies, self.width)


class Vectors(nn.Module):
    """[n, W]: what each says, fixed, times what is learned of it."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.says = nn.Parameter(torch.randn(count, width) * RANDOM, requires_grad=False)
        self.weight = nn.Parameter(torch.ones(count, width))

    def forward(self) -> Tensor:
        return self.says * self.weight


def pairs_of(x: Tensor) -> Tensor:
    """[B, T] numbers below `HASHED` of each word with the one before it, the first with `BEGIN`; 0 where there is no word."""
    x = x.long()
    before = torch.cat([torch.full_like(x[:, :1], BEGIN), x[:, :-1]], 1)
    mixed = (before * 314_159 + x * 2_718_281) % (HASHED - 1) + 1
    return mixed * ((before > 0) & (x > 0))


def texts_with(codes: Tensor, size: int) -> Tensor:
    """[size] in how many rows of [N, T] each code stands."""
    found = np.zeros(size)
    for piece in torch.split(codes, 1_000):
        found += np.bincount(once(piece)[1], minlength=size)
    return torch.from_numpy(found).float()


def once(codes: Tensor) -> tuple[Array, Array]:
    """Rows and codes of what stands in codes [N, T], each once a row; 0 is nothing."""
    ordered = np.sort(codes.int().numpy(), axis=1)  # of 32 bits, which NumPy sorts several times faster than torch
    first = ordered > 0
    first[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    return first.nonzero()[0], ordered[first]
