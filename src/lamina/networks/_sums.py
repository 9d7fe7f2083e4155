"""What stands in a text, each weighed by how rare it is, in a linear model that is solved, not learned step by step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lamina.networks import _ridge
from lamina.networks._counted import BEGIN, Counted
from lamina.networks._layered import Counts

RUNS = 2**15  # numbers that letters which run over from one word to the next are told apart by
OVER = (1, 4), (2, 3), (3, 2), (4, 1)  # so many letters of the one, and of the next
LEAST = 2  # texts that such a run has to stand in
SMALL = 1 / 16  # size of vectors where nothing is known of the target


class Sums(nn.Module):
    """Codes of words [B, T], and of words and pairs as of `Counted` [B, 2T], to a sum for each copy [B, k, W].

    A text is what stands in it, as in TF-IDF (Salton and Buckley 1988), in two parts of one length each: words and pairs;
    pieces of words, and what runs over from a word to the next ("w man" in "how many"): such runs say what pairs say of
    words that are only like others. A sum is what ridge regression (Hoerl and Kennard 1970) on these makes of the answers
    that are known, for each copy of the rows that it learns from. It is right from the start, where steps of gradient
    descent come late to what is rare; nothing here learns on.
    """

    words: Tensor  # [words + pairs, k * W] what each says
    letters: Tensor  # [words, k * W] the same of each word's pieces together
    runs: Tensor
    square_words: Tensor  # [words + pairs] what each adds to the squared length of a text
    square_letters: Tensor
    square_runs: Tensor
    ends: Tensor  # [words, 2, 4] numbers of the last letters of each word, and of its first ones

    def __init__(self, words: int, pairs: int, copies: int, width: int) -> None:
        super().__init__()
        self.copies, self.width = copies, width
        for of, size in {"words": words + pairs + 1, "letters": words, "runs": RUNS + 1}.items():
            self.register_buffer(of, torch.empty(size, copies * width).uniform_(-SMALL, SMALL))
            self.register_buffer(f"square_{of}", torch.zeros(size))
        self.register_buffer("ends", torch.zeros(words, 2, len(OVER), dtype=torch.int32))

    def settle(self, x: Tensor, counted: Counted, counts: Counts | None = None) -> None:
        """From words [N, T] of training rows, and what is known of these."""
        # A word whose letters nobody tells runs over as it is.
        whole = torch.arange(1, len(self.ends) + 1)[:, None, None]
        self.ends.copy_(whole.expand(self.ends.shape) if counts is None or counts.ends is None else counts.ends)
        self.ends[0] = 0
        pieces = counted.spelt if counts is None or counts.pieces is None else counts.pieces
        blocks = (
            _ridge.rare(_ridge.counted(counted.codes(x), len(self.words))),
            _ridge.spelt(_ridge.counted(x, len(self.letters)), pieces.numpy()),
            _ridge.rare(_ridge.counted(self._over(x), len(self.runs)), LEAST),
        )
        names = "words", "letters", "runs"
        for name, each in zip(names, blocks, strict=True):
            getattr(self, f"square_{name}").copy_(torch.from_numpy(each.square))
            getattr(self, name)[each.square == 0] = 0
        if counts is None:
            return
        mixed, here = counts.told(self.copies, self.width)
        _ridge.one_length(blocks[:1])
        _ridge.one_length(blocks[1:])
        for name, said in zip(names, _ridge.solved(blocks, mixed.numpy(), here.numpy()), strict=True):
            getattr(self, name).copy_(torch.from_numpy(said))

    def _over(self, x: Tensor) -> Tensor:
        """[B, 4T] places of what runs over from each word's neighbour before it; 0 where nothing does."""
        ends = self.ends[x].long()
        last = torch.cat([torch.full_like(ends[:, :1, 0], BEGIN), ends[:, :-1, 0]], 1)  # [B, T, 4]
        first = ends[:, :, 1].flip(2)
        run = (last * 314_159 + first * 2_718_281) % RUNS + 1
        return (run * ((last > 0) & (first > 0))).flatten(1)

    def forward(self, x: Tensor, codes: Tensor) -> Tensor:
        over = self._over(x)
        words = _summed(self.words, codes) / _length(self.square_words[codes].sum(1))
        letters = _summed(self.letters, x) + _summed(self.runs, over)
        letters = letters / _length(self.square_letters[x].sum(1) + self.square_runs[over].sum(1))
        return (words + letters).reshape(-1, self.copies, self.width)


def _summed(said: Tensor, codes: Tensor) -> Tensor:
    """[B, k * W] over codes [B, T]; of 0, which is nothing, nothing is said."""
    return nn.functional.embedding(codes, said).sum(1)


def _length(squares: Tensor) -> Tensor:
    return squares.sqrt().clamp_min(1e-6)[:, None]
