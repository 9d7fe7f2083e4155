"""What decided between candidates, where it was not the figure that people are shown of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from lamina.core import Taught

SURE = ("category", "tags")  # unless a metric is asked for, these are chosen by log loss


class Scored(Protocol):
    """How far a candidate got. score: what chooses, more is better; value: what is shown."""

    @property
    def score(self) -> float: ...
    @property
    def value(self) -> float: ...


def decided(outputs: Collection[Taught], metric: str | None, taken: Scored, tried: Collection[Scored]) -> str:
    """A sentence, with a blank before it, where the one taken has the best score but another shows a better figure; else
    nothing. metric: as asked for."""
    first = next(iter(outputs))
    sign = first.better[metric or first.metric]
    shown = max(tried, key=lambda each: sign * each.value)
    best = all(taken.score > each.score for each in tried if each is not taken)
    if not (best and sign * shown.value > sign * taken.value):
        return ""
    if len(outputs) > 1:
        return " All targets together decided."
    if metric is None and first.kind in SURE:
        return (
            f" Log loss decided, which also counts how sure answers are: {-taken.score:.3f} against {-shown.score:.3f}."
        )
    return " Beside this figure, how sure answers are was counted."
