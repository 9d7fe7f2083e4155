"""How pretrained features are used: how large pictures are looked at, how far the read-out is held back, and whether
the last blocks learn on. The clock settles the first, validation the others."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np

from lamina.core import Array, Encoded, Form, Json, Progress
from lamina.learning.budget import Budget
from lamina.learning.decided import decided
from lamina.learning.frozen import Frozen
from lamina.learning.reading import Reading
from lamina.learning.trial import Lesson, Trial, attempt
from lamina.machine import cache

SIDES = (256, 224, 192, 160, 128)  # pixels that small pictures are enlarged to
ROOM = 0.5  # of the budget, for the features of all pictures
DECAYS = (20.0, 5.0, 0.05)  # of weights: each is tried, or the first is taken where too few labels could tell
STEPS = 150  # of each try
TUNED = 2  # last blocks that learn on
DEEP = 0.5  # passes over the rows: all layers learn on where half of the time is enough for so many
LEARNING = 3.0  # times as long as reading, learning takes
LONG = 180.0  # seconds: a budget that has room for trying that
TUNING: dict[str, Any] = {"rate": 2e-3, "batch": 32, "epochs": 10.0}


def sized(
    pictures: Encoded, form: Form, rows: Array, budget: Budget, tune: bool, placed: bool = False
) -> Generator[Progress, None, Frozen]:
    """Features at the largest size that there is time for. rows: whose features will be needed.

    tune: whether to keep what the last blocks need to learn on. placed: as of `Pretrained`."""
    learned = TUNED if tune and _fits(len(pictures.values), form) else 0
    frozen = Frozen(pictures, form, SIDES[0], learned, placed)
    if frozen.recall() or budget.seconds is None:
        return frozen
    yield Progress(stage="looking", message="timing the network that knows photographs", left=budget.left())
    largest = frozen.pace(rows) * len(rows)
    frozen.needs = largest
    for side in SIDES[1:]:
        if frozen.needs <= ROOM * budget.seconds:
            break
        frozen = Frozen(pictures, form, side, learned, placed)
        frozen.needs = 0.0 if frozen.recall() else largest * (side / SIDES[0]) ** 2
    return frozen


def affordable(frozen: Frozen, budget: Budget) -> bool:
    """Whether there is time for the features of all rows that need them."""
    return budget.seconds is None or frozen.needs <= ROOM * budget.seconds


def layers(reading: Reading, rows: int, budget: Budget) -> int:
    """How many of the last layers of a network that has read, or heard, much are to learn on: all of them where there is time
    for some passes over so many rows, else as many as of others."""
    if reading.source.hears or budget.seconds is None:
        return TUNED
    passes = DEEP * LEARNING * reading.pace() * rows
    return reading.reader.depth if passes < ROOM * budget.seconds else TUNED


def strength(lesson: Lesson, names: str) -> Generator[Progress, None, tuple[Lesson, Trial, str]]:
    """The lesson with the weight decay that does best on validation rows, the try of it, and why.

    names: the inputs that have features, for people."""
    fold, few = lesson.prepared.folds[0], lesson.prepared.few
    tries: dict[float, Trial] = {}
    for decay in DECAYS[:1] if few else DECAYS:
        held = replace(lesson, recipe=replace(lesson.recipe, weight_decay=decay))
        tries[decay] = yield from attempt(held, fold, STEPS)
    best = max(tries, key=lambda decay: tries[decay].best.score)
    shown = ", ".join(f"{decay:g}: {tried.best.value:.3f}" for decay, tried in tries.items())
    why = "so few labels cannot choose another one" if few else f"best on validation rows ({shown})"
    reason = f"{names}: the read-out is held back by a weight decay of {best:g}, {why}."
    bests = [tried.best for tried in tries.values()]
    reason += decided(lesson.prepared.outputs.values(), lesson.metric, tries[best].best, bests)
    return tries[best].lesson, tries[best], reason


def learning_on(lesson: Lesson, name: str, frozen: Frozen | Reading) -> Lesson:
    """The lesson in which the last blocks learn too. The maps that they take stand in place of the features."""
    lesson.prepared.rows.inputs[name] = frozen.entering
    said = {"kind": lesson.said[name]["kind"], "options": lesson.said[name]["options"] | frozen.options}
    taught = replace(lesson.recipe, **TUNING, half=isinstance(frozen, Reading))
    return replace(lesson, said={**lesson.said, name: said}, recipe=taught)


def tuned(
    lesson: Lesson, name: str, frozen: Frozen | Reading, readout: Trial, budget: Budget, seconds: float
) -> Generator[Progress, None, tuple[Lesson | None, str, Json]]:
    """The lesson in which the last blocks learn too, if that gains on validation rows within `seconds`; why; the try.

    Where it gains, the maps that those blocks take stand in place of the features.
    """
    begun, prepared = time.monotonic(), lesson.prepared
    features = prepared.rows.inputs[name]
    learning = learning_on(lesson, name, frozen)
    fold = prepared.folds[0]
    pace = Trial(learning, fold).pace(min(3.0, seconds / 8))
    left = seconds - (time.monotonic() - begun)
    trial = yield from attempt(learning, fold, max(5, int(0.8 * left / pace)), begun + seconds)
    spent = time.monotonic() - begun
    gains = trial.best.score > readout.best.score
    # Learning on has to get further than its try did: else what it gained there is lost again.
    time_left = budget.left() is None or (budget.left() or 0.0) - budget.baselines > 2 * spent
    metric = lesson.metric or next(iter(prepared.outputs.values())).metric
    reason = (
        f"{name}: when its last {frozen.learned} {frozen.unit} learned on, {metric} on validation rows was "
        f"{trial.best.value:.3f} after {spent:.0f} s, and {readout.best.value:.3f} when they did not: "
        f"{'they stay as they are' if not gains else 'they learn on' if time_left else 'there is no time to go on so'}."
    )
    kept = trial.best if gains else readout.best
    if time_left or not gains:
        reason += decided(prepared.outputs.values(), lesson.metric, kept, (trial.best, readout.best))
    said = {"score": trial.best.score, "value": trial.best.value, "seconds": spent}
    if not (gains and time_left):
        prepared.rows.inputs[name] = features
    return (
        (learning if gains and time_left else None),
        reason,
        {"name": f"last {frozen.learned} {frozen.unit} learning", **said},
    )


def _fits(rows: int, form: Form) -> bool:
    """Whether the maps of all pictures take at most a third of memory."""
    height, width = (-(-max(SIDES[0], side) // 32) for side in form.shape[:2])
    return rows * height * width * 192 * np.dtype(np.float32).itemsize < cache.memory() / 3
