"""Photo networks whose last blocks learn on keep the laws of the others: resumed, exported, beside a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import worlds
from lamina.core import Encoded, Json
from lamina.examples import read
from lamina.learning import loop as loops
from lamina.learning.choose import Choice, recipe, use_features
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.learning.readout import TUNED, TUNING
from lamina.learning.supervised import Supervised
from lamina.learning.trial import Lesson, Trial
from lamina.model.onnx import Runner, export
from lamina.networks._join import Ensemble
from lamina.networks.pretrained import SMALLEST

CPU = torch.device("cpu")
STEPS = 4


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    """A small photo and a number, which answer together; the maps that enter the last blocks stand for the photo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMINA_CACHE", str(tmp_path_factory.mktemp("cache")))
        prepared = prepare(read(worlds.mixed(48, 0, side=32), target="label"), Plan(target=("label",), folds=0))
        said: dict[str, Json] = {
            "image": {"kind": "pretrained", "options": {"side": SMALLEST, "learned": TUNED}},
            "table": {"kind": "mlp", "options": {}},
        }
        usual = recipe(said, prepared.intake.forms, Plan(), prepared.teaching)
        changed: dict[str, Any] = TUNING
        choice = Choice(said, replace(usual, **changed | {"batch": 8}))
        list(use_features(prepared, choice))
    return Lesson(prepared, choice.said, choice.recipe, 0, CPU)


@pytest.fixture(scope="module")
def taught(lesson: Lesson) -> Trial:
    found = Trial(lesson, lesson.prepared.folds[0])
    list(found.learn(STEPS, judgements=2))
    return found


def test_only_the_last_blocks_learn(lesson: Lesson, taught: Trial) -> None:
    before, after = Trial(lesson, lesson.prepared.folds[0]).network, taught.network
    learned = {name for name, parameter in after.named_parameters() if parameter.requires_grad}
    assert any("blocks.block15" in name for name in learned)
    for name, weights in before.named_parameters():
        same = torch.equal(weights, after.get_parameter(name))
        assert same == (name not in learned) or not weights.any(), name


def test_interrupted_it_ends_with_the_same_weights(
    lesson: Lesson, taught: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "SAVE_EVERY", -1.0)
    place = tmp_path / "stands.safetensors"
    for _ in Trial(lesson, lesson.prepared.folds[0]).learn(STEPS, judgements=2, saved=place):
        if place.exists():
            break
    again = Trial(lesson, lesson.prepared.folds[0])
    steps = [progress.step for progress in again.learn(STEPS, judgements=2, saved=place)]
    assert steps[0] > 1
    for name, weights in taught.network.state_dict().items():
        assert torch.equal(weights, again.network.state_dict()[name]), name


def test_photos_and_what_was_made_of_them_are_answered_alike_by_torch_and_onnx(lesson: Lesson, taught: Trial) -> None:
    prepared, rows = lesson.prepared, np.arange(12)
    whole = Ensemble([taught.network], prepared.named).eval()
    present = {"image": torch.arange(12) % 3 > 0, "table": torch.ones(12, dtype=torch.bool)}
    made = {name: Encoded(each.values[rows], present[name]) for name, each in prepared.rows.inputs.items()}
    photos = {**made, "image": Encoded(prepared.given("image").values[rows], present["image"])}
    with torch.inference_mode():
        (by_maps, _), (by_pixels, _) = whole(made), whole(photos)
    graph = Runner(export(whole, prepared.intake.forms, {"label": "label"}), "the graph")
    found = graph.run({name: Encoded(each.values.numpy(), each.present.numpy()) for name, each in photos.items()})
    np.testing.assert_allclose(by_pixels["label"], by_maps["label"], atol=1e-4)
    np.testing.assert_allclose(found["raw_label"], by_pixels["label"], atol=1e-4)


def test_a_photo_that_is_absent_teaches_its_table_alone(lesson: Lesson) -> None:
    found = Trial(lesson, lesson.prepared.folds[0])
    for head in found.network.heads.values():
        torch.nn.init.normal_(head.weight)  # type: ignore[arg-type]
    batch = lesson.prepared.rows.batch(torch.arange(16), CPU)
    photos = batch.inputs["image"]
    batch.inputs["image"] = Encoded(photos.values, torch.zeros(16, dtype=torch.bool))
    [made] = Supervised(found.network.train(), lesson.prepared.named).losses(batch)
    made.sum.backward()  # type: ignore[no-untyped-call]
    assert made.sum.isfinite()
    moved = {name for name, each in found.network.named_parameters() if each.grad is not None and each.grad.any()}
    assert any(name.startswith("networks.table") for name in moved)
    assert not any(name.startswith("networks.image") for name in moved)
