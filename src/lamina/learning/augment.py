"""Changes that keep the label, one function per change, on whole batches [B, H, W, C] of bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Change = Callable[[Tensor], Tensor]


def flip(x: Tensor) -> Tensor:
    """Left-right, half of the rows."""
    mirrored = torch.rand(len(x), device=x.device) < 0.5
    return torch.where(mirrored[:, None, None, None], x.flip(2), x)


def shift(x: Tensor, share: float = 0.08) -> Tensor:
    """Up to `share` of the side in both directions; what comes in repeats the edge."""
    rows, height, width, _ = x.shape
    reach = max(1, round(share * min(height, width)))
    down, right = (torch.randint(-reach, reach + 1, (rows, 1), device=x.device) for _ in range(2))
    y = (torch.arange(height, device=x.device) + down).clamp(0, height - 1)
    z = (torch.arange(width, device=x.device) + right).clamp(0, width - 1)
    return x[torch.arange(rows, device=x.device)[:, None, None], y[:, :, None], z[:, None, :]]


CHANGES: dict[str, Change] = {"flip": flip, "shift": shift}


class Augment:
    """The named changes one after the other, on pictures only; other inputs pass unchanged.

    Randomness is torch's, which the loop seeds at every step, so that a resumed run continues with the same changes.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.changes = [CHANGES[name] for name in names]

    def __call__(self, x: Tensor) -> Tensor:
        if x.ndim == 4 and x.dtype == torch.uint8:
            for change in self.changes:
                x = change(x)
        return x
