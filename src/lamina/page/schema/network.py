"""View 2: the network as a map, layers from left to right."""

from __future__ import annotations

from pydantic import Field

from lamina.page.schema.shared import Histogram, Said


class Node(Said):
    """A layer, an input or an answer. id: its name in the network. shape: of what it gives for one example; [] where unknown.

    units: how many channels or neurons it has; dead: how many of them no example ever excites, None where it is not known (yet).
    does: what such a layer does, in plain words for somebody who has never seen one.
    """

    id: str
    kind: str
    title: str
    stage: int = Field(description="Its place from left to right, from 0.")
    shape: list[int]
    parameters: int
    units: int | None
    dead: int | None
    does: str


class Fold(Said):
    """Stretches of layers that repeat: shown once, as 'Block x3', until somebody opens them. copies: the ids of each repetition."""

    title: str
    times: int
    copies: list[list[str]]


class Network(Said):
    """GET /api/v1/network"""

    nodes: list[Node]
    edges: list[tuple[str, str]]
    folds: list[Fold]
    parameters: int
    depth: int = Field(description="Layers with weights, one after the other.")
    members: int
    note: str = Field(description="What is left out, such as the other members; '' where nothing is.")


class Fact(Said):
    """A setting of a layer, such as ('kernel', '3 x 3')."""

    name: str
    value: str


class Layer(Said):
    """GET /api/v1/network/layers/{layer}. weights: of its weights; activations: of what it gives over the examples."""

    id: str
    kind: str
    does: str
    shape: list[int]
    parameters: int
    facts: list[Fact]
    weights: Histogram | None
    activations: Histogram | None
    dead: list[int] = Field(description="Units that no example excites.")
    note: str
