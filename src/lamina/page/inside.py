"""What needs torch: the network as a map, an example on its way through it, its units, why it answers. Asked by name, as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lamina.core import Array, Json, PlanError
from lamina.insight.explain import Explainer
from lamina.insight.neighbours import Lessons
from lamina.insight.question import tensors
from lamina.model.model import Model
from lamina.page import answering
from lamina.page.data import Data
from lamina.page.layout import Layout
from lamina.page.listing import Listing
from lamina.page.neurons import Neurons
from lamina.page.reasons import explanation
from lamina.page.schema import why
from lamina.page.trail import Trail

TAUGHT = 10_000  # examples among which those that speak for an answer are looked for


class Inside:
    """A model opened up. Everything here is asked one question at a time."""

    def __init__(self, model: Model, data: Data) -> None:
        self.model, self.data = model, data
        self.listing = Listing(model, data)
        self.layout = Layout(model, data)
        self.trail = Trail(model, data)
        self.neurons = Neurons(model, data)
        self.taught = TAUGHT
        self._explainers: dict[str, Explainer] = {}
        self._lessons: dict[str, tuple[Lessons, Array]] = {}

    def network(self) -> Json:
        """The map of the first member."""
        return self.layout.network(self.neurons.seen)

    def layer(self, layer: str) -> Json:
        """One layer: settings, weights, and what it gives over some examples."""
        return self.layout.layer(layer, self.neurons.seen)

    def trace(self, example: int, frame: int | None = None) -> Json:
        """The layers that one example passes."""
        return self.trail.trace(example, frame)

    def unit_sum(self, example: int, layer: str, unit: int, at: str, frame: int | None = None) -> Json:
        """The weighted sum of one unit."""
        return self.trail.unit_sum(example, layer, unit, at, frame)

    def layers(self) -> Json:
        """The layers whose units can be looked at."""
        return self.neurons.layers()

    def units(self, layer: str, order: str, offset: int, limit: int) -> Json:
        """Some units of a layer."""
        return self.neurons.units(layer, order, offset, limit)

    def unit_sprite(self, layer: str, units: list[int]) -> Json:
        """The crops that excite some units, as base64 of a PNG."""
        return self.neurons.unit_sprite(layer, units)

    # --------------------------------------------------------------------------------------------- why

    def explain(self, example: int, target: str | None, about: str | None, thorough: bool, changes: Json) -> Json:
        """Why this answer."""
        explainer = self._explainer(target)
        rows: Any = self.data.shown.take([example])
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
        one = self.data.shown.take([example])
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
            self._lessons[target] = Lessons(self.model, self.data.shown.take(rows), target), rows
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
                    raws, _ = member(tensors(self.model.intake.encode(self.data.shown, every[some])))
                for column, name in names.items():
                    output: Any = self.model.outputs[column]
                    raw = output.combine(raws[name]).numpy()
                    found.setdefault(column, np.zeros((len(every), *raw.shape[1:]), np.float32))[some] = raw
        return {column: values.tolist() for column, values in found.items()}
