"""How examples are asked for, and the words for what reading found. The command line derives its options from `Reading`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lamina import kinds
from lamina.core import Array, Coded

if TYPE_CHECKING:
    import polars as pl

FILES = ("image", "sound", "video", "series")  # cells are paths, bytes of a file, or arrays
KINDS = ("number", "category", "date", "text", *FILES, "tags", "identifier", "constant", "empty", "unknown")
ROLES = ("group", "time", "weight")
TRAIN, VALIDATION, TEST, UNUSED = 0, 1, 2, -1  # the parts; unused where nobody has said, too
# What folders, files and a column `split` call them.
PARTS = {
    "train": TRAIN, "training": TRAIN, "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "dev": VALIDATION,
    "test": TEST, "testing": TEST,
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """How examples are read: everything that a person may say about a source."""

    kind: Mapping[str, str] = field(default_factory=dict, metadata={"help": "the kind of a column: COLUMN=category"})
    drop: tuple[str, ...] = field(default=(), metadata={"help": "a column to leave out"})
    id: str | None = field(default=None, metadata={"help": "the column that says which example a row is"})
    group: str | None = field(default=None, metadata={"help": "the column whose rows belong together (person, site)"})
    time: str | None = field(
        default=None, metadata={"help": "the column to learn along: past rows teach, later ones test"}
    )
    example: str | None = field(
        default=None, metadata={"help": "a row is a step of time: the column that says of which example (with --time)"}
    )
    weight: str | None = field(default=None, metadata={"help": "the column that says how much a row counts"})
    test: str | None = field(default=None, metadata={"help": "your own test set, a source like PATH: it alone judges"})
    unlabelled: str | None = field(
        default=None, metadata={"help": "more examples, without labels, to learn from as well: a source like PATH"}
    )
    separator: str | None = field(default=None, metadata={"help": "what stands between several tags in one cell"})
    query: str | None = field(default=None, metadata={"help": "for a database: the SQL query that gives the examples"})
    unreadable: Literal["skip", "stop"] = field(default="skip", metadata={"help": "what to do with unreadable files"})


@dataclass(frozen=True)
class Kind:
    """What a column holds and why we think so. how: the way its cells are written ("decimal comma", "%d.%m.%Y")."""

    name: str
    reason: str
    how: str = ""

    @property
    def held(self) -> str:
        """The kind as which its cells are read: an added kind says so itself (`holds`)."""
        if self.name not in KINDS:
            for room in ("inputs", "outputs"):
                if self.name in kinds.names(room):
                    return str(kinds.find(room, self.name).holds)
        return self.name

    @property
    def told(self) -> str:
        """What a saved model keeps, and `read(like=…)` takes: `"number"`, `"date %d.%m.%Y"`, `"tags |"`."""
        return f"{self.name} {self.how}" if self.how else self.name


@dataclass(frozen=True)
class Note:
    """Something a person should know about the examples, and what to do about it."""

    level: Literal["info", "warn", "stop"]
    text: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.advice}".strip()


@dataclass(frozen=True)
class Column:
    """One settled column.

    data: numbers in the smallest dtype that holds them (NaN where missing); dates as float64 seconds since 1970 UTC; words and tags
    as `Coded`; images, sounds, videos and series as an object array (paths, bytes, arrays, None); images also as
    uint8/uint16 [N, H, W] or [N, H, W, C].
    """

    kind: Kind
    data: Array | Coded

    def called(self, name: str, reason: str) -> Column:
        return replace(self, kind=replace(self.kind, name=name, reason=reason))


Cells: TypeAlias = "pl.Series | Array | Coded"


@dataclass
class Raw:
    """What a source holds, before kinds are judged: equally long columns. kinds: of columns, where the source says them, as
    `Kind.told` does."""

    source: str
    columns: dict[str, Any]  # Cells
    folder: Path | None = None  # image paths are relative to it
    parts: Array | None = None
    notes: list[Note] = field(default_factory=list)
    decimal_comma: bool = False
    kinds: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def note(self, level: Literal["info", "warn", "stop"], text: str, advice: str = "") -> None:
        self.notes.append(Note(level, text, advice))


def count(n: int, what: str) -> str:
    """`count(1, "row") == "1 row"`, `count(1200, "row") == "1,200 rows"`, `count(2, "entry") == "2 entries"`."""
    if n == 1:
        return f"1 {what}"
    if what.endswith("y") and what[-2] not in "aeou":
        return f"{n:,} {what[:-1]}ies"
    return f"{n:,} {what}" + ("es" if what.endswith("s") else "s")


def figure(value: float) -> str:
    """`figure(1490400.0) == "1,490,400"`, `figure(0.41670001) == "0.4167"`."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 10_000 else f"{value:,.6g}"


def listed(words: Any, limit: int = 5) -> str:
    """`listed(["a", "b"]) == "'a', 'b'"`; many words are cut short."""
    words = list(words)
    shown = ", ".join(f"'{word}'" for word in words[:limit])
    return shown + (f" and {len(words) - limit:,} more" if len(words) > limit else "")
