"""Clusters of many small pictures: sought among features that learned, without labels, to know a picture again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
import worlds
from lamina.learning import views
from lamina.learning.discovery import Discovery
from lamina.learning.plan import Plan

PLAN = Plan(find="clusters", clusters=2, steps=4)


@pytest.fixture(scope="module")
def pictures() -> lamina.Examples:
    return lamina.read({"image": worlds.stripes(160, 0)["image"]})


def test_many_small_pictures_are_known_again_before_groups_are_sought(
    pictures: lamina.Examples, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(views, "LEAST", 100)
    running = Discovery(pictures, PLAN, out=tmp_path / "two.lamina")
    stages = {progress.stage for progress in running}
    model = running.model
    assert "viewing" in stages
    assert model.card.networks["image"]["kind"] == "cnn"
    assert "knowing pictures again" in str(model.card.results["network"]["reasons"])
    some = {"image": worlds.stripes(20, 1)["image"]}
    features = _features(model, some)
    np.testing.assert_allclose(np.linalg.norm(features[:, :128], axis=1), 1, atol=1e-4)
    again = lamina.load(tmp_path / "two.lamina")
    assert list(again.predict(some).records()) == list(model.predict(some).records())


def test_what_was_learned_of_the_pictures_is_what_answers(
    pictures: lamina.Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not weights from the same seed that never learned."""
    monkeypatch.setattr(views, "LEAST", 100)
    kept: list[Any] = []
    learn = views.Viewing.learn
    monkeypatch.setattr(views.Viewing, "learn", lambda self, *asked: (kept.append(self), learn(self, *asked))[1])
    running = Discovery(pictures, PLAN, report=False)
    found = running.model.network.members[0].networks["image"].state_dict()
    [viewing] = kept
    for name, weights in viewing.viewed.network.state_dict().items():
        np.testing.assert_array_equal(found[name].numpy(), weights.numpy())


def test_few_pictures_are_compared_as_they_are(pictures: lamina.Examples) -> None:
    assert Discovery(pictures, PLAN, report=False).model.card.networks["image"]["kind"] == "even"


def _features(model: lamina.Model, rows: Any) -> Any:
    from lamina.insight.question import tensors

    examples = lamina.read(rows)
    model.network.eval()
    return model.network(tensors(model.intake.encode(examples, np.arange(len(examples)))))[1].detach().numpy()
