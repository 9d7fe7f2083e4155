"""A map of the examples: which are near each other, and a network that learns to keep them near."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from lamina.core import Array, Encoded, Progress, Recipe
from lamina.learning.loop import Loop
from lamina.learning.neighbourly import ROW, Neighbourly
from lamina.learning.rows import Rows
from lamina.learning.unlabelled import Unlabelled
from lamina.networks._map import Map

NEAR = 15  # neighbours of each example
MOST = 60_000  # examples that the map is learned from
AXES = 64  # that features are turned to and cut down to before neighbours are sought
JUDGED = 512
RECIPE = Recipe(rate=2e-3, batch=1024, epochs=40, schedule="cosine", weight_decay=1e-4, most=3.0)
LEAST = 1500  # steps, where nobody asks for fewer


class Mapping:
    """Learns the map of a training that has ended; the map is part of its network then."""

    def __init__(self, trial: Unlabelled) -> None:
        self.trial = trial
        layout = trial.layout
        starts = np.cumsum([0, *(width for _, width in layout.parts)]).tolist()
        self.spans = [
            [start, start + width]
            for (name, width), start in zip(layout.parts, starts, strict=False)
            if name == "values"
        ]
        rng = np.random.default_rng(trial.seed)
        self.rows = np.sort(rng.permutation(trial.taught)[:MOST])
        self.features = torch.from_numpy(trial.raw(self.rows))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(trial.seed)
            self.map = Map(self.spans)
        self.map.settle(self.features)
        self.map.to(trial.device)
        seen = ((self.map.cut(self.features) - self.map.center.cpu()) / self.map.scale.cpu()).numpy()
        self.neighbours = torch.from_numpy(near(seen))
        self.method = Neighbourly(self.map, self.features, self.neighbours)
        count = len(self.rows)
        row = Encoded(torch.arange(count, dtype=torch.float64)[:, None], torch.ones(count, dtype=torch.bool))
        self.encoded = Rows({ROW: row}, {}, {}, torch.ones(count))
        self.recipe = RECIPE
        self.judged = torch.from_numpy(rng.permutation(count)[:JUDGED])
        self.loop: Loop | None = None

    def learn(self, steps: int, deadline: float | None, saved: Path | None) -> Iterator[Progress]:
        """Teach it, and make it part of the network."""
        self.trial.network.map = self.map
        self.loop = self._loop(steps, deadline, saved)
        yield from self.loop

    def steps(self, left: float | None) -> int:
        """As many as fit into the seconds that are left; else as many as the rows ask for."""
        own = max(LEAST, RECIPE.steps(len(self.rows)))
        if left is None:
            return own
        before = {name: tensor.clone() for name, tensor in self.map.state_dict().items()}
        pace = self._loop(10**6, None, None).pace(min(1.0, 0.05 * left))
        self.map.load_state_dict(before)
        return max(100, min(round(RECIPE.most * own), int(0.9 * left / pace)))

    def _loop(self, steps: int, deadline: float | None, saved: Path | None) -> Loop:
        return Loop(
            self.method, self.encoded, np.arange(len(self.rows)), RECIPE, steps=steps, judge=self.judge,
            seed=self.trial.seed, device=self.trial.device, judgements=10, deadline=deadline, saved=saved,
        )  # fmt: skip

    def judge(self) -> tuple[float, float]:
        """The loss on some rows, negated, and as it is."""
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            [loss] = self.method.losses(self.encoded.batch(self.judged, self.trial.device))
        mean = float(loss.sum) / max(loss.count, 1)
        return -mean, mean


def near(features: Array) -> Array:
    """[N, k] the nearest other rows of each, along the axes on which rows differ most."""
    from sklearn.neighbors import NearestNeighbors

    x = features.astype(np.float32)
    if x.shape[1] > AXES:
        _, axes = np.linalg.eigh(x.T @ x / len(x))
        x = x @ axes[:, -AXES:]
    index = NearestNeighbors(n_neighbors=min(NEAR, len(x) - 1), algorithm="brute").fit(x)
    found: Array = index.kneighbors(return_distance=False).astype(np.int64)
    return found
