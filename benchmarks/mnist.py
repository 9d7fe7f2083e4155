"""MNIST in a budget fixed beforehand, and a plain torch script as fast as we can make one, run by run in turn.

The test images are read once, by the report. Both are whole processes, from start to a saved model or to the accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ours
from measure import child
from peers import make
from record import Run, Setting

STEPS = 199  # one pass over the pictures that teach, as the plain script makes
SEEDS = 10
PLAIN = Path(__file__).parent / "plain" / "mnist.py"


def runs(setting: Setting) -> Iterator[Run]:
    data, steps = setting.data / "mnist", 20 if setting.quick else STEPS
    for seed in range(setting.count(SEEDS)):
        act = partial(lamina, data, ("--steps", steps), seed)
        yield Run("lamina", "mnist", seed, act, True, None, {"steps": steps})
        yield Run("torch", "mnist", seed, partial(plain, data, seed), True, "torch")


def lamina(data: Path, budget: tuple[str, float], seed: int, place: Path) -> dict[str, Any]:
    """`lamina learn` from pictures with labels, in a budget of steps or minutes."""
    return ours.learn(data, "label", place, *budget, "--seed", seed)


def plain(data: Path, seed: int, place: Path) -> dict[str, Any]:
    """The script says its accuracy; the clock is ours."""
    ended = child([make.python("torch"), PLAIN, "--data", data, "--seed", seed])
    return {"accuracy": ended.last["accuracy"], **ended.took}
