"""MNIST by Hebb's rule: filters that learn without labels, beside the same filters as drawn, and a network that learns by
backpropagation.

`mnist`: all 60,000 training pictures have a label. `mnist 1000`: 100 of each digit, drawn anew by each seed, and nothing else;
`mnist 1000 others`: the 59,000 others come without a label, and held-out labels decide what they are worth to the read-out. The
first two methods differ in nothing but whether their filters learned: as many of them, the same linear read-out.
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
from ours import LAMINA, learn, predict
from record import Run, Setting

NETWORKS = {"hebbian": "hebbian", "random": "hebbian random=true", "backprop": "cnn"}
MINUTES = {"mnist": 20, "mnist 1000": 20, "mnist 1000 others": 20}
SEEDS = 3
FEW = 100  # labels of each digit
QUICK = 3_000  # pictures


def runs(setting: Setting) -> Iterator[Run]:
    for seed in range(setting.count(SEEDS)):
        for name in MINUTES:
            for method in NETWORKS:
                told = {"minutes": MINUTES[name]}
                yield Run(method, name, seed, partial(lamina, method, name, setting, seed), True, None, told)


def lamina(method: str, name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    budget: list[object] = ["--steps", 20] if setting.quick else ["--minutes", MINUTES[name]]
    options = ["--network", NETWORKS[method], "--seed", seed, *budget]
    if name == "mnist" and not setting.quick:
        return learn(setting.data / "mnist", "label", place, *options)
    images, labels = official(setting.data, "train")
    if setting.quick:
        images, labels = images[:QUICK], labels[:QUICK]
    rng = np.random.default_rng(seed)
    known = np.sort(np.concatenate([rng.permutation(np.flatnonzero(labels == digit))[:FEW] for digit in range(10)]))
    np.savez(place / "labelled.npz", image=images[known], label=labels[known])
    command = [LAMINA, "learn", place / "labelled.npz", "--target", "label", "--kind", "label=category", *options]
    if name.endswith("others"):
        np.savez(place / "others.npz", image=np.delete(images, known, 0))
        command += ["--unlabelled", place / "others.npz"]
    ended = child([*command, "--out", place / "model", "--json"], LAMINA_CACHE=str(place / "cache"))
    images, truth = official(setting.data, "t10k")
    np.save(place / "ask.npy", images)
    predict(place / "model", place / "ask.npy", place / "asked.csv")
    with (place / "asked.csv").open(newline="", encoding="utf-8") as file:
        answers = np.array([row["label"] for row in csv.DictReader(file)])
    return {"accuracy": float((answers == truth.astype(str)).mean()), **ended.took}
