"""Two networks that improve by fighting: one makes pictures, the other tells them from real ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from lamina.core import Batch, Encoded, Loss
from lamina.learning.disturb import disturb
from lamina.networks.discriminator import Critic, as_seen
from lamina.networks.generator import NOISE, Generator

GAMMA = 0.5, 0.05  # weight of the penalties at the start and at the end
EVERY = 4  # steps from one penalty to the next, which then counts so much more: it costs as much as all the rest
WATCHED = 64  # held-out pictures that are scored to see whether the discriminator knows its own by heart
OVERFIT = 0.5  # of the way from made to learned pictures, by which held-out ones may be scored lower
PACE = 50_000  # pictures in which the strength of the disturbance could go from nothing to all


class Duellist(nn.Module):
    """The discriminator, with what it knows of the duel: that goes into checkpoints with the weights.

    count: steps so far. strength: share of the pictures that are disturbed before it sees them.
    """

    count: Tensor
    strength: Tensor

    def __init__(self, critic: Critic) -> None:
        super().__init__()
        self.critic = critic
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self.register_buffer("strength", torch.zeros((), dtype=torch.float64))


class Adversarial:
    """The duel of R3GAN (Huang et al. 2024): each loses by how much the discriminator holds a made picture for more real
    than a real one it stands beside, softplus(-(D(real) - D(made))), so that a generator that makes one kind only does
    not win; penalties on the discriminator's slope at real and at made pictures, which fall over time, let it converge.

    What the discriminator sees is disturbed as often as it knows the real pictures by heart, told by how much lower it
    scores held-out ones (Karras et al. 2020): so that a few hundred suffice. Both losses use the same made pictures, each
    beside a real one of which the same was asked. Where sentences say what is to be seen, real pictures also stand beside
    themselves with a wrong sentence.

    name: of the pictures among the inputs; asked: of what they show, empty where nothing says it. steps: of the whole
    training. held: pictures that it does not learn from, with what they show. half: multiply in bfloat16.
    """

    whole_batch: ClassVar[bool] = True  # each made picture stands beside a real one, and its weight is the pair's

    def __init__(
        self,
        generator: Generator,
        duellist: Duellist,
        name: str,
        asked: str = "",
        *,
        steps: int,
        held: Mapping[str, Encoded] | None = None,
        half: bool = False,
    ) -> None:
        self.generator, self.duellist = generator, duellist
        self.name, self.asked, self.steps, self.held, self.half = name, asked, steps, held, half

    def parts(self) -> Mapping[str, nn.Module]:
        return {"generator": self.generator, "discriminator": self.duellist}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        given = self.given(batch.inputs)
        weight = batch.weight * batch.inputs[self.name].present
        total = float(weight.sum())
        with torch.autocast(weight.device.type, torch.bfloat16, enabled=self.half):
            made = self.generator(torch.randn(len(batch), NOISE, device=weight.device), *given)
            real = as_seen(batch.inputs[self.name].values)
            strength = float(self.duellist.strength)
            both = disturb(torch.cat([real, made.detach().float()]), strength)
            due = int(self.duellist.count) % EVERY == 0
            critic = self.duellist.critic
            features = critic.network.look(both.requires_grad_(due))
            scores = critic.scores(features, *(torch.cat([each, each]) for each in given)).float()
            there, new = scores.chunk(2)
            lost = (nn.functional.softplus(new - there) * weight).sum()
            if len(given) > 1:
                lost = lost + (self._mistold(features[: len(batch)], there, given) * weight).sum()
            if due:
                slopes = self._slopes(scores, both)
                lost = lost + EVERY * self._gamma() / 2 * (slopes.view(2, -1).sum(0) * weight).sum()
        yield Loss("discriminator", lost, total)
        self._watch(there.detach(), new.detach())
        with torch.autocast(weight.device.type, torch.bfloat16, enabled=self.half):
            # Its weights do not learn from this loss: it is spared their gradients.
            fixed = {name: each.detach() for name, each in self.duellist.critic.named_parameters()}
            seen = functional_call(self.duellist.critic, fixed, (disturb(made.float(), strength), *given)).float()
            lost = (nn.functional.softplus(there.detach() - seen) * weight).sum()
        yield Loss("generator", lost, total)

    def given(self, inputs: Mapping[str, Encoded]) -> list[Tensor]:
        """What the networks are told of the rows: nothing; or values, and lengths of words."""
        if not self.asked:
            return []
        each = inputs[self.asked]
        return [each.values] if each.lengths is None else [each.values, each.lengths]

    def _mistold(self, features: Tensor, there: Tensor, given: list[Tensor]) -> Tensor:
        """[B]: the loss where a real picture is held for as real an example of another one's sentence as of its own: words
        are learned from that, too (Reed et al. 2016)."""
        words, lengths = (each.roll(1, 0) for each in given)
        other = (words != given[0]).any(1)
        wrong = self.duellist.critic.scores(features, words, lengths).float()
        return nn.functional.softplus(wrong - there) * other

    def _scores(self, pictures: Tensor, given: list[Tensor]) -> Tensor:
        found: Tensor = self.duellist.critic(pictures, *given).float()
        return found

    def _slopes(self, scores: Tensor, pictures: Tensor) -> Tensor:
        """[2B]: the squared length of each picture's gradient, which can itself be followed."""
        [found] = torch.autograd.grad(scores.sum(), pictures, create_graph=True)
        return found.float().square().sum((1, 2, 3))

    def _gamma(self) -> float:
        """The weight of the penalties, falling along a cosine."""
        start, end = GAMMA
        t = min(1.0, float(self.duellist.count) / max(self.steps, 1))
        return end + (start - end) * 0.5 * (1 + math.cos(math.pi * t))

    @torch.no_grad()
    def _watch(self, there: Tensor, new: Tensor) -> None:
        """Count the step; disturb more where held-out pictures are scored far below those it learned from, else less."""
        duellist = self.duellist
        duellist.count += 1
        if self.held is None or int(duellist.count) % EVERY:
            return
        rows, device = torch.randint(len(self.held[self.name].values), (WATCHED,)), there.device
        some = {
            name: Encoded(
                each.values[rows].to(device),
                each.present[rows],
                lengths=None if each.lengths is None else each.lengths[rows].to(device),
            )
            for name, each in self.held.items()
        }
        scores = self._scores(disturb(as_seen(some[self.name].values), float(duellist.strength)), self.given(some))
        apart = float(there.mean() - new.mean())
        overfit = float(there.mean() - scores.mean()) / apart if apart > 0 else 0.0
        change = EVERY * len(there) / PACE
        duellist.strength.add_(change if overfit > OVERFIT else -change).clamp_(0.0, 0.8)
