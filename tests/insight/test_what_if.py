from __future__ import annotations

import numpy as np
import pytest

import worlds
from lamina.core import PlanError
from lamina.insight.what_if import POINTS, what_if
from lamina.model.model import Model


@pytest.fixture(scope="module")
def shop() -> Model:
    return worlds.learned(worlds.shop(300, 0), ["returns", "visits"], 80)


def test_an_answer_follows_the_number_that_decides(shop: Model) -> None:
    found = what_if(shop, worlds.CUSTOMER, "money spent")
    assert found.here == 80.0
    assert len(found.values) == POINTS
    assert found.values[0] < 5
    assert found.values[-1] > 95
    yes = found.answers.shares[:, list(found.answers.classes).index("yes")]  # type: ignore[index]
    assert yes[0] < 0.2 < 0.8 < yes[-1]
    assert len(found.json()["points"]) == POINTS


def test_words_and_another_target(shop: Model) -> None:
    found = what_if(shop, worlds.CUSTOMER, "region", target="visits")
    values = dict(zip(found.values, found.answers.values, strict=True))
    assert values["north"] == pytest.approx(values["south"] + 3, abs=1)


def test_each_answer_is_the_models_own(shop: Model) -> None:
    found = what_if(shop, worlds.CUSTOMER, "money spent", [10.0, None, 90.0])
    rows = {name: [value] * 3 for name, value in worlds.CUSTOMER.items()} | {"money spent": [10.0, None, 90.0]}
    np.testing.assert_allclose(found.answers.shares, shop.predict(rows)["returns"].shares, atol=1e-6)  # type: ignore[arg-type]


def test_mistakes_are_said(shop: Model) -> None:
    with pytest.raises(PlanError, match="Did you mean 'region'"):
        what_if(shop, worlds.CUSTOMER, "regoin")
    with pytest.raises(PlanError, match="no column 'colour'"):
        what_if(shop, {"colour": 1}, "region")
    with pytest.raises(PlanError, match="does not answer 'visit'"):
        what_if(shop, worlds.CUSTOMER, "region", target="visit")
    with pytest.raises(PlanError, match="Nothing is known of the values of 'when'"):
        what_if(shop, worlds.CUSTOMER, "when")
