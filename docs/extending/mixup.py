"""Mixup: learning from rows blended in pairs (Zhang et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Batch, Loss, Taught
from lamina.networks._join import Join


class Mixup:
    """Each row is blended with another one of the batch, and so are their losses.

    `whole_batch`: a row's loss depends on its partner, so the loop must not split the batch.
    """

    whole_batch: ClassVar[bool] = True

    def __init__(self, network: Join, outputs: Mapping[str, Taught]) -> None:
        self.network = network
        self.outputs = outputs

    def parts(self) -> Mapping[str, nn.Module]:
        """What has an optimiser of its own: one part here; a GAN has two."""
        return {"network": self.network}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        """One loss per part and turn. The loop goes back and takes a step after each."""
        other = torch.randperm(len(batch))
        share = 0.5 + 0.5 * torch.rand(())  # of the row itself
        inputs = {
            name: replace(x, values=share * x.values + (1 - share) * x.values[other])
            for name, x in batch.inputs.items()
        }
        raws, _ = self.network(inputs)
        total, count = torch.zeros(()), 0.0
        for name, output in self.outputs.items():
            for part, rows in ((share, slice(None)), (1 - share, other)):
                weight: Tensor = part * batch.known[name][rows] * batch.weight[rows]
                each = output.losses(raws[name], batch.targets[name][rows], 0.0)  # [B, k]: per row and copy
                total = total + (each.mean(1) * weight).sum()
                count += float(weight.sum())
        yield Loss("network", total, count)  # a sum and a count, never a mean
