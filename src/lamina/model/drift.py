"""Have the data changed since learning? Shares of training rows per column, compared with those of new rows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.core import Array, Coded, Json

BINS = 10
WORDS = 30  # the most frequent words of a column that are followed; the rest is one share
ALARM = 0.2  # a population stability index above this is a change that matters (the customary limit)


@dataclass(frozen=True, slots=True)
class Drift:
    """index: the population stability index, 0 for the same shares; what: the share that changed most, in words."""

    column: str
    index: float
    what: str

    @property
    def matters(self) -> bool:
        return self.index > ALARM


def reference(values: Any) -> Json | None:
    """What a column looked like in training: edges and shares of ten bins, or the shares of words; None for pictures."""
    if isinstance(values, Coded):
        counts = np.bincount(values.codes + 1, minlength=len(values.words) + 1)
        order = np.argsort(-counts[1:], kind="stable")[:WORDS]
        shares = {values.words[k]: float(counts[k + 1] / max(len(values), 1)) for k in order}
        return {"shares": shares, "missing": float(counts[0] / max(len(values), 1))}
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind != "f":
        return None
    known = np.sort(values[np.isfinite(values)])
    places = np.linspace(0, len(known) - 1, BINS + 1)[1:-1]  # np.quantile would take most of the time of a wide table
    below = places.astype(int)
    edges = np.unique(known[below] + (places - below) * (known[below + 1] - known[below])) if len(known) > 1 else known
    return {"edges": edges.tolist(), "shares": _shares(values, edges).tolist()}


def drift(column: str, before: Json, values: Any) -> Drift:
    """How far new values have moved from the reference."""
    if "edges" in before:
        edges = np.array(before["edges"])
        old, new = np.array(before["shares"]), _shares(values, edges)
        names = [*_spans(edges), "missing"]
    else:
        words = list(before["shares"])
        old = np.array([*before["shares"].values(), before["missing"]])
        counts = dict(zip(values.words, values.counts(), strict=True))
        rows = max(len(values), 1)
        new = np.array([*(counts.get(word, 0) / rows for word in words), (values.codes < 0).sum() / rows])
        old, new = np.append(old, max(0.0, 1 - old.sum())), np.append(new, max(0.0, 1 - new.sum()))
        names = [*words, "missing", "other words"]
    a, b = np.maximum(old, 1e-3), np.maximum(new, 1e-3)
    place = int(np.argmax(np.abs(new - old)))
    said = f"{names[place]}: {100 * old[place]:.0f} % before, {100 * new[place]:.0f} % now"
    return Drift(column, float(((b - a) * np.log(b / a)).sum()), said)


def _shares(values: Array, edges: Array) -> Array:
    """Shares of the bins between `edges`, and of what is missing."""
    known = np.isfinite(values)
    counts = np.bincount(np.searchsorted(edges, values[known], side="right"), minlength=len(edges) + 1)
    result: Array = np.append(counts, (~known).sum()) / max(len(values), 1)
    return result


def _spans(edges: Array) -> list[str]:
    if not len(edges):
        return ["all values"]
    inner = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(edges)]
    return [f"below {edges[0]:g}", *inner, f"{edges[-1]:g} and more"]
