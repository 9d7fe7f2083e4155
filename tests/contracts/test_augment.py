"""What every change of pictures and sounds promises: the same form, decided by the seed, never the whole lost."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamina.core import Encoded, PlanError
from lamina.learning import spectra
from lamina.learning.augment import CHANGES, Augment
from lamina.learning.mixup import Pairs, pairs, together

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
def test_no_rows_and_rows_in_other_order_of_memory_pass(name: str) -> None:
    x = pictures((8, 28, 20, 3))
    assert changed(name, x[:0]).shape == (0, 28, 20, 3)
    turned = x.transpose(1, 2).contiguous().transpose(1, 2)
    assert torch.equal(changed(name, turned), changed(name, x))


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
    flat = found.flatten(1)
    usual = flat.mode(1).values[:, None]
    assert ((flat == usual).float().mean(1) > 0.85).all()
    assert ((flat == usual) | (flat == 0)).all()
    assert name == "shade" or (usual == 200).all()


def test_a_turn_keeps_right_angles_in_wide_pictures() -> None:
    """A square turned by up to 45 degrees keeps its area, also where the picture is no square."""
    x = torch.zeros((16, 60, 120, 1), dtype=torch.uint8)
    x[:, 20:40, 50:70] = 200
    found = CHANGES["turn"](x, degrees=45.0, stretch=0.0, share=0.0)  # type: ignore[call-arg]
    area = found.float().sum((1, 2, 3)) / 200
    torch.testing.assert_close(area, torch.full((16,), 400.0), rtol=0.02, atol=0.0)


def test_a_bend_moves_places_of_one_picture_apart_and_every_row_where_that_is_asked() -> None:
    x = torch.zeros((64, 28, 28, 1), dtype=torch.uint8)
    x[:, 6:8, 4:24], x[:, 20:22, 4:24] = 250, 250  # two lines
    still = {"degrees": 0.0, "stretch": 0.0, "share": 0.0, "often": 1.0}
    found = CHANGES["turn"](x, **still, bent=0.05)  # type: ignore[call-arg]
    assert torch.equal(CHANGES["turn"](x, **still), x)  # type: ignore[call-arg]
    assert ((found != x).flatten(1).sum(1) > 10).all()
    down = torch.arange(28.0)[None, :, None]
    upper, lower = (part[..., 0].float() for part in found.split(14, dim=1))
    moves = [(part * down[:, :14]).sum((1, 2)) / part.sum((1, 2)) for part in (upper, lower)]
    assert (moves[1] - moves[0]).std() > 0.3, "a shift alone would move both lines alike"


def test_a_shade_keeps_black_the_order_of_pixels_and_some_rows() -> None:
    x = torch.arange(64, dtype=torch.uint8).mul(3).reshape(1, 8, 8, 1).repeat(256, 1, 1, 1)
    found = changed("shade", x)
    flat = found.flatten(1).int()
    assert (flat.diff(dim=1) >= 0).all()
    assert (flat[:, 0] == 0).all()
    same = (found == x).flatten(1).all(1).float().mean()
    assert 0.1 < same < 0.35
    brightest = flat.amax(1) / 189
    assert 0.49 < brightest.min() < 0.6
    assert brightest.max() > 1.2
    middle = flat[:, 32] / flat[:, 63]
    assert middle.min() < 0.35
    assert middle.max() > 0.6


def sounds(rows: int = 64) -> Encoded:
    """Rows of different length, as loud as sounds are, zero beyond their ends."""
    generator = torch.Generator().manual_seed(0)
    lengths = 1 + torch.arange(rows) * 7 % 40
    x = torch.randn((rows, 40, 12), generator=generator) - 8
    return Encoded(
        x * (torch.arange(40) < lengths[:, None])[:, :, None], torch.ones(rows, dtype=torch.bool), [], lengths
    )


def heard(name: str, each: Encoded, seed: int = 0) -> Encoded:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return spectra.CHANGES[name](each)


each_of_sounds = pytest.mark.parametrize("name", spectra.CHANGES)


@each_of_sounds
def test_sounds_keep_their_form_and_end_where_they_say(name: str) -> None:
    each = sounds()
    before = each.values.clone()
    found = heard(name, each)
    assert found.values.shape == each.values.shape
    assert found.values.isfinite().all()
    assert torch.equal(each.values, before)  # the rows themselves are never written to
    assert found.lengths.min() >= 1
    assert found.lengths.max() <= 40
    beyond = torch.arange(40) >= found.lengths[:, None]
    assert not found.values[beyond].any()
    assert found.present is each.present


@each_of_sounds
def test_the_seed_decides_how_a_sound_changes(name: str) -> None:
    each = sounds()
    found = heard(name, each)
    assert torch.equal(found.values, heard(name, each).values)
    assert not torch.equal(found.values, heard(name, each, seed=1).values)
    assert not torch.equal(found.values, each.values)


def test_a_sound_that_is_bent_slower_lasts_longer() -> None:
    x = torch.zeros(32, 60, 8)
    x[:, :20] = -4.0
    x[:, 10, 4] = 40.0  # a click in the middle
    found = spectra.bend(Encoded(x, None, [], torch.full((32,), 20)), slower=0.5, wider=0.0, higher=0.0)
    clicks = found.values[:, :, 4].argmax(1)
    assert (found.lengths != 20).any()
    assert ((clicks / found.lengths - 0.5).abs() < 0.08).all()


def test_only_what_a_change_is_for_is_changed() -> None:
    names = [*CHANGES, *spectra.CHANGES]
    table, pixels = Encoded(torch.rand(6, 3), None), Encoded(pictures((6, 9, 9, 1)), None)
    features = Encoded(torch.rand(6, 4), None)  # they took the place of sounds
    inputs = {"table": table, "photo": pixels, "sound": sounds(6), "other": features}
    forms = {"table": "vector", "photo": "grid", "sound": "spectrum", "other": "spectrum"}
    found = Augment(names, forms)(inputs)
    assert found["table"] is table
    assert found["other"] is features
    assert not torch.equal(found["photo"].values, pixels.values)
    assert not torch.equal(found["sound"].values, inputs["sound"].values)


def test_a_change_that_nobody_knows_is_refused() -> None:
    with pytest.raises(PlanError, match="'louder'"):
        Augment(["lauder"], {"sound": "spectrum"})


def test_what_took_the_place_of_sounds_stays_as_it_is() -> None:
    """Maps that a pretrained network made of sounds are kept in half precision, and are no spectra."""
    maps = Encoded(torch.randn(4, 9, 6).half(), torch.ones(4, dtype=torch.bool), lengths=torch.tensor([9, 8, 7, 6]))
    changed = Augment(list(spectra.CHANGES), {"sound": "spectrum"})({"sound": maps})
    assert changed["sound"] is maps


def test_sounds_heard_together_are_as_loud_as_the_shares_of_their_powers() -> None:
    x = torch.full((2, 3, 2), 2.0)
    x[1] = torch.tensor([[5.0, 1.0], [1.0, 5.0], [0.0, 0.0]])
    lengths = torch.tensor([3, 2])
    two = Pairs(torch.tensor([1, 1]), torch.tensor([0.75, 0.6]))
    found = together(Encoded(x, None, lengths=lengths), two)
    power = 0.75 * x[0, :2].exp() + 0.25 * (x[1, :2] - 1.0).exp()  # the partner is 1 louder on average
    torch.testing.assert_close(found.values[0, :2], power.log())
    torch.testing.assert_close(found.values[0, 2], x[0, 2])  # where the partner has ended, the row alone
    assert torch.equal(found.values[1], x[1])  # heard alone, whatever its share
    assert found.lengths.tolist() == [3, 2]


def test_the_shorter_of_two_sounds_lasts_as_long_as_the_longer() -> None:
    each = sounds(16)
    two = Pairs(torch.arange(16).flip(0), torch.full((16,), 0.5))
    found = together(each, two)
    assert torch.equal(found.lengths, torch.maximum(each.lengths, each.lengths.flip(0)))
    here = torch.arange(40) < found.lengths[:, None]
    assert found.values.isfinite().all()
    assert not found.values[~here].any()
    assert (found.values[here] != 0).all()


def test_about_as_many_sounds_as_asked_are_heard_with_another_and_their_own_share_is_the_larger() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = pairs(4_000, 0.5, torch.device("cpu"))
    assert 0.45 < (found.partner != torch.arange(4_000)).float().mean() < 0.55
    assert (found.share >= 0.5).all()
    assert (found.share <= 1).all()
    assert 0.75 < found.share.mean() < 0.95
