"""How each layer fares while it learns, in plain words: how far a step moves its weights, and how many of its units are silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from lamina.core import Json
from lamina.insight.metrics import percent
from lamina.page import words
from lamina.page.schema import training

LITTLE, MUCH = 1e-4, 0.1  # of the weights' length, by which one step moves them: outside of these something is wrong
RATED = 0.3  # of the full learning rate: with less, steps are meant to be small
SILENT = 0.5  # of the units of a layer: from here on a word is said about it
SIDES = {"generator": "the generator", "discriminator": "the discriminator"}


def layers(record: Json) -> list[training.Fares]:
    """Every layer that learns, first to last. record: as `lamina.learning.layers.Watch` keeps it."""
    found = []
    for name, each in record["layers"].items():
        ratio = typical(each["ratio"], record["rates"])
        reading = _reading(ratio)
        dead = next((one for one in reversed(each["dead"]) if one is not None), None)
        side, _, rest = name.partition(".")
        found.append(
            training.Fares(
                layer=name, part=SIDES.get(side, ""), title=words.title(each["kind"]), name=rest if side in SIDES else name,
                ratio=ratio, course=each["ratio"], reading=reading, units=each["units"], dead=dead,
                says=_says(reading, ratio, dead, each["units"]),
            )
        )  # fmt: skip
    return found


def typical(ratios: Sequence[float | None], rates: Sequence[float]) -> float | None:
    """The middle one of those moments at which steps were meant to be large; the first may be of weights that began at 0.

    >>> typical([0.3, 0.002, 0.001, 1e-9], [1.0, 0.9, 0.5, 0.01])
    0.0015
    """
    known = [(ratio, rate) for ratio, rate in zip(ratios, rates, strict=True) if ratio is not None]
    if len(known) > 1:
        known = known[1:]
    full = [ratio for ratio, rate in known if rate >= RATED] or [ratio for ratio, _ in known[:1]]
    return float(np.median(full)) if full else None


def told(found: Sequence[training.Fares]) -> list[str]:
    """What is to be known of all of them, in plain words."""
    known = [each for each in found if each.ratio is not None]
    if not known:
        return []
    said = []
    little = [each for each in known if each.reading == "little"]
    much = [each for each in known if each.reading == "much"]
    if little:
        said.append(
            f"{_several(little)} hardly {_verb(little, 'move')}: a step changes {_their(little)} weights by less than {100 * LITTLE:g} %. What "
            "does not move learns nothing. A larger learning rate helps, or fewer layers between it and the answer."
        )
    if much:
        said.append(
            f"{_several(much)} {_verb(much, 'jump')}: a step changes {_their(much)} weights by more than {100 * MUCH:g} %. What was learned "
            "is thrown over at each step. A smaller learning rate helps, or larger batches."
        )
    silent = [each for each in found if each.dead and each.units and each.dead >= SILENT * each.units]
    if silent:
        said.append(
            f"Half of the units or more are silent in {', '.join(each.name for each in silent[:3])}"
            + (f" and {len(silent) - 3} more" if len(silent) > 3 else "")
            + ": whatever it sees, they give nothing, so they take no part and hardly learn any more."
        )
    if not said:
        lowest, highest = min(each.ratio or 0 for each in known), max(each.ratio or 0 for each in known)
        said.append(
            f"Every layer learns: a step changes its weights by {percent(lowest, '.2g')} to {percent(highest, '.2g')}."
            if lowest != highest
            else f"Every layer learns: a step changes its weights by {percent(lowest, '.2g')}."
        )
    return said


def _reading(ratio: float | None) -> Literal["unknown", "little", "fine", "much"]:
    if ratio is None:
        return "unknown"
    return "little" if ratio < LITTLE else "much" if ratio > MUCH else "fine"


def _says(reading: str, ratio: float | None, dead: int | None, units: int | None) -> str:
    said = {
        "unknown": "Not measured yet.",
        "little": f"A step changes it by {percent(ratio or 0, '.2g')}: too little to learn anything.",
        "much": f"A step changes it by {percent(ratio or 0, '.2g')}: too much, it jumps.",
        "fine": f"A step changes it by {percent(ratio or 0, '.2g')}: it learns.",
    }[reading]
    if dead is None or not units:
        return said
    return f"{said} {dead:,} of {units:,} units are silent." if dead else f"{said} None of {units:,} units is silent."


def _several(some: Sequence[training.Fares]) -> str:
    names = ", ".join(f"{each.part}'s {each.name}" if each.part else each.name for each in some[:3])
    if len(some) > 3:
        return f"{len(some)} layers ({names} …)"
    return names if len(some) == 1 else f"{len(some)} layers ({names})"


def _verb(some: Sequence[training.Fares], verb: str) -> str:
    return f"{verb}s" if len(some) == 1 else verb


def _their(some: Sequence[training.Fares]) -> str:
    return "its" if len(some) == 1 else "their"
