"""What a training with unlabelled rows begins with: weights that were learned without labels, or what near rows say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array
from lamina.learning.graph import Graph, turned
from lamina.learning.spreading import lead, method_for, spread
from lamina.outputs._scores import softmax


@dataclass(frozen=True, slots=True)
class Ties:
    """rows: [N] that the graph ties, ascending."""

    rows: Array
    graph: Graph

    @classmethod
    def of(cls, rows: Array, features: Array, rng: np.random.Generator) -> Ties:
        """rows: ascending; features: [N, F] of them, that no label had a say in."""
        return cls(rows, Graph.of(turned(features, rng), rng))

    def told(self, taught: Array, labels: Array, asked: Array, classes: int) -> Tensor:
        """[n, K] how likely each class is for the rows `asked`, by the labels [m] of the rows `taught` alone: spread to what is near."""
        raw = spread(self.graph.ties, self._places(taught), labels, classes, method_for(labels))
        return torch.from_numpy(softmax(raw[self._places(asked)] * lead(raw)).astype(np.float32))

    def _places(self, rows: Array) -> Array:
        return np.searchsorted(self.rows, rows)


@dataclass(frozen=True, slots=True)
class Beginning:
    """weights: of the network, by input. ties: by which near rows say what a row is."""

    weights: Mapping[str, Mapping[str, Tensor]]
    ties: Ties | None = None
