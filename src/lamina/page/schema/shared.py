"""Words that several views share: examples by number, answers, what is still being worked out, errors."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Said(BaseModel):
    """What every answer of the page is: closed, so that a misspelt field is an error and not lost."""

    model_config = ConfigDict(extra="forbid")


class Problem(Said):
    """A refusal: what was seen, what was expected, what to do."""

    error: str
    problems: list[dict[str, str]] = Field(default=[], description="Each field that was wrong: where, and what.")


class Working(Said):
    """Status 202: it is being worked out; ask the same address again. share: of the work done, None where nobody can tell."""

    working: str = Field(description="What is being done, in words for a person.")
    share: float | None = Field(ge=0, le=1)
    again: float = Field(description="Seconds after which to ask again.")


class Share(Said):
    """A class or tag, and its calibrated probability."""

    value: str
    share: float = Field(ge=0, le=1)


class Answer(Said):
    """An answer to one target. value: a class, a number, a list of tags, a transcript; None where nothing could be read."""

    target: str
    kind: str = Field(
        description="category, number, tags, identity or transcript; of a model without labels what it finds."
    )
    value: str | float | list[str] | None
    confidence: float | None = Field(description="Calibrated probability that `value` is right; None for a number.")
    alternatives: list[Share] = Field(description="The likeliest classes, the likeliest first; at most 5.")
    interval: tuple[float, float] | None = Field(description="Of a number: where the truth lies, as often as promised.")
    unlike: bool = Field(description="Whether the example is unlike the training data: then trust the answer less.")
    reasons: list[str] = Field(description="Why it is unlike, in words.")
    score: float | None = Field(
        description="Without labels: how odd it is, or how far the nearest known example lies; above 1 is out of the ordinary."
    )
    nearest: list[str] = Field(description="Without labels: the known examples that are most like it.")


Part = Literal["train", "validation", "test", "unknown"]


class Cell(Said):
    """What an example holds in one column, as people read it. A picture or a sound has its address beside it."""

    column: str
    kind: str = Field(description="number, category, date, text, image, sound, video or series.")
    text: str | None = Field(description="The value in words; None where it is missing.")
    value: float | str | None = Field(
        description="The raw value of a number or a category, for what-if; None for others."
    )
    picture: str | None = Field(
        description="Address of what it looks like: a picture, a spectrogram, a plot of a series."
    )
    sound: str | None = Field(description="Address of a WAV file to play.")


class Example(Said):
    """One example of the data, by number: never by path."""

    id: int = Field(ge=0, description="The row's number in the data that the page was opened with.")
    name: str = Field(description="What a person calls it: the last two parts of a file's path, or 'row 12'.")
    part: Part = Field(description="What the row did when the model was learned; only 'test' rows may judge it.")
    label: str | None = Field(
        description="What it is called in the data, of the target asked for; None where nobody has said."
    )
    answer: str | None = Field(description="What the model says, where that was worked out already.")
    confidence: float | None
    right: bool | None = Field(description="Of classes and tags: whether answer and label agree.")
    picture: str | None = Field(
        description="Address of a small picture, 96 pixels a side at most; None where there is nothing to see."
    )
    cells: list[Cell] = Field(description="What it holds, up to 8 columns.")


class Examples(Said):
    """Some of many examples. total: how many there are that fit what was asked."""

    total: int
    offset: int
    items: list[Example]
    note: str = Field(description="How they were chosen, in words; '' where all are there.")


class Tiles(Said):
    """Maps or vectors of one layer as small grey pictures: count tiles of height x width values, one after the other.

    data: base64 of count * height * width bytes; 0 stands for `low`, 255 for `high`. signed: low is -high, and 127.5 is zero.
    """

    count: int
    height: int
    width: int
    low: float
    high: float
    signed: bool
    data: str


class Histogram(Said):
    """Counts between edges: len(edges) == len(counts) + 1."""

    edges: list[float]
    counts: list[int]
