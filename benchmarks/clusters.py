"""Clusters without labels, their number given: accuracy by the best assignment of clusters to labels, on the test pictures.

Lamina learns from the training pictures alone. Beside it, on the same pixels: scikit-learn's KMeans with the same number, and
HDBSCAN on a part of the training pictures, whose clusters label a test picture by its nearest.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measure import child
from ours import find, predict, whole
from peers import make
from plain.idx import idx
from record import Run, Setting

SETS = {"mnist": (10, 5.0), "cats_dogs": (2, 2.0)}  # clusters, minutes
PEERS = ("kmeans", "hdbscan")
METHODS = Path(__file__).parent / "peers" / "clusters.py"
SEEDS = 3


def runs(setting: Setting) -> Iterator[Run]:
    for seed in range(setting.count(SEEDS)):
        for name, (count, minutes) in SETS.items():
            told = {"clusters": count, "minutes": minutes * setting.times}
            yield Run("lamina", name, seed, partial(lamina, name, setting, seed), True, None, told)
        for method in PEERS:
            yield Run(method, "mnist", seed, partial(peer, method, setting, seed), False, "trees")


def lamina(name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    count, minutes = SETS[name]
    if name == "mnist":
        x, y = mnist(setting.data, "t10k")
        train, ask, truth = place / "train.npy", place / "ask.npy", y.tolist()
        np.save(train, mnist(setting.data, "train")[0])
        np.save(ask, x)
    else:
        train, ask = (setting.data / name / part for part in ("train", "test"))
        truth = []
    options = ["--steps", 50] if setting.quick else ["--minutes", minutes * setting.times]
    learned = find(train, "clusters", place, "--clusters", count, "--seed", seed, *options)
    answered = predict(place / "model", ask, place / "answers.csv")
    with (place / "answers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    truth = truth or [Path(row["input"]).parent.name for row in rows]
    return {"accuracy": accuracy(truth, [row["cluster"] for row in rows]), **whole(learned, answered)}


def peer(method: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    (train, _), (ask, truth) = mnist(setting.data, "train"), mnist(setting.data, "t10k")
    np.save(place / "train.npy", train[:2000] if setting.quick else train)
    np.save(place / "ask.npy", ask)
    took = child([make.python("trees"), METHODS, method, place, seed], limit=3600).took
    return {"accuracy": accuracy(truth.tolist(), np.load(place / f"{method}.npy").tolist()), **took}


def mnist(data: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = (data / "mnist" / f"{part}-{what}-ubyte.gz" for what in ("images-idx3", "labels-idx1"))
    return idx(images), idx(labels)


def accuracy(truth: Sequence[object], found: Sequence[object]) -> float:
    """Each cluster counts as one label at most, so that the most are right (Hungarian method)."""
    from scipy.optimize import linear_sum_assignment

    if len(truth) != len(found):
        raise ValueError(f"{len(found)} answers were given to {len(truth)} examples.")
    labels, of_label = np.unique([str(each) for each in truth], return_inverse=True)
    clusters, of_cluster = np.unique([str(each) for each in found], return_inverse=True)
    counts = np.zeros((len(clusters), len(labels)), int)
    np.add.at(counts, (of_cluster, of_label), 1)
    rows, columns = linear_sum_assignment(-counts)
    return float(counts[rows, columns].sum() / len(truth))
