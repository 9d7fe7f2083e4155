"""What needs torch: the network as a map, an example on its way through it, its units, why it answers. Asked by name, as plain values."""

from __future__ import annotations

import base64
import math
from functools import cached_property
from typing import Any

import numpy as np
import torch

from lamina.core import Array, Json, PlanError, nearest
from lamina.insight.explain import Explainer
from lamina.insight.neighbours import Lessons
from lamina.insight.question import tensors
from lamina.insight.trace import Layer, Trace, traced
from lamina.insight.units import LayerUnits, Units, units
from lamina.model.model import Model
from lamina.page import answering, pictures, words
from lamina.page.common import Common
from lamina.page.contract import ROOT
from lamina.page.data import Data
from lamina.page.features import features
from lamina.page.layout import Layout
from lamina.page.listing import Listing
from lamina.page.reasons import explanation
from lamina.page.schema import inside, shared, why

TILES, FEWER, MANY = 64, 16, 24  # tiles of a layer; of networks with many layers
SIDE = 24  # values a side of a tile
PLANES = ("Embedding", "Signals", "GRU", "LSTM")  # layers that give a row of numbers for each step: seen as one picture
TERMS = 40
LOOKED = 4_000  # examples that units are looked for in
TAUGHT = 10_000  # examples among which those that speak for an answer are looked for
CROP = 48


class Inside:
    """A model opened up. Everything here is asked one question at a time."""

    def __init__(self, model: Model, data: Data) -> None:
        self.model, self.data = model, data
        self.listing = Listing(model, data)
        self.layout = Layout(model, data)
        self._traces: dict[tuple[int, int | None], Trace] = {}
        self._explainers: dict[str, Explainer] = {}
        self._lessons: dict[str, tuple[Lessons, Array]] = {}
        self._units: Units | None = None
        self.looked, self.taught = LOOKED, TAUGHT

    def network(self) -> Json:
        """The map of the first member."""
        return self.layout.network(self._units)

    def layer(self, layer: str) -> Json:
        """One layer: settings, weights, and what it gives over some examples."""
        return self.layout.layer(layer, self._units)

    # ------------------------------------------------------------------------------------ one example

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
            answers=answering.answers(self.model, self._examples.take([example]))[0],
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
            while len(self._traces) >= 8:
                self._traces.pop(next(iter(self._traces)))
            inputs = tensors(self.model.intake.encode(self._examples, np.array([example])))
            self._traces[key] = traced(self.model.network, inputs, frame)
        return self._traces[key]

    # ------------------------------------------------------------------------------------------- units

    def layers(self) -> Json:
        """The layers whose units can be looked at."""
        found = self._looked()
        note = (
            ""
            if found.rows == len(self.data)
            else f"Looked at {found.rows:,} of {len(self.data):,} examples, each class in proportion."
        )
        return inside.Levels(
            layers=[
                inside.Level(
                    id=name, kind=each.kind, title=f"{words.title(each.kind)} {number}", units=len(each.dead), dead=int(each.dead.sum()),
                    reach=each.reach,
                )
                for number, (name, each) in enumerate(found.layers.items(), 1)
            ],
            rows=found.rows,
            note=note,
        ).model_dump()  # fmt: skip

    def units(self, layer: str, order: str, offset: int, limit: int) -> Json:
        """Some units of a layer."""
        found = self._level(layer)
        place = np.arange(len(found.dead))
        if order == "strength":
            place = np.lexsort((place, -np.nan_to_num(found.strength), found.dead))
        some = place[offset : offset + limit]
        mapped = self._mapped
        numbers = ",".join(str(int(each)) for each in some)
        return inside.Units(
            layer=layer,
            total=len(place),
            offset=offset,
            units=[self._unit(found, int(unit)) for unit in some],
            sprite=f"{ROOT}/layers/{layer}/sprite?units={numbers}" if mapped and len(some) else None,
            tile=CROP,
        ).model_dump()

    def unit_sprite(self, layer: str, units: list[int]) -> Json:
        """The crops that excite some units, as base64 of a PNG."""
        found = self._level(layer)
        if any(not 0 <= unit < len(found.dead) for unit in units):
            raise PlanError(f"'{layer}' has units 0 to {len(found.dead) - 1:,}.")
        rows = self._looked_rows()
        cuts: list[pictures.Cut | None] = []
        for unit in units:
            here = [] if found.dead[unit] else list(range(found.top.shape[1]))
            cuts += [
                pictures.Cut(
                    int(rows[found.top[unit, k]]), found.places[unit, k], found.reach, int(found.frames[unit, k])
                )
                for k in here
            ]
            cuts += [None] * (9 - len(here))
        return {"png": base64.b64encode(pictures.crops(self.model, self.data, cuts, CROP, 9)).decode()}

    @property
    def _mapped(self) -> bool:
        """Whether there are pictures or films to cut what excites a unit out of."""
        return any(form.kind in pictures.MAPPED for form in self.model.intake.forms.values())

    def _unit(self, found: LayerUnits, unit: int) -> inside.Unit:
        classes = self._units.classes if self._units else ()
        places = found.top[unit] if not found.dead[unit] else np.zeros(0, np.int64)
        rows = self._looked_rows()[places]
        labels = self.data.labels(self._target, rows) if self._target else [None] * len(rows)
        order = np.argsort(-found.mean[unit])[:10] if len(classes) else np.zeros(0, int)
        likes = int(found.liking[unit])
        return inside.Unit(
            unit=unit,
            dead=bool(found.dead[unit]),
            likes=classes[likes] if 0 <= likes < len(classes) else None,
            strength=_finite(found.strength[unit]),
            means=[inside.Liking(value=classes[k], mean=_finite(found.mean[unit, k])) for k in order],
            top=[
                inside.Exciting(
                    example=int(row),
                    label=label,
                    value=float(value),
                    box=_box(at, found.reach) if self._mapped else None,
                    frame=int(frame) if self._filmed else None,
                )
                for row, label, value, at, frame in zip(
                    rows, labels, found.values[unit], found.places[unit], found.frames[unit], strict=False
                )
            ],
            common=self._common.of(places),
        )

    @property
    def _filmed(self) -> bool:
        return any(form.kind == "film" for form in self.model.intake.forms.values())

    @cached_property
    def _common(self) -> Common:
        return Common(self._examples.take(self._looked_rows()), list(self.model.intake.inputs))

    def _level(self, layer: str) -> LayerUnits:
        found = self._looked().layers
        if layer not in found:
            raise PlanError(f"No layer '{layer}' has units to look at. {nearest(layer, found)}")
        return found[layer]

    def _looked(self) -> Units:
        if self._units is None:
            self._units = units(self.model, self._examples.take(self._looked_rows()), self._target)
        return self._units

    def _looked_rows(self) -> Array:
        return np.sort(answering.sample(self.data, self._target, answering.affordable(self.model, self.looked)))

    # --------------------------------------------------------------------------------------------- why

    def explain(self, example: int, target: str | None, about: str | None, thorough: bool, changes: Json) -> Json:
        """Why this answer."""
        explainer = self._explainer(target)
        rows: Any = self._examples.take([example])
        shown = {cell.column: cell.text for cell in self.listing.cells(np.array([example]))[0]}
        if changes:
            rows, plain, problems = answering.cells_of(self.model, self.data, example, changes)
            if problems:
                raise PlanError(" ".join(problems))
            shown |= {column: None if plain[column] is None else str(plain[column]) for column in changes}
        found = explainer.explain(rows, shown, str(example), about, thorough=thorough)
        return explanation(self.model, found, answering.answers(self.model, rows)[0], example).model_dump()

    def neighbours(self, example: int, target: str | None, about: str | None) -> Json:
        """The labelled examples that speak for the answer, and against it."""
        from lamina.insight.question import question

        explainer = self._explainer(target)
        target = explainer.target
        lessons, rows = self._taught(target)
        output: Any = self.model.outputs[target]
        one = self._examples.take([example])
        if about is None and output.holds != "number":
            answer = self.model.answer(one)[target][0]
            about = answer.alternatives[0][0] if answer.alternatives else output.classes[0]
        asked = question(self.model, self.model.network, self.model.intake.encode(one), target, about)
        sides = [[each for each in side if rows[each.row] != example] for side in lessons.nearest(asked, 6)]
        listed = [self.listing.several([int(rows[each.row]) for each in side], target) for side in sides]
        speaks = [
            [why.Beside(example=item, cosine=each.cosine) for item, each in zip(items, side, strict=True)]
            for items, side in zip(listed, sides, strict=True)
        ]
        which = "that taught it" if self.data.same and self.data.folds is None else "with a label"
        return why.Neighbours(
            target=target,
            about=about,
            speaks_for=speaks[0],
            speaks_against=speaks[1],
            note=f"Among {len(lessons.rows):,} examples {which}: those whose lesson for the last layer points the same way as this answer, or "
            "the other way (cosine of the gradients).",
        ).model_dump()

    def _taught(self, target: str) -> tuple[Lessons, Array]:
        if target not in self._lessons:
            rows = answering.sample(self.data, target, len(self.data))
            if self.data.same and self.data.folds is None:
                rows = rows[self.data.parts[rows] == 0]
            rows = np.sort(rows[: answering.affordable(self.model, self.taught)])
            self._lessons[target] = Lessons(self.model, self._examples.take(rows), target), rows
        return self._lessons[target]

    def _explainer(self, target: str | None) -> Explainer:
        key = target or ""
        if key not in self._explainers:
            self._explainers[key] = Explainer(self.model, target)
        return self._explainers[key]

    # ------------------------------------------------------------------------------------- out of fold

    def outside(self, rows: list[int]) -> Json:
        """Raw answers by target to rows, each by the network that never learned from it."""
        folds = self.data.folds
        members = list(self.model.network.members)
        if folds is None or len(members) != int(folds.max()) + 1:
            raise PlanError(
                f"The model has {len(members)} networks, and not one for each fold: nothing tells which saw which rows."
            )
        found: dict[str, Array] = {}
        every = np.array(rows, np.int64)
        names = {each["column"]: each["name"] for each in self.model.card.taught}
        for number, member in enumerate(members):
            at = np.flatnonzero(folds[every] == number)
            for start in range(0, len(at), 256):
                some = at[start : start + 256]
                with torch.inference_mode():
                    raws, _ = member(tensors(self.model.intake.encode(self._examples, every[some])))
                for column, name in names.items():
                    output: Any = self.model.outputs[column]
                    raw = output.combine(raws[name]).numpy()
                    found.setdefault(column, np.zeros((len(every), *raw.shape[1:]), np.float32))[some] = raw
        return {column: values.tolist() for column, values in found.items()}

    # ------------------------------------------------------------------------------------------- parts

    @property
    def _examples(self) -> Any:
        if self.data.examples is None:
            raise PlanError(self.data.why_not)
        return self.data.examples

    @property
    def _target(self) -> str | None:
        return next(iter(self.model.outputs), None)


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


def _box(at: Array, reach: float) -> tuple[float, float, float, float]:
    """What a unit saw of a picture, as shares left, top, right, bottom."""
    top, left = (max(0.0, float(each) - reach / 2) for each in at)
    low, right = (min(1.0, float(each) + reach / 2) for each in at)
    return left, top, right, low


def _finite(value: Any) -> float:
    return float(value) if np.isfinite(value) else 0.0
