"""View 7: all examples on a plane, near ones near each other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lamina.page.schema.shared import Example, Examples, Said


class Map(Said):
    """GET /api/v1/map: what `map.bin` holds.

    map.bin, little-endian, in this order for n points: uint32 id; uint16 x; uint16 y (0 to 65,535, y downwards); uint8 class (place in
    `classes`, 255: none); uint8 flags (1: held out and wrong, 2: unlike the training data, 4: held out, 8: anomaly): 10 n bytes.
    """

    points: int
    of: int = Field(
        description="How many examples there are; more than `points` where a sample is shown, stratified by class."
    )
    by: Literal["label", "answer", "cluster"] = Field(description="What the class of a point is.")
    classes: list[str]
    counts: list[int]
    method: str = Field(description="How the plane was made, in words.")
    kept: float = Field(
        description="How well neighbours stay neighbours: of the 15 nearest in the features, the share among the 15 nearest here."
    )
    note: str


class Cluster(Said):
    """A class or cluster. x, y: its middle on the map, 0 to 1. typical: the examples that stand for it (medoids)."""

    name: str
    count: int
    wrong: int | None
    x: float
    y: float
    typical: list[Example]


class Clusters(Said):
    """GET /api/v1/map/clusters"""

    clusters: list[Cluster]


class Lasso(Said):
    """POST /api/v1/map/selection: the ids of the points inside, as the browser finds them."""

    ids: list[int] = Field(max_length=200_000)
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=60, ge=1, le=60)


class Count(Said):
    """How many of the selected belong to a class."""

    name: str
    count: int


class Selection(Said):
    """What the selected examples are."""

    count: int
    classes: list[Count]
    wrong: int | None
    examples: Examples
