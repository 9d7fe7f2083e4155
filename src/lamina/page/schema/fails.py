"""View 6: where it fails, judged on rows that neither taught nor chose."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lamina.page.schema.shared import Example, Said


class Figure(Said):
    """A metric with its 95 % interval. said: the metric in words; better: 1 where more is better, -1 where less is."""

    name: str
    said: str
    value: float
    low: float
    high: float
    better: Literal[-1, 1]


class Summary(Said):
    """GET /api/v1/fails. live: whether the rows are at hand, so that cells lead to examples; else the figures are what the report kept.

    how: which rows judge, and how that is known.
    """

    target: str
    kind: str
    live: bool
    rows: int
    how: str
    figures: list[Figure]
    verdict: str
    has: list[Literal["confusion", "slices", "calibration", "scatter", "mistakes", "suspects", "csv"]]
    why_not: dict[str, str] = Field(description="Of each part that is missing: why, in words.")


class Confusion(Said):
    """GET /api/v1/confusion. counts: rows are what is true, columns what was said, in the order of `classes`. shown: places of the
    classes with most mistakes, at most 30, in order."""

    target: str
    classes: list[str]
    counts: list[list[int]]
    shown: list[int]
    rows: int
    live: bool


class Group(Said):
    """A group with clearly worse answers. loss, rest: of the group and of all others; low, high: a 95 % interval of `loss`; chance: of a
    difference as large in a group picked at random, corrected for the number of looks."""

    column: str
    group: str
    rows: int
    loss: float
    low: float
    high: float
    rest: float
    chance: float


class Slices(Said):
    """GET /api/v1/slices. unit: what a loss is: a share of wrong answers, or a mean error."""

    target: str
    unit: Literal["wrong", "error"]
    groups: list[Group]
    looked: list[str]
    rows: int
    said: str


class Bin(Said):
    """Answers of similar confidence."""

    confidence: float
    right: float
    low: float
    high: float
    count: int


class Calibration(Said):
    """GET /api/v1/calibration, of classes and tags. error: mean gap between confidence and being right; chance: the error that a perfect model
    would show on so few rows."""

    target: str
    bins: list[Bin]
    before: list[Bin] = Field(description="The same before the confidence was calibrated.")
    error: float
    chance: float
    said: str


class Dot(Said):
    """A number against its truth. example: None where only the report kept it."""

    example: int | None
    said: float
    truth: float


class Scatter(Said):
    """GET /api/v1/scatter, of numbers. radius: of the interval around each answer; None where none is given."""

    target: str
    dots: list[Dot]
    radius: float | None
    promised: float
    held: float | None = Field(description="How often the interval held the truth.")
    said: str


class Doubt(Said):
    """A wrong answer, or a label that looks wrong. given: what the data says; likely: what the model says; confidence: in `likely`; doubt:
    the probability of `given`; error: of numbers, said - truth. picture: a data URL where only the report kept it."""

    example: Example | None
    given: str
    likely: str
    confidence: float | None
    doubt: float | None
    error: float | None
    picture: str | None
    cells: dict[str, str]


class Queue(Said):
    """GET /api/v1/mistakes and /api/v1/suspects: the worst first."""

    target: str
    total: int
    offset: int
    items: list[Doubt]
    said: str
    live: bool
