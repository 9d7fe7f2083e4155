"""Where a training stands: all that it takes to go on from there, in memory or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor
from torch.optim import Optimizer

from lamina.learning.schedule import Schedule
from lamina.machine import checkpoint

if TYPE_CHECKING:
    from lamina.learning.loop import Loop


@dataclass(slots=True)
class Healthy:
    """Where a training stood when it was last seen to go well. tensors: by name, as a checkpoint keeps them."""

    step: int = 0
    tensors: dict[str, Tensor] = field(default_factory=dict)


@dataclass(slots=True)
class Best:
    """The best weights so far on validation rows. A figure is always turned so that more is better."""

    score: float = -np.inf
    value: float = np.nan
    step: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)


def tensors(loop: Loop) -> dict[str, Tensor]:
    """Weights, their averages, and what the optimisers remember."""
    groups = {"now": loop.state, "average": loop.averaged}
    kept = {f"{group}:{name}": tensor for group, found in groups.items() for name, tensor in found.items()}
    for name, each in _numbered(loop):
        kept |= checkpoint.optimizer_tensors(each, name)
    return kept


def put_back(loop: Loop, kept: dict[str, Tensor]) -> None:
    """What `tensors` gave."""
    loop.swap(_group(kept, "now"))
    loop.averaged = {name: tensor.clone() for name, tensor in _group(kept, "average").items()}
    for name, each in _numbered(loop):
        checkpoint.restore_optimizer(each, kept, name)


def save(loop: Loop, path: Path) -> None:
    """Write a checkpoint.

    Raises:
        DiskFull: it does not fit.
    """
    kept = tensors(loop)
    for group, found in (("best", loop.best.weights), ("healthy", loop.healthy.tensors)):
        kept |= {f"{group}:{name}": tensor for name, tensor in found.items()}
    passes, place = loop.passes.state()
    kept |= {f"pass:{name}": tensor for name, tensor in passes.items()}
    checkpoint.write(
        path,
        kept,
        {
            "step": loop.step,
            "steps": loop.schedule.steps,
            "planned": loop.planned,
            "moved": loop.schedule.moved,
            "ending": loop.ending,
            "best": [loop.best.score, loop.best.value, loop.best.step],
            "history": loop.history,
            "pieces": loop.pieces,
            "pass": place,
            "setbacks": loop.setbacks,
            "healthy": loop.healthy.step,
            "layers": loop.watch.record,
            "shown": loop.shown,
        },
    )


def resume(loop: Loop, path: Path) -> None:
    """Go on from a checkpoint, if there is one of the same networks."""
    found = checkpoint.read(path)
    if found is None:
        return
    kept, meta = found
    if set(_group(kept, "now")) != set(loop.state):
        return
    put_back(loop, kept)
    best = meta["best"]
    loop.best = Best(float(best[0]), float(best[1]), int(best[2]), _group(kept, "best"))
    loop.healthy = Healthy(int(meta["healthy"]), _group(kept, "healthy"))
    loop.setbacks = [int(step) for step in meta["setbacks"]]
    loop.schedule = Schedule(int(meta["planned"]), [(int(at), int(last)) for at, last in meta["moved"]])
    loop.ending = bool(meta["ending"])
    loop.step, loop.history, loop.pieces = int(meta["step"]), list(meta["history"]), int(meta["pieces"])
    loop.passes.restore(_group(kept, "pass"), meta["pass"])
    loop.watch.restore(meta["layers"])
    loop.shown = list(meta["shown"])


def _numbered(loop: Loop) -> Iterator[tuple[str, Optimizer]]:
    """Every optimiser, with the name that a checkpoint gives it."""
    for name, found in loop.optimisers.items():
        for number, each in enumerate(found):
            yield f"optimiser:{name}:{number}", each


def _group(kept: dict[str, Tensor], group: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `group:`, without that."""
    return {name.removeprefix(f"{group}:"): t for name, t in kept.items() if name.startswith(f"{group}:")}
