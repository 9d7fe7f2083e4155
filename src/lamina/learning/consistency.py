"""Learning from rows without a label as well: what the network is sure of when it sees a row plainly, it learns to answer
when the row is changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Array, Batch, Encoded, Loss, Recipe, Taught
from lamina.learning.augment import Augment
from lamina.learning.rows import Rows, together
from lamina.learning.supervised import mean_of
from lamina.networks._join import Join

RATIO = 3  # rows without a label for each that has one
SURE = 0.9  # of the mean confidence on labelled rows, from which on an answer counts as a label
MEMORY = 0.99  # per step, of how often each class is answered
WARM = 0.4  # of the steps: over these the rows without a label come to count in full
HANDED = 0.15, 0.5  # of the steps: between these its own answers come to count beside what teachers say
LARGEST = 64  # labelled rows a step
PASSES = 4.0  # over the rows without a label, at least
LEAST = 300  # steps
# Times these passes and steps, beyond which more time teaches nothing; and where rows are changed anew at every pass.
MOST = 2.0, 4.0
AVERAGE = 0.99  # per step, of the mean of the weights
STRONGER = {"grid": ("tilt", "cover"), "spectrum": ("crop", "louder", "noise", "bend", "hide")}


class Consistency:
    """The loss on labelled rows, and beside it that on rows without a label, whose own answers are taken for labels
    (AdaMatch, Berthelot et al. 2022).

    An answer counts where it is nearly as sure as on labelled rows, after the classes were set to be as frequent as among
    those: the threshold follows how far learning is. Each row is answered plainly, and learned changed: pictures and
    sounds by `strong`, everything else by what the network hides while it learns. Copies within a network each follow
    their own answers, so that none hears of rows that it is kept from.

    extra: rows without a label. shares: [K] how frequent the classes are. steps: of the whole training. told: [n, k or 1, K] what
    teachers say of those without a label: it is learned first, where it is there, and then what both say, the network with as much
    say as each of so many teachers. half: multiply in bfloat16.
    """

    whole_batch: ClassVar[bool] = True

    def __init__(
        self,
        network: Join,
        outputs: Mapping[str, Taught],
        rows: Rows,
        extra: Array,
        shares: Tensor,
        *,
        steps: int,
        plain: Augment,
        strong: Augment,
        told: Tensor | None = None,
        teachers: int = 1,
        half: bool = False,
    ) -> None:
        [(self.name, self.output)] = outputs.items()
        self.network = network
        self.rows, self.extra, self.steps = rows, torch.from_numpy(extra), steps
        self.plain, self.strong, self.told, self.half = plain, strong, told, half
        self.own = 1 / (1 + teachers)  # of the say, in the end: where they disagree, none is sure
        self.memory = Memory(network, shares)

    def parts(self) -> Mapping[str, nn.Module]:
        return {"network": self.memory}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        device, count = batch.weight.device, len(batch)
        drawn = torch.randint(len(self.extra), (RATIO * count,))
        other = self.rows.batch(self.extra[drawn], device).inputs
        labels, sure = self._answers({name: together(batch.inputs[name], other[name]) for name in other}, count, drawn)
        changed, stronger = self.plain(batch.inputs), self.strong(other)
        raw = self._raw({name: together(changed[name], stronger[name]) for name in other})
        weight = batch.known[self.name] * batch.weight
        each = mean_of(self.output.losses(raw[:count], batch.targets[self.name], 0.0), batch.copies)
        taught = (each * weight).sum()
        rows, copies, classes = raw[count:].shape
        entropy = nn.functional.cross_entropy(
            raw[count:].reshape(rows * copies, classes), labels.reshape(-1), reduction="none"
        )
        followed = (entropy * sure.reshape(-1)).sum() / (rows * copies)
        total = float(weight.sum())
        warmth = self.memory.warmth(self.steps) if self.told is None else 1.0
        yield Loss("network", taught + warmth * total * followed, total)

    def _raw(self, inputs: Mapping[str, Encoded]) -> Tensor:
        with torch.autocast(self.memory.shares.device.type, torch.bfloat16, enabled=self.half):
            raws, _ = self.network(inputs)
        raw: Tensor = raws[self.name].float()
        return raw

    @torch.no_grad()
    def _answers(self, inputs: Mapping[str, Encoded], labelled: int, drawn: Tensor) -> tuple[Tensor, Tensor]:
        """For the rows after the labelled ones and each copy, the class that it answers, and whether that counts, [U, k].
        drawn: which of the rows without a label these are."""
        self.network.eval()
        raw = self._raw(inputs)
        self.network.train()
        answers = raw.softmax(2)
        threshold = SURE * answers[:labelled].amax(2).mean(0)
        likely = self.memory.even(answers[labelled:])
        if self.told is not None:
            own, told = self.own * self.memory.handed(self.steps), self.told[drawn].to(likely)
            likely = own * likely + (1 - own) * told
            threshold = own * threshold + (1 - own) * SURE * told.amax(2).mean(0)
        confidence, labels = likely.max(2)
        return labels, (confidence >= threshold).to(answers.dtype)


class Memory(nn.Module):
    """A network, with how often it answered each class lately: it goes into checkpoints with the weights.

    shares: [K] how frequent the classes are to be.
    """

    shares: Tensor
    answered: Tensor  # [k, K]
    count: Tensor

    def __init__(self, network: Join, shares: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("shares", shares.float())
        self.register_buffer("answered", shares.float().expand(network.copies, -1).clone())
        self.register_buffer("count", torch.zeros((), dtype=torch.long))

    def even(self, answers: Tensor) -> Tensor:
        """Answers [U, k, K] with each class as frequent as it is to be."""
        self.answered.lerp_(answers.mean(0), max(1 - MEMORY, 1 / (1 + float(self.count))))
        self.count += 1
        moved = answers * (self.shares / self.answered.clamp_min(1e-6))
        return moved / moved.sum(2, keepdim=True)

    def warmth(self, steps: int) -> float:
        """How much rows without a label count by now: none at the start, in full after WARM of the steps."""
        return 0.5 - 0.5 * math.cos(math.pi * min(1.0, float(self.count) / max(WARM * steps, 1)))

    def handed(self, steps: int) -> float:
        """How far its own answers have come to count beside what teachers say: from 0 to 1."""
        begin, end = (share * steps for share in HANDED)
        return min(1.0, max(0.0, (float(self.count) - begin) / max(end - begin, 1)))


def partly(recipe: Recipe, labelled: int, extra: int) -> Recipe:
    """The recipe for so many labelled rows and so many without a label: epochs are told in labelled rows.

    Small batches of labelled rows, for the others come on top; weights are averaged, for the labels that they follow move.
    """
    batch = max(1, min(recipe.batch, LARGEST, labelled))
    steps = max(recipe.steps(labelled), round(PASSES * extra / (RATIO * batch)), LEAST)
    return replace(
        recipe, batch=batch, epochs=steps / max(1, labelled // batch), average=max(recipe.average, AVERAGE),
        smoothing=0.0, easy=0.0, most=max(recipe.most, MOST[bool(recipe.augment)]),
    )  # fmt: skip


def changes(recipe: Recipe, classes: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The changes of labelled rows, and of others. Nobody knows which of these mean the same in a mirror: they are flipped
    where all classes are. Pictures are turned once, and half as far as where labels alone teach: over many steps more was learned
    so, of digits and of clothes."""
    kept = [each for each in recipe.augment if each != "flip" or len(recipe.mirrored) == classes]
    plain = tuple(dict.fromkeys("tilt" if each == "turn" else each for each in kept))
    strong = (*plain, *(change for changes in STRONGER.values() for change in changes))
    return plain, strong
