"""What a training is worth: calibrated, judged on rows that chose nothing, compared, and made into a model."""

from __future__ import annotations

import datetime
import platform
from dataclasses import dataclass

import numpy as np

from lamina.core import Array, Json
from lamina.learning.budget import Budget
from lamina.learning.choose import Choice
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.learning.trial import Trial
from lamina.model.card import Card
from lamina.model.model import NETWORK, REPORT, WEIGHTS, Model
from lamina.model.novelty import Novelty
from lamina.model.onnx import export
from lamina.networks._join import Ensemble


@dataclass(slots=True)
class Learned:
    """What learning hands over."""

    prepared: Prepared
    choice: Choice
    members: list[Trial]
    network: Ensemble
    plan: Plan
    budget: Budget
    stopped: bool
    command: str


@dataclass(slots=True)
class Held:
    """Raw answers and features of rows never learned from: those that calibrate, and those that are reported."""

    chosen: Array  # rows that calibrate
    chosen_raw: dict[str, Array]
    tested: Array  # rows that are reported
    tested_raw: dict[str, Array]
    features: Array  # of the calibrating rows, from the whole ensemble


def judge(learned: Learned) -> Model:
    """Calibrate, report, and put the model together."""
    from safetensors.torch import save

    prepared = learned.prepared
    held = _held(learned)
    for column, output in prepared.outputs.items():
        target, known = prepared.targets(column, held.chosen)
        output.calibrate(held.chosen_raw[column][known], target, prepared.weights(held.chosen)[known])
    results = _results(learned, held)
    graph = export(learned.network, prepared.intake.forms, {prepared.names[c]: prepared.names[c] for c in prepared.outputs})
    novelty = _novelty(learned, held)
    tensors = {name: tensor.contiguous() for name, tensor in learned.network.state_dict().items()}
    import torch

    tensors |= {
        f"novelty.{name}": torch.from_numpy(np.ascontiguousarray(getattr(novelty, name)))
        for name in ("center", "scale", "groups")
    }
    card = _card(learned, results, novelty, held.features.shape[1])
    return Model(card, {WEIGHTS: save(tensors), NETWORK: graph, REPORT: b"<html></html>"}, None)


def _held(learned: Learned) -> Held:
    members, prepared = learned.members, learned.prepared
    if len(prepared.folds) == 1:
        fold = members[0].fold
        chosen_raw, features = members[0].raw(fold.validation)
        tested_raw, _ = members[0].raw(fold.test)
        return Held(fold.validation, chosen_raw, fold.test, tested_raw, features)
    tested = np.concatenate([member.fold.test for member in members])
    found = [member.raw(member.fold.test)[0] for member in members]
    raws = {column: np.concatenate([raw[column] for raw in found]) for column in prepared.outputs}
    features = np.concatenate([member.raw(tested)[1] for member in members], 1)
    return Held(tested, raws, tested, raws, features)


def _results(learned: Learned, held: Held) -> Json:
    found: Json = {}
    for column, output in learned.prepared.outputs.items():
        target, known = learned.prepared.targets(column, held.tested)
        raw = output.scaled(held.tested_raw[column][known])
        found[column] = output.metrics(raw, target)
    return found


def _novelty(learned: Learned, held: Held) -> Novelty:
    rng = np.random.default_rng(learned.plan.seed)
    train = learned.members[0].fold.train
    sample = np.sort(rng.permutation(train)[:5_000])
    features = np.concatenate([member.raw(sample)[1] for member in learned.members], 1)
    return Novelty.fit(features, held.features, rng)


def _card(learned: Learned, results: Json, novelty: Novelty, features: int) -> Card:
    prepared, plan = learned.prepared, learned.plan
    outputs = [
        {"column": column, "name": prepared.names[column], "kind": output.kind, "state": output.state()}
        for column, output in prepared.outputs.items()
    ]
    return Card(
        inputs=prepared.intake.state(plan.private),
        networks=learned.choice.said,
        members=len(learned.members),
        outputs=outputs,
        features=features,
        novelty=novelty.limit if np.isfinite(novelty.limit) else None,
        reading={"separator": prepared.examples.reading.separator},
        split=prepared.split.thresholds,
        plan=plan.asked(),
        results=results,
        versions=_versions(),
        data={"source": "" if plan.private else prepared.examples.source, "rows": len(prepared.examples)},
        private=plan.private,
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def _versions() -> Json:
    from importlib.metadata import version

    names = ("lamina", "torch", "numpy", "onnxruntime", "polars", "scikit-learn")
    return {"python": platform.python_version()} | {name: version(name) for name in names}
