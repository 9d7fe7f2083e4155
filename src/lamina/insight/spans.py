"""Which words of a text, which stretches of a sound or a series: each is left out, and the network answers again."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from lamina.core import Array, Encoded
from lamina.insight.question import Question

WORDS = 400  # up to so many, each is looked at by itself
STRETCHES = 24  # of what is longer, or is no text

Span = tuple[int, int]  # first step, and the one after the last


def spans(length: int, words: bool) -> list[Span]:
    """Parts of a row of so many steps, as even as can be: `spans(5, True) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]`."""
    count = length if words and length <= WORDS else min(length, STRETCHES if not words else WORDS)
    edges = [round(k * length / count) for k in range(count + 1)]
    return list(itertools.pairwise(edges))


def silent(question: Question, array: str, words: bool) -> Tensor:
    """The row [1, T, …] with nothing in it: no word; of signals the median over time, which is no event."""
    row = question.inputs[array].values
    return torch.zeros_like(row) if words else row.nanmedian(1, keepdim=True).values.expand_as(row).clone()


def left_out(question: Question, array: str, parts: list[Span], words: bool) -> Array:
    """[parts]: by how much the score falls without each. Words are taken out, and the text closes up; signals fall silent."""
    row = question.inputs[array]
    count, length = len(parts), row.values.shape[1]
    values = row.values.repeat(count, *[1] * (row.values.ndim - 1))
    lengths = row.lengths.repeat(count)
    nothing = silent(question, array, words)[0]
    for number, (start, end) in enumerate(parts):
        if words and end - start < length:
            rest = torch.cat([row.values[0, :start], row.values[0, end:]])
            values[number] = 0
            values[number, : len(rest)] = rest
            lengths[number] = len(rest)
        else:
            values[number, start:end] = nothing[start:end]
    changed = Encoded(values, row.present.expand(count), [], lengths)
    found: Array = question.now() - question.scores({array: changed})
    return found
