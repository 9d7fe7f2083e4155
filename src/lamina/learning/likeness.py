"""What a report says of a model that compares: how often pairs of people never learned from are told wrong, beside
simpler ways of comparing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from lamina.core import Array, DataError, Encoded, Form, Json, Taught
from lamina.learning._lesson import few_pixels
from lamina.learning.findings import how_good
from lamina.learning.held import Held
from lamina.learning.prepare import Prepared
from lamina.learning.shown import shown
from lamina.model.score import figures
from lamina.outputs._pairs import counted, rates, unit, whole
from lamina.outputs.identity import Identity

BARS = 40  # of the histogram of distances
SIDE = 32  # pixels that pictures are averaged to, to be compared as they are
COMPONENTS = 64
LEARNED = 2_000  # training rows that principal components are taken from
HARDEST = 6  # pairs of either kind that are shown


def check(column: str, prepared: Prepared) -> None:
    """Refuse too few people: some teach, others settle the threshold, others are judged.

    Raises:
        DataError: one of these would have no two examples of the same, or nobody to tell apart.
    """
    fold = prepared.folds[0]
    tested = prepared.held if len(prepared.held) else fold.test
    for what, rows in (("learn from", fold.train), ("settle the threshold", fold.validation), ("be judged on", tested)):
        counts = np.unique(prepared.targets(column, rows)[0], return_counts=True)[1]
        if len(counts) < 2 or counts.max() < 2:
            raise DataError(
                f"Only {len(counts)} of '{column}' are left to {what}. At least two are needed, one of them with two "
                "examples: give examples of more people (about ten, better fifty), or a --test set of others."
            )


def about_target(column: str, prepared: Prepared, held: Held, rng: np.random.Generator, private: bool) -> Json:
    """Everything that is said of the target."""
    output = prepared.outputs[column]
    assert isinstance(output, Identity)
    rows, raw, target = held.judged(prepared, column)
    some = whole(target)
    rows, raw, target = rows[some], raw[some], target[some]
    same, other = counted(raw, target)
    missed, taken = rates(same, other)
    missed_here, taken_here = output.mistakes(raw, target)
    found = how_good(column, output, len(rows), figures(output, raw, target, None, rng))
    found |= {
        "people": len(np.unique(target)),
        "taught": len(np.unique(prepared.targets(column, prepared.folds[0].train)[0])),
        "pairs": [int(same.sum()), int(other.sum())],
        "baselines": list(_rivals(output, prepared, rows, target)),
        "threshold": output.threshold,
        "at_threshold": {"missed": missed_here, "taken": taken_here},
        "histogram": {"same": _bars(same), "other": _bars(other)},
        "curve": _curve(missed, taken),
    }
    if not private:
        found["hardest"] = _hardest(output, prepared, rows, raw, target)
    return found


def _bars(counts: Array) -> list[float]:
    """The share of pairs at each of BARS distances from 0 to 2."""
    found: list[float] = (counts.reshape(BARS, -1).sum(1) / max(counts.sum(), 1)).round(6).tolist()
    return found


def _curve(missed: Array, taken: Array) -> list[list[float]]:
    """Points of the curve of both mistakes, each once."""
    places = np.unique(np.round(np.stack([taken, missed], 1), 4), axis=0)
    return [[float(a), float(b)] for a, b in places[np.lexsort((-places[:, 1], places[:, 0]))]]


def _hardest(output: Identity, prepared: Prepared, rows: Array, raw: Array, target: Array) -> list[Json]:
    """The same that lie farthest apart, and the different that lie nearest; no row twice."""
    apart, sure = output.same(raw, raw)
    one, two = np.triu_indices(len(rows), 1)
    alike = target[one] == target[two]
    found: list[Json] = []
    for same, order in ((True, -apart[one, two]), (False, apart[one, two])):
        used: set[int] = set()
        for k in np.argsort(np.where(alike == same, order, np.inf), kind="stable")[: len(rows)]:
            pair = (int(one[k]), int(two[k]))
            if alike[k] != same or used & set(pair) or len(used) >= 2 * HARDEST:
                continue
            used |= set(pair)
            found.append({
                "same": same, "distance": float(apart[pair]), "probability": float(sure[pair]),
                "examples": [shown(prepared, int(rows[each])) for each in pair],
            })  # fmt: skip
    return found


# ---------------------------------------------------------------------------------------- simpler ways


def _rivals(output: Taught, prepared: Prepared, rows: Array, target: Array) -> Iterator[Json]:
    """Cosines of the values as they are, of their principal components, and of pretrained features where there are any."""
    train = prepared.folds[0].train
    train = train[:: max(1, len(train) // LEARNED)]
    forms = prepared.intake.forms
    both = np.concatenate([train, rows])
    parts = [
        _plain(
            prepared.given(name),
            forms[name],
            both,
            len(train),
        )
        for name in prepared.rows.inputs
    ]
    values = np.concatenate(parts, 1)
    seen, asked = values[: len(train)], values[len(train) :]
    center = seen.mean(0)
    ways: dict[str, Callable[[], Array]] = {
        "the values as they are": lambda: asked - center,
        "principal components": lambda: _components(seen - center, asked - center),
    }
    for name in prepared.before:
        features = prepared.rows.inputs[name].values
        if features.ndim == 2:
            ways["pretrained features"] = partial(_scaled, features[train].numpy(), features[rows].numpy())
    for name, way in ways.items():
        began = time.perf_counter()
        found = way()
        note = "" if len(train) == len(prepared.folds[0].train) else f"learned from {len(train):,} rows"
        yield {
            "name": name,
            "seconds": time.perf_counter() - began,
            "rows": len(train),
            "note": note,
            "figures": output.metrics(found, target),
        }


def _scaled(known: Array, asked: Array) -> Array:
    """In units of the spread of what taught."""
    found: Array = (asked - known.mean(0)) / (known.std(0) + 1e-6)
    return found


def _plain(each: Encoded, form: Form, rows: Array, seen: int) -> Array:
    """[n, F] of encoded rows: pixels made few, numbers scaled as the first `seen` rows, which taught, have them, codes
    apart; over time, mean and spread of each channel."""
    if form.kind == "grid":
        return few_pixels(each.values.numpy(), rows, SIDE)
    values: Any = each.values[rows].numpy()
    if form.kind == "vector":
        codes = [np.eye(size, dtype=np.float32)[values[:, j].astype(int)] for j, size in enumerate(form.sizes) if size]
        numbers = values[:, [j for j, size in enumerate(form.sizes) if not size]]
        middle, spread = (np.nan_to_num(of(numbers[:seen], axis=0)) for of in (np.nanmean, np.nanstd))
        scaled = np.nan_to_num((numbers - middle) / np.maximum(spread, 1e-12))
        return np.concatenate([scaled, *codes], 1).astype(np.float32)
    lengths = each.lengths[rows].numpy()
    found = []
    for row, length in zip(values, lengths, strict=True):
        here = row[:length]
        if form.kind == "tokens":
            found.append(np.bincount(here, minlength=form.sizes[0])[: form.sizes[0]] / length)
        else:
            flat = here.reshape(length, -1).astype(np.float32)
            found.append(np.concatenate([flat.mean(0), flat.std(0)]))
    return np.asarray(found, np.float32)


def _components(seen: Array, asked: Array) -> Array:
    """Principal components of the training rows, each scaled to the same spread (for faces: Turk and Pentland 1991)."""
    _, size, axes = np.linalg.svd(unit(seen), full_matrices=False)
    kept = min(COMPONENTS, int((size > 1e-4 * size[0]).sum()))
    found: Array = unit(asked) @ axes[:kept].T / size[:kept]
    return found
