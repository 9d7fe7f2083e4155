"""How large the steps are over time, and how that time can end at another step than planned."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from lamina.core import Recipe
from lamina.learning.muon import Muon


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
    """Time from 0 to 1 over a number of steps. `end` moves its last step: the rest of it runs faster or slower.

    The moves are kept: with the same ones a run repeats exactly. planned: the number of steps before any of them.
    """

    def __init__(self, steps: int, moved: Sequence[tuple[int, int]] = ()) -> None:
        self.steps = self.planned = steps
        self.moved: list[tuple[int, int]] = []
        self._pieces: list[tuple[int, float, int]] = [(0, 0.0, steps)]  # from step, at time, to a last step
        for at, last in moved:
            self.end(at, last)

    def time(self, step: int) -> float:
        start, t, last = next(piece for piece in reversed(self._pieces) if step >= piece[0])
        return min(1.0, t + (1 - t) * (step - start) / max(last - start, 1))

    def end(self, at: int, last: int) -> None:
        """From step `at` on, end after `last` steps instead."""
        self._pieces.append((at, self.time(at), last))
        self.moved.append((at, last))
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


def optimisers(module: nn.Module, recipe: Recipe) -> list[Optimizer]:
    """For a part: rates per parameter as its networks ask, decay on weight matrices only.

    Muon takes the layers without a bias: a normalisation follows those. AdamW takes the rest.
    """
    _leave_the_compiler_out()
    normed = [
        inner.weight
        for inner in module.modules()
        if isinstance(inner, nn.Conv2d | nn.Linear) and inner.bias is None and inner.weight.requires_grad
    ]
    taken = {id(weight) for weight in normed} if recipe.optimiser == "muon" else set()
    found: list[Optimizer] = []
    if rated := [each for each in _rated(module) if id(each.parameter) not in taken]:
        found.append(_plain(rated, recipe))
    if taken:
        group: dict[str, object] = {"params": normed, "lr": recipe.share, "peak": recipe.share}
        found.append(Muon([group], recipe.momentum))
    return found


@dataclass(frozen=True)
class Rated:
    """A parameter that learns, and what its module says of it: a factor of the rate, and whether it decays."""

    parameter: nn.Parameter
    factor: float
    decays: bool


def _rated(module: nn.Module) -> Iterator[Rated]:
    """Every parameter that learns."""
    for inner in module.modules():
        rates: dict[str, float] = getattr(inner, "rates", {})
        for name, parameter in inner.named_parameters(recurse=False):
            if parameter.requires_grad:
                decays = getattr(inner, "decays", True) and parameter.ndim > 1 and name != "bias"
                yield Rated(parameter, float(rates.get(name, 1.0)), decays)


def _plain(rated: Sequence[Rated], recipe: Recipe) -> Optimizer:
    parted: dict[tuple[float, float], list[nn.Parameter]] = {}
    for each in rated:
        parted.setdefault((each.factor, recipe.weight_decay if each.decays else 0.0), []).append(each.parameter)
    groups = [
        {"params": found, "lr": recipe.rate * factor, "peak": recipe.rate * factor, "weight_decay": decay}
        for (factor, decay), found in parted.items()
    ]
    if recipe.optimiser == "sgd":
        return SGD(groups, momentum=recipe.momentum, nesterov=recipe.momentum > 0, fused=True)
    return AdamW(groups, betas=recipe.betas, fused=True)


def set_rate(optimizer: Optimizer, share: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


def take_step(optimizer: Optimizer) -> None:
    """The optimiser's own step, without what torch wraps around it: that imports its compiler, as creating one would."""
    with torch.no_grad():
        inspect.unwrap(type(optimizer).step)(optimizer)
