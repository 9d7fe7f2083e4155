"""Views 3 and 4: one example on its way through the layers, and what each layer has learned to see."""

from __future__ import annotations

from pydantic import Field

from lamina.page.schema.shared import Answer, Cell, Example, Said, Tiles


class Held(Said):
    """GET /api/v1/examples/{id}: all that one example holds, and what the model says."""

    example: Example
    cells: list[Cell]
    answers: list[Answer]


class Passed(Said):
    """What one layer made of the example. tiles: its first units as pictures, None where it gives no numbers.

    sums: whether the units' weighted sums can be taken apart (GET /api/v1/examples/{id}/units/{layer}). framed: whether it looks at one frame
    of a film at a time, and shows the trace's.
    """

    id: str
    kind: str
    title: str
    shape: list[int]
    does: str
    units: int
    shown: int = Field(description="How many units the tiles show, at most 64.")
    tiles: Tiles | None
    sums: bool
    framed: bool


class Trace(Said):
    """GET /api/v1/examples/{id}/trace. frames: of a film, of which layers that look at one at a time are shown at `frame`; 0 where there
    is none."""

    example: int
    frames: int
    frame: int
    layers: list[Passed]
    answers: list[Answer]
    note: str


class Term(Said):
    """One product of the sum. place: of the value in the layer's input; called: that place in words ('channel 3, row 2, column 5')."""

    place: list[int]
    called: str
    value: float
    weight: float
    product: float


class Sum(Said):
    """GET /api/v1/examples/{id}/units/{layer}: sum of all products + bias == total, activation(total) == result.

    terms: the largest 40; rest: the sum of all others.
    """

    layer: str
    place: list[int]
    terms: list[Term]
    others: int
    rest: float
    bias: float
    total: float
    activation: str = Field(description="What follows the sum, such as 'ReLU'; '' where nothing does.")
    activation_does: str
    result: float
    said: str = Field(description="The arithmetic in a sentence.")


class Level(Said):
    """A layer whose units can be looked at."""

    id: str
    kind: str
    title: str
    units: int
    dead: int
    reach: float = Field(description="The share of the picture's side that a unit sees.")


class Levels(Said):
    """GET /api/v1/layers: in order, from the input to the answer."""

    layers: list[Level]
    rows: int = Field(description="How many examples were looked at.")
    note: str


class Exciting(Said):
    """An example that excites a unit. value: how much; box: the part that the unit saw, as shares left, top, right, bottom; frame: of a
    film, counted from 0."""

    example: int
    label: str | None
    value: float
    box: tuple[float, float, float, float] | None
    frame: int | None


class Unit(Said):
    """A channel or neuron. likes: the class that excites it most, None where it has no favourite; strength: by how many standard
    deviations more than the others. means: excitement by class, the largest 10. common: what the examples of `top` share, in words.
    """

    unit: int
    dead: bool
    likes: str | None
    strength: float
    means: list[Liking]
    top: list[Exciting]
    common: list[str]


class Liking(Said):
    """A class, and how much it excites a unit on average."""

    value: str
    mean: float


class Units(Said):
    """GET /api/v1/layers/{layer}/units: at most 64 a page. sprite: address of one picture with the crops of these units, a row a unit and
    nine `tile` x `tile` pixels wide; None where the examples are no pictures."""

    layer: str
    total: int
    offset: int
    units: list[Unit]
    sprite: str | None
    tile: int
