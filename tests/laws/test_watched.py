"""Films whose frames a network looks at that knows photographs: made of once, kept, and answered alike afterwards."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lamina
import worlds
from lamina.core import Array, PlanError
from lamina.examples import read
from lamina.insight.why import Frames
from lamina.learning import choose, frozen
from lamina.learning.budget import Budget
from lamina.learning.choose import Choice, use_features
from lamina.learning.frozen import Frozen
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared, prepare
from lamina.model.model import Model
from lamina.networks.pretrained import SMALLEST

CPU = torch.device("cpu")
ROWS = 24
KIND = "pretrained_video"


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Generator[None, None, None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMINA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def model(_own_cache: None) -> Model:
    return worlds.learned(worlds.flashes(ROWS, 0), "label", 30, network="pretrained")


def prepared(rows: worlds.World) -> Prepared:
    return prepare(read(rows, target="label"), Plan(target=("label",), folds=0))


def large(rows: int, seed: int) -> worlds.World:
    """Films of 40 pixels a side: large enough to see something in."""
    small = worlds.flashes(rows, seed)
    films = np.empty(rows, object)
    films[:] = [film.repeat(4, 1).repeat(4, 2) for film in small["film"]]
    return {**small, "film": films}


def test_one_word_asks_for_features_of_photographs_of_films_too(model: Model) -> None:
    [said] = model.card.networks.values()
    assert said["kind"] == KIND
    found = model.predict({"film": worlds.flashes(4, 1)["film"]})
    assert np.isfinite(found.targets["label"].shares).all()


def test_an_option_that_only_pictures_have_is_refused_for_films() -> None:
    with pytest.raises(PlanError, match="'pretrained_video' has no option 'learned'"):
        worlds.learned(worlds.flashes(ROWS, 0), "label", 3, network="pretrained learned=2")


def test_kept_features_are_answered_as_the_frames_that_they_were_made_of(model: Model) -> None:
    """By torch and by ONNX alike; a film beside longer ones as alone."""
    rows = prepared(worlds.flashes(ROWS, 0))
    films = rows.rows.inputs["film"]
    seen = Frozen(films, rows.intake.forms["film"], side=model.card.networks["film"]["options"]["side"])
    for _ in seen.fill(np.arange(ROWS)):
        pass
    with torch.no_grad():
        by_pixels, by_features = (model.network({"film": each})[0]["label"] for each in (films, seen.rows))
    np.testing.assert_allclose(by_features, by_pixels, atol=1e-3)
    shares = model.predict({"film": worlds.flashes(ROWS, 0)["film"]}).targets["label"].shares
    alone = [model.predict({"film": [film]}).targets["label"].shares[0] for film in worlds.flashes(ROWS, 0)["film"][:4]]
    np.testing.assert_allclose(shares[:4], alone, atol=1e-4)


def test_of_what_is_no_frame_nothing_is_made() -> None:
    rows = prepared(worlds.flashes(8, 2))
    films = rows.rows.inputs["film"]
    seen = Frozen(films, rows.intake.forms["film"], SMALLEST)
    for _ in seen.fill(np.arange(8)):
        pass
    here = np.arange(seen.values.shape[1]) < films.lengths.numpy()[:, None]
    assert not here.all()
    assert not seen.values[~here].any()
    assert (np.abs(seen.values[here]).sum(1) > 0).all()


def test_the_very_same_films_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(said: dict[str, Any]) -> Array:
        choice = Choice({"film": {"kind": KIND, "options": said}}, recipe=None)  # type: ignore[arg-type]
        rows = prepared(worlds.flashes(8, 3))
        for _ in use_features(rows, choice):
            pass
        assert choice.said["film"]["options"]["side"] == SMALLEST
        values: Array = rows.rows.inputs["film"].values.numpy()
        return values

    first = made({"side": SMALLEST, "units": 8})

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("looked at again")

    monkeypatch.setattr(frozen, "Runner", refuse)
    assert np.array_equal(made({"side": SMALLEST, "units": 8}), first)


def test_validation_decides_whether_films_are_looked_at_so() -> None:
    """Both are tried on the same rows, and the report says how far each came; in a hurry nothing is tried."""

    def chosen(plan: Plan) -> Choice:
        return worlds.ended(choose.choose(prepared(large(120, 4)), plan, Budget(time.monotonic(), 60.0), CPU))

    found = chosen(Plan(target=("label",), folds=0))
    assert {each["name"] for each in found.tried} == {KIND, "video"}
    assert "validation videos after a short try" in found.reasons[0]
    hurried = chosen(Plan(target=("label",), folds=0, steps=5))
    assert hurried.said["film"]["kind"] == "video"
    assert not hurried.tried


def test_why_says_which_frames_and_where(model: Model) -> None:
    film = worlds.flashes(1, 5)["film"]
    [part] = lamina.explain(model, {"film": film})[0].parts
    assert isinstance(part, Frames)
    assert len(part.hidden.values) == len(film[0])
    assert part.evidence is not None
    assert part.evidence.values.shape[0] == len(film[0])


def test_saved_it_answers_as_before(model: Model, tmp_path: Path) -> None:
    film = worlds.flashes(3, 6)["film"]
    model.save(tmp_path / "m.lamina")
    again = lamina.load(tmp_path / "m.lamina")
    before, after = (each.predict({"film": film}).targets["label"].shares for each in (model, again))
    np.testing.assert_allclose(after, before, atol=1e-4)
