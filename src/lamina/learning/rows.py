"""Encoded examples as tensors. A batch is one gather per array, never a visit per example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, Batch, Encoded


class Supply(Protocol):
    """What batches come from."""

    def batch(self, index: Tensor, device: torch.device) -> Batch: ...


@dataclass(slots=True)
class Rows:
    """All encoded rows. inputs: by name, values [N, *shape] and present [N]; targets and known [N] by name.

    copies: [N, k] bool, which copies within a network learn from which row; None: all from all.
    """

    inputs: dict[str, Encoded]
    targets: dict[str, Tensor]
    known: dict[str, Tensor]
    weight: Tensor
    copies: Tensor | None = None

    @classmethod
    def of(
        cls,
        inputs: Mapping[str, Encoded],
        targets: Mapping[str, tuple[Array, Array]],
        weight: Array | None = None,
    ) -> Rows:
        """From NumPy arrays, without copying them."""
        found = {
            name: Encoded(
                _tensor(each.values),
                _tensor(each.present),
                lengths=None if each.lengths is None else _tensor(each.lengths),
            )
            for name, each in inputs.items()
        }
        count = len(next(iter(found.values())).values)
        return cls(
            found,
            {name: _tensor(target) for name, (target, _) in targets.items()},
            {name: _tensor(known.astype(np.float32)) for name, (_, known) in targets.items()},
            torch.ones(count) if weight is None else _tensor(weight.astype(np.float32)),
        )

    def __len__(self) -> int:
        return len(self.weight)

    def batch(self, index: Tensor, device: torch.device) -> Batch:
        """The rows of `index` [B] on `device`."""

        def there(values: Tensor) -> Tensor:
            taken = values.index_select(0, index)
            return taken if device.type == "cpu" else taken.pin_memory().to(device, non_blocking=True)

        def taken(each: Encoded) -> Encoded:
            if each.lengths is None:
                return Encoded(there(each.values), there(each.present))
            lengths = each.lengths.index_select(0, index)
            longest = int(lengths.max()) if len(lengths) else 1
            return Encoded(there(each.values[:, :longest]), there(each.present), lengths=lengths.to(device))

        return Batch(
            {name: taken(each) for name, each in self.inputs.items()},
            {name: there(target) for name, target in self.targets.items()},
            {name: there(known) for name, known in self.known.items()},
            there(self.weight),
            None if self.copies is None else there(self.copies),
        )


def together(one: Encoded, other: Encoded) -> Encoded:
    """Rows of `one`, then of `other`; over time as long as the longest."""
    values = [one.values, other.values]
    present = torch.cat([one.present, other.present])
    if one.lengths is None:
        return Encoded(torch.cat(values), present)
    longest = max(each.shape[1] for each in values)
    values = [
        torch.cat([each, each.new_zeros((len(each), longest - each.shape[1], *each.shape[2:]))], 1) for each in values
    ]
    return Encoded(torch.cat(values), present, lengths=torch.cat([one.lengths, other.lengths]))


def cut(batch: Batch, pieces: int) -> list[Batch]:
    """A batch in `pieces` parts of about the same size."""
    if pieces == 1:
        return [batch]
    size = -(-len(batch) // pieces)

    def piece(start: int) -> Batch:
        part = slice(start, start + size)
        return Batch(
            {
                name: Encoded(
                    each.values[part],
                    each.present[part],
                    lengths=None if each.lengths is None else each.lengths[part],
                )
                for name, each in batch.inputs.items()
            },
            {name: target[part] for name, target in batch.targets.items()},
            {name: known[part] for name, known in batch.known.items()},
            batch.weight[part],
            None if batch.copies is None else batch.copies[part],
        )

    return [piece(start) for start in range(0, len(batch), size)]


def _tensor(values: Array) -> Tensor:
    if not values.flags.writeable:  # a read-only map of a file: torch wants to be told that nobody writes
        values = np.array(values)
    return torch.from_numpy(np.ascontiguousarray(values))
