"""Learning features of pictures without labels: a picture is known again when it is changed."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Batch, Encoded, Form, Json, Loss, Progress, Recipe, chunks
from lamina.learning.augment import shade, turn
from lamina.learning.graph import nearest, turned
from lamina.learning.loop import Loop
from lamina.learning.rows import Rows
from lamina.machine.device import halves
from lamina.networks.cnn import Cnn

HEAT = 0.3  # by which likeness is divided: the less, the more the likest others count
PLACES = 64  # numbers that views are compared by
HIDDEN = 256
ROW = "row"
LOOKS = 0.35, 0.6, 0.8  # of the steps, after which it is found anew what is near what
NEAR = 5  # rows that count as near
NEIGHBOURS = 0.5  # share of the views that are of a near row
# A view: stronger changes than labelled pictures go through, and of every picture; nobody knows which mean the same in a mirror.
MOVE = partial(turn, degrees=20.0, stretch=0.2, share=0.1, bent=0.04, often=1.0)
RECIPE = Recipe(rate=2e-3, batch=512, epochs=12, schedule="cosine", weight_decay=1e-3, most=3.0)
JUDGED = 1024
LEAST = 5_000  # pictures, fewer of which teach less than how near their pixels are
FEWEST = 400  # steps, at least
ASKED = 1000
SAMPLE = 20_000  # that scales are taken from


class Viewed(nn.Module):
    """A network with the places [B, 64] at which its views are compared; those are thrown away after learning. count: of all rows."""

    step: Tensor  # how far it is, and when it was last looked at what is near what: they go into checkpoints
    looked: Tensor

    near: Tensor  # [N, 5], and what that was

    def __init__(self, network: Cnn, count: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("near", torch.zeros((count, NEAR), dtype=torch.int32))
        self.register_buffer("step", torch.zeros((), dtype=torch.long))
        self.register_buffer("looked", torch.zeros((), dtype=torch.long))
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
    """Of all pictures of a batch, another view of the same one is to be the nearest (SimCLR, Chen et al. 2020); once it is
    known which are near each other, often a view of one of these (NNCLR, Dwibedi et al. 2021).

    steps: of the whole training. rows: those that teach; find: the rows nearest to each, by what is learned so far. half:
    multiply in bfloat16.
    """

    whole_batch: ClassVar[bool] = True

    def __init__(
        self, viewed: Viewed, name: str, pictures: Encoded, steps: int, find: Callable[[], Tensor], half: bool = False
    ) -> None:
        self.viewed, self.name, self.pictures, self.find, self.half = viewed, name, pictures, find, half
        self.marks = [round(share * steps) for share in LOOKS]

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.viewed}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        count, seen = len(batch), batch.inputs[self.name]
        if self.viewed.training:
            self._look()
        partner = self._partner(batch) if self.viewed.training and int(self.viewed.looked) else seen
        views = shade(MOVE(torch.cat([seen.values, partner.values])))
        with torch.autocast(views.device.type, torch.bfloat16, enabled=self.half):
            places = self.viewed(views)
        one, other = places.float().split(count)
        alike = one @ other.T / HEAT
        truth = torch.arange(count, device=alike.device)
        entropy = nn.functional.cross_entropy
        total = entropy(alike, truth, reduction="sum") + entropy(alike.T, truth, reduction="sum")
        yield Loss("network", total / 2, count)

    def _look(self) -> None:
        """Find what is near what, a few times on the way."""
        step = int(self.viewed.step)
        due = [mark for mark in self.marks if mark <= step]
        if due and int(self.viewed.looked) < due[-1]:
            self.viewed.near.copy_(self.find())
            self.viewed.looked.fill_(step)
        self.viewed.step += 1

    def _partner(self, batch: Batch) -> Encoded:
        """Half of the pictures, and of the others one that is near."""
        rows = batch.inputs[ROW].values[:, 0].long().cpu()
        near = self.viewed.near.cpu()
        other = near[rows, torch.randint(near.shape[1], (len(rows),))].long()
        other = torch.where(torch.rand(len(rows)) < NEIGHBOURS, other, rows)
        device = batch.weight.device
        return Encoded(self.pictures.values[other].to(device), self.pictures.present[other].to(device))


class Viewing:
    """The training of one input's pictures. pictures: of all rows; rows: those that teach; options: of the network."""

    def __init__(
        self,
        name: str,
        pictures: Encoded,
        form: Form,
        rows: Array,
        seed: int,
        device: torch.device,
        options: Json | None = None,
    ) -> None:
        self.pictures, self.rows, self.seed, self.device = pictures, rows, seed, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.viewed = Viewed(Cnn(form, **(options or {})), len(pictures.values))
        generator = np.random.default_rng(seed)
        some = torch.from_numpy(np.sort(generator.permutation(rows)[:SAMPLE]))
        self.viewed.network.settle(pictures.values[some], torch.Generator().manual_seed(seed))
        self.viewed.to(device)
        self.name = name
        count = len(pictures.values)
        row = Encoded(torch.arange(count, dtype=torch.float64)[:, None], torch.ones(count, dtype=torch.bool))
        self.encoded = Rows({name: pictures, ROW: row}, {}, {}, torch.ones(count))
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
            self._method(steps), self.encoded, self.rows, RECIPE, steps=steps, judge=self.judge, seed=self.seed,
            device=self.device, judgements=10, deadline=deadline, saved=saved,
        )  # fmt: skip

    def judge(self) -> tuple[float, float]:
        """How far it is, and the loss on some rows, always of the same views. The last weights are the ones to keep: what
        is to be near changes on the way, so that losses of before and after do not compare."""
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            self.viewed.eval()
            [loss] = self._method(10**9).losses(self.encoded.batch(self.judged, self.device))
            self.viewed.train()
        mean = float(loss.sum) / max(loss.count, 1)
        return float(self.viewed.step), mean

    def _method(self, steps: int) -> Views:
        return Views(self.viewed, self.name, self.pictures, steps, self._near, halves(self.device))

    def _near(self) -> Tensor:
        """[N, 5] the rows nearest to each of those that teach."""
        x = turned(self.features(self.rows), np.random.default_rng(self.seed))
        self.viewed.train()
        near, _ = nearest(x, NEAR, np.random.default_rng(self.seed))
        found = torch.zeros((len(self.pictures.values), NEAR), dtype=torch.long)
        found[torch.from_numpy(self.rows)] = torch.from_numpy(self.rows[near])
        return found

    def features(self, rows: Array) -> Array:
        """[n, F] of these rows, of length 1: directions count."""
        self.viewed.eval()
        found = []
        with torch.inference_mode():
            for piece in chunks(rows, ASKED):
                whole = self.viewed.network(self.pictures.values[torch.from_numpy(piece)].to(self.device)).whole
                found.append(nn.functional.normalize(whole, dim=1).cpu().numpy())
        return np.concatenate(found)
