"""What every change of pictures promises: the same form, decided by the seed, never the whole picture lost."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamina.learning.augment import CHANGES, Augment

SIZES = [(8, 28, 28, 1), (5, 17, 40, 3), (3, 4, 4, 1)]
each_change = pytest.mark.parametrize("name", CHANGES)


def pictures(size: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randint(0, 256, size, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def changed(name: str, x: Tensor, seed: int = 0) -> Tensor:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CHANGES[name](x)


@each_change
@pytest.mark.parametrize("size", SIZES)
def test_form_and_type_stay(name: str, size: tuple[int, ...]) -> None:
    x = pictures(size)
    before = x.clone()
    found = changed(name, x)
    assert found.shape == x.shape
    assert found.dtype == torch.uint8
    assert torch.equal(x, before)  # the rows themselves are never written to


@each_change
def test_the_seed_decides_and_rows_differ(name: str) -> None:
    x = pictures((1, 28, 28, 1)).expand(64, -1, -1, -1)
    found = changed(name, x)
    assert torch.equal(found, changed(name, x))
    assert not torch.equal(found, changed(name, x, seed=1))
    assert len({row.numpy().tobytes() for row in found}) > 1


@each_change
def test_most_of_a_plain_picture_stays(name: str) -> None:
    x = torch.full((32, 28, 28, 3), 200, dtype=torch.uint8)
    found = changed(name, x)
    assert ((found == 200).float().mean((1, 2, 3)) > 0.85).all()
    assert set(found.unique().tolist()) <= {0, 200}


def test_a_turn_keeps_right_angles_in_wide_pictures() -> None:
    """A square turned by up to 45 degrees keeps its area, also where the picture is no square."""
    x = torch.zeros((16, 60, 120, 1), dtype=torch.uint8)
    x[:, 20:40, 50:70] = 200
    found = CHANGES["turn"](x, degrees=45.0, stretch=0.0, share=0.0)  # type: ignore[call-arg]
    area = found.float().sum((1, 2, 3)) / 200
    torch.testing.assert_close(area, torch.full((16,), 400.0), rtol=0.02, atol=0.0)


def test_only_pictures_are_changed() -> None:
    table = torch.rand(6, 3)
    assert Augment(list(CHANGES))(table) is table
