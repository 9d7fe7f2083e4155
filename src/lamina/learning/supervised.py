"""Learning from labels: one part, one loss, whatever the inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from torch import Tensor, nn

from lamina.core import Batch, Loss, Taught
from lamina.learning.augment import Augment
from lamina.networks._join import Join


class Supervised:
    """Every target's loss on the rows where somebody has said, weighted, as one sum with a count."""

    whole_batch: ClassVar[bool] = False

    def __init__(
        self, network: Join, outputs: Mapping[str, Taught], smoothing: float = 0.0, augment: Augment | None = None
    ) -> None:
        self.network = network
        self.outputs = outputs
        self.smoothing = smoothing
        self.augment = augment

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        inputs: dict[str, Tensor] = {name: each.values for name, each in batch.inputs.items()}
        if self.augment is not None:
            inputs = {name: self.augment(values) for name, values in inputs.items()}
        raws, _ = self.network(inputs, {name: each.present for name, each in batch.inputs.items()})
        weights = {name: batch.known[name] * batch.weight for name in self.outputs}
        total = sum(
            (output.losses(raws[name], batch.targets[name], self.smoothing) * weights[name]).sum()
            for name, output in self.outputs.items()
        )
        assert isinstance(total, Tensor)
        count = sum(float(weight.sum()) for weight in weights.values()) / len(weights)
        yield Loss("network", total, count)
