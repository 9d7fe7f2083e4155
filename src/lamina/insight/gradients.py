"""What each column adds to an answer, between a usual row and this one: integrated gradients (Sundararajan et al. 2017).

The contributions add up to the difference of the two answers (completeness). Words have no in-between: the way from one
row to the other is a straight line where the network has made numbers of its values that it can multiply (`starts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array
from lamina.insight.hooks import hooked
from lamina.insight.question import Question

STEPS = 64  # points on the way; doubled until the sum is right
MOST = 1024
CLOSE = 0.002  # of all contributions, that their sum may be off
AT_ONCE = 512  # changed rows at once


def integrated(
    question: Question, array: str, before: Tensor | None, parts: Sequence[Sequence[int]], most: int = MOST
) -> Array | None:
    """[parts]: what each part adds to the score on the way from `before` to the example.

    before: the row [1, W, ...] to compare with; None for tokens: no word, that is a 0 for each of its numbers. parts: for each
    part the places of W that change together; all parts together lead from one row to the other. most: points on the way.
    None where the network does not say where its values start.
    """
    after = question.inputs[array].values
    starts = [module for network in question.networks(array) for module in network.starts]
    if not starts:
        return None
    if before is None:
        ends = [torch.cat([torch.zeros_like(high), high]) for high in _seen(question, array, starts, after)]
        with _replaced(starts, [low[None] for low, _ in ends]):
            empty = question.now()
        slopes = _slopes(question, array, starts, ends, np.array([empty, question.now()]), most)
        each = [((high - low) * slope).flatten(1).sum(1) for (low, high), slope in zip(ends, slopes, strict=True)]
        along = torch.stack(each).sum(0).double().numpy()  # [T]
        return np.array([along[list(places)].sum() for places in parts])
    ends = _seen(question, array, starts, torch.cat([before, after]))
    slopes = _slopes(question, array, starts, ends, question.scores({array: torch.cat([before, after])}), most)
    found = np.zeros(len(parts))
    for first in range(0, len(parts), AT_ONCE):
        some = parts[first : first + AT_ONCE]
        changed = before.repeat(len(some), *[1] * (before.ndim - 1))
        for row, places in enumerate(some):
            changed[row, list(places)] = after[0, list(places)]
        for values, (low, _), slope in zip(_seen(question, array, starts, changed), ends, slopes, strict=True):
            found[first : first + len(some)] += ((values - low) * slope).flatten(1).sum(1).double().numpy()
    return found


def _slopes(
    question: Question, array: str, starts: Sequence[nn.Module], ends: Sequence[Tensor], scores: Array, most: int
) -> list[Tensor]:
    """The mean gradient of the score with respect to each start, on the straight way between its two ends."""
    steps, row = STEPS, question.inputs[array].values
    while True:
        shares = (torch.arange(steps) + 0.5) / steps
        leaves = []
        for low, high in ends:
            across = shares.reshape(-1, *[1] * low.ndim)
            leaves.append((low + across * (high - low)).requires_grad_())
        with _replaced(starts, leaves), torch.enable_grad():
            score = question.score({array: row.expand(steps, *row.shape[1:])})
            slopes = [each.mean(0) for each in torch.autograd.grad(score.sum(), leaves)]
        pieces = [(high - low) * slope for (low, high), slope in zip(ends, slopes, strict=True)]
        off = abs(sum(float(each.sum()) for each in pieces) - float(scores[1] - scores[0]))
        if off <= CLOSE * sum(float(each.abs().sum()) for each in pieces) or steps >= most:
            return slopes
        steps *= 2


def _replaced(starts: Sequence[nn.Module], leaves: Sequence[Tensor]) -> AbstractContextManager[None]:
    """These leaves instead of what the starts give."""
    places = dict(zip(starts, leaves, strict=True))

    def put(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        return places[module].clone()

    return hooked(starts, put)


def _seen(question: Question, array: str, starts: Sequence[nn.Module], rows: Tensor) -> list[Tensor]:
    """What each start gives for these rows."""
    found: dict[nn.Module, Tensor] = {}

    def keep(module: nn.Module, inputs: Any, output: Tensor) -> None:
        found[module] = output.clone()

    with hooked(starts, keep), torch.no_grad():
        question.score({array: rows})
    return [found[module] for module in starts]
