"""Learning features of pictures without labels: a picture is known again when it is changed."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Batch, Encoded, Form, Loss, Progress, Recipe, chunks
from lamina.learning.augment import Augment
from lamina.learning.loop import Loop
from lamina.learning.rows import Rows
from lamina.networks.cnn import Cnn

HEAT = 0.3  # by which likeness is divided: the less, the more the likest others count
PLACES = 64  # numbers that views are compared by
HIDDEN = 256
CHANGES = ("turn", "turn", "shift")  # nobody knows which pictures mean the same in a mirror
RECIPE = Recipe(rate=2e-3, batch=512, epochs=12, schedule="cosine", weight_decay=1e-3, augment=CHANGES, most=3.0)
JUDGED = 1024
LEAST = 5_000  # pictures, fewer of which teach less than how near their pixels are
FEWEST = 400  # steps, at least
ASKED = 1000
SAMPLE = 20_000  # that scales are taken from


class Viewed(nn.Module):
    """A network with the places [B, 64] at which its views are compared; those are thrown away after learning."""

    def __init__(self, network: Cnn) -> None:
        super().__init__()
        self.network = network
        self.places = nn.Sequential(
            OrderedDict(
                hidden=nn.Linear(network.width, HIDDEN),
                norm=nn.BatchNorm1d(HIDDEN),
                act=nn.ReLU(inplace=True),
                place=nn.Linear(HIDDEN, PLACES),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.normalize(self.places(self.network(x).whole), dim=1)


class Views:
    """Of all pictures of a batch, another view of the same one is to be the nearest (SimCLR, Chen et al. 2020)."""

    whole_batch: ClassVar[bool] = True

    def __init__(self, viewed: Viewed, name: str, changes: Augment) -> None:
        self.viewed, self.name, self.changes = viewed, name, changes

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.viewed}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        count = len(batch)
        views = [self.changes(batch.inputs)[self.name].values for _ in range(2)]
        one, other = self.viewed(torch.cat(views)).split(count)
        alike = one @ other.T / HEAT
        truth = torch.arange(count, device=alike.device)
        entropy = nn.functional.cross_entropy
        total = entropy(alike, truth, reduction="sum") + entropy(alike.T, truth, reduction="sum")
        yield Loss("network", total / 2, count)


class Viewing:
    """The training of one input's pictures. pictures: of all rows; rows: those that teach."""

    def __init__(self, name: str, pictures: Encoded, form: Form, rows: Array, seed: int, device: torch.device) -> None:
        self.pictures, self.rows, self.seed, self.device = pictures, rows, seed, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.viewed = Viewed(Cnn(form))
        generator = np.random.default_rng(seed)
        some = torch.from_numpy(np.sort(generator.permutation(rows)[:SAMPLE]))
        self.viewed.network.settle(pictures.values[some], torch.Generator().manual_seed(seed))
        self.viewed.to(device)
        self.method = Views(self.viewed, name, Augment(CHANGES, {name: form.kind}))
        self.encoded = Rows({name: pictures}, {}, {}, torch.ones(len(pictures.values)))
        self.judged = torch.from_numpy(generator.permutation(rows)[:JUDGED])
        self.loop: Loop | None = None

    def steps(self, left: float | None) -> int:
        """As many as fit into the seconds that are left; else as many as the rows ask for."""
        own = max(FEWEST, RECIPE.steps(len(self.rows)))
        if left is None:
            return own
        before = {name: tensor.clone() for name, tensor in self.viewed.state_dict().items()}
        pace = self._loop(10**6, None, None).pace(min(2.0, 0.05 * left))
        self.viewed.load_state_dict(before)
        return max(1, min(round(RECIPE.most * own), int(0.95 * left / pace)))

    def learn(self, steps: int, left: float | None, saved: Path | None) -> Iterator[Progress]:
        """Teach it."""
        self.loop = self._loop(steps, None if left is None else time.monotonic() + left, saved)
        yield from self.loop

    def _loop(self, steps: int, deadline: float | None, saved: Path | None) -> Loop:
        return Loop(
            self.method, self.encoded, self.rows, RECIPE, steps=steps, judge=self.judge, seed=self.seed,
            device=self.device, judgements=10, deadline=deadline, saved=saved,
        )  # fmt: skip

    def judge(self) -> tuple[float, float]:
        """The loss on some rows, negated, and as it is: always of the same views."""
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            self.viewed.eval()
            [loss] = self.method.losses(self.encoded.batch(self.judged, self.device))
            self.viewed.train()
        mean = float(loss.sum) / max(loss.count, 1)
        return -mean, mean

    def features(self, rows: Array) -> Array:
        """[n, F] of these rows, of length 1: directions count."""
        self.viewed.eval()
        found = []
        with torch.inference_mode():
            for piece in chunks(rows, ASKED):
                whole = self.viewed.network(self.pictures.values[torch.from_numpy(piece)].to(self.device)).whole
                found.append(nn.functional.normalize(whole, dim=1).cpu().numpy())
        return np.concatenate(found)
