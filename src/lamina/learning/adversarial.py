"""Two networks that improve by fighting: one makes pictures, the other tells them from real ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import Tensor, nn

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
    beside a real one of which the same was asked. Where sentences say what is to be seen, both sides also lose by how little the
    features of a picture tell its own sentence from the others of the batch: of a real one the discriminator, of a made
    one the generator. Words are learned from that long before they make a picture look more real.

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
        critic = self.duellist.critic
        with torch.autocast(weight.device.type, torch.bfloat16, enabled=self.half):
            made = self.generator(torch.randn(len(batch), NOISE, device=weight.device), *given)
            real = as_seen(batch.inputs[self.name].values)
            strength = float(self.duellist.strength)
            both = disturb(torch.cat([real, made.detach().float()]), strength, len(given) < 2)
            due = int(self.duellist.count) % EVERY == 0
            features = critic.network.look(both.requires_grad_(due))
            meant = critic.meant(*given)
            scores = critic.scores(features, None if meant is None else torch.cat([meant, meant])).float()
            there, new = scores.chunk(2)
            each = nn.functional.softplus(new - there)
            if meant is not None and len(given) > 1:
                each = each + mistaken(features[: len(batch)], meant, given[0])
            lost = (each * weight).sum()
            if due:
                slopes = self._slopes(scores, both)
                lost = lost + EVERY * self._gamma() / 2 * (slopes.view(2, -1).sum(0) * weight).sum()
        yield Loss("discriminator", lost, total)
        self._watch(there.detach(), new.detach())
        with fixed(critic), torch.autocast(weight.device.type, torch.bfloat16, enabled=self.half):
            features, meant = critic.network.look(disturb(made.float(), strength, len(given) < 2)), critic.meant(*given)
            each = nn.functional.softplus(there.detach() - critic.scores(features, meant).float())
            if meant is not None and len(given) > 1:
                each = each + mistaken(features, meant, given[0])
            lost = (each * weight).sum()
        yield Loss("generator", lost, total)

    def given(self, inputs: Mapping[str, Encoded]) -> list[Tensor]:
        """What the networks are told of the rows: nothing; or values, and lengths of words."""
        if not self.asked:
            return []
        each = inputs[self.asked]
        return [each.values] if each.lengths is None else [each.values, each.lengths]

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
        told = self.given(some)
        scores = self._scores(disturb(as_seen(some[self.name].values), float(duellist.strength), len(told) < 2), told)
        apart = float(there.mean() - new.mean())
        overfit = float(there.mean() - scores.mean()) / apart if apart > 0 else 0.0
        change = EVERY * len(there) / PACE
        duellist.strength.add_(change if overfit > OVERFIT else -change).clamp_(0.0, 0.8)


def mistaken(features: Tensor, meant: Tensor, words: Tensor) -> Tensor:
    """[B]: how far each picture is from agreeing with its own sentence more than with all the others of the batch, the cross
    entropy of telling which one is its own (Zhang et al. 2021): of many others, some differ in one word only.

    features, meant: [B, W] of pictures and sentences; words: [B, T], by which sentences that are the same are left out.

    >>> mistaken(torch.eye(2), torch.zeros(2, 2), torch.tensor([[1], [2]])).exp()
    tensor([2., 2.])
    """
    own = torch.arange(len(words), device=words.device)
    same = (words[:, None] == words[None]).all(2) & (own[:, None] != own[None])
    table = (features @ meant.T).float().masked_fill(same, -math.inf)
    return nn.functional.cross_entropy(table, own, reduction="none")


@contextmanager
def fixed(network: nn.Module) -> Iterator[None]:
    """What is computed meanwhile passes gradients on to its inputs, but its weights are spared them."""
    learned = [each for each in network.parameters() if each.requires_grad]
    for each in learned:
        each.requires_grad_(False)
    try:
        yield
    finally:
        for each in learned:
            each.requires_grad_(True)
