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


def shift(x: Tensor, share: float = 0.04) -> Tensor:
    """Up to `share` of the side (at least one pixel) in both directions; what comes in repeats the edge."""
    rows, height, width, _ = x.shape
    reach = max(1, round(share * min(height, width)))
    beyond = torch.arange(-reach, max(height, width) + reach, device=x.device)
    padded = x[:, beyond[: height + 2 * reach].clamp(0, height - 1)][
        :, :, beyond[: width + 2 * reach].clamp(0, width - 1)
    ]
    windows = padded.unfold(1, height, 1).unfold(2, width, 1)  # a view [B, 2r+1, 2r+1, C, H, W]
    down, right = torch.randint(0, 2 * reach + 1, (2, rows), device=x.device)
    return windows[torch.arange(rows, device=x.device), down, right].permute(0, 2, 3, 1)


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
