"""What is found in learned features without labels: settled, told of in a report, and made into a model."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

import numpy as np
import torch
from safetensors.torch import save

from lamina.core import Array, Json
from lamina.examples import Examples
from lamina.found._usual import usual
from lamina.found.anomalies import Anomalies
from lamina.insight.discovered import render
from lamina.learning import findings
from lamina.learning.budget import Budget
from lamina.learning.choose import Choice
from lamina.learning.judge import versions, written
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.learning.unlabelled import Unlabelled
from lamina.model.card import FOUND, Card
from lamina.model.drift import reference
from lamina.model.intake import row_names
from lamina.model.model import NETWORK, REPORT, WEIGHTS, Model
from lamina.model.onnx import export
from lamina.networks._build import spelt_out
from lamina.networks._join import Ensemble

SHOWN = 12  # of the oddest examples
CELLS = 4  # by which an example is named
BINS = 40


def conclude(
    trial: Unlabelled, said: Mapping[str, Json], plan: Plan, budget: Budget, stopped: bool, command: str
) -> Model:
    """Settle what is found, put the model together, and report on it."""
    prepared = trial.prepared
    network = Ensemble([trial.network], {}).eval().cpu()
    graph = export(network, prepared.intake.forms, {})
    features = {
        "train": prepared.folds[0].train,
        "validation": prepared.folds[0].validation,
        "test": prepared.folds[0].test,
    }
    seen = {part: trial.raw(rows) for part, rows in features.items()}
    found = _anomalies(trial, plan, seen)
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    for name, array in found.arrays().items():
        weights[f"found.{found.column}.{name}"] = torch.from_numpy(np.ascontiguousarray(array))
    model = Model(_card(trial, said, plan, found), {WEIGHTS: save(weights), NETWORK: graph, REPORT: b""})
    model.card.results = {
        "made": model.card.made,
        "found": [_about_anomalies(model, found, prepared, plan, seen)],
        "targets": [],
        "data": findings.about_data(prepared, plan.private),
        "learning": findings.about_learning([trial], budget.started) if trial.loop else None,
        "network": findings.about_network(
            [trial], Choice(dict(said), trial.recipe, _reasons(said)), prepared.intake.forms
        ),
        "plan": plan.asked() | ({"steps": trial.loop.planned} if trial.loop else {}),
        "versions": model.card.versions,
        "command": _repeating(trial, command),
        "stopped": stopped,
    }
    model.files = {WEIGHTS: save(weights), NETWORK: graph, REPORT: render(model.card.results).encode()}
    return model


def _anomalies(trial: Unlabelled, plan: Plan, seen: Mapping[str, Array]) -> Anomalies:
    """Learned from rows that taught, ranked by those that chose, with its limit from those that did neither."""
    prepared = trial.prepared
    found = Anomalies(trial.layout, plan.alarms)
    train = prepared.folds[0].train
    kept = found.fit(seen["train"], np.random.default_rng(plan.seed), plan.private)
    found.rank(seen["validation"] if len(seen["validation"]) else seen["train"])
    found.calibrate(seen["test"])
    if not plan.private:
        found.names = called(prepared.examples, list(prepared.intake.inputs), train[kept])
        every = {c: usual(prepared.examples.values(c, train), kind) for c, kind in prepared.intake.kinds.items()}
        found.usual = {column: known for column, known in every.items() if known is not None}
    return found


def called(examples: Examples, columns: list[str], rows: Array) -> list[str]:
    """What examples are called: the file, or the row with its first cells."""
    some = examples.take(rows)
    names = row_names(some)
    if names is not None:
        return names
    shown = [column for column in columns if examples.kinds[column].name != "image"][:CELLS]
    cells = some.preview(len(rows))
    return [
        f"row {row + 1:,}" + (f" ({', '.join(f'{c} {_plain(each[c])}' for c in shown)})" if shown else "")
        for row, each in zip(rows.tolist(), cells, strict=True)
    ]


def _plain(cell: object) -> str:
    return "missing" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def _about_anomalies(model: Model, found: Anomalies, prepared: Prepared, plan: Plan, seen: Mapping[str, Array]) -> Json:
    """What the report says: the limit and what lies above it, how scores are spread, and the oddest examples."""
    fold = prepared.folds[0]
    rows = np.concatenate([fold.train, fold.validation, fold.test])
    scores = np.concatenate([found.oddness(seen[part]) for part in ("train", "validation", "test")])
    scores = scores / found.limit if np.isfinite(found.limit) else scores
    counts, edges = np.histogram(scores, BINS, (0, max(float(scores.max()), 1.5)))
    about: Json = {
        "kind": found.kind,
        "column": found.column,
        "rows": len(rows),
        "held": len(fold.test),
        "alarms": plan.alarms,
        "promised": found.promised,
        "flagged": int((scores > 1 + 1e-6).sum()),
        "counts": counts.tolist(),
        "edges": edges.tolist(),
    }
    if not plan.private:
        oddest = rows[np.argsort(-scores, kind="stable")[:SHOWN]]
        answers = model.answer(prepared.examples.take(oddest))[found.column]
        names = called(prepared.examples, [], oddest)
        about["oddest"] = [
            {"name": name, "score": answer.score, "flagged": answer.unlike, "reasons": list(answer.reasons), "nearest": list(answer.nearest)}
            | findings.shown(prepared, int(row))
            for row, name, answer in zip(oddest, names, answers, strict=True)
        ]  # fmt: skip
    return about


def _reasons(said: Mapping[str, Json]) -> list[str]:
    words = {
        "autoencoder": "an autoencoder, which learns to draw each example again after squeezing it through a narrow layer",
        "pretrained": "features of a network that knows photographs",
    }
    return [f"{name}: {words.get(each['kind'], each['kind'])}." for name, each in said.items()]


def _repeating(trial: Unlabelled, command: str) -> str:
    if trial.loop is None:
        return command
    return re.sub(r"--minutes \S+", f"--steps {trial.loop.planned} --looks {trial.loop.judgements}", command)


def _card(trial: Unlabelled, said: Mapping[str, Json], plan: Plan, found: Anomalies) -> Card:
    prepared = trial.prepared
    train = prepared.folds[0].train
    columns = {} if plan.private else {c: reference(prepared.examples.values(c, train)) for c in prepared.intake.inputs}
    return Card(
        inputs=prepared.intake.state(plan.private),
        networks={name: spelt_out(each) for name, each in said.items()},
        members=1,
        outputs=[{
            "column": found.column, "name": found.column, "kind": found.kind, "room": FOUND, "state": found.state(),
        }],
        features=trial.layout.width,
        novelty=None,
        reading={"separator": prepared.examples.reading.separator, "written": written(prepared)},
        split=prepared.split.thresholds,
        plan=plan.asked(),
        results={},
        versions=versions(),
        data={
            "source": "" if plan.private else prepared.examples.source,
            "rows": len(prepared.examples),
            "columns": {name: each for name, each in columns.items() if each is not None},
        },
        private=plan.private,
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
