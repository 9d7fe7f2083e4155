"""A method is parts and losses: the loop learns one of two parts without knowing that there are two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Batch, Encoded, Loss, Recipe
from lamina.learning.loop import Loop
from lamina.learning.rows import Rows


class Adversarial:
    """Noise to numbers that a judge cannot tell from real ones (Goodfellow et al. 2014), on one column."""

    whole_batch: ClassVar[bool] = True

    def __init__(self) -> None:
        self.generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
        self.judge = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

    def parts(self) -> Mapping[str, nn.Module]:
        return {"judge": self.judge, "generator": self.generator}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        entropy = nn.functional.binary_cross_entropy_with_logits
        real = batch.inputs["x"].values
        made: Tensor = self.generator(torch.randn(len(batch), 4))
        seen = torch.cat([self.judge(real), self.judge(made.detach())])
        truth = torch.cat([torch.ones(len(batch), 1), torch.zeros(len(batch), 1)])
        yield Loss("judge", entropy(seen, truth, reduction="sum"), len(batch))
        fooled = self.judge(made)
        yield Loss("generator", entropy(fooled, torch.ones_like(fooled), reduction="sum"), len(batch))


def test_two_parts_learn_in_the_same_loop() -> None:
    torch.manual_seed(0)
    real = np.random.default_rng(0).normal(3.0, 0.5, (512, 1)).astype(np.float32)
    rows = Rows.of({"x": Encoded(real, np.ones(512, bool))}, {})
    method = Adversarial()
    before = {name: [p.detach().clone() for p in part.parameters()] for name, part in method.parts().items()}

    def made() -> Tensor:
        with torch.no_grad():
            found: Tensor = method.generator(torch.randn(1000, 4, generator=torch.Generator().manual_seed(0)))
        return found

    def judge() -> tuple[float, float]:
        off = abs(float(made().mean()) - 3.0)
        return -off, off

    start = judge()[1]
    loop = Loop(
        method, rows, np.arange(512), Recipe(rate=5e-3, batch=64, epochs=1, betas=(0.5, 0.9)), steps=300, judge=judge
    )
    said = list(loop)
    assert said[-1].step == 300
    for name, part in method.parts().items():
        assert all(not torch.equal(old, new) for old, new in zip(before[name], part.parameters(), strict=True)), name
    assert start > 2
    assert judge()[1] < 0.5  # what is made lies where the real numbers lie
    assert loop.best.value == judge()[1]  # and these are the best weights of both parts


def test_a_loss_moves_its_own_part_only() -> None:
    torch.manual_seed(0)
    rows = Rows.of({"x": Encoded(np.ones((8, 1), np.float32), np.ones(8, bool))}, {})

    class Half(Adversarial):
        def losses(self, batch: Batch) -> Iterator[Loss]:
            yield Loss("generator", self.judge(self.generator(torch.randn(len(batch), 4))).sum(), len(batch))

    method = Half()
    judge = [p.detach().clone() for p in method.judge.parameters()]
    list(Loop(method, rows, np.arange(8), Recipe(rate=0.01, batch=8, epochs=1), steps=3, judge=lambda: (0.0, 0.0)))
    assert all(torch.equal(old, new) for old, new in zip(judge, method.judge.parameters(), strict=True))
