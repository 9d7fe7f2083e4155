"""Several networks for one input, each tried for a while on the same rows: the better one is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, replace

from lamina.core import Json, Progress
from lamina.learning.budget import Budget
from lamina.learning.prepare import Fold
from lamina.learning.trial import ASKED, Lesson, Trial, attempt

SHARE = 0.15  # of the time left, for each candidate
TOGETHER = 0.45  # of the time left, for all of them
UNHURRIED = 20.0  # seconds for each, where there is no budget
LEAST = 30.0  # seconds of a budget: with less, the time to try others is better spent on learning
LOOKS = 6  # at validation rows, at most
LOOKING = 0.25  # share of a candidate's time that they may take
MOST = 1_000  # validation rows that judge: with more, looks at long texts would take all the time
JUDGES = 200  # validation rows: with fewer, nearly all are within a standard error
LEARNING = 0.9  # of the time left; the rest goes to looks at validation rows and to what comes after
HALF = 0.5  # of the epochs that its recipe asks for: what could not get as far in all of the time is not tried


@dataclass(frozen=True, slots=True)
class Tried:
    """How far a candidate got. score: on validation rows, more is better; value: the figure that people ask for; share: of
    the steps that its recipe asks for."""

    name: str
    score: float
    value: float
    seconds: float
    share: float = 1.0

    @property
    def said(self) -> Json:
        return asdict(self)


def seconds(budget: Budget, candidates: int = 2) -> float:
    """What each candidate may take, of what reading has left."""
    left = budget.left()
    return UNHURRIED if left is None else min(SHARE, TOGETHER / candidates) * max(0.0, left)


def epochs(lesson: Lesson, budget: Budget) -> float:
    """How often the time left is good for a pass over the rows that teach, from a few steps of a throw-away network."""
    fold = lesson.prepared.folds[0]
    pace = Trial(lesson, fold).pace(0.0)
    left = LEARNING * max(0.0, (budget.left() or 0.0) - budget.baselines)
    return left / len(lesson.prepared.folds) / pace * lesson.recipe.batch / len(fold.train)


def run(lesson: Lesson, fold: Fold, name: str, seconds: float) -> Generator[Progress, None, Tried]:
    """Learn for at most so long, and for no more steps than the recipe asks for.

    Copies within a network learn from the same rows here, so that all candidates are judged on the validation rows.
    """
    begun = time.monotonic()
    lesson = replace(lesson, recipe=replace(lesson.recipe, folds=0))
    timed = Trial(lesson, fold)
    pace = timed.pace(min(2.0, seconds / 5))
    left = max(0.0, seconds - 2 * timed.seconds)  # what comes before the first step is done twice
    asked = time.monotonic()
    timed.raw(timed.judged[:ASKED])
    look = (time.monotonic() - asked) * len(timed.judged) / max(1, min(ASKED, len(timed.judged)))
    looks = int(min(LOOKS, max(1.0, LOOKING * left / max(look, 1e-6))))
    affordable = int(min(0.7 * left, left - looks * look) / pace)
    steps = min(max(5, affordable), lesson.recipe.steps(len(fold.train)))
    trial = yield from attempt(lesson, fold, steps, begun + seconds, looks)
    share = steps / lesson.recipe.steps(len(fold.train))
    return Tried(name, trial.best.score, trial.best.value, time.monotonic() - begun, round(min(1.0, share), 3))


def better(name: str, tried: Sequence[Tried], metric: str, rows: int, what: str) -> tuple[Tried, str]:
    """The candidate that got farthest (of equals the first), and why in words. what: the rows are, as "pictures"."""
    best = max(tried, key=lambda each: each.score)
    beside = f"; beside it: {_others(tried, best)}" if len(tried) > 1 else ""
    return (
        best,
        f"{name}: {best.name}, {metric} {best.value:.3f} on {rows:,} validation {what} after a short try{beside}.",
    )


def promising(name: str, tried: Sequence[Tried], metric: str, rows: int, what: str) -> tuple[Tried, str]:
    """As `better`; but of accuracies that differ by less than a standard error another may be taken: by few rows the
    first, as nothing is known against the simpler one (Breiman et al. 1984); by more one that got through less of what it
    wants to learn, and has more to gain from the rest of the time. Of what is no accuracy, nothing is known of the error."""
    best, why = better(name, tried, metric, rows, what)
    if metric != "accuracy":
        return best, why
    if rows < JUDGES:
        taken = next(each for each in tried if each is best or each.value + _doubt(each, best, rows) >= best.value)
        if taken is best:
            return best, why
        return taken, (
            f"{name}: {taken.name}, {metric} {taken.value:.3f}, the first of those that so few as {rows:,} validation {what} "
            f"cannot tell apart; beside it: {_others(tried, taken)}."
        )
    error = (best.value * (1 - best.value) / max(rows, 1)) ** 0.5
    near = [each for each in tried if each.value >= best.value - error and each.share < best.share]
    if not near:
        return best, why
    taken = min(near, key=lambda each: (each.share, -each.value))
    return taken, (
        f"{name}: {taken.name}, {metric} {taken.value:.3f} on {rows:,} validation {what} after {taken.share:.0%} of its "
        f"steps, within a standard error of the best ({error:.3f}) and not yet done; beside it: {_others(tried, taken)}."
    )


def near(tried: Sequence[Tried], best: Tried, metric: str, rows: int) -> list[str]:
    """The names of those that may be as good as `best`: not two standard errors of the difference below it. Of what is no
    accuracy, nothing is known of the error, and all may be."""
    return [
        each.name for each in tried if metric != "accuracy" or each.value + 2 * _doubt(each, best, rows) >= best.value
    ]


def _others(tried: Sequence[Tried], taken: Tried) -> str:
    return ", ".join(f"{each.name} {each.value:.3f}" for each in tried if each is not taken)


def _doubt(one: Tried, other: Tried, rows: int) -> float:
    """The standard error of the difference of two accuracies; of few rows, none of which was answered wrongly, the next
    could be (Laplace's rule)."""
    shares = [(each.value * rows + 1) / (rows + 2) for each in (one, other)]
    return math.sqrt(sum(share * (1 - share) for share in shares) / max(rows, 1))
