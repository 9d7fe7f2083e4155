"""What is unlike the training data is told by rows that were never learned from."""

import numpy as np

import lamina
from lamina.examples import split
from lamina.examples.splits import TEST


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
