"""A reason does not contradict the figures that it tells."""

from __future__ import annotations

import pytest

from lamina.core import Taught
from lamina.learning.decided import decided
from lamina.learning.race import Tried
from lamina.outputs.category import Category
from lamina.outputs.number import Number
from lamina.outputs.transcript import Transcript

LOSS = " Log loss decided, which also counts how sure answers are: 0.610 against 0.700."


@pytest.mark.parametrize(
    ("outputs", "metric", "said"),
    [
        ([Category()], None, LOSS),
        ([Category()], "log_loss", ""),
        ([Category(), Number()], None, " All targets together decided."),
        ([Transcript()], None, ""),
    ],
    ids=["accuracy", "less is better", "several", "less is better by default"],
)
def test_what_decided_is_said_where_another_has_the_better_figure(
    outputs: list[Taught], metric: str | None, said: str
) -> None:
    taken, other = Tried("pretrained", -0.61, 0.683, 1.0), Tried("cnn", -0.70, 0.7, 1.0)
    assert decided(outputs, metric, taken, [other, taken]) == said


@pytest.mark.parametrize(
    ("score", "value"), [(-0.7, 0.6), (-0.7, 0.683), (-0.6, 0.7), (-0.61, 0.7), (-0.7, float("nan"))]
)
def test_nothing_is_said_where_the_figures_agree_or_something_else_decided(score: float, value: float) -> None:
    taken = Tried("pretrained", -0.61, 0.683, 1.0)
    assert decided([Category()], None, taken, [taken, Tried("cnn", score, value, 1.0)]) == ""
