"""Learning a map without labels: near examples are drawn together, all others apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Batch, Loss

ROW = "row"


class Neighbourly:
    """Of all rows of a batch, a row's own neighbour is to be the nearest on the map: contrastive neighbour embedding with
    the heavy-tailed similarity of t-SNE (Damrich et al. 2023; Böhm et al. 2023), through a network (Sainburg et al. 2021).

    features: [N, F] of all rows; neighbours: [N, k] rows that are near each. A batch says which rows are in it.
    """

    whole_batch: ClassVar[bool] = True

    def __init__(self, network: nn.Module, features: Tensor, neighbours: Tensor) -> None:
        self.network, self.features, self.neighbours = network, features, neighbours

    def parts(self) -> Mapping[str, nn.Module]:
        return {"map": self.network}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        rows = batch.inputs[ROW].values[:, 0].long().cpu()
        partner = self.neighbours[rows, torch.randint(self.neighbours.shape[1], (len(rows),))]
        device = batch.weight.device
        places, others = (self.network(self.features[each].to(device)) for each in (rows, partner))
        away = (places[:, None] - others[None]).square().sum(2)
        near = -torch.log1p(away)
        truth = torch.arange(len(rows), device=device)
        entropy = nn.functional.cross_entropy
        total = entropy(near, truth, reduction="sum") + entropy(near.T, truth, reduction="sum")
        yield Loss("map", total / 2, len(rows))
