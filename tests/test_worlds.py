"""Each made world is learned to a stated score on new rows; with shuffled labels the same learning must fail to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lamina
import worlds
from lamina.core import Encoded
from lamina.examples import read
from lamina.learning.plan import Plan
from lamina.learning.training import Training
from lamina.model.model import Model

# world, target, rows, steps, metric, at least on new rows, at most with shuffled labels (chance, and a margin)
WORLDS = [
    (worlds.stripes, "label", 600, 60, "accuracy", 0.95, 0.62),
    (worlds.beeps, "label", 400, 60, "accuracy", 0.95, 0.62),
    (worlds.blobs, "label", 600, 120, "accuracy", 0.95, 0.62),
    (worlds.line, "price", 600, 250, "r2", 0.97, 0.1),
    (worlds.tagged, "weather", 600, 150, "hamming", 0.95, 0.65),
    (worlds.letters, "label", 600, 150, "accuracy", 0.88, 0.62),
    (worlds.mixed, "label", 1000, 120, "accuracy", 0.9, 0.62),
    (worlds.wobbles, "label", 600, 60, "accuracy", 0.95, 0.62),
]


def learned(world: worlds.World, target: str | tuple[str, ...], steps: int, network: nn.Module | None = None) -> Model:
    """A model without a report: here the new rows judge."""
    targets = (target,) if isinstance(target, str) else target
    plan = Plan(target=targets, steps=steps, folds=0)
    return Training(read(world, target=targets), plan, network=network, report=False).model


def score(model: Model, world: worlds.World, target: str, metric: str) -> float:
    return model.score(world).targets[target][metric].value


@pytest.mark.parametrize(("world", "target", "rows", "steps", "metric", "least", "most"), WORLDS)
def test_a_world_is_learned_and_its_shuffled_control_is_not(
    world: Callable[[int, int], worlds.World],
    target: str,
    rows: int,
    steps: int,
    metric: str,
    least: float,
    most: float,
) -> None:
    new = world(400, 2)
    assert score(learned(world(rows, 1), target, steps), new, target, metric) >= least
    control = learned(worlds.shuffled(world(rows, 1), target), target, steps)
    assert score(control, new, target, metric) <= most


def test_half_of_a_mixed_world_is_not_enough() -> None:
    """The score of `mixed` comes from both inputs together: neither alone says anything."""
    world, new = worlds.mixed(1000, 1), worlds.mixed(400, 2)
    for column in ("image", "number"):
        part = {name: values for name, values in world.items() if name != column}
        assert score(learned(part, "label", 60), new, "label", "accuracy") <= 0.62


def test_several_targets_are_learned_at_once() -> None:
    model = learned(worlds.several(600, 1), ("label", "far"), 200)
    found = model.score(worlds.several(400, 2)).targets
    assert found["label"]["accuracy"].value >= 0.95
    assert found["far"]["r2"].value >= 0.9


def test_rows_without_a_label_harm_nothing() -> None:
    world = worlds.blobs(600, 1)
    labels = world["label"].astype(object)
    labels[::3] = None
    model = learned({**world, "label": labels}, "label", 120)
    assert score(model, worlds.blobs(400, 2), "label", "accuracy") >= 0.95


def test_several_targets_may_each_lack_labels() -> None:
    world = worlds.several(600, 1)
    labels, far = world["label"].astype(object), world["far"].copy()
    labels[::2], far[1::2] = None, np.nan  # no row has both
    model = learned({**world, "label": labels, "far": far}, ("label", "far"), 200)
    found = model.score(worlds.several(400, 2)).targets
    assert found["label"]["accuracy"].value >= 0.93
    assert found["far"]["r2"].value >= 0.85


class Mine(nn.Module):
    """Somebody's own module, as a person would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.dense = nn.Linear(8 * 6 * 6, 16)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.dense(nn.functional.max_pool2d(self.conv(x).relu(), 2).flatten(1)).relu()
        return found


def test_an_own_module_learns_predicts_and_loads_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("own") / "own.lamina"
    torch.manual_seed(0)
    mine = Mine()
    model = learned(worlds.stripes(400, 1), "label", 100, network=mine)
    new = worlds.stripes(200, 2)
    assert score(model, new, "label", "accuracy") >= 0.95
    before = model.predict(new)["label"].shares
    model.save(place)
    np.testing.assert_array_equal(lamina.load(place).predict(new)["label"].shares, before)

    with pytest.raises(lamina.ModelError, match="own module"):
        _ = lamina.load(place).network
    back = lamina.load(place, network=Mine()).network
    with torch.inference_mode():
        raws, _ = back({"image": Encoded(torch.from_numpy(new["image"]), torch.ones(200, dtype=torch.bool))})
    found = raws["label"].div(model.outputs["label"].temperature).softmax(1).numpy()
    np.testing.assert_allclose(found, before, atol=1e-4)


def test_an_own_module_that_does_not_fit_is_refused_with_a_reason() -> None:
    with pytest.raises(lamina.PlanError, match="cannot take this input"):
        learned(worlds.stripes(60, 1, side=10), "label", 5, network=Mine())


def test_each_fold_has_an_own_module_of_its_own() -> None:
    torch.manual_seed(0)
    mine = Mine()
    before = {name: each.clone() for name, each in mine.state_dict().items()}
    plan = Plan(("label",), steps=5, folds=3)
    model = Training(read(worlds.stripes(90, 1), target=("label",)), plan, network=mine, report=False).model
    assert all(torch.equal(each, before[name]) for name, each in mine.state_dict().items())  # nobody taught it
    weights = [next(member.networks["image"].module.parameters()) for member in model.network.members]
    assert not torch.equal(weights[0], weights[1])
