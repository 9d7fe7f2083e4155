"""Few labels and many rows without: pictures, photos, texts and a table, whose labels each seed draws anew.

`spread`: `--transduce`, judged on the very rows that had no label; `equal`: that its classes are as frequent as each other is said
as well. `all`: learned from all of them, judged on rows of their own. `alone`: the same command, from the labels alone.
`strange`: as `all`, or `spread`, with rows of other classes, or noise, among those without a label. Over twenty draws it is to be
no worse than `alone`, or, where minutes would take a day, both by fewer steps (`brief`: from the labels alone); one label of each
class leaves none to judge a network by: there, no worse than `linear`. Beside them, on the same rows and labels, scikit-learn's
LabelSpreading and SelfTraining, and the logistic regression that this one begins with, by itself (`linear`).

A single line: `python benchmarks/run.py few_labels --only "trec 60"`.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measure import child
from ours import LAMINA, predict
from record import Run, Setting
from scarce import SETS, draw

PEERS = ("label_spreading", "self_training", "linear")
METHODS = Path(__file__).parent / "peers" / "few_labels.py"
SEEDS = 3
MORE = 10  # of texts and tables, which take a minute: which labels were drawn decides most
DRAWS = 20  # where the mean is to be no worse
SPREAD = "mnist 10"  # judged on the rows without a label; the others on rows of their own
QUICK = {"steps": 20, "unlabelled-steps": 20}


def runs(setting: Setting) -> Iterator[Run]:
    """All sets with one draw, then all with the next: cut short, every set still has some."""
    for seed in range(setting.count(DRAWS)):
        for name in ["sms_spam 50"] if setting.quick else SETS:
            for way in ways(name):
                if seed >= seeds(name) and way not in (SETS[name].beside, "strange"):
                    continue
                act = partial(lamina, name, way, setting, seed)
                yield Run(way, name, seed, act, True, None, budget(name, way, setting))
            for method in PEERS:
                if seed >= seeds(name) and method != SETS[name].beside:
                    continue
                yield Run(method, name, seed, partial(peer, method, name, setting, seed))


def seeds(name: str) -> int:
    return SEEDS if SETS[name].steps is None else MORE


def budget(name: str, way: str, setting: Setting) -> dict[str, float]:
    told: dict[str, float] = dict(QUICK) if setting.quick else SETS[name].told(way)
    return {option: value * setting.times if option == "minutes" else value for option, value in told.items()}


def ways(name: str) -> tuple[str, ...]:
    return (
        ("spread", "equal", "strange")
        if name == SPREAD
        else tuple(dict.fromkeys(("alone", "all", SETS[name].beside, "strange")))
    )


def lamina(name: str, way: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    drawn, scarce = draw(name, setting.data, seed, place, strange=way == "strange", quick=setting.quick), SETS[name]
    told = budget(name, way, setting)
    options: list[object] = [word for option, value in told.items() for word in (f"--{option}", value)]
    options += ["--kind", f"{scarce.target}=category"] if scarce.kind == "pictures" else []
    options += [] if way in ("alone", "brief") else ["--unlabelled", drawn.others]
    options += ["--transduce"] if name == SPREAD else []
    options += ["--shares", "equal"] if way == "equal" else []
    command = [LAMINA, "learn", drawn.labelled, "--target", scarce.target, "--out", place / "model", "--json"]
    limit = max(1800.0, 240 * told.get("minutes", 0))
    ended = child([*command, "--seed", seed, *options], limit=limit, LAMINA_CACHE=str(place / "cache"))
    trust = ended.last["results"].get("unlabelled") or {}
    if name == SPREAD:
        answers, truth = _read(place / "model" / "answers.csv", scarce.target), drawn.open
        answers = answers[: len(truth)]  # strangers come last, and have no right answer
    else:
        predict(place / "model", drawn.ask, place / "asked.csv")
        answers, truth = _read(place / "asked.csv", scarce.target), drawn.truth
    found = {key: trust[key] for key in ("weight", "unlike", "untried") if trust.get(key) not in (None, "")}
    return {"accuracy": _right(answers, truth), **found, **ended.took}


def peer(method: str, name: str, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    """Both are judged on the rows without a label, or on those to be asked, as Lamina is."""
    drawn, scarce = draw(name, setting.data, seed, place, quick=setting.quick), SETS[name]
    command = [sys.executable, METHODS, method, place, scarce.target, seed]
    took = child([*command, *(["--open"] if name == SPREAD else [])], limit=3600).took
    answers = np.load(place / f"{method}.npy")
    return {"accuracy": _right(answers.tolist(), drawn.open if name == SPREAD else drawn.truth), **took}


def _right(answers: list[str], truth: list[str]) -> float:
    if len(answers) != len(truth):
        raise RuntimeError(f"{len(answers):,} answers for {len(truth):,} rows.")
    return float((np.array(answers) == np.array(truth)).mean())


def _read(path: Path, column: str) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row[column] for row in csv.DictReader(file)]
