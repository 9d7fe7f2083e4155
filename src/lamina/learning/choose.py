"""Which network for which input: asked for, plain from the data, or decided by validation."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import nn

from lamina import kinds
from lamina.core import Encoded, Form, Json, PlanError, Progress, Recipe
from lamina.learning.budget import Budget
from lamina.learning.frozen import Frozen
from lamina.learning.plan import Plan
from lamina.learning.prepare import Fold, Prepared
from lamina.learning.trial import Lesson, Trial
from lamina.networks._build import OWN

USUAL = {"vector": "mlp", "grid": "cnn"}
PRETRAINED = "pretrained"
SHARE = 0.15  # of the budget, for each candidate
LEAST = 32  # pixels a side: below, there is nothing that features of photographs could see
SAMPLE = 400, 200  # pictures that a probe of pretrained features learns from, and is judged on
PROBE = 150  # steps of it


@dataclass(slots=True)
class Choice:
    """said: for each array, its kind of network and options. reasons: how that came about, for people.

    tried: for each candidate its name, its figure on validation rows and the seconds it took.
    """

    said: dict[str, Json]
    recipe: Recipe
    reasons: list[str] = field(default_factory=list)
    tried: list[Json] = field(default_factory=list)


def choose(
    prepared: Prepared, plan: Plan, budget: Budget, device: torch.device, own: nn.Module | None = None
) -> Generator[Progress, None, Choice]:
    """The networks, and what teaches them. Where pretrained features win, they replace the pictures in `prepared`."""
    forms = prepared.intake.forms
    said = {name: _said(form, plan.network, own) for name, form in forms.items()}
    choice = Choice(said, recipe(said, forms, plan))
    for name, form in forms.items():
        if said[name]["kind"] == PRETRAINED:
            choice.reasons.append(f"{name}: pretrained features, as asked for.")
        elif said[name]["kind"] == OWN:
            choice.reasons.append(f"{name}: the network that was given.")
        elif form.kind != "grid" or plan.network is not None:
            choice.reasons.append(
                f"{name}: {said[name]['kind']}, {'as asked for' if plan.network else 'the kind for a table'}."
            )
        elif why := _no_race(form):
            choice.reasons.append(f"{name}: {said[name]['kind']}. {why}")
        else:
            yield from _race(prepared, plan, budget, device, name, choice)
    choice.recipe = recipe(choice.said, forms, plan)
    yield from use_features(prepared, choice)
    return choice


def recipe(said: Mapping[str, Json], forms: Mapping[str, Form], plan: Plan) -> Recipe:
    """The recipe of the network that has most to learn: pictures before tables."""
    from lamina.networks._own import Own

    lead = max(said, key=lambda name: len(forms[name].shape))
    kind = said[lead]["kind"]
    found: Recipe = Own.recipe if kind == OWN else kinds.find("networks", kind).recipe
    return found if plan.batch is None else replace(found, batch=plan.batch)


def _said(form: Form, asked: str | None, own: nn.Module | None) -> Json:
    if own is not None:
        return {"kind": OWN, "options": {}}
    if asked is not None and form.kind in kinds.find("networks", asked).accepts:
        return {"kind": asked, "options": {}}
    if form.kind not in USUAL:
        raise PlanError(f"There is no network for a {form.kind} yet.")
    return {"kind": USUAL[form.kind], "options": {}}


def _no_race(form: Form) -> str:
    """Why pretrained features are not tried, or nothing."""
    from lamina.networks.pretrained import available

    if min(form.shape[:2]) < LEAST:
        return f"Pictures of {form.shape[1]} × {form.shape[0]} pixels are too small for features of photographs."
    return "" if available() else "Pretrained features are not installed (pip install 'lamina[learn]')."


def _race(
    prepared: Prepared, plan: Plan, budget: Budget, device: torch.device, name: str, choice: Choice
) -> Generator[Progress, None, None]:
    """Pretrained features with a read-out against the usual network, on the same validation rows."""
    forms, fold = prepared.intake.forms, prepared.folds[0]
    rng = np.random.default_rng(plan.seed)
    seconds = 20.0 if budget.seconds is None else SHARE * budget.seconds
    teach, check = (
        np.sort(rng.permutation(rows)[:most]) for rows, most in zip((fold.train, fold.validation), SAMPLE, strict=True)
    )
    begun = time.monotonic()
    frozen = Frozen(prepared.rows.inputs[name], forms[name])
    if not frozen.recall():
        # Validation rows first: a slow machine may not get through all the training rows.
        yield from frozen.fill(check, seconds / 2)
        yield from frozen.fill(teach, seconds - (time.monotonic() - begun))
    seen = Fold(teach[frozen.done[teach]], check[frozen.done[check]], fold.test)
    usual = choice.said[name]
    if len(seen.train) < 20 or len(seen.validation) < 10:
        choice.reasons.append(f"{name}: {usual['kind']}. There was no time to try pretrained features.")
        return
    ready = {**choice.said, name: {"kind": PRETRAINED, "options": {}}}
    pictures = prepared.rows.inputs[name]
    prepared.rows.inputs[name] = Encoded(torch.from_numpy(frozen.values), pictures.present)
    probed = yield from _try(
        Lesson(prepared, ready, recipe(ready, forms, plan), plan.seed, device, plan.metric), seen, PROBE
    )
    spent = time.monotonic() - begun
    prepared.rows.inputs[name] = pictures
    begun = time.monotonic()
    lesson = Lesson(prepared, choice.said, recipe(choice.said, forms, plan), plan.seed, device, plan.metric)
    fresh = Fold(fold.train, seen.validation, fold.test)
    pace = Trial(lesson, fresh).pace(min(2.0, seconds / 5))
    learned = yield from _try(lesson, fresh, max(5, int(0.7 * seconds / pace)), begun + seconds)
    choice.tried += [
        {"name": PRETRAINED, "score": probed[0], "value": probed[1], "seconds": spent},
        {"name": usual["kind"], "score": learned[0], "value": learned[1], "seconds": time.monotonic() - begun},
    ]
    better = probed[0] > learned[0]
    winner, loser = (PRETRAINED, usual["kind"]) if better else (usual["kind"], PRETRAINED)
    figures = (probed[1], learned[1]) if better else (learned[1], probed[1])
    metric = plan.metric or next(iter(prepared.outputs.values())).metric
    choice.reasons.append(
        f"{name}: {winner}, {metric} {figures[0]:.3f} on {len(seen.validation)} validation pictures after a short try; "
        f"{loser} reached {figures[1]:.3f}."
    )
    if better:
        choice.said = ready
        yield from _use(prepared, name, frozen)


def _try(
    lesson: Lesson, fold: Fold, steps: int, deadline: float | None = None
) -> Generator[Progress, None, tuple[float, float]]:
    """A short training; the score and the figure on the fold's validation rows."""
    trial = Trial(lesson, fold)
    for progress in trial.learn(steps, deadline=deadline, judgements=3):
        yield replace(
            progress, stage="trying", message=f"a short try of {', '.join(s['kind'] for s in lesson.said.values())}"
        )
    assert trial.loop is not None
    return trial.loop.best.score, trial.loop.best.value


def use_features(prepared: Prepared, choice: Choice) -> Generator[Progress, None, None]:
    """Replace the pictures of every input that was given to a pretrained network by their features."""
    for name, said in choice.said.items():
        if said["kind"] == PRETRAINED and prepared.rows.inputs[name].values.ndim == 4:
            yield from _use(prepared, name, Frozen(prepared.rows.inputs[name], prepared.intake.forms[name]))


def _use(prepared: Prepared, name: str, frozen: Frozen) -> Generator[Progress, None, None]:
    """Replace pictures by their features."""
    rows = np.unique(
        np.concatenate([np.concatenate([f.train, f.validation, f.test]) for f in prepared.folds] + [prepared.held])
    )
    if not frozen.key:
        frozen.recall()
    yield from frozen.fill(rows)
    frozen.keep()
    prepared.pictures[name] = frozen.pictures.values
    prepared.rows.inputs[name] = Encoded(torch.from_numpy(frozen.values), frozen.pictures.present)
