"""tiny_shakespeare letter by letter: nats a letter on the last tenth, which nothing learned from or chose by.

A run keeps how many steps it took: on a machine that does other work, 15 minutes hold fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ours
from record import Run, Setting

MINUTES = {15: 3, 60: 1}  # to learn, and seeds
STEPS = 2_400  # about half of what 15 minutes of two free cores hold: the figure that no other work changes


def runs(setting: Setting) -> Iterator[Run]:
    text = setting.data / "tiny_shakespeare" / "input.txt"
    for minutes, seeds in {1: 1}.items() if setting.quick else MINUTES.items():
        for seed in range(setting.count(seeds)):
            budget = ("--steps", 30, "--size", 0) if setting.quick else ("--minutes", minutes)
            act = partial(write, text, budget, seed)
            yield Run("lamina", f"{minutes} minutes", seed, act, True, None, {"budget": " ".join(map(str, budget))})
    if not setting.quick:
        fixed = ("--steps", STEPS, "--looks", 12, "--size", 2)
        asked = {"budget": " ".join(map(str, fixed))}
        yield Run("lamina", f"{STEPS:,} steps", 0, partial(write, text, fixed, 0), True, None, asked)


def write(text: Path, budget: tuple[object, ...], seed: int, place: Path) -> dict[str, Any]:
    return ours.write(text, place, *budget, "--seed", seed)
