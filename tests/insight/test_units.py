"""Against a plain pass that keeps everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import worlds
from lamina.examples import read
from lamina.insight import units as room
from lamina.insight.units import crop, units
from lamina.model.model import Model


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def stripes() -> Model:
    return worlds.learned(worlds.stripes(200, 0), "label", 60, network="cnn")


def test_the_most_exciting_examples_and_their_places(stripes: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROWS", 17)  # several batches, the last one smaller
    rows = worlds.stripes(60, 1)
    found = units(stripes, read(rows, target=("label",)))
    first = found.layers["networks.image.stages.stage1.0.act"]
    network = stripes.network.members[0].networks["image"]
    with torch.no_grad():
        maps = network.stages[0](network.pixels(torch.from_numpy(rows["image"]))).numpy()
    peaks = maps.max((2, 3))
    np.testing.assert_allclose(first.values[:, 0], peaks.max(0), rtol=1e-5)
    alive = ~first.dead
    assert np.sort(peaks, 0)[::-1][:9].T[alive] == pytest.approx(first.values[alive], rel=1e-5)
    assert first.dead.tolist() == (peaks.max(0) <= 0).tolist()
    for unit in np.flatnonzero(alive):
        row = first.top[unit, 0]
        y, x = np.unravel_index(maps[row, unit].argmax(), maps.shape[2:])
        assert first.places[unit, 0] == pytest.approx([(y + 0.5) / maps.shape[2], (x + 0.5) / maps.shape[3]])
    assert first.reach == pytest.approx(5 / 12)  # one kernel of 5 pixels


def test_units_of_the_last_layer_prefer_a_class(stripes: Model) -> None:
    rows = worlds.stripes(120, 2)
    found = units(stripes, read(rows, target=("label",)))
    last = found.layers["networks.image.dense.act"]
    assert found.classes == ("level", "upright")
    sure = np.abs(last.strength) > 1
    assert sure.sum() > 10
    for unit in np.flatnonzero(sure & ~last.dead):
        assert last.liking[unit] == last.mean[unit].argmax()
        labels = [rows["label"][row] for row in last.top[unit, :5]]
        assert labels.count(found.classes[last.liking[unit]]) >= 3


def test_a_second_look_is_recalled(stripes: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = worlds.stripes(40, 3)
    before = units(stripes, read(rows, target=("label",)))

    def never(*_: object) -> None:
        raise AssertionError("looked again")

    monkeypatch.setattr(room, "_looked", never)
    again = units(stripes, read(rows, target=("label",)))
    for name, each in before.layers.items():
        np.testing.assert_array_equal(each.top, again.layers[name].top)
        np.testing.assert_array_equal(each.strength, again.layers[name].strength)
    with pytest.raises(AssertionError, match="looked again"):
        units(stripes, read(worlds.stripes(40, 4), target=("label",)))


def test_of_two_models_that_were_never_saved_each_has_its_own() -> None:
    rows = read(worlds.blobs(60, 0), target=("label",))
    models = [worlds.learned(worlds.blobs(120, 0), "label", 10, seed=seed) for seed in (0, 1)]
    assert len({model.mark for model in models}) == 2
    first, second = (next(iter(units(model, rows).layers.values())) for model in models)
    assert not np.array_equal(first.values, second.values)


def test_without_labels_nothing_is_preferred_and_dead_units_are_told() -> None:
    model = worlds.learned(worlds.blobs(120, 0), "label", 10)
    with torch.no_grad():
        model.network.members[0].networks["table"].first.bias[3] = -1e6
    rows = worlds.blobs(5, 1)
    del rows["label"]
    layer = next(iter(units(model, read(rows)).layers.values()))
    assert layer.top.shape[1] == 5  # no more examples than there are
    assert layer.dead[3]
    assert not layer.dead.all()
    assert set(layer.liking.tolist()) == {-1}


def test_a_crop_is_what_a_unit_saw() -> None:
    pixels = np.arange(64).reshape(8, 8, 1)
    assert crop(pixels, np.array([0.5, 0.5]), 0.5)[:, :, 0].tolist() == pixels[2:6, 2:6, 0].tolist()
    assert crop(pixels, np.array([0.0, 1.0]), 0.25).size > 0
    assert crop(pixels, np.array([0.5, 0.5]), 1.0).shape == (8, 8, 1)
