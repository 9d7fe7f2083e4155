"""Few labels and many pictures without: MNIST and Fashion-MNIST with so many labels a class, drawn anew by each seed.

`spread`: `--transduce`, judged on the very pictures that had no label. `all`: learned from all of them, judged on the test
pictures. `alone`: the same network from the labels alone. Beside them, on the same pixels and labels, scikit-learn's LabelSpreading and
SelfTraining (a logistic regression), on a part of the pictures where all would not fit into memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from clusters import mnist as official
from measure import child
from ours import LAMINA, predict
from peers import make
from plain.idx import idx
from record import Run, Setting

SETS = {
    "mnist 10": ("mnist", 1),
    "mnist 100": ("mnist", 10),
    "fashion_mnist 100": ("fashion_mnist", 10),
}  # labels a class
WAYS = {"mnist 10": ("spread",), "mnist 100": ("all", "alone"), "fashion_mnist 100": ("all", "alone")}
MINUTES = {"spread": 5, "all": 10, "alone": 10}
PEERS = ("label_spreading", "self_training")
METHODS = Path(__file__).parent / "peers" / "few_labels.py"
SEEDS = 3
QUICK = 3_000  # pictures


def runs(setting: Setting) -> Iterator[Run]:
    for seed in range(setting.count(SEEDS)):
        for name in SETS:
            for way in WAYS[name]:
                told = {"minutes": MINUTES[way]}
                yield Run(way, name, seed, partial(lamina, name, way, setting, seed), True, None, told)
            for method in PEERS:
                yield Run(method, name, seed, partial(peer, method, name, setting, seed), False, "trees")


def lamina(name: str, way: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    x, y, known = drawn(name, setting, seed)
    free = np.setdiff1d(np.arange(len(y)), known)
    np.savez(place / "labelled.npz", image=x[known], label=y[known])
    np.savez(place / "others.npz", image=x[free])
    options: list[object] = ["--steps", 20] if setting.quick else ["--minutes", MINUTES[way]]
    options += [] if way == "alone" else ["--unlabelled", place / "others.npz"]
    options += ["--transduce"] if way == "spread" else []
    command = [LAMINA, "learn", place / "labelled.npz", "--target", "label", "--kind", "label=category"]
    ended = child(
        [*command, "--seed", seed, "--out", place / "model", "--json", *options], LAMINA_CACHE=str(place / "cache")
    )
    report = ended.last["results"]
    if way == "spread":
        truth, answers = y[free], _read(place / "model" / "answers.csv", "label")
    else:
        images, truth = official(setting.data, "t10k") if name.startswith("mnist") else _fashion(setting.data, "t10k")
        np.save(place / "ask.npy", images)
        predict(place / "model", place / "ask.npy", place / "asked.csv")
        answers = _read(place / "asked.csv", "label")
    trust = report.get("unlabelled") or {}
    return {
        "accuracy": float((np.array(answers) == truth.astype(str)).mean()),
        "weight": trust.get("weight"),
        **ended.took,
    }


def peer(method: str, name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    """Both are judged on the pictures without a label, or on the test pictures, as Lamina is."""
    x, y, known = drawn(name, setting, seed)
    free = np.setdiff1d(np.arange(len(y)), known)
    ask, truth = x[free], y[free]
    if WAYS[name] != ("spread",):
        ask, truth = official(setting.data, "t10k") if name.startswith("mnist") else _fashion(setting.data, "t10k")
    np.savez(place / "data.npz", known=x[known], labels=y[known], free=x[free], ask=ask)
    took = child([make.python("trees"), METHODS, method, place, seed], limit=3600).took
    return {"accuracy": float((np.load(place / f"{method}.npy") == truth).mean()), **took}


def drawn(name: str, setting: Setting, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The training pictures, their labels, and the rows whose label is known: as many of each class."""
    of, each = SETS[name]
    x, y = official(setting.data, "train") if of == "mnist" else _fashion(setting.data, "train")
    if setting.quick:
        x, y = x[:QUICK], y[:QUICK]
    rng = np.random.default_rng(seed)
    return x, y, np.concatenate([rng.permutation(np.flatnonzero(y == label))[:each] for label in np.unique(y)])


def _fashion(data: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = (data / "fashion_mnist" / f"{part}-{what}-ubyte.gz" for what in ("images-idx3", "labels-idx1"))
    return idx(images), idx(labels)


def _read(path: Path, column: str) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row[column] for row in csv.DictReader(file)]
