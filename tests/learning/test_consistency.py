"""What rows without a label are changed by, and how long they teach."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lamina.learning.augment import CHANGES
from lamina.learning.consistency import changes, partly
from lamina.networks.bag import Bag
from lamina.networks.cnn import Cnn


def test_pictures_are_turned_once_and_less_than_by_labels_alone() -> None:
    recipe = Cnn.suited(100)[1]
    assert recipe.augment == ("turn", "turn", "shift", "shade")
    plain, strong = changes(recipe, classes=3)
    assert plain == ("tilt", "shift", "shade")
    assert strong[:5] == (*plain, "tilt", "cover")


@pytest.mark.parametrize(("same", "flipped"), [((0, 1, 2), True), ((0, 2), False)])
def test_pictures_are_flipped_where_all_classes_look_the_same_in_a_mirror(same: tuple[int, ...], flipped: bool) -> None:
    recipe = replace(Cnn.recipe, augment=("flip", "shift"), mirrored=same)
    for found in changes(recipe, classes=3):
        assert ("flip" in found) is flipped


def test_a_tilt_moves_less_than_a_turn() -> None:
    x = torch.zeros((400, 28, 28, 1), dtype=torch.uint8)
    x[:, 13:15, 2:26] = 250  # a line: its ends move up and down as it turns
    down = torch.arange(28.0)[None, :, None]

    def slope(name: str) -> float:
        torch.manual_seed(0)
        found = CHANGES[name](x)[..., 0].float()
        left, right = ((part * down).sum((1, 2)) / part.sum((1, 2)) for part in (found[..., :9], found[..., 19:]))
        return float((left - right).abs().mean())

    assert 0 < slope("tilt") < 0.8 * slope("turn")


def test_what_is_changed_anew_at_every_pass_teaches_for_longer_where_there_is_time() -> None:
    pictures, words = partly(Cnn.suited(80)[1], 80, 50_000), partly(Bag.suited(80)[1], 80, 50_000)
    assert (pictures.most, words.most) == (4.0, 2.0)
