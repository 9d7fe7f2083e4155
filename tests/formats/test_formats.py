"""A model of every format that was ever released loads, and answers as it did when it was saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from formats.make import WORLDS, questions
from lamina.core import Encoded
from lamina.model.bundle import CARD, FILES
from lamina.model.card import FORMAT

HERE = Path(__file__).parent
KEPT = sorted(HERE.glob("format_*/*.lamina"))
every = pytest.mark.parametrize("path", KEPT, ids=[f"{path.parent.name}/{path.stem}" for path in KEPT])


def test_there_is_one_of_each_kind_in_every_format() -> None:
    there = {(path.parent.name, path.stem) for path in KEPT}
    assert there == {(f"format_{number}", name) for number in range(1, FORMAT + 1) for name in WORLDS}


@every
def test_it_loads_and_answers_as_it_did(path: Path) -> None:
    model = lamina.load(path)
    assert model.card.format == int(path.parent.name.removeprefix("format_"))
    assert sorted(each.name for each in path.iterdir()) == sorted([CARD, *FILES])
    assert sum(each.stat().st_size for each in path.iterdir()) < 200_000
    before = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    now = list(model.predict(questions(path.stem)).records())
    assert len(now) == len(before) == 6
    for new, old in zip(now, before, strict=True):
        assert new.keys() == old.keys()
        for target in old:
            assert alike(new[target], old[target]), (target, new[target], old[target])


def alike(one: Any, other: Any) -> bool:
    """The same words, and numbers as near as another machine gives them."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float):
        return bool(np.isclose(one, other, rtol=1e-4, atol=1e-5))
    return bool(one == other)


@every
def test_its_network_is_built_again(path: Path) -> None:
    """As torch and as ONNX it says the same, whatever later versions take by default."""
    import torch

    model = lamina.load(path)
    examples = model.read(questions(path.stem))
    arrays = model.intake.encode(examples)
    with torch.inference_mode():
        raws, _ = model.network(
            {
                name: Encoded(torch.from_numpy(each.values), torch.from_numpy(each.present))
                for name, each in arrays.items()
            }
        )
    found, *_ = model.raw(examples)
    for column, name in ((each["column"], each["name"]) for each in model.card.outputs):
        np.testing.assert_allclose(raws[name].numpy(), found[column], rtol=1e-3, atol=1e-4)


@every
def test_it_goes_on_learning(path: Path) -> None:
    world, targets = WORLDS[path.stem]
    again = lamina.learn(world(400, 0), targets, steps=2, folds=0, start=path)
    assert again.intake.kinds == lamina.load(path).intake.kinds
    assert len(again.predict(questions(path.stem))) == 6
