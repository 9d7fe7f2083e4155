"""Muon: every direction of a layer's weights moves alike, and only layers whose scale means nothing are given to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from lamina.learning.muon import Muon, orthogonal
from lamina.learning.schedule import optimisers, set_rate, take_step
from lamina.networks.cnn import Cnn

TAUGHT = replace(Cnn.recipe, optimiser="muon", share=0.1, momentum=0.6)


def block() -> tuple[nn.Sequential, nn.Parameter]:
    """A convolution that a normalisation follows, and its weights."""
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 8, 3, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 2)), conv.weight


@pytest.mark.parametrize("shape", [(16, 200), (200, 16), (8, 9)])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    left, _ = torch.linalg.qr(torch.randn(shape[0], min(shape)))
    right, _ = torch.linalg.qr(torch.randn(shape[1], min(shape)))
    matrix = left @ torch.diag(torch.linspace(1.0, 3.0, min(shape))) @ right.T
    found = left.T @ orthogonal(matrix) @ right
    values = found.diagonal()
    assert ((values > 0.6) & (values < 1.3)).all()
    torch.testing.assert_close(found, torch.diag(values), atol=1e-4, rtol=0)
    torch.testing.assert_close(orthogonal(1e3 * matrix), orthogonal(matrix), atol=1e-4, rtol=1e-3)


def test_no_gradient_moves_nothing_and_zero_stays_finite() -> None:
    _, weight = block()
    before = weight.detach().clone()
    one = Muon([{"params": [weight]}], 0.6)
    take_step(one)
    assert torch.equal(weight, before)
    weight.grad = torch.zeros_like(before)
    take_step(one)
    assert weight.isfinite().all()


def test_a_step_changes_the_stated_share_of_a_layer() -> None:
    module, weight = block()
    module(torch.randn(16, 3, 3, 3)).square().sum().backward()
    [_, muon] = optimisers(module, TAUGHT)
    scaled = weight.detach() * len(weight) ** 0.5 / weight.detach().norm()
    set_rate(muon, 0.5)
    take_step(muon)
    assert float((weight.detach() - scaled).norm() / scaled.norm()) == pytest.approx(0.05, rel=0.3)


def test_every_parameter_is_given_to_one_optimiser() -> None:
    module, weight = block()
    [plain, muon] = optimisers(module, TAUGHT)
    shares = [{id(p) for group in each.param_groups for p in group["params"]} for each in (plain, muon)]
    assert shares[1] == {id(weight)}
    assert shares[0] == {id(p) for p in module.parameters()} - shares[1]
    assert len(optimisers(module, Cnn.recipe)) == 1
    assert len(optimisers(nn.Linear(3, 2), TAUGHT)) == 1  # nothing that a normalisation follows
