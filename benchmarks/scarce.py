"""Few rows with a label, many without, and rows to be asked: drawn anew by each seed, and written to files."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from plain.idx import idx

QUICK = 3_000  # rows
MOST_STRANGE = 4_000  # strangers
Lines = list[list[str]]


@dataclass(frozen=True)
class Set:
    """A set, and how many of its training rows have a label.

    kind: pictures, photos or table. labels: in all. even: as many of each class, else as they come, with two of each at
    least. strange: the rows of other classes that are mixed among those without a label: those of another set, or, of
    `noise`, the set's own with every column shuffled by itself. minutes: Lamina's budget; steps: instead, of learning
    from labels alone and from all rows, which takes less and is the same on every machine. brief: such steps for the many draws
    with strangers, where each would take as many minutes. beside: what learns from the labels alone, to compare those draws with.
    """

    kind: str
    labels: int
    minutes: float
    target: str = "label"
    even: bool = True
    strange: str = "noise"
    steps: tuple[int, int] | None = None
    brief: tuple[int, int] | None = None
    beside: str = "alone"

    def told(self, way: str) -> dict[str, float]:
        """The budget of a way to learn, by the names of its options."""
        steps = self.brief if way in ("brief", "strange") and self.brief else self.steps
        if steps is None:
            return {"minutes": self.minutes}
        return {"steps": steps[0], "unlabelled-steps": steps[1]}


SETS = {
    "mnist 10": Set("pictures", 10, 5, strange="fashion_mnist", brief=(400, 400), beside="linear"),
    "mnist 100": Set("pictures", 100, 10, strange="fashion_mnist", brief=(400, 400), beside="brief"),
    "fashion_mnist 100": Set("pictures", 100, 10, strange="mnist", brief=(400, 400), beside="brief"),
    "cats_dogs 20": Set("photos", 20, 2, strange="orl_faces"),
    "sms_spam 50": Set("table", 50, 2, even=False, strange="trec", steps=(100, 200)),
    "trec 60": Set("table", 60, 2, strange="mr_rt_polarity", steps=(100, 200)),
    "adult 100": Set("table", 100, 2, target="income", even=False, steps=(100, 200)),
}
FILES = {
    "sms_spam": "sms_spam/sms.csv",
    "trec": "trec/train.csv",
    "adult": "adult/train.csv",
    "mr_rt_polarity": "mr_rt_polarity/mr.csv",
}
OFFICIAL = {"trec": "trec/test.csv", "adult": "adult/test.csv"}


@dataclass(frozen=True)
class Drawn:
    """labelled, others, ask: what a command takes. truth: of the rows to be asked; open: of those without a label."""

    labelled: Path
    others: Path
    ask: Path
    truth: list[str]
    open: list[str]


def draw(name: str, data: Path, seed: int, place: Path, *, strange: bool = False, quick: bool = False) -> Drawn:
    """Write the rows of a set. strange: with rows of other classes among those without a label, at most as many as these."""
    scarce, of = SETS[name], name.split()[0]
    write = {"pictures": _pictures, "photos": _photos, "table": _table}[scarce.kind]
    return write(scarce, of, data, np.random.default_rng(seed), place, strange, quick)


def known(labels: Sequence[str], scarce: Set, rng: np.random.Generator) -> np.ndarray:
    """The rows whose label is known."""
    y = np.asarray(labels)
    order = rng.permutation(len(y))
    each = scarce.labels // len(np.unique(y)) if scarce.even else 2
    first = np.concatenate([order[y[order] == label][:each] for label in np.unique(y)])
    rest = order[~np.isin(order, first)]
    return np.sort(np.concatenate([first, rest[: scarce.labels - len(first)]]))


def images(of: str, data: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels of MNIST or Fashion-MNIST."""
    files = (data / of / f"{part}-{what}-ubyte.gz" for what in ("images-idx3", "labels-idx1"))
    return idx(next(files)), idx(next(files))


def _pictures(
    scarce: Set, of: str, data: Path, rng: np.random.Generator, place: Path, strange: bool, quick: bool
) -> Drawn:
    x, y = images(of, data, "train")
    if quick:
        x, y = x[:QUICK], y[:QUICK]
    rows = known([str(label) for label in y], scarce, rng)
    free = np.setdiff1d(np.arange(len(y)), rows)
    more = [images(scarce.strange, data, "train")[0][:MOST_STRANGE][: len(free)]] if strange else []
    ask, truth = images(of, data, "t10k")
    np.savez(place / "labelled.npz", image=x[rows], label=y[rows])
    np.savez(place / "others.npz", image=np.concatenate([x[free], *more]))
    np.save(place / "ask.npy", ask)
    return Drawn(
        place / "labelled.npz", place / "others.npz", place / "ask.npy",
        [str(label) for label in truth], [str(label) for label in y[free]],
    )  # fmt: skip


def _photos(
    scarce: Set, of: str, data: Path, rng: np.random.Generator, place: Path, strange: bool, quick: bool
) -> Drawn:
    files, asked = (sorted((data / of / part).rglob("*.jpg")) for part in ("train", "test"))
    if quick:
        files, asked = files[::20], asked[::20]
    rows = known([each.parent.name for each in files], scarce, rng)
    free = np.setdiff1d(np.arange(len(files)), rows)
    labelled, others, ask = place / "labelled", place / "others", place / "ask"
    others.mkdir()
    ask.mkdir()
    for row in rows.tolist():
        (labelled / files[row].parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(files[row], labelled / files[row].parent.name)
    for number, row in enumerate(free.tolist()):
        shutil.copy(files[row], others / f"{number:05}.jpg")
    if strange:
        for number, each in enumerate(sorted((data / scarce.strange).rglob("*.png"))[: len(free)]):
            shutil.copy(each, others / f"strange{number:05}.png")
    for number, each in enumerate(asked):
        shutil.copy(each, ask / f"{number:05}.jpg")
    return Drawn(
        labelled, others, ask, [each.parent.name for each in asked], [files[row].parent.name for row in free.tolist()]
    )


def _table(
    scarce: Set, of: str, data: Path, rng: np.random.Generator, place: Path, strange: bool, quick: bool
) -> Drawn:
    head, train = _read(data / FILES[of])
    if of in OFFICIAL:
        _, test = _read(data / OFFICIAL[of])
    else:  # the same fifth whatever the seed: draws differ in the labels
        order = np.random.RandomState(0).permutation(len(train))
        train, test = [train[k] for k in order[len(order) // 5 :]], [train[k] for k in order[: len(order) // 5]]
    if quick:
        train, test = train[:QUICK], test[:QUICK]
    at = head.index(scarce.target)

    def bare(lines: Lines) -> Lines:
        return [[*line[:at], *line[at + 1 :]] for line in lines]

    rows = known([line[at] for line in train], scarce, rng)
    free = [train[k] for k in np.setdiff1d(np.arange(len(train)), rows)]
    more: Lines = []
    if strange and scarce.strange == "noise":
        columns = [rng.permutation(column)[:MOST_STRANGE] for column in zip(*bare(free), strict=True)]
        more = [list(map(str, line)) for line in zip(*columns, strict=True)]
    elif strange:
        other, lines = _read(data / FILES[scarce.strange])
        more = [[line[other.index("text")]] for line in lines[: min(MOST_STRANGE, len(free))]]
    _write(place / "labelled.csv", head, [train[k] for k in rows])
    _write(place / "others.csv", *bare([head]), [*bare(free), *more])
    _write(place / "ask.csv", *bare([head]), bare(test))
    return Drawn(
        place / "labelled.csv", place / "others.csv", place / "ask.csv",
        [line[at] for line in test], [line[at] for line in free],
    )  # fmt: skip


def _read(path: Path) -> tuple[list[str], Lines]:
    with path.open(newline="", encoding="utf-8") as file:
        head, *lines = csv.reader(file)
    return head, lines


def _write(path: Path, head: list[str], lines: Lines) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([head, *lines])
