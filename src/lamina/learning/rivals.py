"""Simple models beside a network: learned from the same rows, judged on the same rows by the same metrics."""

from __future__ import annotations

import numpy as np

from lamina.core import Array, Json, Taught
from lamina.learning._summary import over_time
from lamina.learning.baselines import Baseline, baselines
from lamina.learning.prepare import Prepared


def rivals(column: str, prepared: Prepared, rows: Array, seconds: float, rng: np.random.Generator) -> list[Json]:
    """Simple models, learned from the rows that taught and chose, judged on the same rows by the same metrics."""
    output, name = prepared.outputs[column], prepared.names[column]
    jobs = _jobs(prepared, rows)
    answers: dict[str, list[tuple[Array, Baseline]]] = {}
    for train, judged in jobs:
        for each in _fitted(output, name, prepared, train, judged, seconds / len(jobs), rng):
            answers.setdefault(each.name, []).append((judged, each))
    found = []
    for called, parts in answers.items():
        raws = [each.raw for _, each in parts]
        entry: Json = {
            "name": called,
            "seconds": sum(each.seconds for _, each in parts),
            "rows": max(each.rows_used for _, each in parts),
            "note": next((each.note for _, each in parts if each.note), ""),
        }
        known = [raw for raw in raws if raw is not None]
        if len(known) == len(raws):
            judged = np.concatenate([rows for rows, _ in parts])
            target, places = prepared.targets(column, judged)
            figures = output.metrics(np.concatenate(known)[places], target)
            entry["figures"] = {metric: value for metric, value in figures.items() if metric != "coverage"}
        found.append(entry)
    return found


def _jobs(prepared: Prepared, rows: Array) -> list[tuple[Array, Array]]:
    """Rows to learn from and rows to answer: for each fold, or for the user's own test set, all at once."""
    if len(prepared.held):
        inside = np.concatenate([fold.test for fold in prepared.folds])
        return [(inside, rows)]
    wanted = np.zeros(len(prepared.rows), bool)
    wanted[rows] = True
    return [
        (np.concatenate([fold.train, fold.validation], dtype=np.int32), fold.test[wanted[fold.test]])
        for fold in prepared.folds
        if wanted[fold.test].any()
    ]


def _fitted(
    output: Taught, name: str, prepared: Prepared, train: Array, judged: Array, seconds: float, rng: np.random.Generator
) -> list[Baseline]:
    inputs, sizes = _plain(prepared)
    return baselines(
        output.holds,  # type: ignore[arg-type]
        inputs,
        sizes,
        prepared.rows.targets[name].numpy(),
        prepared.rows.known[name].numpy() > 0,
        train,
        judged,
        prepared.rows.weight.numpy(),
        seconds=seconds,
        rng=rng,
        classes=getattr(output, "width", 1),
    )


def _plain(prepared: Prepared) -> tuple[dict[str, Array], dict[str, tuple[int, ...]]]:
    """What the simple models get: arrays by input, and for tables the size of each column."""
    inputs: dict[str, Array] = {}
    sizes: dict[str, tuple[int, ...]] = {}
    for name, form in prepared.intake.forms.items():
        each = prepared.given(name)  # where features took the place of pictures, the simple models still get those
        inputs[name], sizes[name] = each.values.numpy(), form.sizes
        if form.kind in ("sequence", "spectrum"):
            inputs[name] = over_time(inputs[name], each.lengths.numpy())
            sizes[name] = (0,) * inputs[name].shape[1]
    return inputs, sizes
