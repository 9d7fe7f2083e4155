"""What a report says, gathered as JSON: figures with intervals beside simple models, and where the network fails."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from lamina.core import Array, Encoded, Form, Json, Taught, chunks
from lamina.examples.findings import named
from lamina.insight.calibration import coverage, reliability
from lamina.insight.importance import permutation
from lamina.insight.mistakes import confident, largest
from lamina.insight.slices import picture_columns, slices
from lamina.insight.suspects import ENOUGH, suspects
from lamina.learning.choose import Choice
from lamina.learning.held import Held
from lamina.learning.loop import Loop
from lamina.learning.prepare import Prepared
from lamina.learning.rivals import rivals
from lamina.learning.shown import shown
from lamina.learning.trial import ASKED
from lamina.model.intake import TABLE, things
from lamina.model.model import Model
from lamina.model.score import Figure, figures
from lamina.outputs._scores import sigmoid, softmax, together
from lamina.outputs.number import LEVEL

SHOWN = 12  # mistakes
DOUBTED = 6  # labels that look wrong
SLICED = 4_000  # rows in which groups are looked for; fewer where they are large pictures
CELLS = 2**25
NAMED = 3  # files that could not be read
POINTS = 400  # of a plot of answers against the truth


class Trained(Protocol):
    """A training that has ended, with labels or without."""

    @property
    def network(self) -> nn.Module: ...
    @property
    def loop(self) -> Loop | None: ...


def about_target(
    column: str, prepared: Prepared, held: Held, seconds: float, rng: np.random.Generator, private: bool
) -> Json:
    """Everything that is said of one target."""
    output = prepared.outputs[column]
    rows, raw, target = held.judged(prepared, column)
    weight = None if (prepared.rows.weight == 1).all() else prepared.weights(rows)
    scaled = output.scaled(raw)
    found = how_good(column, output, len(rows), figures(output, scaled, target, weight, rng))
    found["baselines"] = rivals(column, prepared, rows, seconds, rng)
    found |= _detail(output, prepared, rows, raw, target, private)
    return found if private else found | {"slices": _slices(output, prepared, rows, scaled, target)}


def _slices(output: Any, prepared: Prepared, rows: Array, scaled: Array, target: Array) -> Json:
    """Groups of rows that get clearly worse answers, by what they hold; unit: what a loss is."""
    match output.holds:
        case "category":
            loss = (output.decide(softmax(scaled)) != target).astype(np.float64)
        case "tags":
            loss = ((scaled > 0) != (target > 0.5)).any(1).astype(np.float64)
        case _:
            loss = np.abs(scaled[:, 0].astype(np.float64) - target)
    largest_row = max(int(np.prod(form.shape)) for form in prepared.intake.forms.values())
    most = min(SLICED, max(500, CELLS // largest_row))
    some = np.sort(np.random.default_rng(0).permutation(len(rows))[:most])
    columns: dict[str, Any] = {}
    for column, each in prepared.intake.inputs.items():
        if each.kind in ("number", "category"):
            columns[column] = prepared.examples.values(column, rows[some])
        elif each.form.kind == "grid":
            name = next(group for group, members in prepared.intake.groups.items() if column in members)
            pixels = prepared.given(name).values[rows[some]].numpy()
            columns |= {f"{what} of {column}": values for what, values in picture_columns(pixels).items()}
    return {
        "unit": "wrong" if output.holds != "number" else "error",
        "groups": [asdict(each) for each in slices(columns, loss[some])],
        "looked": sorted(columns),
    }


def how_good(column: str, output: Taught, rows: int, found: Mapping[str, Figure]) -> Json:
    """What is said of every target: its figures, on so many rows that nobody learned from."""
    return {
        "column": column,
        "kind": output.kind,
        "metric": output.metric,
        "better": dict(output.better),
        "rows": rows,
        "figures": {name: {"value": each.value, "low": each.low, "high": each.high} for name, each in found.items()},
    }


# ------------------------------------------------------------------------------------------------ details


def _detail(output: Taught, prepared: Prepared, rows: Array, raw: Array, target: Array, private: bool) -> Json:
    match output.holds:
        case "category":
            return _category(output, prepared, rows, raw, target, private)
        case "tags":
            before, after = sigmoid(raw), sigmoid(output.scaled(raw))
            return {
                "classes": list(output.width and output.classes),  # type: ignore[attr-defined]
                "calibration": {
                    "before": asdict(reliability(before.ravel(), target.ravel() > 0.5)),
                    "after": asdict(reliability(after.ravel(), target.ravel() > 0.5)),
                },
            }
        case _:
            return _number(output, prepared, rows, raw, target, private)


def _category(output: Any, prepared: Prepared, rows: Array, raw: Array, target: Array, private: bool) -> Json:
    before, after = softmax(raw), softmax(output.scaled(raw))
    said = output.decide(after)
    size = output.width
    confusion = np.bincount(target * size + said, minlength=size * size).reshape(size, size)
    sure = {"before": before, "after": after}
    found: Json = {
        "classes": list(output.classes),
        "confusion": confusion.tolist(),
        "temperature": output.temperature,
        "threshold": output.threshold(),
        "calibration": {
            when: asdict(reliability(shares.max(1), shares.argmax(1) == target)) for when, shares in sure.items()
        },
    }
    if not private:
        found["mistakes"] = [
            {"said": output.classes[each.said], "truth": output.classes[each.truth], "confidence": each.confidence}
            | shown(prepared, int(rows[each.row]))
            for each in confident(after, target, SHOWN)
        ]
        weak = bool((said == target).mean() < ENOUGH)
        doubted = [] if weak else suspects(after, target, len(target))
        found["suspects"] = {
            "count": len(doubted),
            "weak": weak,
            "rows": [
                {
                    "given": output.classes[each.given],
                    "likely": output.classes[each.likely],
                    "confidence": each.confidence,
                    "doubt": each.doubt,
                }
                | shown(prepared, int(rows[each.row]))
                for each in doubted[:DOUBTED]
            ],
        }
    return found


def _number(output: Any, prepared: Prepared, rows: Array, raw: Array, target: Array, private: bool) -> Json:
    value = raw[:, 0].astype(np.float64)
    found: Json = {"radius": output.radius, "promised": LEVEL}
    if output.radius is not None:
        found["coverage"] = asdict(coverage(value - output.radius, value + output.radius, target, LEVEL))
    if not private:
        some = np.sort(np.random.default_rng(0).permutation(len(value))[:POINTS])
        found["points"] = [[float(value[k]), float(target[k])] for k in some]
        found["mistakes"] = [
            {"said": each.said, "truth": each.truth, "error": each.error} | shown(prepared, int(rows[each.row]))
            for each in largest(value, target.astype(np.float64), SHOWN)
        ]
    return found


# --------------------------------------------------------------------------------------------- importance


def importance(model: Model, prepared: Prepared, held: Held, seconds: float, rng: np.random.Generator) -> list[Json]:
    """How much the first target's score falls when a column's cells are shuffled among held-out rows."""
    if len(prepared.intake.inputs) < 2 or not len(held.tested):
        return []
    column, output = next(iter(prepared.outputs.items()))
    rows, _, target = held.judged(prepared, column)
    if len(rows) > 4000:
        some = np.sort(rng.permutation(len(rows))[:4000])
        rows, target = rows[some], target[some]
    arrays = prepared.intake.encode(prepared.examples, rows)
    # Only a table is shuffled cell by cell: of other arrays whole rows are, with their lengths, so numbers stand for them.
    stand_ins = {name: each.values if name == TABLE else np.arange(len(rows)) for name, each in arrays.items()}
    shuffled: dict[str, Any] = {
        each: where if where else group for each, (group, where) in prepared.intake.positions.items()
    }
    name = f"raw_{prepared.names[column]}"

    def predict(inputs: dict[str, Array]) -> Array:
        raws = []
        for some in chunks(
            np.arange(len(next(iter(inputs.values())))), ASKED
        ):  # in pieces: the graph's layers are wide
            here = {
                name: Encoded(values[some], np.ones(len(some), bool))
                if name == TABLE
                else _rows(arrays[name], values[some])
                for name, values in inputs.items()
            }
            raws.append(model.run(here)[name])
        return output.scaled(together(raws))

    def score(raw: Array, at: Array) -> float:
        return output.score(raw, target[at], np.ones(len(at)), output.metric)

    found = permutation(shuffled, predict, stand_ins, score, rng, seconds=seconds)
    return [asdict(each) for each in found]


def _rows(each: Encoded, rows: Array) -> Encoded:
    lengths = None if each.lengths is None else each.lengths[rows]
    return Encoded(each.values[rows], each.present[rows], lengths=lengths)


# ------------------------------------------------------------------------------------------------ the rest


def about_data(prepared: Prepared, private: bool) -> Json:
    """What was learned from: rows per part, columns with kinds, what was left out, what is odd."""
    folds = prepared.folds
    parts = {name: [len(getattr(fold, name)) for fold in folds] for name in ("train", "validation", "test")}
    if len(prepared.held):
        parts["test"] = [len(prepared.held)]
    examples = prepared.examples
    columns = [
        {
            "name": column,
            "kind": kind.name,
            "reason": "" if private else kind.reason,
            "use": "answer"
            if column in prepared.outputs
            else "input"
            if column in prepared.intake.inputs
            else "left out",
        }
        for column, kind in examples.kinds.items()
    ]
    notes = (
        []
        if private
        else [{"level": note.level, "text": str(note)} for note in [*examples.notes, *prepared.split.notes]]
    )
    if prepared.problems:
        notes.append({"level": "warn", "text": _unreadable(prepared, private)})
    if prepared.unlabelled > len(prepared.extra):
        notes.append(
            {
                "level": "info",
                "text": f"{prepared.unlabelled - len(prepared.extra):,} rows have no label and were left out of learning.",
            }
        )
    return {
        "source": "" if private else examples.source,
        "rows": len(examples),
        "parts": parts,
        "folds": len(folds),
        "own_test": bool(len(prepared.held)) or bool(examples.parts is not None and (examples.parts == 2).any()),
        "split": prepared.split.how,
        "columns": columns,
        "notes": notes,
    }


def _unreadable(prepared: Prepared, private: bool) -> str:
    """How many files teach nothing, and the first of them with what is wrong with each."""
    examples, problems = prepared.examples, prepared.problems
    what = things(examples.kinds.values())
    if len(problems) == 1:
        said = f"1 of the {what} could not be read and was left out"
    else:
        said = f"{len(problems):,} unreadable {what} were left out"
    if private:
        return f"{said}."
    first = [f"{named(examples, np.array([row]))} ({why.rstrip('.')})" for row, why in islice(problems.items(), NAMED)]
    more = f" and {len(problems) - NAMED:,} more" if len(problems) > NAMED else ""
    return f"{said}: {', '.join(first)}{more}."


def about_network(members: Sequence[Trained], choice: Choice, forms: Mapping[str, Form]) -> Json:
    """Layers and parameters, in order; the depth of the credit assignment path: layers with weights one after the other,
    and the steps over which a recurrent network carries its memory."""
    network: Any = members[0].network
    parts: dict[str, Any] = dict(network.networks)
    layers = [
        {
            "name": name,
            "layer": type(module).__name__,
            "parameters": sum(p.numel() for p in module.parameters(recurse=False)),
        }
        for name, module in network.named_modules()
        if not list(module.children())
    ]
    return {
        "kinds": {name: said["kind"] for name, said in choice.said.items()},
        "members": len(members),
        "parameters": sum(p.numel() for p in network.parameters()),
        "learned": sum(p.numel() for p in network.parameters() if p.requires_grad),
        "depth": max(each.depth() for each in parts.values()) + (len(parts) > 1) + 1,  # and the read-out
        "time_steps": max((forms[name].shape[0] for name, each in parts.items() if each.recurrent), default=0),
        "layers": layers,
        "recipe": asdict(choice.recipe),
        "reasons": choice.reasons,
        "tried": choice.tried,
    }


def about_learning(members: Sequence[Trained], began: float) -> Json:
    """The learning curve of each training, and what time it took."""
    loops = [member.loop for member in members if member.loop is not None]
    return {
        "curves": [loop.history for loop in loops],
        "layers": [loop.watch.record for loop in loops],
        "best": [loop.best.step for loop in loops],
        "steps": [loop.step for loop in loops],
        "planned": [loop.planned for loop in loops],
        "shortened": [loop.schedule.moved for loop in loops],
        "batch": loops[0].batch if loops else 0,
        "seconds": time.monotonic() - began,
        "threads": torch.get_num_threads(),
    }
