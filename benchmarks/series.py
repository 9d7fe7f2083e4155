"""Will somebody change rooms? Four signal strengths over time: Lamina beside MiniRocket, on identical rows.

Same rooms: the sequences of rooms 1 and 2 in five folds, each tested once. New room: learned in rooms 1 and 2, tested in
room 3, as the authors of the set did. Every method is a whole process from start to answers on disk.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ours
from measure import child
from peers import make
from record import Run, Setting

MINUTES = 1.0
FOLDS = 5
SEEDS = {"same rooms": FOLDS, "new room": 3}
METHODS = Path(__file__).parent / "peers" / "series.py"
ENVIRONMENT = "series"


def runs(setting: Setting) -> Iterator[Run]:
    for name in ["new room"] if setting.quick else SEEDS:
        for seed in range(setting.count(SEEDS[name])):
            yield Run("lamina", name, seed, partial(lamina, name, setting, seed), True, None, {"minutes": MINUTES})
            yield Run("minirocket", name, seed, partial(peer, name, setting, seed), False, ENVIRONMENT)


def lamina(name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    truth = split(name, setting.data / "indoor_movement", seed, place)
    budget: list[object] = ["--steps", 20] if setting.quick else ["--minutes", MINUTES]
    learned = ours.learn(place / "rows", "label", place, "--seed", seed, *budget)
    answered = ours.predict(place / "model", place / "rows" / "ask.csv", place / "answers.csv")
    return {"accuracy": right(truth, place / "answers.csv"), **ours.whole(learned, answered)}


def peer(name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    truth = split(name, setting.data / "indoor_movement", seed, place)
    took = child([make.python(ENVIRONMENT), METHODS, place / "rows", seed]).took
    return {"accuracy": right(truth, place / "rows" / "minirocket.csv"), **took}


def split(name: str, data: Path, seed: int, place: Path) -> list[str]:
    """Write rows/train.csv, test.csv and ask.csv (test without labels), which name the files; gives the true answers."""
    labels = numbers(data / "dataset" / "MovementAAL_target.csv")
    rooms = numbers(data / "groups" / "MovementAAL_DatasetGroup.csv")
    keys = sorted(labels)
    if name == "new room":
        test = {key for key in keys if rooms[key] == 3}
    else:
        keys = [key for key in keys if rooms[key] != 3]
        order = np.random.RandomState(0).permutation(len(keys))
        test = {keys[k] for k in order[seed::FOLDS]}
    rows = [
        (str(data / "dataset" / f"MovementAAL_RSS_{key}.csv"), "yes" if labels[key] > 0 else "no", key) for key in keys
    ]
    folder = place / "rows"
    folder.mkdir()
    parts = {
        "train": [["steps", "label"], *(row[:2] for row in rows if row[2] not in test)],
        "test": [["steps", "label"], *(row[:2] for row in rows if row[2] in test)],
        "ask": [["steps"], *(row[:1] for row in rows if row[2] in test)],
    }
    for part, lines in parts.items():
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    return [row[1] for row in rows if row[2] in test]


def numbers(path: Path) -> dict[int, int]:
    """Sequence to its number."""
    return {int(key): int(value) for key, value in np.loadtxt(path, delimiter=",", comments="#")}


def right(truth: list[str], path: Path) -> float:
    with path.open(newline="", encoding="utf-8") as file:
        said = [row["label"] for row in csv.DictReader(file)]
    return float(np.mean([one == other for one, other in zip(said, truth, strict=True)]))
