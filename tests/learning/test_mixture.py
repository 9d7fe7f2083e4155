"""Copies that are networks of several kinds: after learning those answer that are best for rows they were kept from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import lamina
import worlds
from lamina.core import Encoded, Json
from lamina.examples import read
from lamina.learning.choose import recipe, spoken
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.learning.trial import Lesson, Trial
from lamina.networks._heads import Head
from lamina.networks.phrases import Phrases

CPU = torch.device("cpu")
PLAN = Plan(target=("label",), folds=0)


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> Trial:
    """After its steps, before kinds were chosen."""
    prepared = prepare(read(worlds.letters(300, 0), target="label"), PLAN)
    forms = prepared.intake.forms
    said: dict[str, Json] = {
        "letter": spoken(forms["letter"], {"kind": "phrases", "options": {"pairs": 256}}, None, 300, 2)
    }
    trial = Trial(Lesson(prepared, said, recipe(said, forms, PLAN, 300), 0, CPU), prepared.folds[0])
    with monkeypatch.context() as patch:
        patch.setattr(Trial, "_mix", lambda self: None)
        list(trial.learn(60, judgements=1))
    return trial


def phrases(trial: Trial) -> Phrases:
    network = trial.network.networks["letter"]
    assert isinstance(network, Phrases)
    return network


def answers(trial: Trial) -> Tensor:
    """Of every copy, [N, k, C]."""
    batch = trial.lesson.prepared.rows.batch(torch.arange(60), CPU)
    with torch.inference_mode():
        found: Tensor = trial.network.eval()(batch.inputs)[0]["label"]
    return found


def test_each_copy_is_kept_from_one_of_twenty_folds_and_three_choose(taught: Trial) -> None:
    inner = taught.lesson.prepared.inner
    assert taught.copies is not None
    assert inner is not None
    assert set(taught.taught) == set(taught.fold.train) | set(taught.fold.validation)
    for copy in range(9):
        kept = ~taught.copies[torch.from_numpy(taught.taught), copy].numpy()
        np.testing.assert_array_equal(kept, inner[taught.taught] == copy % 3)
    assert set(inner[taught.chosen]) == set(range(3))


def test_those_that_stand_answer_as_they_did_before(taught: Trial) -> None:
    before = answers(taught)
    taught._mix()
    stands = phrases(taught).stands
    torch.testing.assert_close(answers(taught), before[:, stands])
    assert (stands % 3 == torch.arange(9) % 3).all()  # each still kept from the rows that it was kept from


def test_rows_that_they_were_kept_from_are_answered_no_worse(taught: Trial) -> None:
    before, _ = taught.judge()
    taught._mix()
    after, _ = taught.judge()
    assert after >= before


def test_who_answers_is_told_by_who_stands(taught: Trial) -> None:
    network = phrases(taught)
    assert network.mixed == ("counted words", "fitted words", "filters")
    network.stand(torch.cat([torch.arange(3), torch.arange(3), 3 + torch.arange(3)]))
    network.stand(torch.cat([torch.arange(3), 6 + torch.arange(3), 6 + torch.arange(3)]))  # as when it learns on
    assert network.mixed == ("counted words", "fitted words", "fitted words")


@pytest.mark.parametrize(("name", "first"), [("fitted words", 3), ("filters", 6)])
def test_a_kind_that_is_sure_of_one_answer_has_no_voice(taught: Trial, name: str, first: int) -> None:
    head = taught.network.heads["label"]
    assert isinstance(head, Head)
    with torch.no_grad():
        head.weight[first : first + 3] = 0.0
        head.bias[first : first + 3] = torch.tensor([50.0, -50.0])
    taught._mix()
    assert name not in taught.mixed
    assert "voices) answer" in taught.mixed


def test_a_model_says_which_kinds_answer_and_answers_the_same_without_torch() -> None:
    world = worlds.letters(300, 1)
    model = lamina.learn(world, "label", network="phrases", steps=12, folds=0)
    reasons: list[Any] = model.card.results["network"]["reasons"]
    assert sum("voices" in reason for reason in reasons) == 1
    arrays = model.intake.encode(lamina.read({"letter": world["letter"][:20]}))
    inputs = {
        name: Encoded(
            *(torch.as_tensor(each) for each in (one.values, one.present)), lengths=torch.as_tensor(one.lengths)
        )
        for name, one in arrays.items()
    }
    with torch.inference_mode():
        raws, _ = model.network.eval()(inputs)
    np.testing.assert_allclose(model.run(arrays)["raw_label"], raws["label"].numpy(), atol=1e-4)


def test_a_bag_too_is_of_two_kinds_and_says_which_answer() -> None:
    model = lamina.learn(worlds.letters(300, 1), "label", network="bag", steps=12, folds=0)
    reasons: list[str] = model.card.results["network"]["reasons"]
    assert sum("voices" in reason for reason in reasons) == 1
