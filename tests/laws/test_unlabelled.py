"""Rows without a label: left out they change nothing, and what they are given is said."""

from __future__ import annotations

import lamina
import worlds
from lamina.insight.unlabelled import said


def _partly(rows: int, labelled: int) -> worlds.World:
    world = worlds.blobs(rows, 0)
    return world | {"label": [*list(world["label"][:labelled]), *[None] * (rows - labelled)]}


def test_with_no_weight_the_model_is_the_supervised_one() -> None:
    world, asked = _partly(200, 60), worlds.blobs(50, 1)
    taught = {name: list(cells)[:60] for name, cells in world.items()}
    alone = lamina.learn(taught, "label", steps=20, show=False)
    left_out = lamina.learn(world, "label", steps=20, unlabelled_weight=0.0, show=False)
    assert [each.alternatives for each in alone.predict(asked)] == [
        each.alternatives for each in left_out.predict(asked)
    ]
    assert said(left_out.card.results["unlabelled"]) == ""


def test_what_unlabelled_rows_were_given_is_said() -> None:
    model = lamina.learn(_partly(200, 60), "label", steps=20, show=False)
    told = model.card.results["unlabelled"]
    assert told["unlabelled"] == 140
    assert told["weight"] in (0.0, 0.5, 1.0)
    assert "Your 140 unlabelled rows" in said(told)
