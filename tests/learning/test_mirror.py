"""Pictures are flipped where a class looks the same in a mirror, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

import worlds
from lamina.core import Array, Encoded, Recipe
from lamina.examples import read
from lamina.learning.augment import Augment
from lamina.learning.choose import Choice
from lamina.learning.mirror import alike, with_flips
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.networks.cnn import Cnn

FLIPPING = replace(Cnn.recipe, augment=("flip", "shift"))


def digits() -> tuple[Tensor, Array]:
    found = load_digits()
    return torch.from_numpy((found.images * 15).astype(np.uint8)[..., None]), found.target.astype(np.int64)


def arrows(rows: int = 400) -> tuple[Tensor, Array]:
    """Arrows to the left and to the right (0, 1), and up (2), at different places and in noise."""
    rng = np.random.default_rng(0)
    head = np.abs(np.arange(9)[:, None] - 4) <= np.arange(9)[None, :]  # wide at its right end: it points to the left
    shapes = [head, head[:, ::-1], head.T]
    target = rng.integers(0, 3, rows)
    pictures = rng.integers(0, 30, (rows, 14, 14, 3))
    for picture, each in zip(pictures, target, strict=True):
        down, right = rng.integers(0, 6, 2)
        picture[down : down + 9, right : right + 9] += 200 * shapes[each][..., None]
    return torch.from_numpy(pictures.astype(np.uint8)), target


def test_no_digit_is_taken_for_its_mirrored_self() -> None:
    assert not alike(*digits()).any()


def test_an_arrow_up_may_be_flipped_and_those_to_the_sides_may_not() -> None:
    assert alike(*arrows()).tolist() == [False, False, True]


def test_the_letters_on_a_few_pictures_say_nothing() -> None:
    pictures, target = arrows(30)
    assert not alike(pictures, target).any()
    assert alike(pictures[:0], target[:0]).tolist() == []


def test_where_the_nearest_picture_tells_no_class_distances_tell_nothing() -> None:
    pictures, target = arrows()
    assert not alike(pictures, np.random.default_rng(1).permutation(target)).any()


def test_what_was_seen_is_said_and_kept() -> None:
    rows = {"image": [each.numpy() for each in arrows()[0]], "label": [str(each) for each in arrows()[1]]}
    prepared = prepare(read(rows, target="label"), Plan(target=("label",), folds=0))
    said = {"image": {"kind": "cnn", "options": {}}}
    found = with_flips(Choice(dict(said), FLIPPING), prepared, 0)
    assert found.recipe.mirrored == (2,)
    assert found.recipe.augment == FLIPPING.augment
    assert found == with_flips(Choice(dict(said), FLIPPING), prepared, 0)
    assert found.reasons == ["image: pictures that look the same in a mirror are flipped: 2."]
    assert Recipe.restore(json.loads(json.dumps(asdict(found.recipe)))) == found.recipe
    plain = Choice(dict(said), Cnn.recipe)
    assert with_flips(plain, prepared, 0) is plain  # its recipe flips nothing


def test_where_nothing_may_be_flipped_the_recipe_flips_nothing() -> None:
    """Also with a number to answer: a class is what looks the same."""
    pictures, target = digits()
    rows = {"image": [each.numpy() for each in pictures[:300]], "label": [str(each) for each in target[:300]]}
    for world, column in ((rows, "label"), (worlds.stripes(150, 0) | {"size": np.arange(150.0)}, "size")):
        prepared = prepare(read(world, target=column), Plan(target=(column,), folds=0))
        found = with_flips(Choice({}, FLIPPING), prepared, 0)
        assert found.recipe == replace(FLIPPING, augment=("shift",))
        assert len(found.reasons) == 1


@pytest.mark.parametrize("same", [[True, False] * 32, [False] * 64])
def test_only_rows_that_may_be_flipped_are(same: list[bool]) -> None:
    x = torch.arange(64 * 4 * 6, dtype=torch.int64).remainder(251).to(torch.uint8).reshape(64, 4, 6, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        given = {"image": Encoded(x, torch.ones(64, dtype=torch.bool))}
        found = Augment(["flip"], {"image": "grid"})(given, torch.tensor(same))["image"].values
    flipped = (found == x.flip(2)).all(-1).all(-1).all(-1)
    kept = (found == x).all(-1).all(-1).all(-1)
    assert (flipped ^ kept).all()
    assert not flipped[~torch.tensor(same)].any()
    assert flipped.any() == any(same)
