"""What a training is worth: calibrated, judged on rows that chose nothing, compared, and made into a model."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch
from safetensors.torch import save

from lamina.core import Json
from lamina.insight.report import render
from lamina.learning import findings, likeness, reading, transcripts
from lamina.learning.assumptions import measure
from lamina.learning.budget import Budget
from lamina.learning.carded import card_of
from lamina.learning.choose import RACERS, Choice, lead
from lamina.learning.decisions import decide
from lamina.learning.guard import Verdict
from lamina.learning.held import ENOUGH, Held, held_out
from lamina.learning.plan import IDENTITY, Plan
from lamina.learning.prepare import Prepared
from lamina.learning.size import size
from lamina.learning.telling import telling
from lamina.learning.transduce import Answered
from lamina.learning.trial import Trial
from lamina.model.bundle import ANSWERS, NETWORK, REPORT, WEIGHTS
from lamina.model.card import Card
from lamina.model.model import Model
from lamina.model.novelty import Novelty
from lamina.model.onnx import export
from lamina.networks._join import Ensemble
from lamina.networks._layered import Layered
from lamina.outputs.transcript import Transcript

IMPORTANCE = 2.0  # seconds, at most, for what columns mattered
SAMPLE = 5_000  # training rows that "unlike the training data" is measured against


@dataclass(slots=True)
class Learned:
    """What learning hands over. report: whether simple models and importance are worth their time. trust: how
    far rows without a label were trusted. answered: those rows, where they were to be answered. views: steps that
    those alone took part in."""

    prepared: Prepared
    choice: Choice
    members: list[Trial]
    network: Ensemble
    plan: Plan
    budget: Budget
    stopped: bool
    command: str
    report: bool = True
    trust: Verdict | None = None
    answered: Answered | None = None
    views: int | None = None


def judge(learned: Learned) -> Model:
    """Calibrate, put the model together, and report on it."""
    prepared = learned.prepared
    held = held_out(prepared, learned.members)
    decisions = _calibrate(learned, held)
    names = {name: name for name in prepared.names.values()}
    graph = export(learned.network, prepared.intake.forms, names)
    novelty = _novelty(learned, held)
    weights = {name: tensor.contiguous() for name, tensor in learned.network.state_dict().items()}
    for name in ("center", "scale", "groups"):
        weights[f"novelty.{name}"] = torch.from_numpy(np.ascontiguousarray(getattr(novelty, name)))
    own = learned.members[0].lesson.own
    files = {WEIGHTS: save(weights), NETWORK: graph, REPORT: b""}
    if learned.answered is not None:
        files[ANSWERS] = learned.answered.table
    model = Model(_card(learned, novelty), files, own)
    if learned.report and len(held.tested):
        model.card.results = _results(learned, held, decisions, model)
        model.files = {**files, REPORT: render(model.card.results).encode()}
    return model


def _calibrate(learned: Learned, held: Held) -> list[str]:
    """Temperatures, intervals and thresholds; what was decided, in words."""
    prepared, plan = learned.prepared, learned.plan
    said: list[str] = []
    for column, output in prepared.outputs.items():
        if isinstance(output, Transcript):
            output.step = _step(learned)
        target, places = prepared.targets(column, held.chosen)
        raw = held.chosen_raw[column][places]
        if len(target):
            output.calibrate(raw, target, prepared.weights(held.chosen[places]))
            said += decide(column, output, plan.cost, plan.metric, output.scaled(raw), target)
    return said


def _step(learned: Learned) -> float:
    """How long a step of an answer along time is."""
    network = learned.members[0].network
    assert network.lead is not None
    lead = network.networks[network.lead]
    assert isinstance(lead, Layered)
    return learned.prepared.intake.forms[network.lead].hop * lead.shrink


def _results(learned: Learned, held: Held, decisions: list[str], model: Model) -> Json:
    """The content of the report."""
    prepared, plan = learned.prepared, learned.plan
    rng = np.random.default_rng(plan.seed)
    seconds = learned.budget.baselines / len(prepared.outputs)
    return {
        "made": model.card.made,
        "targets": [_about_target(column, prepared, held, seconds, rng, plan.private) for column in prepared.outputs],
        "importance": findings.importance(model, prepared, held, min(IMPORTANCE, learned.budget.baselines / 2), rng),
        "words": []
        if plan.private
        else telling(model, prepared, held.tested, min(IMPORTANCE, learned.budget.baselines / 2), rng),
        "data": findings.about_data(prepared, plan.private),
        "learning": findings.about_learning(learned.members, learned.budget.started),
        "network": findings.about_network(learned.members, learned.choice, prepared.intake.forms),
        "assumptions": _assumptions(learned, rng),
        "transduced": None if learned.answered is None else learned.answered.said,
        "unlabelled": None if learned.trust is None else learned.trust.said,
        "decisions": decisions,
        "plan": plan.asked() | {"steps": _taken(learned)},
        "versions": model.card.versions,
        "command": _repeating(learned),
        "stopped": learned.stopped,
    }


def _assumptions(learned: Learned, rng: np.random.Generator) -> Json | None:
    """What learning from rows without a label relies on, where there are such rows."""
    if learned.answered is not None:
        return learned.answered.assumptions
    return None if learned.trust is None else measure(learned.prepared, rng)


def _about_target(
    column: str, prepared: Prepared, held: Held, seconds: float, rng: np.random.Generator, private: bool
) -> Json:
    if prepared.outputs[column].kind == IDENTITY:
        return likeness.about_target(column, prepared, held, rng, private)
    if prepared.outputs[column].along:
        return transcripts.about_target(column, prepared, held, rng, private)
    return findings.about_target(column, prepared, held, seconds, rng, private)


def _repeating(learned: Learned) -> str:
    """The command with what its minutes decided: steps, looks, size, and which network won the race.

    Where several inputs had a race, one option cannot tell all that won: then the minutes are told again.
    """
    loop = learned.members[0].loop
    if loop is None:
        return learned.command
    forms = learned.prepared.intake.forms
    if (
        learned.plan.network is None
        and sum(form.kind in (*RACERS, "grid") for form in forms.values()) > 1
        and learned.choice.tried
    ):
        return learned.command
    told = f"--steps {_taken(learned)} --looks {loop.judgements}"
    if further := learned.views or (0 if learned.trust is None else learned.trust.steps):
        told += f" --unlabelled-steps {further}"
    grown = size(learned.choice.said, learned.prepared.intake.forms)
    if grown and learned.plan.size is None:
        told += f" --size {grown}"
    if learned.choice.tried and learned.plan.network is None:
        said = learned.choice.said
        chosen = said[lead(said, learned.prepared.intake.forms)]
        learns = chosen["options"].get("learned") if chosen["kind"] in reading.KINDS else 0
        told += f" --network '{chosen['kind']} learned={learns}'" if learns else f" --network {chosen['kind']}"
    return re.sub(r"--minutes \S+", told, learned.command)


def _taken(learned: Learned) -> int | None:
    """How many steps a training took, the middle one of all: its end may have been moved on the way."""
    taken = sorted(member.loop.step for member in learned.members if member.loop is not None)
    return taken[len(taken) // 2] if taken else None


def _novelty(learned: Learned, held: Held) -> Novelty:
    rng = np.random.default_rng(learned.plan.seed)
    fold = learned.members[0].fold
    train = fold.train if len(fold.train) else np.concatenate([fold.validation, fold.test])  # of two labels, say
    sample = np.sort(rng.permutation(train)[:SAMPLE])
    features = np.concatenate([member.raw(sample)[1] for member in learned.members], 1)
    new = ~np.isin(held.apart, sample)  # a row lies nearer to a mean that it is part of
    return Novelty.fit(features, held.features[new] if new.sum() >= ENOUGH else held.features, rng)


def _card(learned: Learned, novelty: Novelty) -> Card:
    prepared, plan = learned.prepared, learned.plan
    outputs = [
        {"column": column, "name": prepared.names[column], "kind": output.kind, "state": output.state()}
        for column, output in prepared.outputs.items()
    ]
    return card_of(
        prepared,
        plan,
        learned.choice.said,
        outputs,
        members=len(learned.members),
        features=len(novelty.center),
        novelty=novelty.limit if np.isfinite(novelty.limit) else None,
    )
