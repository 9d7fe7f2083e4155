"""What is unlike the training data is told by rows that were never learned from."""

import numpy as np
import pytest

import lamina
from lamina.core import Array
from lamina.examples import split
from lamina.examples.reading import TEST
from lamina.model.novelty import Novelty


def test_as_many_rows_as_promised_lie_beyond_the_limit() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_500, 6))
    rows = {f"x{k}": x[:, k].tolist() for k in range(6)} | {"y": (x[:, 0] > x[:, 1]).tolist()}
    examples = lamina.read(rows)
    model = lamina.learn(examples, "y", steps=20)
    test = split(examples, ("y",)).parts == TEST
    features = model.raw(examples.take(test))[1]
    assert model.novelty is not None
    flagged = model.novelty.unlike(features).sum()
    assert flagged == len(features) - np.ceil((len(features) + 1) * 0.99)


@pytest.mark.parametrize("rows", [300, 1_500])
def test_no_row_that_made_the_groups_settles_the_limit(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[Array, Array]] = []
    fit = Novelty.fit

    def seen(features: Array, held_out: Array, rng: np.random.Generator) -> Novelty:
        given.append((features, held_out))
        return fit(features, held_out, rng)

    monkeypatch.setattr(Novelty, "fit", seen)
    x = np.random.default_rng(0).normal(size=(rows, 2))
    lamina.learn({"a": x[:, 0].tolist(), "b": x[:, 1].tolist(), "y": (x[:, 0] > x[:, 1]).tolist()}, "y", steps=5)
    [(features, held_out)] = given
    assert len(held_out) >= 100
    assert not {row.tobytes() for row in features.round(4)} & {row.tobytes() for row in held_out.round(4)}
