"""How large a network the time allows: the largest of its kind that still passes over the examples often enough."""

from __future__ import annotations

from dataclasses import replace

from lamina import kinds
from lamina.core import Json
from lamina.learning.budget import Budget
from lamina.learning.choose import Choice
from lamina.learning.trial import Lesson, Trial
from lamina.networks._build import OWN

LEARNING = 0.9  # of the time left; the rest goes to looks at validation rows and to what comes after
LEAST = 30.0  # seconds of a budget: with less, the time to ask is better spent on learning
DEARER = 3.0  # times the seconds of a step, at least, that the next size takes: what cannot be afforded is not timed


def grow(choice: Choice, lesson: Lesson, budget: Budget, batch: int | None = None) -> Choice:
    """The choice with the largest network that the budget is good for, and why.

    A size is timed with a few steps of a throw-away network, and fits when the epochs that its recipe asks for fit in the
    time left. Without a budget, or with a network of one size only, the choice stays. batch: asked for by the plan.
    """
    name = max(choice.said, key=lambda each: len(lesson.prepared.intake.forms[each].shape))
    kind = choice.said[name]["kind"]
    larger = () if kind == OWN else kinds.find("networks", kind).larger
    if budget.seconds is None or budget.seconds < LEAST or not larger or choice.said[name]["options"]:
        return choice
    now = _epochs(lesson, budget)
    for options, recipe in larger:
        recipe = recipe if batch is None else replace(recipe, batch=batch)
        if now < DEARER * recipe.epochs:
            break
        said: dict[str, Json] = {**choice.said, name: {"kind": kind, "options": dict(options)}}
        found = _epochs(replace(lesson, said=said, recipe=recipe), budget)
        words = ", ".join(f"{option} {value}" for option, value in options.items())
        if found < recipe.epochs:
            reason = f"{name}: a larger {kind} ({words}) would pass {found:.1f} times over the examples, too few."
            return replace(choice, reasons=[*choice.reasons, reason])
        reason = f"{name}: there is time for a larger {kind} ({words}), about {found:.0f} times over the examples."
        choice, now = replace(choice, said=said, recipe=recipe, reasons=[*choice.reasons, reason]), found
    return choice


def _epochs(lesson: Lesson, budget: Budget) -> float:
    """How often the time left is good for a pass over the rows that teach."""
    fold = lesson.prepared.folds[0]
    pace = Trial(lesson, fold).pace(0.0)
    left = LEARNING * max(0.0, (budget.left() or 0.0) - budget.baselines)
    return left / len(lesson.prepared.folds) / pace * lesson.recipe.batch / len(fold.train)
