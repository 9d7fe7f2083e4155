"""Learning without labels: each input's network teaches itself from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from torch import Tensor, nn

from lamina.core import Batch, Loss
from lamina.networks._join import Beside
from lamina.networks._layered import SelfTaught as Network


class SelfTaught:
    """The loss of every network that can teach itself, on the rows where its input is present, weighted."""

    whole_batch: ClassVar[bool] = False

    def __init__(self, network: Beside) -> None:
        self.network = network
        self.taught = {name: each for name, each in network.networks.items() if isinstance(each, Network)}

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        total: Tensor = batch.weight.sum() * 0
        count = 0.0
        for name, network in self.taught.items():
            each = batch.inputs[name]
            weight = batch.weight * each.present.to(batch.weight.dtype)
            total = total + (network.losses(each.values) * weight).sum()
            count += float(weight.sum())
        yield Loss("network", total, count)
