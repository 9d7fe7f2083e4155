"""Words of the page: recorded runs as means with their spread, lines of the first table, Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev

from record import Json

NAMES = {  # the others are called as they are
    "lamina": "Lamina",
    "lamina, photographs": "Lamina with features of photographs",
    "lamina, Whisper-tiny": "Lamina with Whisper-tiny",
    "lamina, MiniLM": "Lamina with MiniLM",
    "lamina, MiniLM, which learns on": "with MiniLM, which learns on",
    "torch": "plain torch",
    "keras-jax": "Keras, JAX",
    "keras-torch": "Keras, torch",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "histgb": "HistGB",
    "linear": "linear",
    "mlp": "sklearn MLP",
    "realmlp": "RealMLP-TD-S",
    "tfidf": "TF-IDF",
    "fasttext": "fastText",
    "minirocket": "MiniRocket",
    "iforest": "IForest",
    "ecod": "ECOD",
    "knn": "KNN",
    "lof": "LOF",
    "kmeans": "KMeans",
    "label_spreading": "LabelSpreading",
    "self_training": "SelfTraining",
    "hdbscan": "HDBSCAN",
    "dcgan": "plain DCGAN",
    "real": "training pictures",
}


@dataclass
class Row:
    """A line of the first table. holds: None when it was not measured."""

    what: str
    must: str
    reached: str = "not yet measured"
    holds: bool | None = None


@dataclass
class Section:
    """What one benchmark says: lines for the first table, and its own text."""

    rows: list[Row]
    text: list[str] = field(default_factory=list)


class Runs:
    """The runs of one benchmark that gave figures; `failed` those that gave none."""

    def __init__(self, path: Path) -> None:
        every: list[Json] = json.loads(path.read_text())["runs"] if path.exists() else []
        self.good = [each for each in every if "failed" not in each]
        self.failed = [each for each in every if "failed" in each]

    def of(self, method: str, set: str | None = None) -> list[Json]:
        """The runs of a method, by seed."""
        found = [each for each in self.good if each["method"] == method and set in (None, each["set"])]
        return sorted(found, key=lambda each: each["seed"])

    def figures(self, method: str, set: str, name: str) -> list[float]:
        return [each[name] for each in self.of(method, set) if each.get(name) is not None]

    def mean(self, method: str, set: str, name: str) -> float | None:
        found = self.figures(method, set, name)
        return mean(found) if found else None

    @property
    def sets(self) -> list[str]:
        return list(dict.fromkeys(each["set"] for each in self.good))


def spread(values: Sequence[float], form: str = "{:.2f}", scale: float = 1) -> str:
    """`99.12 ± 0.05 %`: mean and standard deviation over the seeds or splits. form: a number, then its unit."""
    if not values:
        return "–"
    scaled = [value * scale for value in values]
    number, unit = form[: form.index("}") + 1], form[form.index("}") + 1 :]
    around = f" ± {number.format(stdev(scaled))}" if len(scaled) > 1 else ""
    return number.format(mean(scaled)) + around + unit


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], *, figures: bool = True) -> str:
    """A Markdown table. figures: all but the first column stand to the right."""
    line = ["---"] + ["---:" if figures else "---"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(each) + " |" for each in (head, line, *rows))


def judged(
    what: str, must: str, values: Sequence[float], holds: Callable[[float], bool], form: str, scale: float = 1
) -> Row:
    """A line of the first table that holds when the mean does."""
    if not values:
        return Row(what, must)
    return Row(what, must, f"{spread(values, form, scale)} ({count(values)})", holds(mean(values)))


def count(values: Sequence[object]) -> str:
    return f"{len(values)} run{'s' if len(values) > 1 else ''}"


def named(method: str) -> str:
    return NAMES.get(method, method)


def per_set(
    runs: Runs, methods: Sequence[str], sets: Sequence[str], figure: str, form: str = "{:.1f}", scale: float = 1
) -> str:
    """A table of one figure: a line for each set that was measured, a column for each method."""
    some = [method for method in methods if runs.of(method)]
    lines = [
        [name, *(spread(runs.figures(method, name, figure), form, scale) for method in some)]
        for name in sets
        if any(runs.of(method, name) for method in some)
    ]
    return grid(["", *map(named, some)], lines)
