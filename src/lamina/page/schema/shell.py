"""The frame around the views: which model this is, what it was learned from, which views say something about it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lamina.page.schema.shared import Said

Name = Literal["report", "training", "network", "follow", "learned", "why", "fails", "map", "way", "make"]


class Column(Said):
    """An input column. form: vector, grid, tokens, sequence, spectrum or film; shape: of what the network gets."""

    column: str
    kind: str
    form: str
    shape: list[int]
    usual: str | None = Field(
        description="A usual value: of numbers the median, of words the commonest; None where unknown."
    )


class Target(Said):
    """What is answered. classes: of a category or tags, at most 1,000 of them."""

    target: str
    kind: str
    classes: list[str]
    metric: str = Field(description="By which it was judged; '' where it was not.")
    said: str = Field(description="How good it is, in a sentence.")


class View(Said):
    """One of the views; `way` and `make` are there for what makes something new alone. why_not: why it says nothing about this model, in
    plain words; '' where it applies."""

    view: Name
    number: int = Field(ge=0, le=9, description="The key that opens it.")
    title: str
    applies: bool
    why_not: str


class Data(Said):
    """The examples that the page shows. source: what was read, for people; '' where none are there.

    held: how many of them judge the model: rows that neither taught nor chose. how: which rows those are, in words.
    """

    source: str
    rows: int
    labelled: int
    held: int
    how: str
    same: bool = Field(description="Whether these are the rows that the model was learned from, by their hashes.")
    why_not: str = Field(description="Why there are no examples, and what to do; '' where there are.")


class Model(Said):
    """GET /api/v1/model"""

    name: str
    fingerprint: str
    made: str = Field(description="When it was learned, ISO 8601.")
    lamina: str = Field(description="The version that serves this page.")
    learning: bool = Field(
        description="Whether it is being learned right now: then only the training view is there yet."
    )
    private: bool
    kinds: list[str] = Field(description="Kinds of network, one for each array of the inputs.")
    members: int = Field(description="How many networks answer as one; what is shown inside is the first.")
    parameters: int
    inputs: list[Column]
    targets: list[Target]
    finds: list[str] = Field(
        description="What it finds without labels (clusters, anomalies, neighbours), or makes (text, image)."
    )
    data: Data
    views: list[View]
    command: str = Field(description="The line that learns it again; '' where it is not known.")


class Report(Said):
    """GET /api/v1/report. html: the sections, in which every word of the examples is escaped; their attributes `data-style` are to be
    set as styles by whoever shows them, for the policy of the page lets no `style` in. style: CSS that they need."""

    title: str
    html: str
    style: str
