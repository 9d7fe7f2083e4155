"""View 5: why this answer, and what another example would have got."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lamina.page.schema.shared import Answer, Example, Said


class Heat(Said):
    """A map over the picture, and the same from the network with random weights: data URLs of PNG or JPEG pictures.

    alike: how alike the two are (rank correlation), None where there are too few values; said: what that means, in words. empty: no
    place speaks for the answer, so there is nothing to see on the map.
    """

    map: str
    random: str
    alike: float | None
    said: str
    empty: bool


class Places(Said):
    """Which part of a picture. evidence: Grad-CAM; covered: how much the answer falls where a patch is covered."""

    kind: Literal["places"]
    column: str
    picture: str = Field(description="Data URL: the picture as the network gets it.")
    evidence: Heat | None
    covered: Heat | None
    least: float | None = Field(description="The answer with the most important patch covered.")


class Effect(Said):
    """A column's part in the answer. effect: what it adds on the way from a usual row (log-odds, or units of the number); random: the same of
    the network with random weights; without: the answer with this column as usual."""

    column: str
    value: str | None
    usual: str | None
    effect: float | None
    random: float | None
    without: float


class Columns(Said):
    """Which columns of a table, those that matter most first. start: the answer to a usual row."""

    kind: Literal["columns"]
    start: float
    effects: list[Effect]
    adds_up: bool = Field(description="Whether the effects add up to the whole difference from a usual row.")
    alike: float | None
    said: str


class Step(Said):
    """A word, or a stretch of time. start, end: in seconds of a sound, or steps of a series; of words their place."""

    text: str
    start: float
    end: float
    effect: float | None
    random: float | None
    without: float


class Steps(Said):
    """Which words or moments, in their order. empty: the answer to nothing at all."""

    kind: Literal["words", "moments"]
    column: str
    empty: float
    unit: Literal["word", "second", "step"]
    steps: list[Step]
    picture: str | None = Field(description="Data URL of the spectrogram or plot that the steps lie along.")
    sound: str | None = Field(description="Address of the sound, to play the important part.")
    alike: float | None
    said: str


class Frame(Said):
    """A frame of a film, or several in a row of a long one. picture: data URL of the middle one as the network gets it; map: the same under
    its Grad-CAM, all frames on one scale. effect: how much the answer falls when it is hidden (log-odds, or units of the number);
    random: the same of the network with random weights; without: the answer then; alone: the answer when all others are hidden."""

    text: str
    picture: str
    map: str | None
    effect: float
    random: float
    without: float
    alone: float | None


class Frames(Said):
    """Which frames of a film, in their order. empty: the answer with every frame hidden. alike, said: of the effects and those of random
    weights; seen_alike, seen_said: of the maps."""

    kind: Literal["frames"]
    column: str
    empty: float
    frames: list[Frame]
    alike: float | None
    said: str
    seen_alike: float | None
    seen_said: str


class Beside(Said):
    """A training example that speaks for the answer (cosine above 0) or against it."""

    example: Example
    cosine: float


class Neighbours(Said):
    """GET /api/v1/examples/{id}/neighbours"""

    target: str
    about: str | None
    speaks_for: list[Beside]
    speaks_against: list[Beside]
    note: str = Field(description="How they were found, and among which rows.")


class Explanation(Said):
    """Why. share: of `about` (a class or tag), or the number itself."""

    target: str
    about: str | None
    share: float
    answer: Answer
    parts: list[Annotated[Places | Columns | Steps | Frames, Field(discriminator="kind")]]
    notes: list[str] = Field(description="How to read this.")


class Explain(Said):
    """POST /api/v1/explain. changes: cells that are other than in the example, by column."""

    example: int = Field(ge=0)
    target: str | None = None
    about: str | None = None
    thorough: bool = Field(default=False, description="Cover the parts of pictures, too; and more random networks.")
    changes: dict[str, float | str | None] = Field(default_factory=dict)


class Job(Said):
    """POST /api/v1/explain and GET /api/v1/jobs/{job}. explanation: once it is done; error: where it failed."""

    job: str
    state: Literal["waiting", "running", "done", "failed"]
    working: str
    explanation: Explanation | None
    error: str


class Ask(Said):
    """POST /api/v1/predict: an example with some cells changed."""

    example: int = Field(ge=0)
    changes: dict[str, float | str | None] = Field(default_factory=dict)


class Asked(Said):
    """The answers before and after the changes."""

    before: list[Answer]
    after: list[Answer]
    problems: list[str]


class WhatIf(Said):
    """POST /api/v1/what-if. values: those to try; by default what is usual there."""

    example: int = Field(ge=0)
    column: str
    target: str | None = None
    values: list[float | str | None] | None = Field(default=None, max_length=200)
    changes: dict[str, float | str | None] = Field(default_factory=dict)


class Tried(Said):
    """One value and its answer. share: of the class that is answered now, or the number itself."""

    value: float | str | None
    share: float | None
    answer: Answer


class WhatIfs(Said):
    """The answers as one column changes. about: the class whose share is told; None for a number."""

    column: str
    kind: str
    target: str
    about: str | None
    now: float | str | None
    tried: list[Tried]
