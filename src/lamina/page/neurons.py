"""What the units of each layer have learned to see: what excites them most, what they like, which are dead."""

from __future__ import annotations

import base64
from functools import cached_property
from typing import Any

import numpy as np

from lamina.core import Array, Json, PlanError, nearest
from lamina.insight.units import LayerUnits, Units, units
from lamina.model.model import Model
from lamina.page import answering, pictures, words
from lamina.page.common import Common
from lamina.page.contract import ROOT
from lamina.page.data import Data
from lamina.page.schema import inside

LOOKED = 4_000  # examples that units are looked for in
CROP = 48


class Neurons:
    """looked: in so many examples units are looked for, as far as that is affordable. seen: what was found, once it was asked for."""

    def __init__(self, model: Model, data: Data) -> None:
        self.model, self.data = model, data
        self.looked = LOOKED
        self.seen: Units | None = None

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
        classes = self.seen.classes if self.seen else ()
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
        return Common(self.data.shown.take(self._looked_rows()), list(self.model.intake.inputs))

    def _level(self, layer: str) -> LayerUnits:
        found = self._looked().layers
        if layer not in found:
            raise PlanError(f"No layer '{layer}' has units to look at. {nearest(layer, found)}")
        return found[layer]

    def _looked(self) -> Units:
        if self.seen is None:
            self.seen = units(self.model, self.data.shown.take(self._looked_rows()), self._target)
        return self.seen

    def _looked_rows(self) -> Array:
        return np.sort(answering.sample(self.data, self._target, answering.affordable(self.model, self.looked)))

    @property
    def _target(self) -> str | None:
        return next(iter(self.model.outputs), None)


def _box(at: Array, reach: float) -> tuple[float, float, float, float]:
    """What a unit saw of a picture, as shares left, top, right, bottom."""
    top, left = (max(0.0, float(each) - reach / 2) for each in at)
    low, right = (min(1.0, float(each) + reach / 2) for each in at)
    return left, top, right, low


def _finite(value: Any) -> float:
    return float(value) if np.isfinite(value) else 0.0
