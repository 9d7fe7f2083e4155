"""Learning a language: at every token, what comes next. The memory is carried from step to step, the gradient is not
(truncated backpropagation through time, Williams & Peng 1990)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Batch, Loss
from lamina.learning.streams import NEXT, TEXT
from lamina.networks._writer import Writer

FORGET = 0.02  # share of the streams whose memory is emptied at each step


class Remembering(nn.Module):
    """A writer with what it remembers of each stream: kept with the weights, so that a resumed run remembers it too."""

    hidden: Tensor
    cell: Tensor

    def __init__(self, writer: Writer, streams: int) -> None:
        super().__init__()
        self.writer = writer
        layers, units = writer.memory
        self.register_buffer("hidden", torch.zeros(layers, streams, units))
        self.register_buffer("cell", torch.zeros(layers, streams, units))


class NextToken:
    """half: multiply in bfloat16, which some processors do in half the time; weights and sums stay as they are.

    Now and then a stream forgets all it has read, as before a text begins: a network that has only ever read on may be lost,
    for good, when it is to begin with nothing.
    """

    whole_batch: ClassVar[bool] = True  # the rows are the streams, whose memory lies side by side

    def __init__(self, student: Remembering, half: bool) -> None:
        self.student, self.half = student, half

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.student}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        student, target = self.student, batch.targets[NEXT]
        with torch.autocast(target.device.type, torch.bfloat16, enabled=self.half):
            kept = (torch.rand(len(target), 1, device=target.device) >= FORGET).float()
            logits, hidden, cell = student.writer(batch.inputs[TEXT].values, student.hidden * kept, student.cell * kept)
        each = nn.functional.cross_entropy(logits.flatten(0, 1).float(), target.flatten(), reduction="sum")
        with torch.no_grad():
            student.hidden.copy_(hidden)
            student.cell.copy_(cell)
        yield Loss("network", each, float(target.numel()))
