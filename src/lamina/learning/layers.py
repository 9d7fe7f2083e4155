"""How each layer fares while it learns: how far one step moves its weights, and how many of its units never switch on."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lamina.core import Json
from lamina.insight.hooks import hooked
from lamina.insight.trace import ACTIVATIONS

ROWS = 256  # rows of the first batch that is judged, by which units count as silent
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Watch:
    """Keeps, of some moments of a training, the ratio of update to weight and the silent units of every layer that learns.

    It adds no pass through the network and draws nothing at random: the update is that of the step before a look, the units are
    those of the first rows that the look itself judges. So weights are the same whether somebody looks or not.

    record: `steps` and `rates` (the share of the full learning rate) of each moment; `layers`: by name `kind`, `units`, and for
    each moment `ratio`, the length of the update divided by that of the weights, and `dead`, silent units; None where it is not
    known.

    >>> layer = nn.Linear(2, 3)
    >>> watch = Watch({"model": nn.Sequential(layer, nn.ReLU())})
    >>> before = watch.weights()
    >>> _ = layer.weight.data.mul_(1.001)
    >>> with watch.looking(10, 1.0, before):
    ...     _ = watch.parts["model"](torch.tensor([[1.0, 2.0]]))
    >>> round(watch.record["layers"]["0"]["ratio"][0], 4), watch.record["layers"]["0"]["units"]
    (0.001, 3)
    """

    def __init__(self, parts: Mapping[str, nn.Module]) -> None:
        self.parts = parts
        self.names: dict[nn.Module, str] = {}
        self.learned: dict[str, list[Tensor]] = {}
        for part, whole in parts.items():
            for name, module in whole.named_modules():
                own = {n: p for n, p in module.named_parameters(recurse=False) if p.requires_grad and p.ndim >= 2}
                if own:  # of biases and scales, which begin at 0 or 1, the ratio tells nothing
                    called = name or next(iter(own))  # of what is no part of anything, by its first weights
                    self.names[module] = called if len(parts) == 1 else f"{part}.{called}"
                    self.learned[self.names[module]] = list(own.values())
        self.switches = [m for whole in parts.values() for m in whole.modules() if isinstance(m, ACTIVATIONS)]
        self.record: Json = {"steps": [], "rates": [], "layers": {}}

    def weights(self) -> dict[str, list[Tensor]]:
        """A copy of the weights, before the step whose update is to be measured."""
        return {name: [each.detach().clone() for each in own] for name, own in self.learned.items()}

    @contextmanager
    def looking(self, step: int, rate: float, before: Mapping[str, list[Tensor]] | None) -> Iterator[None]:
        """Around a look at validation rows. before: weights as of one step ago; None where nobody kept them."""
        ratios = {} if before is None else self._ratios(before)
        silent: dict[str, tuple[int, int]] = {}
        last = ""

        def see(module: nn.Module, inputs: Any, output: Any) -> None:
            nonlocal last
            if module in self.names:
                last = self.names[module]
            elif last and last not in silent and isinstance(output, Tensor) and output.ndim > 1 and output.numel():
                silent[last] = _silent(output.detach()[:ROWS], self._of(last))

        with hooked([*self.names, *self.switches], see):
            yield
        self._note(step, rate, ratios, silent)

    def told(self) -> Json:
        """The record as it is now, for another thread to keep."""
        return copy.deepcopy(self.record)

    def restore(self, record: Json) -> None:
        self.record = record

    def _of(self, name: str) -> nn.Module:
        return next(module for module, called in self.names.items() if called == name)

    def _ratios(self, before: Mapping[str, list[Tensor]]) -> dict[str, float]:
        then = [each for name in self.learned for each in before[name]]
        now = [each.detach() for own in self.learned.values() for each in own]
        owner = [name for name, own in self.learned.items() for _ in own]
        moved = torch.stack(torch._foreach_norm(torch._foreach_sub(now, then))).double().square().tolist()
        sizes = torch.stack(torch._foreach_norm(then)).double().square().tolist()
        change, size = (dict.fromkeys(self.learned, 0.0) for _ in range(2))
        for name, each, whole in zip(owner, moved, sizes, strict=True):
            change[name] += each
            size[name] += whole
        return {name: (change[name] / size[name]) ** 0.5 for name in self.learned if size[name] > 0}

    def _note(self, step: int, rate: float, ratios: dict[str, float], silent: dict[str, tuple[int, int]]) -> None:
        record = self.record
        known = len(record["steps"])
        record["steps"].append(step)
        record["rates"].append(float(f"{rate:.3g}"))
        for module, name in self.names.items():
            empty = {"kind": type(module).__name__, "units": None, "ratio": [None] * known, "dead": [None] * known}
            layer = record["layers"].setdefault(name, empty)
            dead, units = silent.get(name, (None, layer["units"]))
            layer["units"] = units
            layer["ratio"].append(float(f"{ratios[name]:.3g}") if name in ratios else None)
            layer["dead"].append(dead)


def _silent(output: Tensor, of: nn.Module) -> tuple[int, int]:
    """How many units gave nothing, or always the same, and how many there are. output: [B, C, *space] of a convolution, [B, k, C]
    of copies side by side, each of which counts, else [B, *steps, C]."""
    if isinstance(of, CONVOLUTIONS) and output.ndim > 2:
        values = output.flatten(2).amax(2)
    elif output.ndim > 2 and not _copies(output, of):
        values = output.flatten(1, -2).amax(1)
    else:
        values = output.flatten(1)
    most, least = values.amax(0), values.amin(0)
    return int(((most <= 0) | (most == least)).sum()), values.shape[1]


def _copies(output: Tensor, of: nn.Module) -> bool:
    """Whether what a layer gave was parted into copies, rather than being a row of numbers for each step."""
    if isinstance(of, nn.Linear):
        return output.shape[-1] != of.out_features
    return max(each.ndim for each in of.parameters(recurse=False)) > 2
