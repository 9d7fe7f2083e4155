"""MNIST in plain torch, as fast as we can make it: 99.0 % on the official test images after one pass over the others.

A narrow network of strided convolutions in channels_last, Adam with a one-cycle rate, moves by a pixel, label smoothing.
What costs seconds besides learning is left out too: torch's optimisers would import its compiler, so Adam is written out,
and a batch is one gather from tensors of bytes, not a loader's work. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

START = time.perf_counter()  # imports count
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from idx import idx  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn.functional import cross_entropy, pad  # noqa: E402

EPOCHS, BATCH, RATE, BETAS, SMOOTHING = 1, 256, 0.01, (0.7, 0.9), 0.1
RISE = 0.2  # share of the steps that the rate goes up


def pictures(data: Path, part: str) -> tuple[Tensor, Tensor]:
    """Pixels [N, 1, 28, 28] of bytes and labels [N]."""
    x, y = idx(data / f"{part}-images-idx3-ubyte.gz"), idx(data / f"{part}-labels-idx1-ubyte.gz")
    return torch.from_numpy(x.copy())[:, None], torch.from_numpy(y.astype(np.int64))


def network() -> nn.Sequential:
    """28 × 28 to 14, 7 and 4 pixels a side; 16, 32 and 64 channels; 156,282 parameters."""
    layers: list[nn.Module] = []
    for inside, outside, kernel in ((1, 16, 5), (16, 32, 3), (32, 64, 3)):
        layers += [
            nn.Conv2d(inside, outside, kernel, 2, kernel // 2, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(True),
        ]
    dense = [
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 128, bias=False),
        nn.BatchNorm1d(128),
        nn.ReLU(True),
        nn.Linear(128, 10),
    ]
    return nn.Sequential(*layers, *dense).to(memory_format=torch.channels_last)


def standard(x: Tensor) -> Tensor:
    return (x.float() - 33.3) / 78.6


def moved(x: Tensor) -> Tensor:
    """Each picture by up to a pixel in both directions."""
    windows = pad(x, (1, 1, 1, 1)).unfold(2, 28, 1).unfold(3, 28, 1)  # a view [B, 1, 3, 3, 28, 28]
    down, right = torch.randint(0, 3, (2, len(x)))
    return windows[torch.arange(len(x)), :, down, right]


def learn(net: nn.Sequential, x: Tensor, y: Tensor) -> None:
    parameters = list(net.parameters())
    means, squares = ([torch.zeros_like(each) for each in parameters] for _ in range(2))
    counts = [torch.zeros(()) for _ in parameters]
    steps = EPOCHS * (len(x) // BATCH)
    order = torch.cat([torch.randperm(len(x)) for _ in range(EPOCHS)])
    for step in range(steps):
        rows = order[step * BATCH : (step + 1) * BATCH]
        loss = cross_entropy(net(standard(moved(x[rows]))), y[rows], label_smoothing=SMOOTHING)
        gradients = torch.autograd.grad(loss, parameters)
        t = step / steps
        rate = RATE * (0.1 + 0.9 * t / RISE if t < RISE else (1 - t) / (1 - RISE))
        with torch.no_grad():
            torch._foreach_add_(counts, 1)
            torch._fused_adam_(
                parameters, gradients, means, squares, [], counts,
                lr=rate, beta1=BETAS[0], beta2=BETAS[1], weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False,
            )  # fmt: skip


def accuracy(net: nn.Sequential, x: Tensor, y: Tensor) -> float:
    net.eval()
    with torch.inference_mode():
        right = sum(
            int((net(standard(a)).argmax(1) == b).sum()) for a, b in zip(x.split(500), y.split(500), strict=True)
        )
    return right / len(y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the four IDX files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chosen", action="store_true", help="learn from 50,000 images and answer the other 10,000")
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    x, y = pictures(asked.data, "train")
    net = network()
    if asked.chosen:
        learn(net, x[:50_000], y[:50_000])
        found = accuracy(net, x[50_000:], y[50_000:])
    else:
        learn(net, x, y)
        found = accuracy(net, *pictures(asked.data, "t10k"))
    seconds = time.perf_counter() - START
    print(json.dumps({"accuracy": found, "seconds": seconds, "threads": torch.get_num_threads(), "seed": asked.seed}))


if __name__ == "__main__":
    main()
