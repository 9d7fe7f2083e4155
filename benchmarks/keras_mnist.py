"""Keras's own `mnist_convnet` example on two backends, and when it first reaches 99.0 %."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from measure import child
from peers import make
from record import Run, Setting

BACKENDS = ("jax", "torch")
SEEDS = 1  # a run takes many minutes
EXAMPLE = Path(__file__).parent / "plain" / "keras_mnist.py"


def runs(setting: Setting) -> Iterator[Run]:
    epochs = 1 if setting.quick else 15
    for seed in range(setting.count(SEEDS)):
        for backend in BACKENDS:
            act = partial(example, setting.data / "mnist", backend, seed, epochs)
            yield Run(f"keras-{backend}", "mnist", seed, act, False, "keras", {"epochs": epochs})


def example(data: Path, backend: str, seed: int, epochs: int, place: Path) -> dict[str, Any]:
    """learning_seconds and to_target: without the looks at the test images after each epoch, which are ours."""
    command = [make.python("keras"), EXAMPLE, "--data", data, "--seed", seed, "--epochs", epochs]
    ended = child(command, limit=3600, KERAS_BACKEND=backend)
    return {**ended.last, **ended.took}
