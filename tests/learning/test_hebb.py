"""Filters that learn by Hebb's rule: what the rule keeps, and that what it learns is worth more than what was drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import lamina
import worlds
from lamina.core import Array, Batch, Encoded, Form, PlanError
from lamina.learning.hebb import Filters, SoftHebb, White, rule, teaching
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.networks.hebbian import Hebbian

CPU = torch.device("cpu")


def taught(pictures: Array, *, steps: int | None = None, seed: int = 0, **options: object) -> Filters:
    """Filters that learned from all of these pictures [N, H, W, C]."""
    seen = Encoded(torch.from_numpy(pictures), torch.ones(len(pictures), dtype=torch.bool))
    form = Form("grid", pictures.shape[1:])
    filters = Filters("image", seen, form, options, np.arange(len(pictures)), seed, CPU)
    for number in filters.layers() if not filters.network.random else ():
        for _ in filters.learn(number, steps, None, None):
            pass
        filters.ended(number)
    return filters


@pytest.mark.parametrize(
    ("options", "why"),
    [("kernel=4", "kernel was 4. It must be odd, such as 5"), ("depth=0", "depth was 0"), ("width=0", "width was 0")],
)
def test_filters_that_cannot_be_are_refused(options: str, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        lamina.learn(worlds.strokes(60, 0), target="label", steps=1, network=f"hebbian {options}")


def test_filters_of_the_first_layer_look_as_far_as_they_are_asked_to() -> None:
    pictures = worlds.strokes(20, 0)["image"]
    for kernel in (1, 3, 9):
        filters = taught(pictures, steps=1, width=4, depth=2, kernel=kernel).network
        assert [layer.filters.kernel_size[0] for layer in map(filters.layer, range(2))] == [kernel, 3]


def test_lengths_tend_to_one() -> None:
    filters = taught(worlds.strokes(700, 0)["image"], width=8, depth=1)
    begun = taught(worlds.strokes(20, 0)["image"], width=8, depth=1, steps=1)
    assert float((begun.lengths[0] - 1).abs().min()) > 0.5
    torch.testing.assert_close(filters.lengths[0], torch.ones(8), atol=0.15, rtol=0)


def test_patches_are_told_apart_by_what_spreads_and_filters_go_back_and_forth() -> None:
    """Of three directions the two that spread become alike, and the one that does not stays small."""
    x = torch.randn(400, 3, 1, 1) * torch.tensor([10.0, 5.0, 0.0])[None, :, None, None]
    white = White(x, 1)
    filters = torch.randn(4, 3, 1, 1)
    torch.testing.assert_close(white.lengths(white(filters)), filters.flatten(1).norm(dim=1), atol=1e-4, rtol=1e-4)
    spread = (x.flatten(1) @ white.apart).std(0)
    assert 2 > spread[0] / spread[1] >= 1
    assert spread[2] < 1e-4
    torch.testing.assert_close(
        nn.functional.conv2d(x, white(filters)).flatten(1), x.flatten(1) @ white.apart @ filters.flatten(1).T
    )


def test_the_step_among_what_is_told_apart_is_that_of_the_rule_there() -> None:
    """Patches told apart first, and the plain rule, or pixels as they are, and the rule that knows how: the same filters."""
    x = torch.randn(20, 3, 1, 1) * torch.tensor([4.0, 2.0, 1.0])[None, :, None, None]
    white, learned = White(x, 1), torch.randn(5, 3, 1, 1)
    apart = (x.flatten(1) @ white.apart).reshape(x.shape)
    there = rule(learned, apart, 0.7)
    here = rule(white(learned), x, 0.7, white)
    torch.testing.assert_close(here, white(there), atol=1e-5, rtol=1e-4)


def test_pictures_of_one_brightness_teach_nothing_and_break_nothing() -> None:
    filters = taught(np.full((30, 12, 12, 1), 7, np.uint8), width=4, steps=3)
    assert all(bool(torch.isfinite(each).all()) for each in filters.network.state_dict().values())


def test_the_order_of_the_rows_in_a_batch_changes_nothing() -> None:
    x, weight = torch.randn(6, 3, 9, 9), torch.randn(10, 3, 3, 3)
    one, other = rule(weight, x, 1.0), rule(weight, x.flip(0), 1.0)
    torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


def test_the_step_is_what_the_rule_says() -> None:
    """Place by place, as it is written in the paper, rather than by convolutions."""
    x, weight = torch.randn(2, 2, 4, 4), torch.randn(5, 2, 3, 3)
    expected = torch.zeros_like(weight)
    for picture in x:
        for row in range(2):
            for column in range(2):
                patch = picture[:, row : row + 3, column : column + 3]
                answers = (weight * patch).sum((1, 2, 3))
                each = -torch.softmax(0.7 * answers, 0)
                each[answers.argmax()] *= -1
                for unit in range(5):
                    expected[unit] += each[unit] * (patch - answers[unit] * weight[unit])
    torch.testing.assert_close(
        rule(weight, x, 0.7), expected / expected.flatten(1).norm(dim=1).mean(), atol=1e-5, rtol=1e-4
    )


def test_the_gradient_of_the_loss_is_the_step_and_reaches_nothing_else() -> None:
    torch.manual_seed(0)
    network = Hebbian(Form("grid", (12, 12, 1)), width=4)
    pixels = torch.randint(0, 256, (5, 12, 12, 1), dtype=torch.uint8)
    network.settle(pixels, torch.Generator())
    network.layer(1).filters.requires_grad_()
    batch = Batch({"image": Encoded(pixels, torch.ones(5, dtype=torch.bool))}, {}, {}, torch.ones(5))
    method = SoftHebb(network, 1, "image")
    [loss] = method.losses(batch)
    loss.sum.backward()  # type: ignore[no-untyped-call]
    layer = network.layer(1)
    with torch.no_grad():
        step = rule(layer.filters.weight, layer.surroundings(network.before(1, pixels)), method.sharp)
    moved = layer.filters.weight.grad
    assert moved is not None
    direction = torch.cosine_similarity(moved.flatten(1), -step.flatten(1))
    torch.testing.assert_close(direction, torch.ones(16), atol=1e-4, rtol=0)
    assert network.layer(0).filters.weight.grad is None


def test_what_is_learned_is_nearer_to_the_pictures_than_what_was_drawn() -> None:
    """As many filters of the same length: at the average place the nearest of them answers more."""
    pictures, others = worlds.strokes(700, 0)["image"], torch.from_numpy(worlds.strokes(100, 1)["image"])
    answers = []
    for random in (False, True):
        network = taught(pictures, width=8, depth=1, random=random).network
        network.settle(torch.from_numpy(pictures), torch.Generator())
        layer = network.layer(0)
        with torch.inference_mode():
            found = layer.filters(layer.surroundings(network.before(0, others)))
        answers.append(float((found / layer.norms()[:, None, None]).amax(1).mean()))
    learned, drawn = answers
    assert learned > 1.2 * drawn


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 3), (40, 7, 1), (90, 130, 1)])
def test_a_border_is_nothing_to_see(shape: tuple[int, int, int]) -> None:
    """Pictures of one brightness give maps of one value, of whatever size they are."""
    torch.manual_seed(0)
    network = Hebbian(Form("grid", shape), width=4)
    network.settle(torch.randint(0, 256, (6, *shape), dtype=torch.uint8), torch.Generator())
    with torch.inference_mode():
        maps = network.before(len(network.layers), torch.full((1, *shape), 99, dtype=torch.uint8))
    torch.testing.assert_close(maps, maps[:, :, :1, :1].expand_as(maps), atol=1e-4, rtol=1e-3)


def test_unlabelled_pictures_teach_the_filters_and_those_that_judge_do_not() -> None:
    labelled, free = worlds.stripes(200, 0), worlds.stripes(300, 1)
    examples = lamina.read(
        {
            "image": np.concatenate([labelled["image"], free["image"]]),
            "label": [*labelled["label"].tolist(), *[None] * 300],
        }
    )
    one = prepare(examples, Plan(target=("label",), folds=0))
    assert set(teaching(one)) == set(one.folds[0].train) | set(range(200, 500))
    several = prepare(examples, Plan(target=("label",), folds=3))
    assert set(teaching(several)) == set(range(200, 500))
