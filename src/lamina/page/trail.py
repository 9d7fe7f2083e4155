"""One example on its way through the network: what each layer makes of it, and the sum that one unit is."""

from __future__ import annotations

import base64
import math

import numpy as np

from lamina.core import Array, Json, PlanError
from lamina.insight.question import tensors
from lamina.insight.trace import Layer, Trace, traced
from lamina.model.model import Model
from lamina.page import answering, words
from lamina.page.data import Data
from lamina.page.features import features
from lamina.page.schema import inside, shared

TILES, FEWER, MANY = 64, 16, 24  # tiles of a layer; of networks with many layers
SIDE = 24  # values a side of a tile
PLANES = ("Embedding", "Signals", "GRU", "LSTM")  # layers that give a row of numbers for each step: seen as one picture
TERMS = 40
KEPT = 8  # examples whose way is kept


class Trail:
    """Follows examples, and keeps the last that it followed."""

    def __init__(self, model: Model, data: Data) -> None:
        self.model, self.data = model, data
        self._traces: dict[tuple[int, int | None], Trace] = {}

    def trace(self, example: int, frame: int | None = None) -> Json:
        """The layers that one example passes."""
        found = self._trace(example, frame)
        layers = [self._passed(found, name, TILES if len(found.layers) <= MANY else FEWER) for name in found.layers]
        members = self.model.card.members
        return inside.Trace(
            example=example,
            frames=found.frames,
            frame=found.frame,
            layers=layers,
            answers=answering.answers(self.model, self.data.shown.take([example]))[0],
            note=""
            if members == 1
            else f"This is the first of {members} networks; the answer is that of all together.",
        ).model_dump()

    def _passed(self, found: Trace, name: str, most: int) -> inside.Passed:
        layer = found[name]
        output = layer.output
        if output is not None and output.ndim == 2 and words.kind_of(layer.module) in PLANES:
            output = output.T[None, ::-1]  # one picture: time to the right, low pitches below
        tiles, count = (None, 0) if output is None else _tiles(output, most)
        return inside.Passed(
            id=name,
            kind=words.kind_of(layer.module),
            title=words.title(words.kind_of(layer.module)),
            shape=[] if layer.output is None else list(layer.output.shape),
            does=words.does(words.kind_of(layer.module), count),
            units=count,
            shown=0 if tiles is None else tiles.count,
            tiles=tiles,
            sums=name in found.summing and layer.inputs is not None and output is not None,
            framed=layer.framed,
        )

    def unit_sum(self, example: int, layer: str, unit: int, at: str, frame: int | None = None) -> Json:
        """The weighted sum of one unit."""
        found = self._trace(example, frame)
        each = found[layer]
        if each.output is None:
            raise PlanError(f"'{layer}' ({each.kind}) gives no numbers. These make sums: {', '.join(found.summing)}.")
        where = _place(each, unit, at)
        one = found.unit(layer, where)
        shown, rest = one.terms[:TERMS], one.terms[TERMS:]
        named = features(self.model.network.members[0], layer, self.model.intake)
        left = sum(term.product for term in rest)
        whole = left + sum(term.product for term in shown)
        said = (
            f"{len(one.terms):,} products add up to {whole:.4g}; with the bias {one.bias:.4g} that is {one.total:.4g}."
        )
        if one.activation:
            said += f" {words.title(one.activation)} makes {one.result:.4g} of it."
        return inside.Sum(
            layer=layer,
            place=list(where),
            terms=[
                inside.Term(
                    place=list(term.place), called=named[term.place[-1]] if named else words.place(words.kind_of(each.module), term.place), value=term.value, weight=term.weight,
                    product=term.product,
                )
                for term in shown
            ],
            others=len(rest), rest=left, bias=one.bias, total=one.total, activation=one.activation,
            activation_does=words.does(one.activation, None) if one.activation else "", result=one.result, said=said,
        ).model_dump()  # fmt: skip

    def _trace(self, example: int, frame: int | None) -> Trace:
        key = example, frame
        if key not in self._traces:
            while len(self._traces) >= KEPT:
                self._traces.pop(next(iter(self._traces)))
            inputs = tensors(self.model.intake.encode(self.data.shown, np.array([example])))
            self._traces[key] = traced(self.model.network, inputs, frame)
        return self._traces[key]


def _tiles(output: Array, most: int) -> tuple[shared.Tiles | None, int]:
    """The first units of a layer as grey pictures, and how many units there are."""
    if output.dtype.kind not in "fiu" or output.ndim not in (1, 2, 3) or not output.size:
        return None, 0
    values = output.astype(np.float32)
    maps = values.reshape(-1, 1, 1) if values.ndim < 3 else values
    count = len(maps)
    maps = np.nan_to_num(maps[:most])
    maps = _shrunk(maps)
    low, high = float(maps.min()), float(maps.max())
    signed = low < 0
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    grey = np.round((maps - low) / ((high - low) or 1.0) * 255).astype(np.uint8)
    found = shared.Tiles(
        count=len(maps),
        height=maps.shape[1],
        width=maps.shape[2],
        low=low,
        high=high,
        signed=signed,
        data=base64.b64encode(grey.tobytes()).decode(),
    )
    return found, count


def _shrunk(maps: Array) -> Array:
    """At most SIDE values a side: the mean of each block. Every other value alone would make patterns that are not there."""
    count, *sides = maps.shape
    down, right = (max(1, math.ceil(side / SIDE)) for side in sides)
    whole = np.pad(maps, ((0, 0), (0, -sides[0] % down), (0, -sides[1] % right)), mode="edge")
    found: Array = whole.reshape(count, whole.shape[1] // down, down, whole.shape[2] // right, right).mean((2, 4))
    return found


def _place(layer: Layer, unit: int, at: str) -> tuple[int, ...]:
    """A unit's place in the layer's output, by its number and, in a map, row and column; by default where it is most excited."""
    assert layer.output is not None
    output = layer.output
    count = len(output) if output.ndim == 3 else output.size
    if not 0 <= unit < count:
        raise PlanError(f"'{layer.name}' has units 0 to {count - 1:,}; {unit:,} is none of them.")
    if output.ndim == 1:
        return (unit,)
    if output.ndim == 2:
        return tuple(int(each) for each in np.unravel_index(unit, output.shape))
    if not at:
        return (unit, *(int(each) for each in np.unravel_index(int(output[unit].argmax()), output[unit].shape)))
    said = at.split(",")
    if len(said) != 2 or not all(each.strip().isdigit() for each in said):
        raise PlanError(f"'{at}' is no place; expected are a row and a column, such as at=3,5.")
    return (unit, *(int(each) for each in said))
