"""What is found in learned features without labels: settled, told of in a report, and made into a model."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from lamina.core import Found, Json
from lamina.insight.discovered import render
from lamina.learning import findings
from lamina.learning.budget import Budget
from lamina.learning.carded import card_of
from lamina.learning.choose import Choice
from lamina.learning.plan import Plan
from lamina.learning.seen import Seen
from lamina.learning.unlabelled import Unlabelled
from lamina.model.bundle import NETWORK, REPORT, WEIGHTS
from lamina.model.card import FOUND, Card
from lamina.model.model import Model
from lamina.model.onnx import export
from lamina.networks._build import MAP
from lamina.networks._join import Ensemble
from lamina.networks.cnn import Cnn

NETWORKS = {
    "autoencoder": "an autoencoder, which learns to draw each row again after squeezing it through a narrow layer",
    Cnn.kind: "features that were learned without labels, by knowing pictures again when they are turned, stretched and bent",
    "even": "values on one scale",
    "pretrained": "features of a network that knows photographs",
    MAP: "From these, a network learns a place on a plane for each example, near ones near each other.",
}


def way_of(plan: Plan) -> Any:
    """The file that checks, settles and tells of what is to be found."""
    return importlib.import_module(f"lamina.learning.find_{plan.find}")


def conclude(
    trial: Unlabelled, said: Mapping[str, Json], plan: Plan, budget: Budget, stopped: bool, command: str, report: bool
) -> Model:
    """Settle what is found, put the model together, and report on it where that is wanted."""
    prepared = trial.prepared
    way = way_of(plan)
    seen = Seen.by(trial)
    network = Ensemble([trial.network], {}).eval().cpu()
    graph = export(network, prepared.intake.forms, {})
    found: Found = way.settle(seen, plan)
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    for name, array in found.arrays().items():
        weights[f"found.{found.column}.{name}"] = torch.from_numpy(np.ascontiguousarray(array))
    files = {WEIGHTS: save(weights), NETWORK: graph, REPORT: b""}
    model = Model(_card(trial, said, plan, found), files, found={found.column: found})
    if not report:
        return model
    reasons = [f"{name}: {NETWORKS[each['kind']]}." if name else NETWORKS[MAP] for name, each in said.items()]
    model.card.results = {
        "made": model.card.made,
        "found": [{"kind": found.kind, "column": found.column} | way.tell(model, found, seen, plan)],
        "targets": [],
        "data": findings.about_data(prepared, plan.private),
        "learning": findings.about_learning([trial], budget.started) if trial.loop else None,
        "network": findings.about_network([trial], Choice(dict(said), trial.recipe, reasons), prepared.intake.forms),
        "plan": plan.asked() | ({"steps": trial.loop.step} if trial.loop else {}),
        "versions": model.card.versions,
        "command": _repeating(trial, command),
        "stopped": stopped,
    }
    model.files = files | {REPORT: render(model.card.results).encode()}
    return model


def _repeating(trial: Unlabelled, command: str) -> str:
    if trial.loop is None:
        return command
    return re.sub(r"--minutes \S+", f"--steps {trial.loop.step} --looks {trial.loop.judgements}", command)


def _card(trial: Unlabelled, said: Mapping[str, Json], plan: Plan, found: Found) -> Card:
    output = {"column": found.column, "name": found.column, "kind": found.kind, "room": FOUND, "state": found.state()}
    return card_of(trial.prepared, plan, said, [output], members=1, features=trial.layout.width, novelty=None)
