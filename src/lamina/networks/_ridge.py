"""Ridge regression (Hoerl and Kennard 1970) on what texts consist of: many things, few of them in a text, some of them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from lamina.core import Array

RIDGE = 1.0  # beside the squared lengths of texts, which is 1 for each part of them
LEFT = 1e-3  # of what is to be explained, that may be left when solving ends
TURNS = 100  # of solving, at most


@dataclass(slots=True)
class Block:
    """What texts consist of, in part. counts: [N, V] sparse, how often each stands in each text; alike: of numbers [V, m], what
    these come to for each by how alike they are (the Gram matrix of what each is told by); square: [V] its diagonal."""

    counts: Any
    alike: Callable[[Array], Array]
    square: Array


def counted(codes: Tensor, size: int) -> Any:
    """[N, size] sparse: how often each code stands in each row of codes [N, T]; 0 is nothing."""
    from scipy.sparse import csr_array

    row, column = (each.numpy() for each in codes.nonzero(as_tuple=True))
    ones = np.ones(len(row), np.float32)
    return csr_array((ones, (row, codes.numpy()[row, column])), (len(codes), size))


def _inverse(texts: Array, count: int, least: int = 1) -> Array:
    """How much what stands in so many texts of all counts for (Spärck Jones 1972): 0 for what stands in fewer than `least`."""
    rare: Array = (np.log((1 + count) / (1 + texts)) + 1) * (texts >= least)
    return rare.astype(np.float32)


def rare(counts: Any, least: int = 1) -> Block:
    """Of what is like nothing else, and counts for the more the fewer texts it stands in; in `least` at least."""
    square = _inverse(np.bincount(counts.indices, minlength=counts.shape[1]), counts.shape[0], least) ** 2
    return Block(counts, lambda each: square[:, None] * each, square)


def spelt(counts: Any, pieces: Array) -> Block:
    """Of words that are told by their pieces: numbers of these [V, G], 0 for none."""
    from scipy.sparse import csr_array

    word, place = pieces.nonzero()
    numbers, number = np.unique(pieces[word, place], return_inverse=True)
    spelt = csr_array((np.ones(len(word), np.float32), (word, number)), (len(pieces), len(numbers)))
    texts = spelt.T @ np.bincount(counts.indices, minlength=counts.shape[1]).astype(np.float32)
    spelt = spelt.multiply(_inverse(np.minimum(texts, counts.shape[0]), counts.shape[0])[None]).tocsr()
    return Block(counts, lambda each: spelt @ (spelt.T @ each), spelt.power(2).sum(1))


def one_length(blocks: Sequence[Block]) -> None:
    """Give every text the length of 1 over these blocks together."""
    length = np.sqrt(sum(each.counts @ each.square for each in blocks))
    for each in blocks:
        each.counts = each.counts.multiply(1 / np.maximum(length, 1e-6)[:, None]).tocsr().astype(np.float32)


def solved(blocks: Sequence[Block], target: Array, here: Array) -> list[Array]:
    """What each code of each block says [V, k * W] of target [N, W], for k copies that each learn from some rows [N, k].

    Solved for texts, of which there are fewer than of what stands in them, by conjugate gradients (Hestenes and Stiefel
    1952), all columns at once.
    """

    def said(shares: Array) -> list[Array]:
        return [each.alike(each.counts.T @ shares) for each in blocks]

    mean = here.T @ target / np.maximum(here.sum(0), 1)[:, None]  # [k, W]
    left = (here[:, :, None] * (target[:, None] - mean)).reshape(len(target), -1)
    here = np.repeat(here, target.shape[1], 1)
    found, along = np.zeros_like(left), left
    size = start = np.square(left).sum(0)
    for _ in range(TURNS):
        if (size <= LEFT**2 * start).all():
            break
        turned = here * sum(each.counts @ one for each, one in zip(blocks, said(along), strict=True)) + RIDGE * along
        step = size / np.maximum((along * turned).sum(0), 1e-30)
        found, left = found + step * along, left - step * turned
        before, size = size, np.square(left).sum(0)
        along = left + size / np.maximum(before, 1e-30) * along
    return said(found)
