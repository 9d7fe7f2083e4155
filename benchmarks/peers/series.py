"""MiniRocket on series of different length: python benchmarks/peers/series.py FOLDER SEED

Learns from FOLDER/train.csv (steps: a CSV file each, label) and answers FOLDER/ask.csv in FOLDER/minirocket.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def series(paths: list[str]) -> list[np.ndarray]:
    """[C, T] each, as the peer takes them."""
    return [np.loadtxt(path, delimiter=",", comments="#", ndmin=2).T for path in paths]


def padded(found: list[np.ndarray], length: int) -> np.ndarray:
    """[N, C, length]: the last step is repeated, as the peer's authors pad series of different length."""
    return np.stack(
        [np.pad(each[:, :length], ((0, 0), (0, max(0, length - each.shape[1]))), mode="edge") for each in found]
    )


def main() -> None:
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    with (folder / "train.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (folder / "ask.csv").open(newline="", encoding="utf-8") as file:
        asked = series([row["steps"] for row in csv.DictReader(file)])
    train = series([row["steps"] for row in rows])
    length = max(each.shape[1] for each in train)
    ridge = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
    model = make_pipeline(MiniRocket(random_state=seed), StandardScaler(with_mean=False), ridge)
    model.fit(padded(train, length), np.array([row["label"] for row in rows]))
    with (folder / "minirocket.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["label"], *([answer] for answer in model.predict(padded(asked, length)))])


if __name__ == "__main__":
    main()
