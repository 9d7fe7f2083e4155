"""Faces of ten people who were never learned from: are two photos of the same one?

Three times ten of the forty people of the ORL set are taken out; the other thirty teach and settle the threshold.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ours
from record import Run, Setting

MINUTES = 4.5
SEEDS = 3
JUDGED = 10  # people


def runs(setting: Setting) -> Iterator[Run]:
    budget = ("--steps", 20) if setting.quick else ("--minutes", MINUTES)
    for seed in range(setting.count(SEEDS)):
        act = partial(faces, setting.data / "orl_faces", budget, seed)
        yield Run("lamina", "orl_faces", seed, act, True, None, {"budget": " ".join(map(str, budget))})


def faces(data: Path, budget: tuple[str, float], seed: int, place: Path) -> dict[str, Any]:
    """`lamina learn --verify` on thirty people: the equal error rate of the ten others, beside simpler comparisons."""
    people = sorted(each for each in data.iterdir() if each.is_dir())
    order = np.random.default_rng(seed).permutation(len(people))
    for part, some in (("test", order[:JUDGED]), ("train", order[JUDGED:])):
        for k in some:
            shutil.copytree(people[k], place / "faces" / part / people[k].name)
    return ours.learn(place / "faces", "label", place, "--verify", *budget, "--seed", seed)
