"""How far rows without a label are trusted: as far as labelled rows that were held out say, and in doubt not at all."""

from __future__ import annotations

from copy import copy
from dataclasses import asdict, dataclass, replace

import numpy as np

from lamina.core import Array, Json
from lamina.learning.held import choosing, combined
from lamina.learning.plan import WEIGHTS
from lamina.learning.prepare import Prepared
from lamina.learning.trial import Trial
from lamina.model.novelty import Novelty
from lamina.outputs._scores import log_softmax
from lamina.outputs.category import Category


@dataclass(frozen=True, slots=True)
class Verdict:
    """weight: of what was learned with unlabelled rows too, beside what was learned from labels alone. losses, right: by
    weight the mean log loss on `rows` held-out labelled rows, and the share that is right; doubt: one standard error of
    the gain. unlabelled: how many rows had no label; unlike: how many of them were left out for being unlike the labelled
    ones. asked: the weight was asked for. steps: of each training that rows without a label took part in. untried: why they
    took part in none."""

    weight: float
    losses: dict[float, float]
    right: dict[float, float]
    doubt: float
    rows: int
    unlabelled: int
    unlike: int
    asked: bool
    steps: int = 0
    untried: str = ""

    @property
    def said(self) -> Json:
        found = asdict(self)
        return found | {
            name: {f"{weight:g}": value for weight, value in found[name].items()} for name in ("losses", "right")
        }


def weigh(
    prepared: Prepared, alone: list[Trial], both: list[Trial], unlike: int, asked: float | None
) -> tuple[list[Trial], Verdict]:
    """The networks that answer, and how that was decided.

    The weight is the least whose loss lies within one standard error of the least loss (Breiman et al. 1984): half a gain
    that may be chance is no gain. Losses are calibrated ones, as the model's will be.
    """
    [(column, output)] = prepared.outputs.items()
    assert isinstance(output, Category)
    held = [choosing(prepared, members) for members in (alone, both)]
    target, places = prepared.targets(column, held[0][0])
    if not len(target):
        return alone, untried(prepared, "no labelled row could be held out to tell whether they help", unlike)
    without, along = (raws[column][places] for _, raws, _ in held)
    mixed = dict(zip(WEIGHTS, (without, combined(output, (without, along)), along), strict=True))
    losses = {weight: loss_of(output, raw, target) for weight, raw in mixed.items()}
    right = {weight: float((raw.argmax(1) == target).mean()) for weight, raw in mixed.items()}
    best = min(WEIGHTS, key=lambda weight: float(losses[weight].mean()))
    behind = {weight: losses[weight] - losses[best] for weight in WEIGHTS}
    errors = {
        weight: float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else 0.0
        for weight, each in behind.items()
    }
    chosen = next(weight for weight in WEIGHTS if behind[weight].mean() <= errors[weight])
    weight = chosen if asked is None else asked
    verdict = Verdict(
        weight, {each: float(losses[each].mean()) for each in WEIGHTS}, right, errors[0.0], len(target),
        prepared.unlabelled, unlike, asked is not None, 0 if both[0].loop is None else both[0].loop.step,
    )  # fmt: skip
    members = {0.0: alone, 1.0: both}.get(weight, [*alone, *both])
    return members, verdict


def loss_of(output: Category, raw: Array, target: Array) -> Array:
    """[N] log loss of raw answers [N, K] when they are calibrated on these rows."""
    tuned = copy(output)
    tuned.calibrate(raw, target)
    found: Array = -log_softmax(tuned.scaled(raw))[np.arange(len(raw)), target]
    return found


def alike(members: list[Trial], extra: Array, rng: np.random.Generator) -> list[Array]:
    """For each fold the rows without a label that are not unlike the labelled ones, by the features of the network that
    learned from those. What is far is told by all rows that were held out, each from its own fold's network."""
    found, far = [], []
    for member in members:
        features, fold = member.raw(member.taught)[1], member.fold
        outside = np.setdiff1d(np.concatenate([fold.validation, fold.test]), member.taught)
        found.append(Novelty.fit(features, features[:0], rng))
        far.append(found[-1].distance(member.raw(outside)[1]) if len(outside) else np.zeros(0))
    if not any(map(len, far)):
        return [extra] * len(members)
    limit = Novelty.farthest(np.concatenate(far))
    unlike = [
        replace(each, limit=limit).unlike(member.raw(extra)[1]) for each, member in zip(found, members, strict=True)
    ]
    return [extra[~each] for each in unlike]


def untried(prepared: Prepared, why: str, unlike: int = 0) -> Verdict:
    """Rows without a label are given no weight, for nothing was learned from them. why: "they are unlike the labelled ones"."""
    return Verdict(0.0, {}, {}, 0.0, 0, prepared.unlabelled, unlike, False, untried=why)
