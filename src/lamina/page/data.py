"""The examples that the page shows, and which of them may judge: rows that neither taught nor chose, as the model's card tells.

Whether these are the rows that the model was learned from is not believed but seen: rows are parted again as at learning, and
the thresholds that come out, which are hashes of rows, have to be those of the card.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from lamina.core import Array, DataError, Json, LaminaError, PlanError
from lamina.examples import Examples, Reading, long, place, read, split
from lamina.examples import keys as hashing
from lamina.examples.examples import show
from lamina.examples.reading import TEST, UNUSED, count, listed
from lamina.examples.splits import labelled
from lamina.model import whence
from lamina.model.intake import row_names
from lamina.model.model import Model

IDENTITY, TRANSCRIPT = "identity", "transcript"
NAMES = {0: "train", 1: "validation", 2: "test"}
FEWEST = 0.5  # of the thresholds' hashes that have to be among the rows for them to be rows of the same source


@dataclass(frozen=True)
class Data:
    """examples: None where there are none, and `why_not` says why. parts: [N] int8 as of splits, -1 where nobody knows.

    folds: [N] int8 of a model of several networks, each judged on the fold that it never learned from; None of others. held: [n]
    the rows that judge. how: which these are, in words. same: whether the model was learned from these very rows.
    """

    examples: Examples | None = None
    parts: Array = field(default_factory=lambda: np.zeros(0, np.int8))
    folds: Array | None = None
    held: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    labelled: int = 0
    how: str = ""
    same: bool = False
    why_not: str = ""
    key: str = ""
    source: str | None = None  # what a worker can read again; None where only this process has the examples
    named: bool = False  # whether that was said, and is not what the card tells

    def __len__(self) -> int:
        return 0 if self.examples is None else len(self.examples)

    @property
    def shown(self) -> Examples:
        """The examples.

        Raises:
            PlanError: there are none.
        """
        if self.examples is None:
            raise PlanError(self.why_not)
        return self.examples

    def part(self, row: int) -> str:
        return NAMES.get(int(self.parts[row]), "unknown")

    def names(self, rows: Array) -> list[str]:
        """What some rows are called: the last two parts of a file's path, or their number."""
        assert self.examples is not None
        files = row_names(self.examples.take(rows)) if len(rows) else None
        if files is None or any(not isinstance(each, str) or each in ("", "None") for each in files):
            return [f"row {row + 1}" for row in rows.tolist()]
        return ["/".join(Path(each).parts[-2:]) for each in files]

    def labels(self, target: str, rows: Array) -> list[str | None]:
        """What some rows are called in the data; None where nobody has said."""
        if self.examples is None or target not in self.examples.kinds:
            return [None] * len(rows)
        cells = show(self.examples.values(target, rows), self.examples.kinds[target])
        return [None if cell is None else ", ".join(cell) if isinstance(cell, list) else str(cell) for cell in cells]


def nothing(why: str) -> Data:
    """No examples, and why."""
    return Data(why_not=why)


def open_data(model: Model, source: Any = None) -> Data:
    """The examples of a source (by default of the one that the card names), parted as at learning.

    Raises:
        DataError: a source was named, and cannot be read.
    """
    if model.card.makes:
        return nothing("It makes something new: what it learned from is not looked at.")
    named = source is not None
    wanted = source
    if not named:
        said = _learned_from(model)
        folders = _folders(model)
        wanted = next((found for each in said if (found := _there(each, folders)) is not None), None)
        if wanted is None and model.card.private:
            return nothing(
                "It was learned privately: it keeps neither its examples nor where they lay. Open the page with examples: lamina open MODEL DATA"
            )
        if wanted is None:
            where = (
                "there" if said and Path(said[0]).is_absolute() else f"in {listed([str(each) for each in folders], 4)}"
            )
            lost = f" ('{said[0]}' is not {where})" if said else ""
            return nothing(
                f"The examples that it learned from are not at hand{lost}. Open the page with examples: lamina open MODEL DATA"
            )
    try:
        return parted(model, _read(model, wanted, named), wanted, named)
    except LaminaError as error:
        if named:
            raise DataError(f"The examples cannot be shown: {error}") from error
        return nothing(f"The examples that it learned from cannot be read any more: {error}")


def _folders(model: Model) -> list[Path]:
    """Where its examples are looked for: here, where it was learned on this machine, and beside it."""
    learned = whence.folder(model.mark)
    beside = model.files.absolute().parent if isinstance(model.files, Path) else None
    return list(dict.fromkeys(each for each in (Path.cwd(), learned, beside) if each is not None))


def _there(name: str, folders: Sequence[Path]) -> str | None:
    """What a name stands for, seen from one of some folders: as it is from the working folder, else whole."""
    path = Path(name).expanduser()
    places = [path, *(each / path for each in folders[1:])]
    return next((str(each) for each in places if each.exists()), None)


def _learned_from(model: Model) -> list[str]:
    """Where the examples lay that it learned from: as the line says that learns it again, and as reading called them."""
    words = shlex.split(model.card.results.get("command") or "")
    told = words[2] if words[:2] == ["lamina", "learn"] and len(words) > 2 else None
    source = model.card.data.get("source") or ""
    found = [told, source, source.partition(", tested on ")[0], source.partition(" with ")[0]]
    return [each for each in dict.fromkeys(found) if each and each != "PATH"]


def parted(model: Model, examples: Examples, source: Any = None, named: bool = False) -> Data:
    """Examples with their parts. source: what a worker can read again."""
    targets = [each["column"] for each in model.card.taught]
    examples = examples if model.card.makes else model.read(examples, target=True)
    key = _key(model, examples)
    there = [target for target in targets if target in examples.kinds]
    known = labelled(examples, there) if there else np.zeros(len(examples), bool)
    base = Data(
        examples, np.full(len(examples), UNUSED, np.int8), None, np.zeros(0, np.int64), int(known.sum()), key=key,
        source=source if isinstance(source, str) else None, named=named,
    )  # fmt: skip
    if not targets:
        return replace(base, how="It was learned without labels: nothing is right or wrong.")
    if len(there) < len(targets):
        return replace(base, how="The examples have no labels, so they cannot judge.")
    return _again(model, examples, targets, known, base) or _by_thresholds(model, examples, targets, known, base)


def _key(model: Model, examples: Examples) -> str:
    """Under which what was worked out is kept: by all that the rows hold, for an id stays when a label is corrected."""
    told = b"" if examples.parts is None else examples.parts.tobytes()
    held = hashing.content_of(examples).tobytes()
    return hashlib.blake2b(model.mark.encode() + held + told + b"page 2", digest_size=12).hexdigest()


def _again(model: Model, examples: Examples, targets: list[str], known: Array, base: Data) -> Data | None:
    """Parted as at learning, where the thresholds that come out are those of the card."""
    plan, kinds = model.card.plan, [each["kind"] for each in model.card.taught]
    folds = 0 if plan.get("folds") is None and TRANSCRIPT in kinds else plan.get("folds")
    try:
        found = split(examples, targets, seed=int(plan.get("seed", 0)), folds=folds, apart=IDENTITY in kinds)
    except LaminaError:
        return None
    settled = {name: value for name, value in model.card.split.items() if name != "folded"}
    if any(found.thresholds.get(name) != value for name, value in settled.items()):
        return None
    own = examples.parts is not None and bool((examples.parts[known] == TEST).any())
    if found.folds is None or own:
        held = np.flatnonzero(known & (found.parts == TEST) & (found.folds < 0 if found.folds is not None else True))
        parts = found.parts if found.folds is None else np.where(found.folds >= 0, 0, found.parts).astype(np.int8)
        how = f"The {count(len(held), 'row')} that neither taught nor chose anything: {found.how}, as the model's card keeps it."
        return replace(base, parts=parts, held=held, how=how, same=True)
    held = np.flatnonzero(known & (found.folds >= 0))
    how = (
        f"All {count(len(held), 'labelled row')}: there are few, so {int(found.folds.max()) + 1} networks were learned, and each row is "
        "judged by the one that never learned from it."
    )
    parts = np.where(found.folds >= 0, TEST, UNUSED).astype(np.int8)
    return replace(base, parts=parts, folds=found.folds, held=held, how=how, same=True)


def _by_thresholds(model: Model, examples: Examples, targets: list[str], known: Array, base: Data) -> Data:
    """More rows than it learned from, or others: the card's thresholds tell, where rows of theirs are among these."""
    thresholds = model.card.split
    if thresholds.get("folded", model.card.members > 1):
        return replace(
            base, how="These are other rows than it learned from, as far as their hashes tell: they do not judge."
        )
    if thresholds["by"] == "given" or "given" in thresholds:
        return replace(base, how="It was judged on a test set of its own, which is not among these rows as it was.")
    keys = examples.keys(targets)
    if not _known(thresholds, keys):
        return replace(
            base,
            how="Nothing tells which of these rows it learned from: their hashes are not those that the model's card keeps. It may "
            "have been learned with --group, --id or --drop, by an earlier version; or these are other examples.",
        )
    times = examples.of("time")
    parts = place(thresholds, keys, examples.values(targets[0]), examples.values(times[0]) if times else None)
    judging = known & (parts == TEST)
    how = "that the thresholds of the model's card keep for judging; rows that came later are among them."
    if examples.parts is not None and (examples.parts[known] == TEST).any():
        judging &= examples.parts == TEST  # never believed alone: rows that taught may have been parted anew since
        how = "of the test set, as the folders or files say, that the thresholds of the model's card keep for judging, too."
    held = np.flatnonzero(judging)
    how = f"The {count(len(held), 'row')} {how}"
    return replace(base, parts=parts, held=held, how=how)


def _known(thresholds: Json, keys: Array) -> bool:
    """Whether the rows whose hashes are the thresholds are among these."""
    if thresholds["by"] == "time":
        return True
    seed = int(thresholds.get("seed", 0))
    mixed = hashing.mix(keys ^ np.uint64(seed)) if seed else keys
    wanted = np.array([int(each, 16) for cut in thresholds["strata"].values() for each in cut], np.uint64)
    return len(wanted) > 0 and float(np.isin(wanted, mixed).mean()) >= FEWEST


def _read(model: Model, source: Any, named: bool) -> Examples:
    """As learning read them; where that gives other kinds, as the model takes them."""
    if isinstance(source, Examples):
        return source
    targets = [each["column"] for each in model.card.taught]
    asked = dict(model.card.reading.get("asked", {}))  # cards of earlier versions do not say it
    known = {each.name for each in fields(Reading)}
    said: Json = {name: tuple(value) if name == "drop" else value for name, value in asked.items() if name in known}
    if named:  # the test set and the rows without a label belong to the source that it learned from
        said = {name: value for name, value in said.items() if name not in ("test", "unlabelled")}
    folders = _folders(model)
    said |= {name: _there(said[name], folders) or said[name] for name in ("test", "unlabelled") if name in said}
    if how := model.card.reading.get("written", {}).get(long.SERIES):  # a long table, whose steps were folded
        example, time = long.folded_by(how)
        said = {name: value for name, value in said.items() if name != "id"} | {"example": example, "time": time}
    identity = {each["column"]: IDENTITY for each in model.card.taught if each["kind"] == IDENTITY}
    said["kind"] = identity | said.get("kind", {})
    try:
        found = read(source, Reading(**said), target=targets)
    except LaminaError:
        return _as_taken(model, source, bool(targets))
    kinds = model.intake.kinds
    fits = all(column in found.kinds and found.kinds[column].name == kind for column, kind in kinds.items())
    return found if fits else _as_taken(model, source, bool(targets))


def _as_taken(model: Model, source: Any, labelled: bool) -> Examples:
    """As the model takes them, with labels where there are some."""
    if labelled:
        try:
            return model.read(source, target=True)
        except LaminaError:
            pass  # without labels there is still much to see
    return model.read(source)
