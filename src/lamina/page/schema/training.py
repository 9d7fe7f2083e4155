"""View 1: the course of learning, live or as it was kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lamina.page.schema.shared import Said


class Point(Said):
    """Where learning stood. loss: mean over the last steps; value: the metric on rows that do not teach, where it was looked at."""

    step: int
    seconds: float | None
    loss: float | None
    held_loss: float | None = Field(description="The loss on rows that do not teach.")
    value: float | None
    best: float | None = Field(description="The metric of the weights kept so far.")


class Fares(Said):
    """How one layer that learns fares. layer: as /network names it, where it is part of the saved network."""

    layer: str
    part: str = Field(description="Of two networks that learn together which one; '' where there is one.")
    title: str
    name: str
    ratio: float | None = Field(
        description="How far a step moves its weights, as a share of their length: the middle one of the moments of full learning rate."
    )
    course: list[float | None] = Field(
        description="The same at each moment that it was measured, the last ones with small steps."
    )
    reading: Literal["unknown", "little", "fine", "much"]
    units: int | None = Field(description="Units behind it that can be silent; None where none was seen.")
    dead: int | None = Field(description="Those that gave nothing, whatever they saw, when last looked at.")
    says: str


class Curve(Said):
    """One training: a model of folds has several. name: '' where there is only one. best: the step whose weights are kept."""

    name: str
    points: list[Point]
    best: int | None
    steps: int = Field(description="How many steps were planned; 0 where that is not known yet.")
    layers: list[Fares] = Field(description="First to last; empty where nothing was kept of them.")
    layers_said: list[str]


class Metrics(Said):
    """GET /api/v1/training/metrics and, as the data of each event, /api/v1/training/events.

    Points since what was asked for, at most 2,000 (buckets keep the smallest and the largest). next: what to ask for next.
    """

    live: bool = Field(description="Whether learning goes on.")
    state: Literal[
        "starting",
        "reading",
        "trying",
        "resuming",
        "learning",
        "paused",
        "stopping",
        "judging",
        "saving",
        "done",
        "failed",
        "kept",
    ]
    message: str
    said: list[str] = Field(description="What the curves say, in plain words: 'It has been memorising since step 340.'")
    metric: str
    metric_said: str = Field(description="The metric in words: 'share right'.")
    better: Literal[-1, 1]
    curves: list[Curve]
    step: int
    steps: int
    rate: float = Field(description="Examples a second; 0 where it is over.")
    seconds: float
    left: float | None = Field(description="Seconds to the end, as far as one can tell.")
    can_stop: bool
    can_pause: bool
    next: int


class Stopped(Said):
    """POST /api/v1/training/stop: as Ctrl-C does, it ends after the step at hand, and the best so far is judged and kept."""

    stopping: bool
    said: str


class Paused(Said):
    """POST /api/v1/training/pause and /api/v1/training/go-on. paused: whether it rests, or will after the step at hand."""

    paused: bool
    said: str
