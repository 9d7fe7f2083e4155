"""How large a network the time allows: the largest of its kind that still passes over the examples often enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lamina import kinds
from lamina.core import Form, Json, PlanError, Recipe
from lamina.learning import counting
from lamina.learning.budget import Budget
from lamina.learning.choose import Choice, lead, recipe, spoken
from lamina.learning.plan import Plan
from lamina.learning.race import epochs
from lamina.learning.trial import Lesson
from lamina.networks._build import OWN

LEAST = 30.0  # seconds of a budget: with less, the time to ask is better spent on learning
ENOUGH = 0.75  # of its epochs: with so many, what goes beyond a network is ahead of it
DEARER = 3.0  # times the seconds of a step, at least, that the next size takes: what cannot be afforded is not timed


def grow(choice: Choice, lesson: Lesson, budget: Budget, plan: Plan) -> Choice:
    """The choice with the network of the size that the plan asks for, else the largest that the budget is good for.

    A size is timed with a few steps of a throw-away network, and fits when the epochs that its recipe asks for fit in the
    time left. Without a budget, or with a network of one size only, the choice stays. A kind of network may be outgrown by
    another (`Layered.beyond`) in the same way, where rows are enough for one network, not one of each fold.
    """
    name, larger = _ladder(choice.said, lesson.prepared.intake.forms)
    kind = choice.said[name]["kind"]
    if plan.size is not None and plan.size > len(larger):
        sizes = f"has sizes 0 to {len(larger)}" if larger else "has one size only: 0"
        raise PlanError(f"The size was {plan.size}. The network '{kind}' {sizes}.")
    if plan.size:
        return _taken(choice, name, plan, *larger[plan.size - 1], "as asked for")
    if plan.size == 0 or budget.seconds is None or budget.seconds < LEAST:
        return choice
    beyond = "" if kind == OWN or plan.network is not None else kinds.find("networks", kind).beyond
    if beyond and len(lesson.prepared.folds) == 1:
        return _outgrown(choice, lesson, budget, plan, name, beyond)
    if not larger or choice.said[name]["options"]:
        return choice
    now = epochs(lesson, budget)
    for options, taught in larger:
        if now < DEARER * taught.epochs:
            break
        tried = _taken(choice, name, plan, options, taught, "")
        found = epochs(replace(lesson, said=tried.said, recipe=tried.recipe), budget)
        if found < taught.epochs:
            reason = (
                f"{name}: a larger {kind} ({_words(options)}) would pass {found:.1f} times over the examples, too few."
            )
            return replace(choice, reasons=[*choice.reasons, reason])
        why = f"there is time to pass about {found:.0f} times over the examples"
        choice, now = _taken(choice, name, plan, options, taught, why), found
    return choice


def _outgrown(choice: Choice, lesson: Lesson, budget: Budget, plan: Plan, name: str, beyond: str) -> Choice:
    """The choice with the kind of network that goes beyond its own, if all that this is made of did well in the race, and the time
    left is good for most of the epochs it asks for."""
    prepared, kind = lesson.prepared, choice.said[name]["kind"]
    forms, rows = prepared.intake.forms, prepared.teaching
    wanted: Json = {"kind": beyond, "options": {}}
    said = {**choice.said, name: spoken(forms[name], wanted, None, rows, counting.answers(prepared))}
    taught = recipe(said, forms, plan, rows)
    far = [each for each in kinds.find("networks", beyond).of if choice.tried and each not in choice.near]
    if far:
        reason = (
            f"{name}: no {beyond}, which go beyond {kind}: beside it they have {' and '.join(far)}, of which the short try, if there "
            "was one, promised less."
        )
        return replace(choice, reasons=[*choice.reasons, reason])
    if epochs(lesson, budget) < taught.epochs:  # a step of what goes beyond is never cheaper
        return choice
    found = epochs(replace(lesson, said=said, recipe=taught), budget)
    if found < ENOUGH * taught.epochs:
        reason = f"{name}: {beyond}, which go beyond {kind}, would pass {found:.1f} times over the examples, too few."
        return replace(choice, reasons=[*choice.reasons, reason])
    why = f"there is time to pass about {found:.0f} times over the examples"
    return replace(
        choice, said=said, recipe=taught, reasons=[*choice.reasons, f"{name}: {beyond}, which go beyond {kind}: {why}."]
    )


def size(said: Mapping[str, Json], forms: Mapping[str, Form]) -> int:
    """Which size a choice took: 0 is the smallest."""
    name, larger = _ladder(said, forms)
    taken = said[name]["options"].items()
    return next((place for place, (options, _) in enumerate(larger, 1) if options.items() <= taken), 0)


def _ladder(said: Mapping[str, Json], forms: Mapping[str, Form]) -> tuple[str, tuple[tuple[Json, Recipe], ...]]:
    """The input that has most to learn, and the larger sizes of its network."""
    name = lead(said, forms)
    kind = said[name]["kind"]
    return name, () if kind == OWN else kinds.find("networks", kind).larger


def _taken(choice: Choice, name: str, plan: Plan, options: Json, recipe: Recipe, why: str) -> Choice:
    kind = choice.said[name]["kind"]
    said: dict[str, Json] = {**choice.said, name: {"kind": kind, "options": dict(options)}}
    taught = recipe if plan.batch is None else replace(recipe, batch=plan.batch)
    return replace(
        choice,
        said=said,
        recipe=taught,
        reasons=[*choice.reasons, f"{name}: a larger {kind} ({_words(options)}), {why}."],
    )


def _words(options: Json) -> str:
    return ", ".join(f"{option} {value}" for option, value in options.items())
