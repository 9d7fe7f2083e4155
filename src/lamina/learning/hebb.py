"""Filters learned by Hebb's rule, layer after layer: without labels, and without an error that is sent back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.grad import conv2d_weight

from lamina.core import Array, Batch, Encoded, Form, Json, Loss, PlanError, Progress, Recipe, chunks
from lamina.learning.loop import Loop
from lamina.learning.prepare import Prepared
from lamina.learning.rows import Rows
from lamina.learning.trial import SETTLING
from lamina.machine import cache
from lamina.networks.hebbian import SCALED, Hebbian, Layer

RECIPE = Recipe(rate=0.1, batch=10, epochs=1, optimiser="sgd", schedule="flat_cos", momentum=0.0, most=1.0)
SHARP = 4.0, 1.0  # how sharply the filters of the first layer compete, and those of later ones
ENOUGH = 3_000  # pictures, each with hundreds of places to learn from: more would teach nothing new
SOFT = 3.0  # of the average spread: directions that spread more are held back, those that spread less hardly
AT_ONCE = 1 << 24  # numbers of patches that are held at once
LEAST = 0.1  # of the pace of learning, with which a filter learns whose length is 1
LOOKS = 10
ASKED = 128


class SoftHebb:
    """The soft winner-take-all rule of Journé et al. (2023), as a loss whose gradient is the rule's step.

    At every place of every picture the filters w answer u = w·x to what lies there, x, and compete: y = softmax(t·u). The
    winner moves towards x, all others away from it (y < 0), each in so far as it answered: Δw = Σ y (x - u w). The sum makes
    the length of a filter tend to 1; the farther it is from that, the faster it learns. A whole batch makes one step, whatever
    the order of its rows.

    white: what the first layer learns in. Neighbouring pixels say nearly the same, so that most of what is alike in patches
    would be how bright they are here or there.
    """

    whole_batch: ClassVar[bool] = True

    def __init__(self, network: Hebbian, number: int, name: str, white: White | None = None) -> None:
        self.network, self.number, self.name, self.white = network, number, name, white
        self.layer = network.layer(number)
        self.sharp = SHARP[min(number, 1)]

    def parts(self) -> Mapping[str, nn.Module]:
        return {"layer": self.layer}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        seen = batch.inputs[self.name]
        with torch.no_grad():
            x = self.layer.surroundings(self.network.before(self.number, seen.values))
            step = rule(self.layer.filters.weight, x, self.sharp, self.white)
            step *= ((self.lengths() - 1).abs().sqrt() + LEAST)[:, None, None, None]
        yield Loss("layer", -(self.layer.filters.weight * step).sum(), 1.0)

    def lengths(self) -> Tensor:
        """[O] of the filters, where they learn."""
        return self.white.lengths(self.layer.filters.weight) if self.white else self.layer.norms()


class White:
    """Patches [D] in which no direction outweighs the others: S x, S the root of the inverse of their covariance, to which SOFT
    times the average spread is added in every direction. Those that spread most come to about one spread; those that hardly
    spread stay small beside them, or noise would count as much as strokes do.

    A filter that answers w·(S x) there is S w among pixels as they are, so that its step Δw is S Δw: nothing but the rule need
    know. maps: [B, I, H, W] of what filters look at, kernel by kernel pixels at a time.
    """

    def __init__(self, maps: Tensor, kernel: int) -> None:
        seen, size = torch.zeros(()), maps[:1].numel() * kernel * kernel
        for some in torch.split(maps, max(1, min(ASKED, AT_ONCE // size))):
            patches = nn.functional.unfold(some, kernel).transpose(1, 2).flatten(0, 1)
            seen = seen + torch.cov(patches.T.cpu(), correction=0).double() * len(some) / len(maps)
        spread, directions = torch.linalg.eigh(seen.reshape(-1, maps.shape[1] * kernel * kernel))
        spread = spread.clamp_min(0)
        spread += SOFT * spread.mean() + 1e-12
        self.apart = (directions / spread.sqrt() @ directions.T).to(maps)
        self.back = (directions * spread.sqrt() @ directions.T).to(maps)

    def __call__(self, weight: Tensor) -> Tensor:
        """S w of filters [O, I, k, k]."""
        found: Tensor = (weight.flatten(1) @ self.apart).view_as(weight)
        return found

    def lengths(self, weight: Tensor) -> Tensor:
        """[O] of the w that filters among pixels stand for."""
        found: Tensor = (weight.detach().flatten(1) @ self.back).norm(dim=1)
        return found


def rule(weight: Tensor, x: Tensor, sharp: float, white: White | None = None) -> Tensor:
    """The step [O, I, k, k] of filters that look at x [B, I, H, W]: of length 1 for the average filter, whatever the number
    of filters and pictures."""
    answers = nn.functional.conv2d(x, weight)
    winner = answers.argmax(1, keepdim=True)
    each = -torch.softmax(sharp * answers, 1)
    each.scatter_(1, winner, -each.gather(1, winner))
    towards = conv2d_weight(x, list(weight.shape), each)  # type: ignore[no-untyped-call]
    if white:
        towards = white(white(towards))
    found: Tensor = towards - (each * answers).sum((0, 2, 3))[:, None, None, None] * weight
    lengths = white.lengths(found) if white else found.flatten(1).norm(dim=1)
    return found / lengths.mean().clamp_min(1e-30)


class Filters:
    """The layers of one input's network, one after the other, and then what they make of pictures.

    pictures: of all rows; rows: those that teach.
    """

    def __init__(
        self, name: str, pictures: Encoded, form: Form, options: Json, rows: Array, seed: int, device: torch.device
    ) -> None:
        self.name, self.pictures, self.seed, self.device = name, pictures, seed, device
        self.rows = rows[pictures.present.numpy()[rows]]
        if not len(self.rows):
            raise PlanError(f"No row that may teach filters has a picture in '{name}'. Choose another network for it.")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Hebbian(form, **options)
        drawn = np.random.default_rng(seed).permutation(self.rows)
        self.taught = np.sort(drawn[:ENOUGH])
        self.some = pictures.values[torch.from_numpy(np.sort(drawn[:SCALED]))]
        self.network.pixels.settle(self.some)
        self.network.to(device).eval()
        self.encoded = Rows({name: pictures}, {}, {}, torch.ones(len(pictures.values)))
        self.values: Array = cache.allocate((len(pictures.values), self.network.width), np.float32)
        self.method: SoftHebb | None = None
        self.loop: Loop | None = None
        self.steps: list[int] = []  # that each layer learned for
        self.lengths: list[Tensor] = []  # of each layer's filters
        self.adopted = False

    def layers(self) -> Iterator[int]:
        """Each layer's number, once its scale is taken: it is to be learned before the next is asked for."""
        for number in range(len(self.network.layers)):
            with torch.inference_mode():
                self.network.settle_layer(number, self.some.to(self.device))
            yield number

    def learn(self, number: int, steps: int | None, deadline: float | None, saved: Path | None) -> Iterator[Progress]:
        """Teach a layer, in one pass over some of the rows."""
        layer = self.network.layer(number)
        white = None if number else self._white(layer)
        if white:
            layer.filters.weight.copy_(white(layer.filters.weight))
        layer.filters.requires_grad_()
        self.method = SoftHebb(self.network, number, self.name, white)
        self.loop = Loop(
            self.method, self.encoded, self.taught, RECIPE, steps=steps or RECIPE.steps(len(self.taught)),
            judge=self._judge, seed=self.seed + number, device=self.device, judgements=LOOKS, deadline=deadline, saved=saved,
        )  # fmt: skip
        yield from self.loop

    def _white(self, layer: Layer) -> White:
        with torch.inference_mode():
            maps = layer.surroundings(self.network.before(0, self.some.to(self.device)))
            return White(maps, layer.filters.kernel_size[0])

    def ended(self, number: int) -> None:
        """From here on a layer stays as it is."""
        assert self.loop is not None
        assert self.method is not None
        self.network.layer(number).filters.requires_grad_(False)
        self.steps.append(self.loop.step)
        self.lengths.append(self.method.lengths())

    def _judge(self) -> tuple[float, float]:
        """How far it is, and how far from 1 the lengths of the filters are: the last ones are the ones to keep."""
        assert self.loop is not None
        assert self.method is not None
        return float(self.loop.step), float((self.method.lengths() - 1).abs().mean())

    def fill(self, rows: Array) -> Iterator[Progress]:
        """Make of the pictures of these rows what the layers give: `values` [N, W], whose scale the network takes."""
        begun = time.monotonic()
        for made, piece in enumerate(chunks(rows, ASKED)):
            with torch.inference_mode():
                pixels = self.pictures.values[torch.from_numpy(piece)].to(self.device)
                self.values[piece] = self.network.seen(pixels).cpu().numpy()
            done, spent = min((made + 1) * ASKED, len(rows)), time.monotonic() - begun
            yield Progress(
                stage="looking", step=done, steps=len(rows), rate=done / spent, seconds=spent,
                left=spent / done * (len(rows) - done), message="what the filters answer",
            )  # fmt: skip
        with torch.inference_mode():
            some = np.sort(np.random.default_rng(self.seed).permutation(self.rows)[:SETTLING])
            self.network.settle(torch.from_numpy(self.values[some]).to(self.device), torch.Generator())

    def adopt(self, known: Mapping[str, Tensor]) -> None:
        """Take the filters and scales from the weights of an earlier model."""
        own = f"networks.{self.name}."
        self.network.load_state_dict({key.removeprefix(own): t for key, t in known.items() if key.startswith(own)})
        self.adopted = True

    def weights(self) -> dict[str, Tensor]:
        """Of the network, to begin the read-out with."""
        return {key: each.cpu() for key, each in self.network.state_dict().items()}

    @property
    def said(self) -> str:
        """How its filters came about, for people."""
        if self.network.random:
            return f"{self.name}: the filters stay as they were drawn, to compare with; only the read-out learns."
        if self.adopted:
            return f"{self.name}: the filters are those of the earlier model; only the read-out learns from labels."
        lengths = torch.cat(self.lengths)
        return (
            f"{self.name}: the filters learned by Hebb's rule, layer by layer, without labels and without an error that is sent "
            f"back: {' and '.join(f'{steps:,}' for steps in self.steps)} steps of {RECIPE.batch} pictures, of {len(self.rows):,} "
            f"labelled or not. Their lengths, which tend to 1, were {lengths.min():.2f} to {lengths.max():.2f} in the end. Only the "
            "read-out learned from labels."
        )


def teaching(prepared: Prepared) -> Array:
    """Rows whose pictures teach filters, labelled or not. Where several trainings share the labelled rows out, those without a
    label do it alone, if they are as many: then no picture that judges was seen at all."""
    labelled = np.unique(np.concatenate([fold.train for fold in prepared.folds]))
    if len(prepared.folds) > 1 and len(prepared.extra) >= len(labelled):
        return prepared.extra
    return np.union1d(labelled, prepared.extra)
