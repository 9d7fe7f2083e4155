"""Against gradients of the loss that torch takes itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import lamina
import worlds
from lamina.core import DataError
from lamina.insight.neighbours import Lessons
from lamina.insight.question import tensors
from lamina.model.model import Model


@pytest.fixture(scope="module")
def shop() -> Model:
    return worlds.learned(worlds.shop(200, 0), ["returns", "visits"], 30, folds=3)


def gradient(model: Model, rows: Any, row: int, label: int) -> torch.Tensor:
    """Of the loss of one row, every copy taught alone, with respect to the last layer of all members."""
    examples = model.read(rows)
    inputs = tensors(model.intake.encode(examples.take([row])))
    heads = [member.heads["returns"].weight for member in model.network.members]
    total = torch.zeros(())
    for member in model.network.members:
        raw = member(inputs)[0]["returns"]
        total = total - raw.double().log_softmax(2)[0, :, label].sum()
    return torch.cat([each.flatten().double() for each in torch.autograd.grad(total, heads)])


def test_the_cosines_are_those_of_the_gradients_of_the_last_layer(shop: Model) -> None:
    rows = worlds.shop(40, 3)
    lessons = Lessons(shop, shop.read(rows, target=True), "returns")
    asked = lamina.explain(shop, worlds.shop(1, 9), target="returns")[0]
    code = {word: k for k, word in enumerate(shop.outputs["returns"].classes)}  # type: ignore[attr-defined]
    mine = gradient(shop, worlds.shop(1, 9), 0, code[asked.about])
    expected = []
    for row in range(40):
        other = gradient(shop, rows, row, code[rows["returns"][row]])
        expected.append(float(mine @ other / (mine.norm() * other.norm())))
    found, against = lessons.nearest(asked.asked, 40)
    cosines = {each.row: each.cosine for each in (*found, *against)}
    for row, cosine in cosines.items():
        assert cosine == pytest.approx(expected[row], abs=1e-4)
    assert len(cosines) > 30
    assert found[0].cosine == pytest.approx(max(expected), abs=1e-4)
    assert all(each.label == rows["returns"][each.row] for each in found)


def test_what_speaks_for_an_answer_bears_its_label(shop: Model) -> None:
    rows = worlds.shop(150, 4)
    lessons = Lessons(shop, shop.read(rows, target=True), "returns")
    for asked in lamina.explain(shop, worlds.shop(4, 8), target="returns"):
        found, against = lessons.nearest(asked.asked)
        assert {each.label for each in found} == {asked.about}
        assert {each.label for each in against} != {asked.about}


def test_of_numbers_those_that_rest_on_the_same(shop: Model) -> None:
    rows = worlds.shop(100, 5)
    lessons = Lessons(shop, shop.read(rows, target=True), "visits")
    asked = lamina.explain(shop, shop.read(rows).take([7]), target="visits")[0]
    found, _ = lessons.nearest(asked.asked)
    assert found[0].row == 7
    assert found[0].cosine == pytest.approx(1, abs=1e-4)


def test_labels_are_needed(shop: Model) -> None:
    rows = worlds.shop(30, 5)
    del rows["returns"]
    with pytest.raises(DataError, match="give those that it learned from"):
        Lessons(shop, shop.read(rows), "returns")
    with pytest.raises(DataError, match="No row has a known label"):
        Lessons(shop, shop.read(rows | {"returns": np.array(["perhaps"] * 30)}, target=True), "returns")
