"""What the doctor found, in words for people and in fields for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal

from lamina.core import Array, Coded, Json
from lamina.examples.examples import Examples
from lamina.examples.reading import FILES

ORDER = {"stop": 0, "warn": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """Something to know before learning. kind: a settled name for programs; advice: what to do next."""

    level: Literal["info", "warn", "stop"]
    kind: str
    title: str
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Described:
    """A column for display. missing: share of the rows; shown: its range or its commonest words."""

    name: str
    kind: str
    reason: str
    distinct: int | None
    missing: float
    shown: str


@dataclass
class Findings:
    """What `look` found, the gravest first. rows: how many examples there are; of a text as it stands, how many letters (`unit`)."""

    source: str
    rows: int
    targets: tuple[str, ...]
    columns: list[Described]
    labels: dict[str, dict[str, int]]  # target -> label -> rows, the commonest first
    found: list[Finding] = field(default_factory=list)
    unit: str = "example"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    @property
    def worst(self) -> str:
        """The gravest level: "stop", "warn", "info", or "" where nothing was found."""
        return self.found[0].level if self.found else ""

    def to_dict(self) -> Json:
        """For `--json`."""
        return asdict(self)


def unreadable(examples: Examples, rows: Array, problems: Array, text: str) -> Finding:
    """Of files that cannot be read. problems: [N] why, of all rows; text: what is wrong with those `rows`, in words."""
    first = f"First: {named(examples, rows[:1])} ({problems[rows[0]]})."
    if examples.reading.unreadable == "stop":
        return Finding("stop", "unreadable", text, first, "Remove or replace them, or leave out --unreadable stop.")
    return Finding("warn", "unreadable", text, first, "Remove or replace them; until then they are skipped.")


def named(examples: Examples, rows: Array) -> str:
    """Rows as people find them again: file names, else row numbers from 1."""
    for name in examples.of(*FILES):
        cells = examples.stored(name, rows)
        if not isinstance(cells, Coded) and cells.dtype == object and all(isinstance(each, str) for each in cells):
            return " and ".join("/".join(each.replace("\\", "/").split("/")[-2:]) for each in cells)
    return ("row " if len(rows) == 1 else "rows ") + " and ".join(f"{row + 1:,}" for row in rows)
