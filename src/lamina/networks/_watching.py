"""What films have in common: something looks at each frame, and a recurrent layer at what it saw, in order."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features
from lamina.networks._layered import Layered
from lamina.networks._time import Attention, mask, most
from lamina.networks.rnn import Layer, turned


class Watching(Layered):
    """A GRU in both directions over what was seen in each frame, then their attention-weighted mean and the largest of each
    unit. Never learned from mirrored films: a gesture has a side. Frames beyond a row's length count for nothing.

    seen: numbers that a frame is told by. units: of the GRU in each direction. drop: share of the features left out while
    learning.
    """

    accepts: ClassVar[frozenset[str]] = frozenset({"film"})
    recurrent: ClassVar[bool] = True

    def __init__(self, seen: int, units: int, drop: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(drop)
        self.time = Layer("gru", seen, units, both=True)
        self.attention = Attention(2 * units)
        self.width = 4 * units

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        here = mask(x, lengths)
        steps = self.drop(self.look(x, here))
        steps, _ = self.time(steps, lengths, turned(here, lengths))
        steps = steps * here[:, :, None]
        whole = torch.cat([self.attention(steps, here), most(steps, here)], 1)
        return Features(self.drop(whole), (steps.transpose(1, 2),))

    def look(self, x: Tensor, here: Tensor) -> Tensor:
        """[B, T, seen] of films [B, T, …], zero where there is no frame."""
        raise NotImplementedError
