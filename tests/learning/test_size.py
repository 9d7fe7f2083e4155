"""A budget chooses how large a network is."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

import lamina
import worlds
from lamina.core import Json, PlanError, Recipe
from lamina.examples import read
from lamina.learning import size
from lamina.learning.budget import Budget
from lamina.learning.choose import Choice, recipe
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.learning.size import grow
from lamina.learning.trial import Lesson
from lamina.networks.cnn import Cnn
from lamina.networks.phrases import Phrases

PLAN = Plan(target=("label",), folds=0)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    prepared = prepare(read(worlds.stripes(150, 0), target="label"), PLAN)
    said = {"image": {"kind": "cnn", "options": {}}}
    return Lesson(prepared, said, recipe(said, prepared.intake.forms, PLAN, prepared.teaching), 0, torch.device("cpu"))


def grown(lesson: Lesson, seconds: float | None, plan: Plan = PLAN) -> Choice:
    return grow(Choice(dict(lesson.said), lesson.recipe), lesson, Budget(time.monotonic(), seconds), plan)


def test_much_time_makes_the_network_large(lesson: Lesson) -> None:
    found = grown(lesson, 1e6)
    options, taught = Cnn.larger[-1]
    assert found.said["image"] == {"kind": "cnn", "options": options}
    assert found.recipe == taught
    assert len(found.reasons) == len(Cnn.larger)
    assert lesson.said["image"]["options"] == {}


@pytest.mark.parametrize("seconds", [None, 5.0, size.LEAST - 0.1])
def test_little_time_or_none_named_leaves_it_small(lesson: Lesson, seconds: float | None) -> None:
    found = grown(lesson, seconds)
    assert found.said == lesson.said
    assert found.recipe == lesson.recipe
    assert found.reasons == []


def test_a_size_that_passes_too_seldom_is_not_taken(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first larger one is timed, falls short of the epochs it needs, and the reason says so."""
    epochs = iter([1000.0, Cnn.larger[0][1].epochs - 0.5])
    monkeypatch.setattr(size, "epochs", lambda lesson, budget: next(epochs))
    found = grown(lesson, 600.0)
    assert found.said == lesson.said
    [reason] = found.reasons
    assert "too few" in reason


def test_what_was_asked_for_stays(lesson: Lesson) -> None:
    asked = replace(lesson, said={"image": {"kind": "cnn", "options": {"width": 24}}})
    assert grown(asked, 1e6).said == asked.said
    assert grown(lesson, 1e6, replace(PLAN, batch=32)).recipe.batch == 32
    for number in range(len(Cnn.larger) + 1):
        found = grown(lesson, None, replace(PLAN, size=number))
        assert size.size(found.said, lesson.prepared.intake.forms) == number
    assert grown(lesson, 1e6, replace(PLAN, size=0)).said == lesson.said
    with pytest.raises(PlanError, match="sizes 0 to 2"):
        grown(lesson, None, replace(PLAN, size=3))


@pytest.fixture(scope="module")
def texts() -> Lesson:
    prepared = prepare(read(worlds.letters(150, 0), target="label"), PLAN)
    said = {"letter": {"kind": "text_cnn", "options": {}}}
    return Lesson(prepared, said, recipe(said, prepared.intake.forms, PLAN, prepared.teaching), 0, torch.device("cpu"))


@pytest.mark.parametrize("kind", ["text_cnn", "bag"])
def test_with_time_another_kind_of_network_goes_beyond(texts: Lesson, kind: str) -> None:
    said = {"letter": {"kind": kind, "options": {}}}
    taught = recipe(said, texts.prepared.intake.forms, PLAN, texts.prepared.teaching)
    found = grown(replace(texts, said=said, recipe=taught), 1e6)
    assert found.said["letter"]["kind"] == "phrases"
    assert found.said["letter"]["options"]["width"] == 2
    assert found.recipe == Phrases.suited(texts.prepared.teaching)[1]
    assert found.reasons[0].startswith(f"letter: phrases, which go beyond {kind}: there is time to pass about ")


@pytest.mark.parametrize("near", [["bag"], ["bag", "text_cnn"]])
def test_what_is_made_of_kinds_that_came_less_far_does_not_go_beyond(texts: Lesson, near: list[str]) -> None:
    said: dict[str, Json] = {"letter": {"kind": "bag", "options": {}}}
    raced = Choice(said, texts.recipe, tried=[{"name": "bag"}, {"name": "text_cnn"}], near=near)
    found = grow(raced, replace(texts, said=said), Budget(time.monotonic(), 1e6), PLAN)
    assert found.said["letter"]["kind"] == ("phrases" if "text_cnn" in near else "bag")
    assert len(found.reasons) == 1


def test_few_rows_that_are_parted_into_folds_keep_the_simpler_one(texts: Lesson) -> None:
    prepared = prepare(read(worlds.letters(150, 0), target="label"), replace(PLAN, folds=3))
    assert grown(replace(texts, prepared=prepared), 1e6).said == texts.said


@pytest.mark.parametrize(
    ("seconds", "plan"),
    [(None, PLAN), (size.LEAST - 0.1, PLAN), (1e6, replace(PLAN, network="text_cnn")), (1e6, replace(PLAN, size=0))],
    ids=["no budget", "little time", "asked for", "the smallest"],
)
def test_nothing_goes_beyond_without_time_or_against_the_plan(texts: Lesson, seconds: float | None, plan: Plan) -> None:
    found = grown(texts, seconds, plan)
    assert found.said == texts.said
    assert found.reasons == []


def test_what_would_pass_too_seldom_does_not_go_beyond(texts: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    epochs = iter([1000.0, size.ENOUGH * Phrases.suited(texts.prepared.teaching)[1].epochs - 0.5])
    monkeypatch.setattr(size, "epochs", lambda lesson, budget: next(epochs))
    found = grown(texts, 60.0)
    assert found.said == texts.said
    assert "too few" in found.reasons[0]


def test_going_on_keeps_the_size() -> None:
    world = worlds.stripes(150, 0)
    before = lamina.learn(world, "label", steps=2, size=1, folds=0)
    after = lamina.learn(world, "label", steps=1, start=before, folds=0)
    assert after.card.networks == before.card.networks
    assert after.card.networks["image"]["options"].items() >= Cnn.larger[0][0].items()


@pytest.mark.parametrize("taught", [Cnn.recipe, *(each for _, each in Cnn.larger)])
def test_a_recipe_comes_back_from_json(taught: Recipe) -> None:
    assert Recipe.restore(json.loads(json.dumps(asdict(taught)))) == taught


def test_fewer_rows_go_on_with_the_same_network_and_its_weights() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3_000, 3))
    rows = {name: x[:, k] for k, name in enumerate("abc")} | {"y": np.where(x[:, 0] > x[:, 1], "yes", "no")}
    few = {name: values[:200] for name, values in rows.items()}
    before = lamina.learn(rows, "y", steps=20, folds=0)
    after = lamina.learn(few, "y", steps=1, folds=0, start=before)
    afresh = lamina.learn(few, "y", steps=1, folds=0)
    assert after.card.networks == before.card.networks != afresh.card.networks
    known = before.network.state_dict()
    for name, weights in after.network.state_dict().items():
        assert np.allclose(weights, known[name], atol=0.05), name
    assert "Goes on with the weights of the earlier model." in after.card.results["network"]["reasons"]
    folded = lamina.learn(few, "y", steps=1, folds=3, start=before)
    assert any("Learns from the start" in reason for reason in folded.card.results["network"]["reasons"])
