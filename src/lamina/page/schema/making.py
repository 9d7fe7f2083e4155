"""The views of what makes something new: how the duel goes, or how the writing went; and to have some made."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lamina.page.schema.shared import Said


class Scores(Said):
    """How real the discriminator holds pictures for: shares of real and of made ones between each two edges."""

    edges: list[float]
    real: list[float]
    made: list[float]


class Moment(Said):
    """A look at what is made on the way. Of pictures: told, diversity, distance, disturbed, scores and sheet; of texts: written."""

    step: int
    told: float | None = Field(
        description="Share of the pairs of a real and a made picture in which the discriminator holds the real one for more real."
    )
    said: str = Field(description="Which side is winning, in words.")
    diversity: float | None = Field(description="How far apart made pictures lie; 1 is as far as real ones.")
    distance: float | None = Field(description="The Fréchet distance of made from real pictures.")
    disturbed: float | None = Field(
        description="Share of the pictures that are disturbed before the discriminator sees them."
    )
    scores: Scores | None
    sheet: str | None = Field(description="Pictures made from the same noise at every moment, as a data URL.")
    written: str | None = Field(description="What it wrote, from the same seed at every moment.")
    failed: bool = Field(
        description="Whether the duel had failed here, and was taken up again from where it went well."
    )


class Way(Said):
    """GET /api/v1/way: what was made on the way, from a moment on. next: what to ask for next."""

    live: bool
    kind: Literal["", "image", "text"] = Field(description="What is made; '' where nothing is known yet.")
    moments: list[Moment]
    said: list[str] = Field(description="How it stands, or went, in plain words.")
    alarm: str = Field(
        description="That diversity falls or has collapsed, and by what that was measured; '' where it is well."
    )
    kept: int | None = Field(description="The step whose weights are kept.")
    why_not: str = Field(description="Why no samples are shown; '' where they are.")
    next: int


class Makes(Said):
    """GET /api/v1/make: what can be asked for. labels: of `asked`; sentences: examples of what can be said; worded: whether a sentence
    says what is to be seen."""

    kind: Literal["image", "text"]
    asked: str
    labels: list[str]
    worded: bool
    sentences: list[str]
    most: int = Field(description="How many at once, or how many letters.")


class Wish(Said):
    """POST /api/v1/make; what is left out is chosen. Of a text it answers with the letters as they are written, as text/plain."""

    count: int | None = None
    label: str | None = None
    text: str | None = None
    prompt: str | None = None
    length: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None


class Made(Said):
    """Pictures that were made. seed: with which they can be made again."""

    seed: int
    pictures: list[str] = Field(description="As data URLs.")
    shown: list[str] = Field(description="What each was to show; '' where nothing says it.")
