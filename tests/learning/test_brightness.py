"""Pictures are made brighter and darker where that does not change what they are, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

import worlds
from lamina.core import Array
from lamina.examples import read
from lamina.learning.brightness import tells, with_shades
from lamina.learning.choose import Choice
from lamina.learning.mirror import with_flips
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared, prepare
from lamina.networks.cnn import Cnn

SHADING = replace(Cnn.recipe, augment=("turn", "shade", "shift"))


def digits(rows: int = 200) -> tuple[Tensor, Array]:
    found = load_digits()
    return torch.from_numpy((found.images[:rows] * 15).astype(np.uint8)[..., None]), found.target[:rows].astype(
        np.int64
    )


def days_and_nights(rows: int = 60) -> tuple[Tensor, Array]:
    """Noise, bright by day (1) and dark by night (0)."""
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, rows)
    pictures = rng.integers(0, 100, (rows, 12, 12, 3)) + 100 * target[:, None, None, None]
    return torch.from_numpy(pictures.astype(np.uint8)), target


def prepared(pictures: Tensor, target: Array, **more: list[float]) -> Prepared:
    rows = {"image": [each.numpy() for each in pictures], "label": [f"kind {each}" for each in target], **more}
    return prepare(read(rows, target="label"), Plan(target=("label",), folds=0))


def test_brightness_tells_day_from_night_and_no_digits() -> None:
    assert tells(*days_and_nights())
    assert not tells(*digits())
    assert not tells(*digits(50))


@pytest.mark.parametrize("pictures", [torch.zeros((4, 8, 8, 1), dtype=torch.uint8), digits(1)[0]])
def test_where_nothing_tells_them_apart_nothing_is_shaded(pictures: Tensor) -> None:
    assert tells(pictures, np.arange(len(pictures)))


def test_digits_are_shaded_and_days_are_not_and_that_is_said() -> None:
    kept = Choice({}, SHADING)
    assert with_shades(kept, prepared(*digits()), 0) is kept
    found = with_shades(kept, prepared(*days_and_nights()), 0)
    assert found.recipe == replace(SHADING, augment=("turn", "shift"))
    assert found.reasons == [
        "image: pictures are not made brighter or darker: how bright they are may tell what they are."
    ]
    plain = Choice({}, Cnn.recipe)
    assert with_shades(plain, prepared(*days_and_nights()), 0) is plain  # its recipe shades nothing


def test_beside_other_columns_and_for_numbers_nothing_is_shaded() -> None:
    """Of a lamp of so many watts and a picture in which it glows, or how bright a picture is, nobody knows."""
    beside = prepared(*digits(), size=np.random.default_rng(0).normal(size=200).tolist())
    size = prepare(
        read(worlds.stripes(150, 0) | {"size": np.arange(150.0)}, target="size"), Plan(target=("size",), folds=0)
    )
    for each in (beside, size):
        found = with_shades(Choice({}, SHADING), each, 0)
        assert "shade" not in found.recipe.augment
        assert found.reasons[0].startswith("image: ")


def test_flips_and_shades_are_decided_each_for_itself() -> None:
    choice = Choice({}, replace(Cnn.recipe, augment=("flip", "shade")))
    rows = prepared(*digits())
    assert with_shades(with_flips(choice, rows, 0), rows, 0).recipe.augment == ("shade",)
