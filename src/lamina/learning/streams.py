"""A long text as many streams side by side: each step reads on where the one before stopped."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lamina.core import Array, Batch, Encoded

TEXT, NEXT = "text", "next"


class Streams:
    """`batch` streams that begin evenly spread over `tokens` tokens in a circle, and go on for ever.

    Every one of them passes the end and begins again; a pass is over when they together have read every token once.

    >>> streams = Streams(12, batch=2, length=2)
    >>> [streams.next(step, 0.0)[0].tolist() for step in range(3)]
    [[0, 6], [2, 8], [4, 10]]
    """

    def __init__(self, tokens: int, batch: int, length: int) -> None:
        self.tokens, self.length = tokens, length
        self.starts = torch.arange(batch, dtype=torch.int64) * tokens // batch

    def next(self, step: int, time: float) -> tuple[Tensor, Tensor | None]:
        """[batch] where each stream is at `step`."""
        return (self.starts + step * self.length) % self.tokens, None

    # Where it is follows from the step alone: there is nothing to tell it, to keep or to forget.
    def told(self, losses: Tensor) -> None: ...
    def forget(self) -> None: ...
    def state(self) -> tuple[dict[str, Tensor], dict[str, int]]:
        return {}, {}

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, int]) -> None: ...


class Reel:
    """Tokens [N] in a circle; a batch is `length` of them from each place that is asked for, and what follows each."""

    def __init__(self, codes: Array, length: int) -> None:
        self.codes, self.length = torch.from_numpy(codes), length
        self.steps = torch.arange(length + 1)

    def batch(self, index: Tensor, device: torch.device) -> Batch:
        """Inputs [B, T] and what comes next [B, T], from the places `index` [B]."""
        found = self.codes[(index[:, None] + self.steps) % len(self.codes)].to(device)
        lengths = torch.full((len(index),), self.length)
        every = torch.ones(len(index), device=device)
        return Batch(
            {TEXT: Encoded(found[:, :-1], every > 0, lengths=lengths)},
            {NEXT: found[:, 1:].long()},
            {NEXT: every},
            every,
        )
