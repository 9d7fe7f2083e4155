"""Maps of any size averaged over a few places: what lies where, in numbers whose count is fixed."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Places(nn.Module):
    """Maps [B, C, h, w] of any size averaged over a few places, `grid` along the longer side: [B, C, places].

    sides: of the pictures that the maps are made of, height and width.
    """

    def __init__(self, sides: tuple[int, ...], grid: int) -> None:
        super().__init__()
        self.down, self.across = (max(1, round(grid * side / max(sides))) for side in sides)
        self.count = self.down * self.across

    def forward(self, maps: Tensor) -> Tensor:
        high, wide = maps.shape[2:]
        rows = _shares(self.down, int(high)).to(maps)
        columns = _shares(self.across, int(wide)).to(maps)
        return (rows @ maps @ columns.T).flatten(2)


def _shares(places: int, size: int) -> Tensor:
    """[places, size]: what each pixel adds to the mean of each place; places overlap where they do not divide it."""
    found = torch.zeros(places, size)
    for place in range(places):
        start, end = place * size // places, -(-(place + 1) * size // places)
        found[place, start:end] = 1 / (end - start)
    return found
