"""From minutes to steps: a few are timed, once; what comes after learning is set aside."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

from lamina.core import Array, Recipe

LOOKS = 2, 20  # least and most looks at validation rows during one training
LOOKING = 0.08  # share of the time that they may take
LOOKED = 1_000  # validation rows by which the time of a look is told
LEAST = 2.0  # seconds of learning, however small the budget: fewer steps teach nothing


def affordable_looks(steps: int, batch: int, judged: int) -> int:
    """How often `judged` rows may be looked at: answering a row costs about a third of learning from it. No clock has
    a say, so that a run repeats."""
    return int(min(max(LOOKS[0], LOOKING * 3 * steps * batch / max(judged, 1)), LOOKS[1]))


@dataclass(frozen=True, slots=True)
class Steps:
    """count: steps of each training; looks: how often it is judged meanwhile; tail: seconds before the end of the budget at
    which all must have ended, None where nothing ends it; tight: whether these are the fewest that teach anything, and there
    is not even time for them."""

    count: int
    looks: int = LOOKS[1]
    tail: float | None = None
    tight: bool = False


class Timed(Protocol):
    """A training that can be timed. taught: rows it learns from; judged: rows that are looked at meanwhile."""

    recipe: Recipe
    taught: Array
    judged: Array

    def pace(self, seconds: float) -> float: ...
    def raw(self, rows: Array) -> Any: ...


@dataclass(slots=True)
class Budget:
    """started: on `time.monotonic`, when the command began, and later by as much as it rested; seconds: for all of it, None
    for no limit; after: seconds of these that what follows saving needs, such as the page in the report."""

    started: float
    seconds: float | None
    after: float = 0.0

    @property
    def baselines(self) -> float:
        """Seconds for the simple models to compare with."""
        return 20.0 if self.seconds is None else min(20.0, max(0.5, 0.06 * self.seconds))

    @property
    def end(self) -> float | None:
        return None if self.seconds is None else self.started + self.seconds - self.after

    def left(self) -> float | None:
        return None if self.end is None else self.end - time.monotonic()

    def steps(self, trial: Timed, trainings: int, answered: int, settling: float = 0.0) -> Steps:
        """How to spend the time on `trainings`.

        trial: a throw-away network to time. answered: rows that are answered after learning. settling: seconds that each
        training takes before its first step.
        """
        recipe = trial.recipe
        own = recipe.steps(len(trial.taught))
        if self.end is None or self.seconds is None:
            return Steps(own, affordable_looks(own, recipe.batch, len(trial.judged)))
        pace = trial.pace(min(2.0, 0.03 * self.seconds))
        some = trial.judged[:LOOKED]
        begun = time.monotonic()
        trial.raw(some)
        look = (time.monotonic() - begun) * len(trial.judged) / max(len(some), 1)
        tail = 1.5 + self.baselines + 1.5 * answered * look / max(len(trial.judged), 1)
        end = self.end - tail
        seconds = max(0.0, (end - time.monotonic()) / trainings - settling)
        looks = int(min(max(LOOKS[0], LOOKING * seconds / max(look, 1e-3)), LOOKS[1]))
        most = int(0.98 * (seconds - looks * look) / pace)
        least = min(100, max(10, int(LEAST / pace / trainings)))
        return Steps(max(least, min(most, round(recipe.most * own))), looks, tail, most < least)

    def deadline(self, steps: Steps) -> float | None:
        """When, as things stand, its trainings must have ended: to be asked when one begins, as a pause moves it."""
        return None if self.end is None or steps.tail is None else self.end - steps.tail
