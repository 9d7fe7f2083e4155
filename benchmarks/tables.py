"""Twelve tables: Lamina beside trees, linear models and other networks on identical rows.

Every method is a whole process from start to answers on disk, with its own defaults. Lamina gets the test rows as the
user's own test set, for its report; its answers are those of `lamina predict` on the same rows without the target.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ours
from measure import child
from peers import make
from record import Run, Setting

PEERS = {
    "lightgbm": "trees",
    "catboost": "trees",
    "histgb": "trees",
    "linear": "trees",
    "mlp": "trees",
    "realmlp": "pytabkit",
}
METHODS = Path(__file__).parent / "peers" / "tables.py"
LIMIT = 1800  # seconds that a peer may take on one set
Rows = list[list[str]]


@dataclass(frozen=True)
class Table:
    """A data set. kind: of the answer. splits: how often it is parted anew (official: the same rows each time, and
    `splits` seeds). share: of the rows that teach. folds: instead, each split leaves out another part of this many.
    minutes: Lamina's budget, fixed beforehand; None: until it no longer improves.
    """

    path: str
    kind: str
    target: str | None = None  # without one: no header, the last column
    official: str | None = None
    splits: int = 3
    share: float = 0.7
    folds: int | None = None
    drop: tuple[str, ...] = ()
    minutes: float | None = None


TABLES = {
    "adult": Table("adult/train.csv", "category", "income", official="adult/test.csv", splits=5, minutes=0.5),
    "california_housing": Table("california_housing/housing.csv", "number", "median_house_value", share=0.8),
    # names, tickets and cabins are nearly one per person
    "titanic": Table(
        "titanic/train.csv", "category", "Survived", splits=5, folds=5, drop=("PassengerId", "Name", "Ticket", "Cabin")
    ),
    "abalone": Table("small_tables/abalone.csv", "number"),
    "auto_imports": Table("small_tables/auto_imports.csv", "number"),
    "german": Table("small_tables/german.csv", "category"),
    "horse_colic": Table("small_tables/horse-colic.csv", "category"),
    "ionosphere": Table("small_tables/ionosphere.csv", "category"),
    "mammography": Table("small_tables/mammography.csv", "category"),
    "phoneme": Table("small_tables/phoneme.csv", "category"),
    "pima": Table("small_tables/pima-indians-diabetes.csv", "category"),
    "sonar": Table("small_tables/sonar.csv", "category"),
}
PEERS_ON_OFFICIAL = 3  # seeds for peers where the rows stay the same
QUICK = ("sonar",)


def runs(setting: Setting) -> Iterator[Run]:
    """All tables with one split, then all with the next: cut short, every table still has some."""
    tables = {name: TABLES[name] for name in (QUICK if setting.quick else TABLES)}
    for seed in range(max(setting.count(table.splits) for table in tables.values())):
        for name, table in tables.items():
            if seed >= setting.count(table.splits):
                continue
            act = partial(lamina, table, setting, seed)
            yield Run("lamina", name, seed, act, True, None, {"minutes": table.minutes})
            if table.official and seed >= PEERS_ON_OFFICIAL:
                continue
            for method, environment in PEERS.items():
                yield Run(method, name, seed, partial(peer, method, table, setting, seed), False, environment)


def lamina(table: Table, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    truth = split(table, setting.data, seed, place)
    options: list[object] = ["--kind", f"target={table.kind}", "--seed", seed]
    if setting.quick:
        options += ["--steps", 20]
    elif table.minutes is not None:
        options += ["--minutes", table.minutes]
    learned = ours.learn(place / "rows", "target", place, *options)
    answered = ours.predict(place / "model", place / "rows" / "ask.csv", place / "answers.csv")
    return {**score(table.kind, truth, place / "answers.csv"), **ours.whole(learned, answered)}


def peer(method: str, table: Table, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    truth = split(table, setting.data, seed, place)
    folder = place / "rows"
    command = [make.python(PEERS[method]), METHODS, method, folder, table.kind, seed]
    took = child(command, limit=LIMIT).took
    return {**score(table.kind, truth, folder / f"{method}.csv"), **took}


def split(table: Table, data: Path, seed: int, place: Path) -> list[str]:
    """Write rows/train.csv, test.csv and ask.csv (test without target), cells as they were; gives the true answers."""
    head, rows = read(data / table.path, table)
    if table.official:
        train, test = rows, read(data / table.official, table)[1]
    else:
        round, fold = divmod(seed, table.folds) if table.folds else (seed, 0)
        order = np.random.RandomState(round).permutation(len(rows))
        first = np.arange(len(rows)) < table.share * len(rows)
        teaches = np.arange(len(rows)) % table.folds != fold if table.folds else first
        train, test = ([rows[row] for row in order[chosen]] for chosen in (teaches, ~teaches))
    for name, columns, content in (
        ("train", head, train),
        ("test", head, test),
        ("ask", head[:-1], [row[:-1] for row in test]),
    ):
        path = place / "rows" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *content])
    return [row[-1] for row in test]


def read(path: Path, table: Table) -> tuple[list[str], Rows]:
    """Column names and rows, the target last and called `target`."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [[cell.strip().strip("'") for cell in row] for row in csv.reader(file) if row]
    head = rows.pop(0) if table.target else [f"c{column + 1}" for column in range(len(rows[0]))]
    target = head.index(table.target) if table.target else len(head) - 1
    kept = [column for column, name in enumerate(head) if name not in table.drop and column != target]
    return [*(head[column] for column in kept), "target"], [[row[c] for c in (*kept, target)] for row in rows]


def score(kind: str, truth: list[str], path: Path) -> dict[str, float]:
    """error: the share of wrong answers, or the root mean squared error. auc too where there are two classes."""
    with path.open(newline="", encoding="utf-8") as file:
        answers = list(csv.DictReader(file))
    if len(answers) != len(truth):
        raise ValueError(f"{len(answers)} answers were given to {len(truth)} rows.")
    if kind == "number":
        said = np.array([float(each["target"]) for each in answers])
        return {"error": float(np.sqrt(np.mean((said - np.array(truth, float)) ** 2)))}
    right = [each["target"] == word for each, word in zip(answers, truth, strict=True)]
    found = {"error": 1 - sum(right) / len(right)}
    classes = sorted(set(truth))
    if len(classes) == 2:
        from sklearn.metrics import roc_auc_score

        shares = [float(each[f"target={classes[1]}"]) for each in answers]
        found["auc"] = float(roc_auc_score([word == classes[1] for word in truth], shares))
    return found
