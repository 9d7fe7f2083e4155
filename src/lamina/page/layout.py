"""The network as a map: its layers from left to right, what each does, its weights, and what it gives."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from lamina.core import Array, Json, PlanError, nearest
from lamina.insight.hooks import hooked
from lamina.insight.units import Units
from lamina.model.model import Model
from lamina.page import wiring, words
from lamina.page.data import Data
from lamina.page.schema import network as said
from lamina.page.schema import shared
from lamina.page.subject import End, subject

BINS = 40


class Layout:
    """A model's network, laid out: of several that answer together the first."""

    def __init__(self, model: Model, data: Data) -> None:
        self.model = model
        self.subject = subject(model, data)
        self.member = self.subject.member
        self.modules: dict[str, nn.Module] = {
            name: each for name, each in self.member.named_modules() if not list(each.children())
        }

    @cached_property
    def wired(self) -> wiring.Wiring:
        return wiring.wire(self.member, *self.subject.one())

    def network(self, units: Units | None) -> Json:
        """The map of the first member."""
        wired = self.wired
        ends = [f"output.{each.name}" for each in self.subject.outputs]
        edges = list(wired.edges)
        for each in self.subject.outputs:
            edges += [(source, f"output.{each.name}") for source in wired.ends.get(each.name, [])]
        names = [f"input.{each.name}" for each in self.subject.inputs] + list(wired.shapes)
        stages = wiring.stages([*names, *ends], edges)
        nodes = [_end("input", each, stages[f"input.{each.name}"]) for each in self.subject.inputs]
        nodes += [self._node(name, stages[name], units) for name in wired.shapes]
        nodes += [_end("output", each, stages[f"output.{each.name}"]) for each in self.subject.outputs]
        members = self.model.card.members
        note = (
            "" if members == 1 else f"The first of {members} networks that answer together; the others are built alike."
        )
        return said.Network(
            nodes=nodes,
            edges=edges,
            folds=self._folds(list(wired.shapes)),
            parameters=sum(each.numel() for each in self.model.network.parameters()),
            depth=int((self.model.card.results.get("network") or {}).get("depth") or max(stages.values(), default=0)),
            members=members,
            note=f"{note} {wired.lost}".strip(),
        ).model_dump()

    def _folds(self, names: list[str]) -> list[said.Fold]:
        kinds = [words.kind_of(self.modules[name]) for name in names]
        return [
            said.Fold(
                title=f"{' · '.join(words.title(kind) for kind in kinds[start : start + length][:3])} ×{times}",
                times=times,
                copies=[names[start + k * length : start + (k + 1) * length] for k in range(times)],
            )
            for start, length, times in wiring.repeats(names, kinds)
        ]

    def _node(self, name: str, stage: int, units: Units | None) -> said.Node:
        module, shape = self.modules[name], list(self.wired.shapes[name] or ())
        kind, count = words.kind_of(module), _count(shape)
        found = None if units is None else units.layers.get(name)
        return said.Node(
            id=name, kind=kind, title=words.title(kind), stage=stage, shape=shape,
            parameters=sum(each.numel() for each in module.parameters()), units=count or None,
            dead=None if found is None else int(found.dead.sum()), does=words.does(kind, count),
        )  # fmt: skip

    def layer(self, layer: str, units: Units | None) -> Json:
        """One layer: settings, weights, and what it gives over some examples."""
        module = self._module(layer)
        kind, shape = words.kind_of(module), list(self.wired.shapes.get(layer) or ())
        weights = [each.detach().flatten() for name, each in module.named_parameters() if "bias" not in name]
        dead: Any = np.flatnonzero(units.layers[layer].dead) if units and layer in units.layers else []
        gave = self._gave(module)
        return said.Layer(
            id=layer,
            kind=kind,
            does=words.does(kind, _count(shape)),
            shape=shape,
            parameters=sum(each.numel() for each in module.parameters()),
            facts=_facts(module),
            weights=_histogram(torch.cat(weights).numpy()) if weights else None,
            activations=_histogram(gave) if len(gave) else None,
            dead=[int(each) for each in dead],
            note="" if len(gave) else "There are no examples to see what it gives.",
        ).model_dump()

    def _gave(self, module: nn.Module) -> Array:
        """What a layer gives for some examples, flat."""
        if self.subject.some is None:
            return np.zeros(0)
        found: list[Array] = []

        def see(_: nn.Module, inputs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) and output else output
            if isinstance(first, torch.Tensor) and first.is_floating_point():
                found.append(first.detach().flatten().numpy())

        with hooked([module], see), torch.inference_mode():
            self.subject.some()
        return np.concatenate(found) if found else np.zeros(0)

    def _module(self, layer: str) -> nn.Module:
        if layer not in self.modules:
            raise PlanError(f"There is no layer '{layer}'. {nearest(layer, self.modules)}")
        return self.modules[layer]


def _end(kind: str, each: End, stage: int) -> said.Node:
    return said.Node(
        id=f"{kind}.{each.name}", kind=kind, title=each.title, stage=stage, shape=list(each.shape), parameters=0, units=each.units, dead=None,
        does=each.does,
    )  # fmt: skip


def _count(shape: list[int]) -> int:
    """Channels of a map, neurons of a row of them; copies side by side count each."""
    return 0 if not shape else shape[0] if len(shape) >= 3 else math.prod(shape)


def _histogram(values: Array) -> shared.Histogram:
    known = values[np.isfinite(values)]
    counts, edges = np.histogram(known, BINS) if len(known) else (np.zeros(1), np.array([0.0, 1.0]))
    return shared.Histogram(edges=[float(each) for each in edges], counts=[int(each) for each in counts])


def _facts(module: nn.Module) -> list[said.Fact]:
    """Settings worth a word."""
    settings = {
        "kernel_size": "kernel", "stride": "stride", "padding": "padding", "groups": "groups", "in_features": "inputs",
        "out_features": "outputs", "in_channels": "channels in", "out_channels": "channels out", "p": "switched off while learning",
        "eps": "", "num_embeddings": "words", "embedding_dim": "numbers a word", "hidden_size": "memory", "bidirectional": "both ways",
    }  # fmt: skip
    found = []
    for name, called in settings.items():
        value = getattr(module, name, None)
        if called and value is not None and isinstance(value, (int, float, str, tuple, bool)):
            shown = " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            found.append(said.Fact(name=called, value=shown))
    return found
