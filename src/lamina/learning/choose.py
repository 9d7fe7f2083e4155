"""Which network for which input: asked for, plain from the data, or decided by validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from lamina import kinds
from lamina.core import Form, Json, PlanError, Progress, Recipe
from lamina.learning.budget import Budget
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.networks._build import OWN

USUAL = {"vector": "mlp", "grid": "cnn"}


@dataclass(slots=True)
class Choice:
    """said: for each array, its kind of network and options. reasons: how that came about, for people."""

    said: dict[str, Json]
    recipe: Recipe
    reasons: list[str] = field(default_factory=list)
    tried: list[Json] = field(default_factory=list)

    def __iter__(self) -> Iterator[Progress]:
        return iter(())


def choose(
    prepared: Prepared, plan: Plan, budget: Budget, device: torch.device, own: nn.Module | None = None
) -> Choice:
    forms = prepared.intake.forms
    said = {name: _said(form, plan.network, own) for name, form in forms.items()}
    recipe = _recipe(said, forms)
    if plan.batch is not None:
        from dataclasses import replace

        recipe = replace(recipe, batch=plan.batch)
    return Choice(said, recipe)


def _said(form: Form, asked: str | None, own: nn.Module | None) -> Json:
    if own is not None:
        return {"kind": OWN, "options": {}}
    if asked is not None:
        kind = kinds.find("networks", asked)
        if form.kind in kind.accepts:
            return {"kind": asked, "options": {}}
    if form.kind not in USUAL:
        raise PlanError(f"There is no network for a {form.kind} yet.")
    return {"kind": USUAL[form.kind], "options": {}}


def _recipe(said: Mapping[str, Json], forms: Mapping[str, Form]) -> Recipe:
    """The recipe of the network that has most to learn: pictures before tables."""
    from lamina.networks._own import Own

    lead = max(said, key=lambda name: len(forms[name].shape))
    kind = said[lead]["kind"]
    found: Recipe = Own.recipe if kind == OWN else kinds.find("networks", kind).recipe
    return found
