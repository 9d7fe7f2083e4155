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
from lamina.insight.question import tensors
from lamina.insight.units import Units
from lamina.model.cells import Cells
from lamina.model.model import Model
from lamina.model.usual import usual
from lamina.page import answering, wiring, words
from lamina.page.data import Data
from lamina.page.schema import network as said
from lamina.page.schema import shared

SEEN, VALUES = 128, 2**22  # examples whose activations are counted, and values that all of them have, at most
BINS = 40


class Layout:
    """The first member of a model's network, laid out."""

    def __init__(self, model: Model, data: Data) -> None:
        self.model, self.data = model, data
        self.member: nn.Module = model.network.members[0]
        self.modules: dict[str, nn.Module] = {
            name: each for name, each in self.member.named_modules() if not list(each.children())
        }

    @cached_property
    def wired(self) -> wiring.Wiring:
        return wiring.wire(self.member, tensors(self._example()))

    def network(self, units: Units | None) -> Json:
        """The map of the first member."""
        wired = self.wired
        forms = self.model.intake.forms
        names = [f"input.{name}" for name in forms] + list(wired.shapes)
        edges = list(wired.edges)
        ends = []
        for each in self.model.card.taught:
            ends.append(f"output.{each['column']}")
            edges += [(source, ends[-1]) for source in wired.ends.get(each["name"], [])]
        for each in self.model.card.found:
            ends.append(f"output.{each['column']}")
            edges += [(source, ends[-1]) for source in wired.ends.get("", [])]
        stages = wiring.stages([*names, *ends], edges)
        nodes = [self._input(name, stages[f"input.{name}"]) for name in forms]
        nodes += [self._node(name, stages[name], units) for name in wired.shapes]
        nodes += [self._output(name, stages[name]) for name in ends]
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

    def _input(self, name: str, stage: int) -> said.Node:
        form = self.model.intake.forms[name]
        columns = self.model.intake.groups[name]
        called = columns[0] if len(columns) == 1 else f"{len(columns)} columns"
        return said.Node(
            id=f"input.{name}", kind="input", title=called, stage=stage, shape=list(form.shape), parameters=0, units=None, dead=None,
            does=words.about_input(form.kind, form.shape),
        )  # fmt: skip

    def _output(self, name: str, stage: int) -> said.Node:
        column = name.removeprefix("output.")
        output: Any = self.model.outputs.get(column)
        count = len(getattr(output, "classes", ()) or ()) or 1
        does = words.about_output(output) if output is not None else "What it finds in the features, without labels."
        return said.Node(
            id=name,
            kind="output",
            title=column,
            stage=stage,
            shape=[count],
            parameters=0,
            units=count,
            dead=None,
            does=does,
        )

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
        if self.data.examples is None:
            return np.zeros(0)
        rows = np.sort(
            answering.sample(
                self.data, next(iter(self.model.outputs), None), answering.affordable(self.model, SEEN, VALUES)
            )
        )
        found: list[Array] = []

        def see(_: nn.Module, inputs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) and output else output
            if isinstance(first, torch.Tensor) and first.is_floating_point():
                found.append(first.detach().flatten().numpy())

        with hooked([module], see), torch.inference_mode():
            self.member(tensors(self.model.intake.encode(self.data.examples, rows)))
        return np.concatenate(found) if found else np.zeros(0)

    def _module(self, layer: str) -> nn.Module:
        if layer not in self.modules:
            raise PlanError(f"There is no layer '{layer}'. {nearest(layer, self.modules)}")
        return self.modules[layer]

    def _example(self) -> Any:
        """One encoded row: of the data, else a usual one."""
        if self.data.examples is not None and len(self.data):
            return self.model.intake.encode(self.data.examples, np.array([0]))
        return self.model.intake.encode(Cells.settle([usual(self.model)], self.model.intake.holds))


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
