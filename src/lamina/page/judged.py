"""The rows that judge, each with what is true and what the model says: worked out once, and checked against the report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lamina.core import Array, Json, PlanError, nearest
from lamina.insight.mistakes import Confident, Residual, confident, largest
from lamina.insight.suspects import ENOUGH, Suspect, suspects
from lamina.model.model import Model
from lamina.outputs._scores import sigmoid, softmax
from lamina.page.answering import Told, raw
from lamina.page.data import Data
from lamina.page.listing import Known
from lamina.page.working import Insider

KINDS = ("category", "number", "tags")


@dataclass
class Judged:
    """rows: [n] of the data; truth: [n] codes or numbers, or [n, K] of tags; scaled: [n, K] raw answers, calibrated."""

    model: Model
    target: str
    rows: Array
    truth: Array
    scaled: Array
    before: Array  # not calibrated

    @property
    def output(self) -> Any:
        return self.model.outputs[self.target]

    @property
    def holds(self) -> str:
        return str(self.output.holds)

    @property
    def classes(self) -> list[str]:
        return [str(each) for each in getattr(self.output, "classes", ())]

    @cached_property
    def shares(self) -> Array:
        """[n, K] of classes or tags."""
        return softmax(self.scaled) if self.holds == "category" else sigmoid(self.scaled)

    @cached_property
    def said(self) -> Array:
        """[n] codes; numbers; [n, K] bool of tags."""
        match self.holds:
            case "category":
                found: Array = self.output.decide(self.shares)
            case "tags":
                found = self.scaled > 0
            case _:
                found = self.scaled[:, 0].astype(np.float64)
        return found

    @cached_property
    def wrong(self) -> Array:
        """[n] bool; of numbers nothing is simply wrong."""
        match self.holds:
            case "category":
                found: Array = self.said != self.truth
            case "tags":
                found = (self.said != (self.truth > 0.5)).any(1)
            case _:
                found = np.zeros(len(self.rows), bool)
        return found

    @cached_property
    def sure(self) -> Array:
        """[n], the probability of what was said."""
        return self.shares[np.arange(len(self.rows)), self.said] if self.holds == "category" else self.shares.max(1)

    @cached_property
    def confusion(self) -> Array:
        size = len(self.classes)
        return np.bincount(self.truth * size + self.said, minlength=size * size).reshape(size, size)

    @cached_property
    def suspects(self) -> list[Suspect]:
        return [] if self.weak else suspects(self.shares, self.truth, len(self.truth))

    @property
    def weak(self) -> bool:
        """Whether it is right too seldom to tell wrong labels from hard examples."""
        return len(self.rows) > 0 and bool((~self.wrong).mean() < ENOUGH)

    @cached_property
    def mistaken(self) -> list[Confident]:
        """Wrong classes, the surest first."""
        return confident(self.shares, self.truth, len(self.rows))

    @cached_property
    def farthest(self) -> list[Residual]:
        """Numbers, those farthest from the truth first."""
        return largest(self.said, self.truth.astype(np.float64), len(self.rows))

    def words(self, codes: Array | int) -> str:
        """An answer or a label in words."""
        match self.holds:
            case "category":
                return self.classes[int(codes)]
            case "tags":
                return (
                    ", ".join(name for name, there in zip(self.classes, np.asarray(codes) > 0.5, strict=True) if there)
                    or "none"
                )
            case _:
                return f"{float(codes):,.6g}"

    def known(self) -> dict[int, Known]:
        """Row to what the model says, how sure it is, and whether that is right."""
        nothing = [None] * len(self.rows)
        sure = self.sure.tolist() if self.holds == "category" else nothing
        right = nothing if self.holds == "number" else (~self.wrong).tolist()
        return {
            row: Known(self.words(said), *each)
            for row, said, *each in zip(self.rows.tolist(), self.said, sure, right, strict=True)
        }


def judge(model: Model, data: Data, target: str, inside: Insider, told: Told) -> Judged:
    """The rows that judge one target.

    Raises:
        PlanError: none do, and why.
    """
    output: Any = model.outputs[target]
    if output.kind not in KINDS:
        raise PlanError(f"'{target}' is answered as {output.kind}: its report says how good it is.")
    if data.examples is None:
        raise PlanError(data.why_not)
    if not len(data.held):
        raise PlanError(f"No row may judge it. {data.how}")
    truth, known = output.encode(data.examples.values(target, data.held))
    rows, truth = data.held[known], truth[known]
    if data.folds is None:
        found, _, _ = raw(model, data, rows, f"held-{list(model.outputs).index(target)}", told)
        values = found[target]
    else:
        values = np.array(inside.ask("outside", rows=rows.tolist())[target], np.float32)
    return Judged(model, target, rows, truth, output.scaled(values), values)


def kept(model: Model, target: str) -> Json:
    """What the report kept of a target; {} where it kept nothing."""
    found: Json = next((each for each in model.card.results.get("targets", []) if each["column"] == target), {})
    return found


def the_target(model: Model, target: str | None) -> str:
    """The target asked for, by default the first.

    Raises:
        PlanError: there is none.
    """
    if not model.outputs:
        raise PlanError(f"This model finds {', '.join(model.found)} without labels: no answer is right or wrong.")
    if target is not None and target not in model.outputs:
        raise PlanError(f"The model does not answer '{target}'. {nearest(target, model.outputs)}")
    return target or next(iter(model.outputs))
