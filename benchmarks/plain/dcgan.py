"""A plain DCGAN in torch with the published settings, given the label: learns for some seconds of the processors, then
writes as many pictures of every label as there are among the test pictures.

Radford et al. 2016: convolutions of stride 2, batch normalisation, ReLU and leaky ReLU of .2, tanh, weights of spread .02,
noise of 100, batches of 128, Adam with rate 2e-4 and first beta .5. Channels and the label beside noise and pixels as in
torch's own example and Mirza & Osindero 2014. Pictures are padded to 32 pixels a side.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from idx import idx
from torch import Tensor, nn

NOISE, WIDE, BATCH, SIDE = 100, 64, 128, 32


def begun(module: nn.Module) -> None:
    """Weights as published."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def generator(inputs: int, channels: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.ConvTranspose2d(inputs, 4 * WIDE, 4, bias=False), nn.BatchNorm2d(4 * WIDE), nn.ReLU()]
    for wide in (2 * WIDE, WIDE):
        layers += [nn.ConvTranspose2d(2 * wide, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(WIDE, channels, 4, 2, 1, bias=False), nn.Tanh()).apply(begun)


def discriminator(inputs: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(inputs, WIDE, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for wide in (WIDE, 2 * WIDE):
        layers += [nn.Conv2d(wide, 2 * wide, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * wide), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(4 * WIDE, 1, 4, bias=False), nn.Flatten(0)).apply(begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processor-seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    pictures, labels = (
        torch.from_numpy(idx(asked.data / f"train-{name}-ubyte.gz").copy()) for name in ("images-idx3", "labels-idx1")
    )
    margin = (SIDE - pictures.shape[1]) // 2
    real = nn.functional.pad(pictures.float() / 127.5 - 1, [margin] * 4, value=-1.0)[:, None]
    kinds = int(labels.max()) + 1
    coded = torch.eye(kinds)
    maker, judge = generator(NOISE + kinds, 1), discriminator(1 + kinds)
    optimisers = [torch.optim.Adam(each.parameters(), 2e-4, (0.5, 0.999)) for each in (judge, maker)]
    entropy = nn.functional.binary_cross_entropy_with_logits
    steps, begin = 0, time.process_time()

    def seen(x: Tensor, label: Tensor) -> Tensor:
        found: Tensor = judge(torch.cat([x, label[:, :, None, None].expand(-1, -1, SIDE, SIDE)], 1))
        return found

    def made(label: Tensor) -> Tensor:
        found: Tensor = maker(torch.cat([torch.randn(len(label), NOISE), label], 1)[:, :, None, None])
        return found

    while time.process_time() - begin < asked.processor_seconds:
        rows = torch.randint(len(real), (BATCH,))
        label, ones = coded[labels[rows].long()], torch.ones(BATCH)
        new = made(label)
        loss = entropy(seen(real[rows], label), ones) + entropy(seen(new.detach(), label), 1 - ones)
        judge.zero_grad()
        loss.backward()
        optimisers[0].step()
        loss = entropy(seen(new, label), ones)
        maker.zero_grad()
        loss.backward()
        optimisers[1].step()
        steps += 1
    maker.eval()
    test = torch.from_numpy(idx(asked.data / "t10k-labels-idx1-ubyte.gz").astype(np.int64))
    asked_for = torch.arange(kinds).repeat_interleave(torch.bincount(test))
    with torch.no_grad():
        found = torch.cat([made(coded[some]) for some in asked_for.split(500)])[:, 0]
    inner = slice(margin, SIDE - margin)
    bytes_ = ((found[:, inner, inner] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    np.savez(asked.out, pictures=bytes_.numpy()[..., None], labels=asked_for.numpy())
    print(json.dumps({"steps": steps}))


if __name__ == "__main__":
    main()
