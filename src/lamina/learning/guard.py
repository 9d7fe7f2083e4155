"""How far rows without a label are trusted: as far as labelled rows that were held out say, and in doubt not at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from lamina.core import Array, Json
from lamina.learning.findings import choosing, combined
from lamina.learning.plan import WEIGHTS
from lamina.learning.prepare import Prepared
from lamina.learning.trial import Trial
from lamina.model.novelty import Novelty

TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 41))


@dataclass(frozen=True, slots=True)
class Verdict:
    """weight: of what was learned with unlabelled rows too, beside what was learned from labels alone. losses, right: by
    weight the mean log loss on `rows` held-out labelled rows, and the share that is right; doubt: one standard error of
    the gain. unlabelled: how many rows had no label; unlike: how many of them were left out for being unlike the labelled
    ones. asked: the weight was asked for. steps: of each training that rows without a label took part in."""

    weight: float
    losses: dict[float, float]
    right: dict[float, float]
    doubt: float
    rows: int
    unlabelled: int
    unlike: int
    asked: bool
    steps: int = 0

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
    that may be chance is no gain. Losses are those at the best temperature, as the model will be calibrated.
    """
    [(column, output)] = prepared.outputs.items()
    held = [choosing(prepared, members) for members in (alone, both)]
    target, places = prepared.targets(column, held[0][0])
    without, along = (raws[column][places] for _, raws in held)
    mixed = dict(zip(WEIGHTS, (without, combined(output, (without, along)), along), strict=True))
    losses = {weight: loss_of(raw, target) for weight, raw in mixed.items()}
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
        prepared.unlabelled, unlike, asked is not None, 0 if both[0].loop is None else both[0].loop.planned,
    )  # fmt: skip
    members = {0.0: alone, 1.0: both}.get(weight, [*alone, *both])
    return members, verdict


def loss_of(raw: Array, target: Array) -> Array:
    """[N] log loss of raw answers [N, K] at the temperature that gives the least mean."""
    every = []
    for temperature in TEMPERATURES:
        scaled = raw / temperature
        top = scaled.max(1)
        every.append(np.log(np.exp(scaled - top[:, None]).sum(1)) + top - scaled[np.arange(len(raw)), target])
    return min(every, key=lambda each: float(each.mean()))


def alike(trial: Trial, extra: Array, rng: np.random.Generator) -> Array:
    """The rows without a label that are not unlike the labelled ones, by the features of a network that learned from those."""
    fold = trial.fold
    outside = np.concatenate([fold.validation, fold.test])
    if not len(outside):
        return extra
    novelty = Novelty.fit(trial.raw(trial.taught)[1], trial.raw(outside)[1], rng)
    return extra[~novelty.unlike(trial.raw(extra)[1])]


def too_unlike(prepared: Prepared) -> Verdict:
    """Hardly any row without a label is like the labelled ones: they are given no weight, and nothing was tried."""
    return Verdict(0.0, {}, {}, 0.0, 0, prepared.unlabelled, len(prepared.extra), False)
