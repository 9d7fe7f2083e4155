"""One training of what makes pictures: both networks built, taught by the duel, and watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, Encoded, Form, Json, Progress, Recipe
from lamina.insight import duel
from lamina.insight.resemblance import diversity, frechet
from lamina.learning.adversarial import Adversarial, Duellist
from lamina.learning.eyes import Eyes
from lamina.learning.loop import Loop
from lamina.learning.rows import Rows
from lamina.machine.device import halves
from lamina.networks.discriminator import Critic, Discriminator, as_seen
from lamina.networks.generator import NOISE, Generator

AT_ONCE = 256
JUDGED = 1_000  # pictures that are made, and looked at, at each look
SCORED = 256  # pairs whose scores tell who is winning
RECOVER = 3  # times that it goes back to where all was well


@dataclass(frozen=True, slots=True)
class Gallery:
    """What the duel is about. rows: all of them; name: of the pictures among their inputs, of form `form`; asked, given:
    name and form of what they are to show, if anything says it. taught, held: places of those it learns from, and of others.
    """

    rows: Rows
    name: str
    form: Form
    asked: str
    given: Form | None
    taught: Array
    held: Array

    def pictures(self, index: Array) -> Tensor:
        """[n, H, W, C] uint8."""
        found: Tensor = self.rows.inputs[self.name].values[torch.from_numpy(index)]
        return found

    def wishes(self, index: Array) -> list[Tensor]:
        """What is asked for on these rows, as the networks take it."""
        if not self.asked:
            return []
        each, at = self.rows.inputs[self.asked], torch.from_numpy(index)
        return [each.values[at]] if each.lengths is None else [each.values[at], each.lengths[at]]

    def batch(self, index: Array) -> dict[str, Encoded]:
        """Their inputs."""
        return self.rows.batch(torch.from_numpy(index), torch.device("cpu")).inputs


class Apprentice:
    """A generator and a discriminator from a seed. eyes: what looks at what is made; options: of both networks; sheets: whether
    some of what is made is kept at each look; real: the features of the pictures that are looked at, where they are known."""

    def __init__(
        self,
        gallery: Gallery,
        eyes: Eyes,
        options: Mapping[str, Json],
        recipe: Recipe,
        seed: int,
        device: torch.device,
        sheets: bool = True,
        real: Array | None = None,
    ) -> None:
        self.gallery, self.eyes, self.recipe, self.seed, self.device = gallery, eyes, recipe, seed, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Generator(gallery.form, gallery.given, **options[Generator.kind])
            discriminator = Discriminator(gallery.form, **options[Discriminator.kind])
            self.duellist = Duellist(Critic(discriminator, gallery.given)).to(device)
        self.network.to(device)
        self.taught = gallery.taught
        rng = np.random.default_rng(seed)
        self.judged = rng.permutation(self.taught)[:JUDGED]
        self.watched = gallery.held if len(gallery.held) else gallery.taught
        self.watched = rng.permutation(self.watched)[: min(SCORED, len(self.judged))]
        self.noise = torch.from_numpy(rng.standard_normal((len(self.judged), NOISE)).astype(np.float32))
        self.real = eyes.features(gallery.pictures(self.judged)) if real is None else real
        self.sheets = sheets
        self.kept = self._kept()
        self.loop: Loop | None = None

    def learn(
        self, steps: int, *, deadline: float | None = None, looks: int = 20, patient: bool = False, saved: Path | None
    ) -> Iterator[Progress]:
        """Teach both; the best weights of both are there at the end."""
        self.loop = self._loop(steps, deadline=deadline, judgements=looks, patient=patient, saved=saved)
        for progress in self.loop:
            yield replace(progress, message=" · ".join(each for each in (self.says(), progress.message) if each))

    def pace(self, seconds: float) -> float:
        """Seconds per step, from running some; the networks are of no use afterwards."""
        return self._loop(10**6).pace(seconds)

    def raw(self, rows: Array) -> Array:
        """Features of as many made pictures: what a look costs."""
        return self.eyes.features(self.make(self.noise[: len(rows)], self.gallery.wishes(self.judged[: len(rows)])))

    def _loop(
        self,
        steps: int,
        deadline: float | None = None,
        judgements: int = 20,
        patient: bool = False,
        saved: Path | None = None,
    ) -> Loop:
        gallery = self.gallery
        method = Adversarial(
            self.network, self.duellist, gallery.name, gallery.asked, steps=steps,
            held=gallery.batch(gallery.held) if len(gallery.held) else None, half=halves(self.device),
        )  # fmt: skip
        return Loop(
            method, gallery.rows, gallery.taught, self.recipe, steps=steps, judge=self.judge, seed=self.seed,
            device=self.device, judgements=judgements, deadline=deadline, patient=patient, recover=RECOVER, saved=saved,
        )  # fmt: skip

    @torch.inference_mode()
    def make(self, noise: Tensor, wishes: list[Tensor]) -> Tensor:
        """[n, H, W, C] uint8."""
        pieces = range(0, len(noise), AT_ONCE)
        found = [
            self.network.make(*(each[at : at + AT_ONCE].to(self.device) for each in (noise, *wishes))).cpu()
            for at in pieces
        ]
        return torch.cat(found)

    @torch.inference_mode()
    def scores(self, pictures: Tensor, wishes: list[Tensor]) -> Array:
        """[n] how real the discriminator holds these pictures for."""
        pieces = range(0, len(pictures), AT_ONCE)
        found = [
            self.duellist.critic(
                as_seen(pictures[at : at + AT_ONCE]).to(self.device),
                *(each[at : at + AT_ONCE].to(self.device) for each in wishes),
            )
            .float()
            .cpu()
            for at in pieces
        ]
        return torch.cat(found).numpy()

    def judge(self) -> tuple[float, float, dict[str, float], Json]:
        """The Fréchet distance of made pictures, negated, and as it is; how the duel stands; and what is to be seen of it.
        -inf where all that is made is the same, though it was not before."""
        made = self.make(self.noise, self.gallery.wishes(self.judged))
        features = self.eyes.features(made)
        apart = frechet(self.real, features)
        ratio = diversity(self.within(features)) / max(diversity(self.within(self.real)), 1e-9)
        wishes = self.gallery.wishes(self.watched)
        there = self.scores(self.gallery.pictures(self.watched), wishes)
        new = self.scores(self.make(self.noise[: len(self.watched)], wishes), wishes)
        told = float((there[:, None] > new[None, :]).mean() + (there[:, None] == new[None, :]).mean() / 2)
        more = {
            "diversity": ratio,
            "told": told,
            "real": float(there.mean()),
            "made": float(new.mean()),
            "disturbed": float(self.duellist.strength),
        }
        before = [each["diversity"] for each in self.loop.history] if self.loop is not None else []
        lost = not np.isfinite(apart) or duel.collapsed(before, ratio)
        seen = {
            "told": told,
            "diversity": ratio if np.isfinite(ratio) else None,
            "distance": apart if np.isfinite(apart) else None,
            "disturbed": more["disturbed"],
            "scores": duel.scores(there, new) if np.isfinite(there).all() and np.isfinite(new).all() else None,
            "sheet": duel.sheet(made[self.kept].numpy()) if self.sheets else None,
            "failed": bool(lost),
        }
        return -np.inf if lost else -apart, apart, more, seen

    def _kept(self) -> Array:
        """Which of the pictures of every look are kept: of each label some, where there are labels."""
        count = min(duel.ACROSS * duel.DOWN, len(self.judged))
        gallery = self.gallery
        if gallery.given is None or gallery.given.kind != "vector":
            return np.arange(count)
        codes = gallery.wishes(self.judged)[0].numpy()[:, 0]
        place = np.empty(len(codes), np.int64)  # the how manieth of its label each is
        for code in np.unique(codes):
            here = np.flatnonzero(codes == code)
            place[here] = np.arange(len(here))
        first = np.lexsort((codes, place))[:count]
        return first[np.lexsort((place[first], codes[first]))]

    def within(self, features: Array) -> Array:
        """Features of the pictures that are looked at, each less the mean of its label: labels differ anyway."""
        gallery = self.gallery
        if gallery.given is None or gallery.given.kind != "vector":
            return features
        [codes] = gallery.wishes(self.judged)
        _, place = np.unique(codes.numpy(), return_inverse=True)
        sums = np.zeros((place.max() + 1, features.shape[1]))
        np.add.at(sums, place.ravel(), features)
        found: Array = features - (sums / np.bincount(place.ravel())[:, None])[place.ravel()]
        return found

    def says(self) -> str:
        """How the duel stands, for a person."""
        if self.loop is None or not self.loop.history:
            return ""
        last = self.loop.history[-1]
        if last["score"] == -np.inf:
            what = "what is made was all alike" if np.isfinite(last["value"]) else "learning diverged"
            return f"{what}: back to step {self.loop.healthy.step:,}, and on with smaller steps"
        return duel.standing(last["told"])
