"""What is odd, found without labels: Lamina beside PyOD's detectors, each with its own defaults, on identical rows,
whose columns are standardised for the peers.

`adbench`: each set is learned whole, odd rows among the others, and every row is scored. `nsl_kdd`: learned from the normal
rows of its training file, asked about the test file, whose attacks are partly new. `mnist`: one digit is normal, learned
from its training pictures; all test pictures are asked about. `lamina, ten known`: on the sets of ADBench that
have enough, ten odd rows are drawn by each seed and named (`--odd`); the others are asked about, beside the same with none
named (`blind`), with as many steps.
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

PEERS = ("iforest", "ecod", "knn", "lof")
METHODS = Path(__file__).parent / "peers" / "anomalies.py"
SEEDS = 3
LIMIT = 1800  # seconds that a peer may take on one set
QUICK = ("42_WBC", "38_thyroid")
KDD = "nsl_kdd"
KNOWN, TOLD = "lamina, ten known", 10
LEFT = 15  # odd rows, at least, that nobody named
STEPS = 300  # of both
MINUTES = {KDD: 2.0}  # 2 a digit, and on the others:
USUAL = 0.9  # to learn: what comes after learning, and the answers, are to fit into one


def runs(setting: Setting) -> Iterator[Run]:
    """Every set with one seed, then with the next."""
    sets = [path.stem for path in sorted((setting.data / "adbench").glob("*.npz"))]
    sets = list(QUICK) if setting.quick else [*sets, KDD]
    for seed in range(setting.count(SEEDS)):
        for name in sets:
            told = {"minutes": MINUTES.get(name, USUAL)}
            yield Run("lamina", name, seed, partial(lamina, name, setting, seed), True, None, told)
            for method in PEERS:
                yield Run(method, name, seed, partial(peer, method, name, setting, seed), False, "pyod")
            if name != KDD and not setting.quick and odd(name, setting.data).sum() >= TOLD + LEFT:
                yield Run(KNOWN, name, seed, partial(known, name, setting, seed), True, None, {"steps": STEPS})
        for digit in range(0 if setting.quick else 10):
            act = partial(pictures, digit, setting, seed)
            yield Run("lamina", f"mnist {digit}", seed, act, True, None, {"minutes": 2})


def lamina(name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    truth = write(name, setting.data, place)
    options: list[object] = ["--minutes", MINUTES.get(name, USUAL)]
    return found(
        place / "train.csv", place / "ask.csv", truth, place, ["--steps", 50] if setting.quick else options, seed
    )


def found(
    train: Path, ask: Path, truth: Sequence[bool], place: Path, options: Sequence[object], seed: int
) -> dict[str, Any]:
    """Learn, then ask, as a user would: the area under the curve, and what it took."""
    learned = find(train, "anomalies", place, "--seed", seed, *options)
    answered = predict(place / "model", ask, place / "answers.csv")
    return {"auc": auc(truth, place / "answers.csv"), **whole(learned, answered)}


def known(name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    """Ten odd rows are named, and all others asked about; and the same rows with none named."""
    truth = write(name, setting.data, place)
    head, rows = read(place / "train.csv")
    told = set(np.random.default_rng(seed).permutation(np.flatnonzero(truth))[:TOLD].tolist())
    others = [k for k in range(len(rows)) if k not in told]
    save(place / "train.csv", [*head, "state"], [[*row, "odd" if k in told else ""] for k, row in enumerate(rows)])
    save(place / "ask.csv", head, [rows[k] for k in others])
    left = [truth[k] for k in others]
    files, steps = (place / "train.csv", place / "ask.csv"), ["--steps", STEPS]
    blind = found(*files, left, place, ["--drop", "state", *steps, "--overwrite"], seed)["auc"]
    return found(*files, left, place, ["--odd", "state=odd", *steps, "--overwrite"], seed) | {"blind": blind}


def odd(name: str, data: Path) -> np.ndarray:
    """[N] which rows of a set of ADBench are odd."""
    with np.load(data / "adbench" / f"{name}.npz") as content:
        return np.asarray(content["y"] > 0)


def peer(method: str, name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    truth = write(name, setting.data, place)
    took = child([make.python("pyod"), METHODS, method, place, seed], limit=LIMIT).took
    return {"auc": auc(truth, place / f"{method}.csv"), **took}


def pictures(digit: int, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    """One digit is normal: learned from its training pictures alone."""
    x, y = (idx(setting.data / "mnist" / f"train-{what}-ubyte.gz") for what in ("images-idx3", "labels-idx1"))
    np.save(place / "train.npy", x[y == digit])
    x, y = (idx(setting.data / "mnist" / f"t10k-{what}-ubyte.gz") for what in ("images-idx3", "labels-idx1"))
    np.save(place / "ask.npy", x)
    return found(place / "train.npy", place / "ask.npy", (y != digit).tolist(), place, ["--minutes", 2], seed)


def write(name: str, data: Path, place: Path) -> list[bool]:
    """train.csv and ask.csv; gives whether each row that is asked about is odd."""
    if name == KDD:
        head, train = read(data / KDD / "train_20percent.csv")
        _, ask = read(data / KDD / "test.csv")
        truth = [row[-1] == "1" for row in ask]
        train = [row for row in train if row[-1] == "0"]
        kept = [k for k, column in enumerate(head) if column not in ("attack", "difficulty", "is_attack")]
        head, train, ask = (
            [head[k] for k in kept],
            [[r[k] for k in kept] for r in train],
            [[r[k] for k in kept] for r in ask],
        )
    else:
        with np.load(data / "adbench" / f"{name}.npz") as content:
            rows = content["X"]
        truth = odd(name, data).tolist()
        head = [f"c{column + 1}" for column in range(rows.shape[1])]
        train = ask = [[f"{cell:.9g}" for cell in row] for row in rows.tolist()]
    save(place / "train.csv", head, train)
    save(place / "ask.csv", head, ask)
    return truth


def save(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    return head, rows


def auc(truth: Sequence[bool], path: Path) -> float:
    from sklearn.metrics import roc_auc_score

    with path.open(newline="", encoding="utf-8") as file:
        scores = [float(row["anomaly_score"]) for row in csv.DictReader(file)]
    if len(scores) != len(truth):
        raise ValueError(f"{len(scores)} scores were given to {len(truth)} rows.")
    return float(roc_auc_score(truth, scores))
