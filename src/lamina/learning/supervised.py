"""Learning from labels: one part, one loss, whatever the inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Batch, Encoded, Loss, Taught
from lamina.learning.augment import Augment
from lamina.learning.mixup import pairs, together
from lamina.networks._join import Join


class Supervised:
    """Every target's loss on the rows where somebody has said, weighted, as one sum with a count.

    A row's loss is the mean over the copies that learn from it, never the loss of their mean: each copy learns alone.
    mirrored: the classes of the only target whose pictures look the same in a mirror. half: multiply in bfloat16; losses and
    weights stay as they are. mixed: the share of the rows that are heard together with another one, where all inputs are sounds,
    no number is asked for, and no copies are kept from rows.
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
        mixed: float = 0.0,
    ) -> None:
        self.network = network
        self.outputs = outputs
        self.smoothing = smoothing
        self.augment = augment
        self.mirrored = torch.tensor(mirrored)
        self.half = half
        self.mixed = mixed

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        inputs = batch.inputs if self.augment is None else self.augment(batch.inputs, self._same(batch))
        voices: list[tuple[Tensor | slice, Tensor | float]] = [(slice(None), 1.0)]  # whose labels count, and how much
        if batch.copies is None and self._mixes(inputs):
            two = pairs(len(batch), self.mixed, batch.weight.device)
            inputs = {name: together(each, two) for name, each in inputs.items()}
            voices = [(slice(None), two.share), (two.partner, 1 - two.share)]
        with torch.autocast(batch.weight.device.type, torch.bfloat16, enabled=self.half):
            raws, _ = self.network(inputs)
        total, rows, count = torch.zeros((), device=batch.weight.device), torch.zeros_like(batch.weight), 0.0
        for name, output in self.outputs.items():
            raw, target, known = raws[name].float(), batch.targets[name], batch.known[name]
            for whose, share in voices:
                each = mean_of(output.losses(raw, target[whose], self.smoothing), batch.copies)
                weight = share * (known * batch.weight)[whose]
                total = total + (each * weight).sum()
                rows += share * each.detach() * known[whose]
                count += float(weight.sum()) / len(self.outputs)
        yield Loss("network", total, count, rows)

    def _mixes(self, inputs: Mapping[str, Encoded]) -> bool:
        """Whether rows are heard together with others."""
        sounds = self.mixed > 0 and self.augment is not None and self.augment.heard(inputs)
        return sounds and all(output.holds != "number" for output in self.outputs.values())

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
