"""Recurrent networks (LSTM, Hochreiter & Schmidhuber 1997; GRU, Cho et al. 2014): a memory that is carried along time."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import replace
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, PlanError, Recipe
from lamina.networks._layered import Stepwise
from lamina.networks._time import Attention, Signals, mask, most

BATCHES = 12  # of a pass over few rows: small batches, so that few examples still give many steps


class Carried(NamedTuple):
    """What a network that reads forwards knows of the steps so far: all that the rest of the series needs.

    hidden, cell: [layers, B, W] (cell: of an LSTM, else as hidden). The attention so far, by running sums: peak [B], the
    largest score; weight [B], the sum of exp(score - peak); total [B, W], of the outputs so weighted. most: [B, W].
    """

    hidden: Tensor
    cell: Tensor
    peak: Tensor
    weight: Tensor
    total: Tensor
    most: Tensor


class Rnn(Stepwise):
    """Stacked GRU or LSTM layers over a series, a sound or a text, read in both directions; then one vector of all steps:
    their attention-weighted mean, the largest of each unit, and the last state of each direction.

    cell: gru or lstm. width: units of a layer and direction. depth: layers. both: whether it also reads backwards; only
    a network that does not can follow a stream (`step`). embedded: width of a token's vector. drop: share of the units
    that is left out between layers and at the end while learning.

    Padding changes no answer: forwards it comes last, and backwards each row is turned around within its own length.
    `Features.maps` holds every step [B, W, T], zero where nothing is; `Features.state` the last state of each layer.
    """

    kind: ClassVar[str] = "rnn"
    accepts: ClassVar[frozenset[str]] = frozenset({"sequence", "spectrum", "tokens"})
    recurrent: ClassVar[bool] = True
    recipe = Recipe(rate=4e-3, batch=64, epochs=20, betas=(0.9, 0.98), weight_decay=0.01, smoothing=0.05)

    def __init__(
        self,
        form: Form,
        cell: Literal["gru", "lstm"] = "gru",
        width: int = 64,
        depth: int = 2,
        both: bool = True,
        embedded: int = 64,
        drop: float = 0.2,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise PlanError(f"There is no cell '{cell}'. There are: {', '.join(CELLS)}.")
        if depth < 1:
            raise PlanError(f"The depth was {depth}. It must be 1 or more.")
        self.both, self.follows = both, not both
        wide = width * (2 if both else 1)
        self.first: Signals | Codes = Codes(form, embedded) if form.kind == "tokens" else Signals(form)
        inside = [self.first.width] + [wide] * (depth - 1)
        self.layers = nn.Sequential(
            OrderedDict((f"layer{n}", Layer(cell, each, width, both)) for n, each in enumerate(inside, 1))
        )
        self.drop = nn.Dropout(drop)
        self.attention = Attention(wide)
        self.width, self.steps = 3 * wide, wide

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Few rows want small batches and many passes."""
        batch = max(8, min(cls.recipe.batch, 2 ** round(math.log2(max(1, rows) / BATCHES))))
        return {}, replace(cls.recipe, batch=batch, epochs=max(12.0, min(40.0, 40_000 / max(1, rows))))

    def depth(self) -> int:
        return len(self.layers) + isinstance(self.first, Codes)

    @property
    def starts(self) -> tuple[nn.Module, ...]:
        return (self.first,)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        if isinstance(self.first, Signals):
            self.first.settle(values, lengths)

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        here = mask(x, lengths)
        steps = self.first(x, here)
        back = turned(here, lengths)
        ends: list[Tensor] = []
        for layer in self.layers:
            steps, end = layer(self.drop(steps) if ends else steps, lengths, back)
            ends.append(end)
        steps = steps * here[:, :, None]
        whole = torch.cat([self.attention(steps, here), most(steps, here), ends[-1]], 1)
        return Features(self.drop(whole), (steps.transpose(1, 2),), torch.stack(ends), here)

    def step(self, x: Tensor, carried: Carried | None = None) -> tuple[Features, Carried]:
        """As of `Stepwise`.

        Raises:
            PlanError: it reads in both directions.
        """
        if self.both:
            raise PlanError(
                "This network also reads backwards, from the end of a series: it cannot answer before the end is there. "
                "Learn one that reads forwards only: network 'rnn' with the option both=False."
            )
        before = None if carried is None else (carried.hidden, carried.cell)
        steps, (hidden, cell) = self.read(x, before)
        score = self.attention.score(steps)[:, :, 0]
        peak, highest = score.amax(1), steps.amax(1)
        if carried is not None:
            peak, highest = torch.maximum(peak, carried.peak), torch.maximum(highest, carried.most)
        share = torch.exp(score - peak[:, None])
        weight, total = share.sum(1), (share[:, :, None] * steps).sum(1)
        if carried is not None:
            kept = torch.exp(carried.peak - peak)
            weight, total = weight + kept * carried.weight, total + kept[:, None] * carried.total
        whole = torch.cat([total / weight[:, None], highest, hidden[-1]], 1)
        found = Features(self.drop(whole), (steps.transpose(1, 2),), hidden)
        return found, Carried(hidden, cell, peak, weight, total, highest)

    def read(self, x: Tensor, memory: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Forwards from where it stood: what it makes of each step [B, T, W], and its memory after them.

        memory: hidden and cell, [layers, B, W] each; None where nothing was read before.
        """
        every = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        steps = self.first(x, every)
        after: list[tuple[Tensor, Tensor]] = []
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, Layer)
            before = None if memory is None else (memory[0][number], memory[1][number])
            steps, left = layer.on(self.drop(steps) if after else steps, before)
            after.append(left)
        hidden, cell = (torch.stack(each) for each in zip(*after, strict=True))
        return steps, (hidden, cell)


class Layer(nn.Module):
    """One layer in one direction or both: [B, T, I] to [B, T, W or 2W], and its last state [B, W or 2W]."""

    def __init__(self, cell: str, inputs: int, width: int, both: bool) -> None:
        super().__init__()
        self.forwards = _cell(cell, inputs, width)
        self.backwards = _cell(cell, inputs, width) if both else None

    def forward(self, x: Tensor, lengths: Tensor, turned: Tensor) -> tuple[Tensor, Tensor]:
        """turned: [B, T], the step that takes each one's place when a row is turned around within its length."""
        found = self.forwards(x, self._nothing(x))[0]
        end = _at(found, (lengths - 1)[:, None])[:, 0]
        if self.backwards is None:
            return found, end
        back = _at(self.backwards(_at(x, turned), self._nothing(x))[0], turned)
        return torch.cat([found, back], 2), torch.cat([end, back[:, 0]], 1)

    def on(self, x: Tensor, before: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Forwards from where it stood: (hidden, cell), [B, W] each."""
        if isinstance(self.forwards, nn.LSTM):
            memory = self._nothing(x) if before is None else (before[0][None], before[1][None])
            found, (hidden, cell) = self.forwards(x, memory)
            return found, (hidden[0], cell[0])
        found, hidden = self.forwards(x, self._nothing(x) if before is None else before[0][None])
        return found, (hidden[0], hidden[0])

    def _nothing(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """The state before the first step; said aloud, so that ONNX takes any number of rows."""
        empty = x.new_zeros(1, x.shape[0], self.forwards.hidden_size)
        return (empty, empty) if isinstance(self.forwards, nn.LSTM) else empty


class Codes(nn.Module):
    """Tokens [B, T] to vectors [B, T, W]; padding becomes 0."""

    def __init__(self, form: Form, width: int) -> None:
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(form.sizes[0], width)
        nn.init.normal_(self.embedding.weight, std=0.3)

    def forward(self, x: Tensor, here: Tensor) -> Tensor:
        found: Tensor = self.embedding(x) * here[:, :, None]
        return found


CELLS: dict[str, type[nn.GRU | nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}


def _cell(kind: str, inputs: int, width: int) -> nn.GRU | nn.LSTM:
    """A layer that reads forwards. Its memory starts orthogonal, so that it neither dies nor explodes over many steps."""
    found = CELLS[kind](inputs, width, batch_first=True)
    for name, weight in found.named_parameters():
        match name:
            case "weight_ih_l0":
                nn.init.xavier_uniform_(weight)
            case "weight_hh_l0":
                for gate in weight.data.chunk(len(weight) // width):
                    nn.init.orthogonal_(gate)
            case _:
                nn.init.zeros_(weight)
                if kind == "lstm" and name == "bias_ih_l0":
                    weight.data[width : 2 * width] = 1.0  # the forget gate is open: it begins by remembering
    return found


def turned(here: Tensor, lengths: Tensor) -> Tensor:
    """[B, T]: of each step, the one that takes its place when the row is turned around; padding stays where it is."""
    place = torch.arange(here.shape[1], device=here.device)[None]
    return torch.where(here, lengths[:, None] - 1 - place, place)


def _at(x: Tensor, steps: Tensor) -> Tensor:
    """[B, S, W] of [B, T, W]: for each row the steps [B, S]."""
    return x.gather(1, steps[:, :, None].expand(-1, -1, x.shape[2]))
