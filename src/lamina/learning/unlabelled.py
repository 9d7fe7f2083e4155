"""One training without labels: networks built and settled, teaching themselves, and asked for features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, Json, Layout, Progress, Recipe, chunks
from lamina.learning.loop import Loop
from lamina.learning.prepare import Prepared
from lamina.learning.self_taught import SelfTaught
from lamina.learning.trial import ASKED, JUDGED, SETTLING
from lamina.networks._build import beside
from lamina.networks._layered import Laid, Layered
from lamina.networks._map import WIDTH


class Unlabelled:
    """A network per input, their features beside each other. said: for each array its kind of network and options; begun:
    by array, weights that were learned before."""

    def __init__(
        self,
        prepared: Prepared,
        said: Mapping[str, Json],
        recipe: Recipe,
        seed: int,
        device: torch.device,
        begun: Mapping[str, Mapping[str, Tensor]] = MappingProxyType({}),
    ) -> None:
        self.prepared, self.recipe, self.seed, self.device = prepared, recipe, seed, device
        fold = prepared.folds[0]
        self.taught = fold.train
        self.judged = (fold.validation if len(fold.validation) else fold.train)[:JUDGED]
        self.loop: Loop | None = None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = beside(said, prepared.intake.forms)
            self._settle()
        for name, weights in begun.items():
            self.network.networks[name].load_state_dict(weights)
        self.network.to(device)
        self.method = SelfTaught(self.network)

    def _settle(self) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        index = torch.from_numpy(np.sort(np.random.default_rng(self.seed).permutation(self.taught)[:SETTLING]))
        for name, network in self.network.networks.items():
            assert isinstance(network, Layered)
            each = self.prepared.rows.inputs[name]
            there = index[each.present[index]]
            with torch.no_grad():
                network.settle(each.values[there], generator, *([] if each.lengths is None else [each.lengths[there]]))

    @property
    def learns(self) -> bool:
        """Whether there is anything to learn: frozen features are there already."""
        return bool(self.method.taught)

    @property
    def layout(self) -> Layout:
        """What the features are made of, with the columns that the values come from."""
        parts: list[tuple[str, int]] = []
        owners: list[tuple[str, str]] = []
        places = self.prepared.intake.positions
        for name, network in self.network.networks.items():
            assert isinstance(network, Layered)
            columns = [column for column, (group, where) in places.items() if group == name for _ in where or [0]]
            if isinstance(network, Laid):
                parts += network.parts.items()
                owners += [(columns[0], k) if isinstance(k, str) else (columns[k], "") for k in network.owners]
            else:
                parts.append(("values", network.width))
                owners += [(columns[0], "")] * network.width
        if self.network.map is not None:
            parts.append(("map", WIDTH))
        return Layout(tuple(parts), tuple(owners))

    def learn(
        self, steps: int, *, deadline: float | None = None, looks: int = 20, patient: bool = False, saved: Path | None
    ) -> Iterator[Progress]:
        """Teach it; the best weights on validation rows are in `network` at the end."""
        self.loop = Loop(
            self.method, self.prepared.rows, self.taught, self.recipe, steps=steps, judge=self.judge, seed=self.seed,
            device=self.device, judgements=looks, deadline=deadline, patient=patient, saved=saved,
        )  # fmt: skip
        yield from self.loop

    def pace(self, seconds: float) -> float:
        """Seconds per step, from running some; the network is of no use afterwards."""
        loop = Loop(self.method, self.prepared.rows, self.taught, self.recipe, steps=10**6, judge=self.judge)
        return loop.pace(seconds)

    def judge(self) -> tuple[float, float]:
        """The loss on validation rows, negated, and as it is. The same cells are hidden at every look."""
        total, count = 0.0, 0.0
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(self.seed)
            for piece in chunks(self.judged, ASKED):
                for loss in self.method.losses(self.prepared.rows.batch(torch.from_numpy(piece), self.device)):
                    total, count = total + float(loss.sum), count + loss.count
        mean = total / max(count, 1e-9)
        return -mean, mean

    def raw(self, rows: Array) -> Array:
        """Features [N, F] of these rows."""
        self.network.eval()
        found: list[Array] = []
        with torch.inference_mode():
            for piece in chunks(rows, ASKED):
                _, features = self.network(self.prepared.rows.batch(torch.from_numpy(piece), self.device).inputs)
                found.append(features.cpu().numpy())
        return np.concatenate(found) if found else np.zeros((0, self.layout.width), np.float32)
