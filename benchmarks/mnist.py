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

MINUTES = 0.35  # fixed before the test images were read
SEEDS = 10
PLAIN = Path(__file__).parent / "plain" / "mnist.py"


def runs(setting: Setting) -> Iterator[Run]:
    data, minutes = setting.data / "mnist", 0.1 if setting.quick else MINUTES
    for seed in range(setting.count(SEEDS)):
        yield Run("lamina", "mnist", seed, partial(lamina, data, minutes, seed), True, None, {"minutes": minutes})
        yield Run("torch", "mnist", seed, partial(plain, data, seed), True, "torch")


def lamina(data: Path, minutes: float, seed: int, place: Path) -> dict[str, Any]:
    """`lamina learn` from pictures with labels, in a budget."""
    return ours.learn(data, "label", place, "--minutes", minutes, "--seed", seed)


def plain(data: Path, seed: int, place: Path) -> dict[str, Any]:
    """The script says its accuracy; the clock is ours."""
    ended = child([make.python("torch"), PLAIN, "--data", data, "--seed", seed])
    return {"accuracy": ended.last["accuracy"], **ended.took}
