"""A trace is what the network computes: terms and bias make the sum, and the activation of the sum is what the next layer
gets."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import worlds
from lamina.core import PlanError
from lamina.insight.trace import ACTIVATIONS, Trace, trace, traced
from lamina.model.model import Model

Found: TypeAlias = tuple[Model, Trace, worlds.World]


class Deep(nn.Module):
    """Grouped, strided and dilated convolutions, with a bias and without, with norms and without."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(1, 4, (3, 2), stride=(2, 1), padding=(1, 0))
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU(inplace=True)
        self.grouped = nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2, bias=False)
        self.bare = nn.BatchNorm2d(6, affine=False)
        self.smooth = nn.SiLU()
        self.dense = nn.Linear(6, 5)
        self.flat = nn.BatchNorm1d(5)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.wide(x)))
        x = self.smooth(self.bare(self.grouped(x))).mean((2, 3))
        found: Tensor = self.gate(self.flat(self.dense(x)))
        return found


def learned(kind: str) -> tuple[Model, worlds.World]:
    match kind:
        case "cnn":
            return worlds.learned(worlds.stripes(120, 0), "label", 20, network="cnn"), worlds.stripes(1, 5)
        case "deep":
            torch.manual_seed(0)
            return worlds.learned(worlds.stripes(120, 0), "label", 20, network=Deep()), worlds.stripes(1, 5)
        case "table":
            return worlds.learned(worlds.shop(160, 0), ["returns", "visits"], 20), worlds.shop(1, 5)
        case "film":
            return worlds.learned(worlds.flashes(60, 0), "label", 5), worlds.flashes(1, 5)
    return worlds.learned(worlds.mixed(120, 0), "label", 20), worlds.mixed(1, 5)


@pytest.fixture(scope="module", params=["cnn", "deep", "table", "film", "mixed"])
def found(request: pytest.FixtureRequest) -> Found:
    model, row = learned(request.param)
    return model, trace(model, row), row


def test_every_unit_is_the_sum_of_its_terms_and_what_comes_out_is_what_the_network_computes(
    found: Found,
) -> None:
    seen = found[1]
    rng = np.random.default_rng(0)
    assert len(seen.summing) >= 3
    for name in seen.summing:
        layer = seen[name]
        assert layer.output is not None
        for flat in rng.integers(0, layer.output.size, 4):
            place = tuple(int(at) for at in np.unravel_index(flat, layer.output.shape))
            unit = seen.unit(name, place)
            assert sum(term.product for term in unit.terms) + unit.bias == pytest.approx(unit.total, rel=1e-9, abs=1e-9)
            assert all(term.product == pytest.approx(term.value * term.weight) for term in unit.terms)
            sizes = [abs(term.product) for term in unit.terms]
            assert sizes == sorted(sizes, reverse=True)
            scale = sum(sizes) + abs(unit.bias) + 1
            expected = torch.tensor(unit.total)
            for kind in ACTIVATIONS:
                if kind.__name__ == unit.activation:
                    expected = kind()(expected)
            assert unit.result == pytest.approx(float(expected), abs=1e-5 * scale), (name, place, unit.activation)


def test_the_result_of_a_layer_without_norm_is_its_recorded_output(found: Found) -> None:
    seen = found[1]
    for name in seen.summing:
        unit = seen.unit(name, (0,) * seen[name].output.ndim)  # type: ignore[union-attr]
        if not unit.activation:
            assert unit.total == pytest.approx(float(seen[name].output.ravel()[0]), abs=1e-4)  # type: ignore[union-attr]


def test_units_that_activate_are_followed_to_their_activation(found: Found) -> None:
    seen = found[1]
    kinds = {seen.unit(name, (0,) * seen[name].output.ndim).activation for name in seen.summing}  # type: ignore[union-attr]
    assert "ReLU" in kinds


def test_the_answer_at_the_end_is_the_models(found: Found) -> None:
    model, seen, row = found
    raws, *_ = model.raw(model.read(row))
    for column, name in ((each["column"], each["name"]) for each in model.card.taught):
        assert seen.answer[name] == pytest.approx(raws[column][0], abs=1e-3)


def test_what_is_no_unit_is_refused(found: Found) -> None:
    seen = found[1]
    with pytest.raises(PlanError, match="No layer is called 'nowhere'"):
        seen["nowhere"]
    head = next(name for name in seen.summing if name.startswith("heads."))
    with pytest.raises(PlanError, match="is none of them"):
        seen.unit(head, (0, 99))
    silent = next(name for name in seen.layers if name not in seen.summing)
    with pytest.raises(PlanError, match="makes no weighted sum"):
        seen.unit(silent, (0,))


def test_hooks_are_taken_away_again(found: Found) -> None:
    model = found[0]
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in model.network.modules())
    with pytest.raises(KeyError):
        traced(model.network, {})
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in model.network.modules())
