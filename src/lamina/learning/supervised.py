"""Learning from labels: one part, one loss, whatever the inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Batch, Loss, Taught
from lamina.learning.augment import Augment
from lamina.networks._join import Join


class Supervised:
    """Every target's loss on the rows where somebody has said, weighted, as one sum with a count.

    A row's loss is the mean over the copies that learn from it, never the loss of their mean: each copy learns alone.
    mirrored: the classes of the only target whose pictures look the same in a mirror. half: multiply in bfloat16; losses and
    weights stay as they are.
    """

    whole_batch: ClassVar[bool] = False

    def __init__(
        self,
        network: Join,
        outputs: Mapping[str, Taught],
        smoothing: float = 0.0,
        augment: Augment | None = None,
        mirrored: Sequence[int] = (),
        half: bool = False,
    ) -> None:
        self.network = network
        self.outputs = outputs
        self.smoothing = smoothing
        self.augment = augment
        self.mirrored = torch.tensor(mirrored)
        self.half = half

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        inputs = batch.inputs if self.augment is None else self.augment(batch.inputs, self._same(batch))
        with torch.autocast(batch.weight.device.type, torch.bfloat16, enabled=self.half):
            raws, _ = self.network(inputs)
        weights = {name: batch.known[name] * batch.weight for name in self.outputs}
        each = {
            name: mean_of(output.losses(raws[name].float(), batch.targets[name], self.smoothing), batch.copies)
            for name, output in self.outputs.items()
        }
        total = sum((each[name] * weight).sum() for name, weight in weights.items())
        rows = sum(each[name].detach() * batch.known[name] for name in each)
        assert isinstance(total, Tensor)
        assert isinstance(rows, Tensor)
        count = sum(float(weight.sum()) for weight in weights.values()) / len(weights)
        yield Loss("network", total, count, rows)

    def _same(self, batch: Batch) -> Tensor:
        """[B] bool: rows whose pictures mean the same in a mirror; a row without a label does not say."""
        if not len(self.mirrored):
            return torch.zeros(len(batch), dtype=torch.bool, device=batch.weight.device)
        [name] = self.outputs
        return torch.isin(batch.targets[name], self.mirrored.to(batch.weight.device)) & (batch.known[name] > 0)


def mean_of(losses: Tensor, copies: Tensor | None) -> Tensor:
    """[B] from [B, k]: over the copies that learn from a row."""
    if copies is None:
        return losses.mean(1)
    taught = copies.to(losses.dtype)
    return (losses * taught).sum(1) / taught.sum(1).clamp_min(1)
