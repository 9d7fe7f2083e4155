"""Steps that turn every layer's weights by the same amount in all directions (Muon, Jordan et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

ROUNDS = 3  # of Newton-Schulz: singular values need not come nearer to 1 than this brings them
COEFFICIENTS = 3.4445, -4.775, 2.0315  # the quintic that lifts small singular values fastest


class Muon(Optimizer):
    """For weights of layers that a normalisation follows, which makes their scale meaningless: it is fixed.

    The running mean of the gradient, as a matrix [outputs, everything else], is brought to singular values near 1, so
    that rare directions are learned as fast as common ones. lr: the share of a layer's weights that one step changes.
    """

    def __init__(self, groups: Iterable[dict[str, object]], momentum: float) -> None:
        super().__init__(groups, {"lr": 0.1, "momentum": momentum})

    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
                mean.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(mean, group["momentum"])  # Nesterov's
                weight.mul_(len(weight) ** 0.5 / weight.norm().clamp_min(1e-7))
                weight.sub_(orthogonal(ahead.flatten(1)).view_as(weight), alpha=group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix with singular values near 1 in place of its own, by a few products instead of a decomposition."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / (found.norm() + 1e-7)
    for _ in range(ROUNDS):
        square = found @ found.T
        found = torch.addmm(found, torch.addmm(square, square, square, beta=b, alpha=c), found, beta=a)
    return found.T if tall else found
