"""Cats and dogs: 1,200 training photos, two minutes, the official test folder. Nothing is cached beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mnist import lamina
from record import Run, Setting

MINUTES = 2
SEEDS = 3


def runs(setting: Setting) -> Iterator[Run]:
    minutes = 0.5 if setting.quick else MINUTES
    for seed in range(setting.count(SEEDS)):
        act = partial(lamina, setting.data / "cats_dogs", ("--minutes", minutes), seed)
        yield Run("lamina", "cats_dogs", seed, act, True, None, {"minutes": minutes})
