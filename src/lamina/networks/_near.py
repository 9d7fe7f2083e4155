"""What is known of the rows nearest to one, weighed by how near they are: beside networks that draw smooth borders."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MOST = 2_048  # rows that others are compared with
FIRST = 4.0  # how sharply nearness counts at the start, in squared distances to the nearest
LOUD = 4.0  # so that what is said varies by about 1
CLIP = 10.0  # standard deviations
FLAT = 1e-6
SAME = 1e-3  # of the usual squared distance to the nearest: what is nearer is the very same row
FAR = 1e9


class Near(nn.Module):
    """Columns [B, C] to what is known of the target of rows near them [B, copies, width].

    Each of `units` holds a known row, every column in standard deviations, and answers exp(-distance²), as a share of what
    all answer: normalised radial basis functions (Moody and Darken 1989). What learns is how near is near, and how much
    each column counts, so that every training row is answered by the others (neighbourhood components analysis, Goldberger
    et al. 2005).

    width: numbers that the target is told by (`Counts.told`). copies: each knows the rows of other folds. It keeps the
    rows; with no units it keeps none and says nothing.
    """

    center: Tensor
    scale: Tensor
    known: Tensor  # [units, C]
    said: Tensor  # [copies, units, width]
    here: Tensor  # [copies, units], which copy knows which row
    reach: Tensor  # the usual squared distance to the nearest

    def __init__(self, columns: int, width: int, copies: int, units: int) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(columns))
        self.register_buffer("scale", torch.ones(columns))
        self.register_buffer("known", torch.zeros(units, columns))
        self.register_buffer("said", torch.zeros(copies, units, width))
        self.register_buffer("here", torch.zeros(copies, units))
        self.register_buffer("reach", torch.ones(()))
        self.column = nn.Parameter(torch.zeros(columns))
        self.sharp = nn.Parameter(torch.zeros(()))

    def settle(self, x: Tensor, generator: torch.Generator) -> None:
        """The columns' scales. Until something is known of these rows (`learn`), each says anything."""
        if len(x):
            self.center.copy_(x.nanmean(0).nan_to_num(0))
            self.scale.copy_((x - self.center).square().nanmean(0).sqrt().nan_to_num(1).clamp_min(FLAT))
            copies, _, width = self.said.shape
            self.learn(x, torch.rand(len(x), width, generator=generator), torch.ones(len(x), copies))

    @torch.no_grad()
    def learn(self, x: Tensor, said: Tensor, here: Tensor) -> None:
        """Which rows are known, what of each [N, width], by which copies [N, copies], and how near they lie to each other."""
        some = torch.linspace(0, len(x) - 1, min(len(x), len(self.known))).long() if len(x) else torch.arange(0)
        units = len(some)
        if not units:
            return
        self.known.zero_()[:units] = self._scaled(x[some])
        self.said.zero_()[:, :units] = said[some] - said.mean(0)
        self.here.zero_()[:, :units] = here[some].T
        away = self._away(self.known[:units])[:, :units].fill_diagonal_(torch.inf).min(1).values
        away = away[away.isfinite() & (away > FLAT)]
        self.reach.copy_(away.median() if len(away) else torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        away = self._away(self._scaled(x)) / self.reach  # [B, units]
        if self.training:  # else each would be answered by itself
            away = away + FAR * (away < SAME)
        near = -FIRST * self.sharp.exp() * away[:, None] - FAR * (1 - self.here)  # [B, copies, units]
        return LOUD * torch.einsum("bku,kuw->bkw", near.softmax(2), self.said)

    def _scaled(self, x: Tensor) -> Tensor:
        """In standard deviations, no farther off than `CLIP`; what is missing is as usual."""
        scaled = ((x - self.center) / self.scale).clamp(-CLIP, CLIP)
        return torch.where(scaled.isnan(), 0.0, scaled)

    def _away(self, x: Tensor) -> Tensor:
        """[B, units] squared distances to what the units hold."""
        weight = self.column.exp()
        ours, theirs = x * weight, self.known * weight
        squares = ours.square().sum(1, keepdim=True) + theirs.square().sum(1)
        return (squares - 2 * ours @ theirs.T).clamp_min(0)
