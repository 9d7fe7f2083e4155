"""What a discriminator's pictures go through so that it cannot learn them by heart: changes that gradients pass."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample


def disturb(x: Tensor, strength: float, mirrored: bool = True) -> Tensor:
    """Pictures [B, C, H, W], each changed in each way with this probability (adaptive augmentation, Karras et al. 2020).

    mirrored: whether some are seen in a mirror: not where sentences say what is on the left. A generator does not learn the
    changes as long as most pictures come unchanged: `strength` must stay below 0.8.

    >>> disturb(torch.zeros(2, 1, 4, 4), 0.0).shape
    torch.Size([2, 1, 4, 4])
    """
    if strength <= 0:
        return x
    return covered(shaded(moved(x, strength, mirrored), strength), strength)


def moved(x: Tensor, strength: float, mirrored: bool = True) -> Tensor:
    """Mirrored, where that is allowed; moved, turned and stretched a little; the edge is repeated outwards."""
    rows, device = len(x), x.device

    def some() -> Tensor:
        return torch.rand(rows, device=device) < strength

    mirror = torch.where(some() & (torch.rand(rows, device=device) < 0.5 * mirrored), -1.0, 1.0)
    angle = torch.where(some(), (torch.rand(rows, device=device) * 2 - 1) * math.pi / 12, 0.0)
    size = torch.where(some(), torch.exp2(0.2 * torch.randn(rows, device=device)), 1.0)
    right, down = (torch.where(some(), (torch.rand(rows, device=device) * 2 - 1) / 4, 0.0) for _ in range(2))
    cos, sin = angle.cos() * size, angle.sin() * size
    tall = x.shape[2] / x.shape[3]
    across = torch.stack([cos * mirror, -sin * tall, right], 1)
    along = torch.stack([sin * mirror / tall, cos, down], 1)
    grid = affine_grid(torch.stack([across, along], 1), list(x.shape), align_corners=False)
    return grid_sample(x.float(), grid.float(), padding_mode="border", align_corners=False)


def shaded(x: Tensor, strength: float) -> Tensor:
    """Brighter or darker, with more or less contrast, and of pictures in colour more or less colourful."""
    shape = (len(x), 1, 1, 1)

    def some() -> Tensor:
        return torch.rand(shape, device=x.device) < strength

    x = x + torch.where(some(), 0.2 * torch.randn(shape, device=x.device), 0.0)
    x = x * torch.where(some(), torch.exp2(0.4 * torch.randn(shape, device=x.device)), 1.0)
    if x.shape[1] == 1:
        return x
    grey = x.mean(1, keepdim=True)
    return grey + (x - grey) * torch.where(some(), torch.exp2(torch.randn(shape, device=x.device)), 1.0)


def covered(x: Tensor, strength: float, share: float = 0.5) -> Tensor:
    """A square of half the side is grey; it may lie partly outside."""
    rows, _, height, width = x.shape
    reach = torch.where(torch.rand(rows, 1, device=x.device) < strength, share * min(height, width) / 2, 0.0)
    middle = torch.rand(2, rows, 1, device=x.device)
    within = [
        (torch.arange(side, device=x.device) + 0.5 - side * at).abs() < reach
        for side, at in zip((height, width), middle, strict=True)
    ]
    return x.masked_fill((within[0][:, :, None] & within[1][:, None, :])[:, None], 0)
