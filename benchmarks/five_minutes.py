"""MNIST and Fashion-MNIST with five minutes each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mnist import lamina
from record import Run, Setting

MINUTES = 5
SEEDS = 3


def runs(setting: Setting) -> Iterator[Run]:
    minutes = 0.2 if setting.quick else MINUTES
    for seed in range(setting.count(SEEDS)):
        for name in ("mnist", "fashion_mnist"):
            act = partial(lamina, setting.data / name, ("--minutes", minutes), seed)
            yield Run("lamina", name, seed, act, True, None, {"minutes": minutes})
