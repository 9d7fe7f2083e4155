"""How good a model is on new labelled examples, with intervals, and what has changed since learning."""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Array, Coded, DataError, Json, PlanError, Taught
from lamina.examples import Examples
from lamina.examples.reading import listed
from lamina.model.drift import Drift, drift
from lamina.model.intervals import intervals

if TYPE_CHECKING:
    from lamina.model.model import Model

ROUNDS = 400


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric on these rows with its 95 % interval (bootstrap); before: what the report said when it was learned."""

    value: float
    low: float
    high: float
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """targets: by target column, its figures by metric. unlike: share of rows unlike the training data."""

    rows: int
    targets: dict[str, dict[str, Figure]]
    unlike: float
    drifts: list[Drift] = field(default_factory=list)

    def to_dict(self) -> Json:
        return {
            "rows": self.rows,
            "targets": {
                target: {
                    name: {"value": f.value, "low": f.low, "high": f.high, "before": f.before}
                    for name, f in found.items()
                }
                for target, found in self.targets.items()
            },
            "unlike": self.unlike,
            "drift": [
                {"column": d.column, "index": d.index, "what": d.what, "matters": d.matters} for d in self.drifts
            ],
        }

    def lines(self) -> list[str]:
        """The score as lines of text."""
        lines = [f"{self.rows:,} labelled examples, {100 * self.unlike:.1f} % unlike the training data"]
        for target, figures in self.targets.items():
            rows = [(target, "now", "95 % interval", "when learned")]
            rows += [
                (
                    name.replace("_", " "),
                    f"{f.value:.4g}",
                    f"{f.low:.4g} to {f.high:.4g}",
                    "–" if f.before is None else f"{f.before:.4g}",
                )
                for name, f in figures.items()
            ]
            first, *wide = (max(map(len, cells)) for cells in zip(*rows, strict=True))
            lines.append("")
            lines += [
                f"{row[0]:{first}}  {row[1]:>{wide[0]}}  {row[2]:>{wide[1]}}  {row[3]:>{wide[2]}}" for row in rows
            ]
        lines.append("")
        moved = [d for d in self.drifts if d.matters]
        lines += [f"changed since learning: {d.column} ({d.what}; index {d.index:.2f})" for d in moved]
        if not moved and self.drifts:
            lines.append("no column has changed much since learning")
        return lines

    def _repr_html_(self) -> str:
        return "<pre>" + html.escape("\n".join(self.lines())) + "</pre>"


def score(model: Model, source: Any) -> Score:
    """As `Model.score`.

    Raises:
        PlanError: the model answers nothing that labels could tell.
    """
    if not model.outputs and not model.card.makes:
        raise PlanError(f"This model finds {', '.join(model.found)} without labels: it has no answer to compare with.")
    examples = model.read(source, target=True)
    raws, features, *_ = model.raw(examples)
    found = {}
    for column, output in model.outputs.items():
        target, rows = labelled(examples, column, output)
        known = _reported(model, column)
        new = figures(output, output.scaled(raws[column][rows]), target, None, np.random.default_rng(0))
        found[column] = {name: replace(each, before=known.get(name, {}).get("value")) for name, each in new.items()}
    drifts = [
        drift(column, before, examples.values(column))
        for column, before in model.card.data.get("columns", {}).items()
        if before is not None and column in examples.kinds
    ]
    unlike = float(model.novelty.unlike(features).mean()) if model.novelty is not None else 0.0
    return Score(len(examples), found, unlike, sorted(drifts, key=lambda each: -each.index))


def _reported(model: Model, column: str) -> Json:
    """The figures of a target in the report."""
    targets: list[Json] = model.card.results.get("targets", [])
    return next((each["figures"] for each in targets if each["column"] == column), {})


def figures(
    output: Taught, raw: Array, target: Array, weight: Array | None, rng: np.random.Generator
) -> dict[str, Figure]:
    """Every metric of an output with its interval. raw: with the temperature applied."""
    whole = output.metrics(raw, target, weight)
    metrics, evidence, group = output.evidence(raw, target)
    spans = intervals(metrics, evidence, target, weight, rng=rng, rounds=ROUNDS, group=group)
    return {name: Figure(value, *spans[name]) for name, value in whole.items()}


def labelled(examples: Examples, column: str, output: Taught) -> tuple[Array, Array]:
    """Targets of the rows that have one that the model knows, and their places."""
    values = examples.values(column)
    target, known = output.encode(values)
    if not known.any():
        held = f" It holds {listed(values.words)}." if isinstance(values, Coded) and values.words else ""
        raise DataError(
            f"No row has a known label in '{column}'.{held} The labels must be written as they were when learning."
        )
    return target[known], np.flatnonzero(known)
