"""Rows without a label: left out they change nothing, and what they are given is said."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
import worlds
from lamina.core import DataError
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


def test_rows_unlike_the_labelled_ones_are_left_out_however_few_labels_there_are() -> None:
    world = _partly(200, 30)
    far = {name: [40.0] * 25 for name in world if name != "label"}
    world = {name: [*cells, *(far.get(name) or [None] * 25)] for name, cells in world.items()}
    told = lamina.learn(world, "label", steps=20, show=False).card.results["unlabelled"]
    assert 25 <= told["unlike"] < 50


def test_few_labelled_pictures_are_looked_at_by_the_network_that_knows_photographs() -> None:
    rng = np.random.default_rng(0)
    shades = np.repeat([60, 190], 12)
    pictures = np.clip(rng.normal(shades[:, None, None, None], 20, (24, 40, 40, 3)), 0, 255).astype(np.uint8)
    labels = ["dark" if shade < 100 else "bright" for shade in shades]
    model = lamina.learn({"image": pictures, "label": labels}, "label", steps=10, show=False)
    assert model.card.networks["image"]["kind"] == "pretrained"
    assert "so few labels cannot choose" in " ".join(model.card.results["network"]["reasons"])
    assert model.predict({"image": pictures[:1]})[0].value == "dark"


def test_where_a_label_that_was_missing_is_known_by_now_the_parts_stay() -> None:
    """Two networks that answer together are not folds: what judged the earlier model teaches no later one."""
    world = worlds.blobs(1_400, 0)
    partly = world | {"label": [*list(world["label"][:1_200]), *[None] * 200]}
    before = lamina.learn(partly, "label", steps=5, unlabelled_weight=0.5, show=False)
    assert before.card.members == 2
    after = lamina.learn(world, "label", steps=5, start=before, show=False)
    assert after.card.split["strata"] == before.card.split["strata"]


def test_without_time_for_them_rows_without_a_label_teach_nothing_and_that_is_said() -> None:
    model = lamina.learn(_partly(400, 100), "label", minutes=0.02, show=False)
    told = model.card.results["unlabelled"]
    assert told["weight"] == 0.0
    assert "there was no time" in said(told)


def test_rows_of_a_second_source_teach_as_rows_whose_label_is_empty() -> None:
    world = _partly(200, 60)
    first = {name: list(cells)[:60] for name, cells in world.items()}
    second = {name: list(cells)[60:] for name, cells in world.items() if name != "label"}
    model = lamina.learn(first, "label", unlabelled=second, steps=20, show=False)
    assert model.card.results["unlabelled"]["unlabelled"] == 140


def test_a_second_source_without_what_is_learned_from_is_refused() -> None:
    world = worlds.blobs(60, 0)
    [lacking, *others] = [name for name in world if name != "label"]
    with pytest.raises(DataError, match=f"no column '{lacking}'"):
        lamina.learn(world, "label", unlabelled={name: world[name] for name in others}, steps=5, show=False)


def test_with_a_label_or_two_of_each_class_nothing_breaks() -> None:
    for labelled in (2, 3):
        world = worlds.blobs(200, 0)
        first = [list(world["label"]).index(word) for word in sorted(set(world["label"]))]
        known = [*first, *(k for k in range(200) if k not in first)][:labelled]
        labels = [word if k in known else None for k, word in enumerate(world["label"])]
        told = lamina.learn(world | {"label": labels}, "label", steps=5, show=False).card.results["unlabelled"]
        assert told["weight"] in (0.0, 0.5, 1.0)
