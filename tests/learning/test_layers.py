"""How each layer fares: the ratio is that of the step that was taken, silent units are those that never speak, and nothing is changed by looking."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import worlds
from lamina.core import Json
from lamina.examples import read
from lamina.learning.choose import recipe
from lamina.learning.layers import Watch
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.learning.trial import Lesson, Trial
from lamina.networks._heads import Packed
from lamina.page import fares

STEPS, CPU = 24, torch.device("cpu")


def trial(times: float = 1.0) -> Trial:
    """A network of pictures that is about to learn, so many times as fast as usual."""
    prepared = prepare(read(worlds.stripes(60, 0), target="label"), Plan(target=("label",), folds=0))
    said: dict[str, Json] = {"image": {"kind": "cnn", "options": {}}}
    usual = recipe(said, prepared.intake.forms, Plan(batch=32), prepared.teaching)
    return Trial(Lesson(prepared, said, replace(usual, rate=times * usual.rate), 0, CPU), prepared.folds[0])


def learned(found: Trial, judgements: int = 8) -> dict[str, Tensor]:
    list(found.learn(STEPS, judgements=judgements))
    return {name: tensor.clone() for name, tensor in found.network.state_dict().items()}


def test_a_training_that_is_watched_ends_with_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = learned(trial())
    torch.manual_seed(1)
    before = torch.get_rng_state()
    monkeypatch.setattr(Watch, "weights", lambda self: None)
    monkeypatch.setattr(Watch, "looking", lambda self, *said: nullcontext())
    plain = learned(trial())
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(watched[name], each) for name, each in plain.items())


def test_the_ratio_is_that_of_the_step_before_the_look() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    watch = Watch({"model": network})
    for share in (0.01, 0.5):
        before = watch.weights()
        with torch.no_grad():
            for layer in (network[0], network[2]):
                layer.weight += share * layer.weight
                layer.bias += 100.0  # a bias has no part in it
        with watch.looking(1, 1.0, before):
            network(torch.randn(5, 3))
    with watch.looking(2, 0.0, None):
        pass
    assert watch.record["layers"]["0"]["ratio"] == [0.01, 0.5, None]
    assert watch.record["layers"]["2"]["ratio"] == [0.01, 0.5, None]
    assert watch.record["layers"]["2"]["units"] is None  # nothing switches behind it


def test_silent_units_are_counted_of_maps_rows_steps_and_copies() -> None:
    conv, row, step, packed = nn.Conv2d(1, 6, 3), nn.Linear(4, 5), nn.Linear(4, 3), Packed(2, 4, 3)
    with torch.no_grad():
        for layer, silent in ((conv, [0, 5]), (row, [1]), (step, [0, 1])):
            layer.bias.copy_(torch.full_like(layer.bias, 9.0))
            layer.bias[silent] = -99.0
            layer.weight.mul_(0.01)
    watch = Watch({"model": nn.ModuleList([conv, row, step, packed])})
    switch = nn.ReLU()
    watch.switches = [switch]
    with watch.looking(1, 1.0, None):
        switch(conv(torch.randn(8, 1, 5, 5)))
        switch(row(torch.randn(8, 4)))
        switch(step(torch.randn(8, 7, 4)))
        switch(-packed(torch.zeros(8, 2, 4)).abs())
    found = {name: (each["dead"][0], each["units"]) for name, each in watch.record["layers"].items()}
    assert found == {"0": (2, 6), "1": (1, 5), "2": (2, 3), "3": (6, 6)}


@pytest.mark.parametrize(("times", "reading"), [(1.0, "fine"), (1e-6, "little")])
def test_a_rate_that_is_too_small_is_seen(times: float, reading: str) -> None:
    found = trial(times)
    learned(found)
    assert found.loop is not None
    layers = fares.layers(found.loop.watch.record)
    first = layers[0]
    assert first.reading == reading
    assert first.units
    word = {"fine": "Every layer learns", "little": "hardly move"}[reading]
    assert any(word in said for said in fares.told(layers))


def test_layers_that_jump_are_named() -> None:
    jumps = {"kind": "Linear", "units": None, "ratio": [0.02, 0.4, 0.3], "dead": [None] * 3}
    still = jumps | {"ratio": [0.02, 0.004, 0.003]}
    record = {"steps": [1, 2, 3], "rates": [1.0, 0.9, 0.8], "layers": {"one": jumps, "two": still}}
    found = fares.layers(record)
    assert [each.reading for each in found] == ["much", "fine"]
    assert fares.told(found)[0].startswith("one jumps: a step changes its weights by more than 10 %")


def test_what_was_seen_survives_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lamina.learning import loop as loops

    whole = trial()
    learned(whole)
    monkeypatch.setattr(loops, "SAVE_EVERY", -1.0)
    saved = tmp_path / "0.safetensors"
    for progress in trial().learn(STEPS, judgements=8, saved=saved):
        if progress.step >= STEPS // 2:
            break
    again = trial()
    list(again.learn(STEPS, judgements=8, saved=saved))
    assert again.loop is not None
    assert whole.loop is not None
    assert again.loop.watch.record == whole.loop.watch.record


def test_half_of_a_layer_silent_is_said() -> None:
    layer = {"kind": "Linear", "units": 10, "ratio": [0.5, 0.01, 0.01], "dead": [0, 2, 6]}
    found = fares.layers({"steps": [1, 2, 3], "rates": [1.0, 1.0, 0.0], "layers": {"discriminator.dense": layer}})
    assert (found[0].part, found[0].name, found[0].dead) == ("the discriminator", "dense", 6)
    assert "silent in dense" in fares.told(found)[-1]
    layer["dead"][-1] = 4
    found = fares.layers({"steps": [1, 2, 3], "rates": [1.0, 1.0, 0.0], "layers": {"discriminator.dense": layer}})
    assert fares.told(found) == ["Every layer learns: a step changes its weights by 1\u00a0%."]
