"""How large the steps are over time, and how that time can end earlier than planned."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from lamina.core import Recipe


def shape(name: str, t: float) -> float:
    """The share of the peak rate at time t, 0 to 1.

    one_cycle: up over 20 %, then down to zero in a line (Smith 2018). coslog4: four falling waves (RealMLP, Holzmüller
    et al. 2024). flat_cos: level, then a cosine to zero over the last half. cosine: up over 5 %, then a cosine to zero.
    """
    match name:
        case "one_cycle":
            return 0.1 + 0.9 * t / 0.2 if t < 0.2 else max(1 - (t - 0.2) / 0.8, 0.0)
        case "coslog4":
            return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t)))
        case "cosine":
            return 0.1 + 0.9 * t / 0.05 if t < 0.05 else 0.5 * (1 + math.cos(math.pi * (t - 0.05) / 0.95))
        case _:
            return 1.0 if t < 0.5 else 0.5 * (1 + math.cos(math.pi * (2 * t - 1)))


class Schedule:
    """Time from 0 to 1 over a number of steps. `shorten` lets it end earlier: the rest of it runs faster.

    The shortenings are kept: with the same ones a run repeats exactly.
    """

    def __init__(self, steps: int, shortened: Sequence[tuple[int, int]] = ()) -> None:
        self.steps = steps
        self.shortened: list[tuple[int, int]] = []
        self._pieces: list[tuple[int, float, int]] = [(0, 0.0, steps)]  # from step, at time, to a last step
        for at, last in shortened:
            self.shorten(at, last)

    def time(self, step: int) -> float:
        start, t, last = next(piece for piece in reversed(self._pieces) if step >= piece[0])
        return min(1.0, t + (1 - t) * (step - start) / max(last - start, 1))

    def shorten(self, at: int, last: int) -> None:
        """From step `at` on, end after `last` steps instead."""
        self._pieces.append((at, self.time(at), last))
        self.shortened.append((at, last))
        self.steps = last


def _leave_the_compiler_out() -> None:
    """Spare 3 seconds: optimisers import torch's compiler on their first use, only to be left alone by it.

    What it would put in place of these methods is marked as being the methods themselves. Where torch changes how it
    does this, the mark has no effect.
    """
    for method in vars(Optimizer).values():
        inner = getattr(method, "__wrapped__", None)
        if inner is not None and inspect.isfunction(method) and method.__code__.co_filename.endswith("_compile.py"):
            inner.__dynamo_disable = inner


def optimiser(module: nn.Module, recipe: Recipe) -> Optimizer:
    """One optimiser for a part: rates per parameter as its networks ask, decay on weight matrices only."""
    _leave_the_compiler_out()
    groups = [
        {"params": found, "lr": recipe.rate * factor, "peak": recipe.rate * factor, "weight_decay": decay}
        for (factor, decay), found in _groups(module, recipe).items()
    ]
    if recipe.optimiser == "sgd":
        return SGD(groups, momentum=recipe.momentum, nesterov=True, fused=True)
    return AdamW(groups, betas=recipe.betas, fused=True)


def _groups(module: nn.Module, recipe: Recipe) -> dict[tuple[float, float], list[nn.Parameter]]:
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, factor, parameter in _rated(module):
        decay = recipe.weight_decay if parameter.ndim > 1 and name != "bias" else 0.0
        found.setdefault((factor, decay), []).append(parameter)
    return found


def _rated(module: nn.Module) -> Iterator[tuple[str, float, nn.Parameter]]:
    """Every parameter that learns: its name, the factor that its module's `rates` give that (1 if none), and itself."""
    for inner in module.modules():
        rates: dict[str, float] = getattr(inner, "rates", {})
        for name, parameter in inner.named_parameters(recurse=False):
            if parameter.requires_grad:
                yield name, float(rates.get(name, 1.0)), parameter


def set_rate(optimizer: Optimizer, share: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


def take_step(optimizer: Optimizer) -> None:
    """The optimiser's own step, without what torch wraps around it: that imports its compiler, as creating one would."""
    with torch.no_grad():
        inspect.unwrap(type(optimizer).step)(optimizer)
