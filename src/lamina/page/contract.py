"""Every address of the page, said once: the server routes by it, and the OpenAPI document is made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from lamina.page.schema import fails, inside, making, map, network, shared, shell, training, why

ROOT = "/api/v1"
PAGE = 60  # examples at most in one answer
UNITS = 64  # units at most in one answer

INTEGER: dict[str, Any] = {"type": "integer", "minimum": 0}
STRING: dict[str, Any] = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Param:
    """A word of the address, or one behind its question mark."""

    name: str
    says: str
    schema: dict[str, Any] = field(default_factory=lambda: STRING)
    path: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address. name: of the method that answers, and of the operation. gives: a model, or a media type with `says`.

    slow: it may answer 202 with `Working`: ask again. acts: it changes what is going on.
    """

    name: str
    path: str
    says: str
    gives: type[BaseModel] | str
    params: tuple[Param, ...] = ()
    takes: type[BaseModel] | None = None
    slow: bool = False
    acts: bool = False

    @property
    def method(self) -> str:
        return "POST" if self.takes is not None or self.acts else "GET"


ID = Param("id", "The number of an example.", INTEGER, path=True)
LAYER = Param("layer", "The id of a layer, as /network gives it.", path=True)
TARGET = Param("target", "Which answer is asked about; by default the first.")
OFFSET = Param("offset", "How many to pass over.", INTEGER)
LIMIT = Param("limit", f"How many at most; no more than {PAGE}.", {"type": "integer", "minimum": 1, "maximum": PAGE})
UNIT_LIMIT = Param("limit", f"How many at most; no more than {UNITS}.", LIMIT.schema | {"maximum": UNITS})
SIZE = Param("size", "Pixels a side, at most.", {"type": "integer", "minimum": 16, "maximum": 512})
PARTS = {"type": "string", "enum": ["all", "train", "validation", "test"]}

FRAME = Param("frame", "Of a film, which frame is followed, counted from 0; by default that in the middle.", INTEGER)

ENDPOINTS = (
    Endpoint("model", "/model", "Which model this is, and which views say something about it.", shell.Model),
    # 0
    Endpoint("report", "/report", "What the report says.", shell.Report),
    # 1
    Endpoint(
        "training_metrics",
        "/training/metrics",
        "The course of learning, from a point on.",
        training.Metrics,
        (Param("since", "What the last answer called `next`; 0 for all.", INTEGER),),
    ),
    Endpoint(
        "training_events",
        "/training/events",
        "The same as server-sent events, at most 4 a second: each is `event: metrics` with a Metrics of what is new, "
        "and the last one is `event: end`.",
        "text/event-stream",
        (Param("since", "What the last answer called `next`; 0 for all.", INTEGER),),
    ),
    Endpoint(
        "training_stop", "/training/stop", "End learning early, and keep the best so far.", training.Stopped, acts=True
    ),
    Endpoint(
        "training_pause",
        "/training/pause",
        "Rest after the step at hand; the budget's clock stands still.",
        training.Paused,
        acts=True,
    ),
    Endpoint(
        "way",
        "/way",
        "What was made on the way of learning to make it: samples, and how the duel went.",
        making.Way,
        (Param("since", "What the last answer called `next`; 0 for all.", INTEGER),),
    ),
    Endpoint("make_about", "/make/about", "What it can be asked to make.", making.Makes),
    Endpoint(
        "make",
        "/make",
        "Have some made: pictures at once; of a text, as text/plain, the letters as they are written, with the seed in x-seed.",
        making.Made,
        takes=making.Wish,
    ),
    Endpoint("training_go_on", "/training/go-on", "Go on with learning after a pause.", training.Paused, acts=True),
    # 2
    Endpoint("network", "/network", "The network as a map, layers from left to right.", network.Network, slow=True),
    Endpoint("layer", "/network/layers/{layer}", "One layer.", network.Layer, (LAYER,), slow=True),
    # 3
    Endpoint(
        "examples",
        "/examples",
        "Examples to choose from.",
        shared.Examples,
        (
            Param("part", "Of which part; 'test' rows are those that judge.", PARTS),
            Param("label", "With this label only."),
            Param("search", "Whose name, text or label holds these letters."),
            TARGET,
            OFFSET,
            LIMIT,
        ),
    ),
    Endpoint("example", "/examples/{id}", "One example and its answers.", inside.Held, (ID, TARGET), slow=True),
    Endpoint(
        "picture",
        "/examples/{id}/picture",
        "What it looks like: a picture, a spectrogram, a plot, frames.",
        "image/png",
        (ID, SIZE, Param("column", "Which column; by default the first that can be seen.")),
    ),
    Endpoint(
        "sound",
        "/examples/{id}/sound",
        "What it sounds like, as it was heard: at most 30 seconds.",
        "audio/wav",
        (ID, Param("column", "Which column; by default the first that can be heard.")),
    ),
    Endpoint(
        "sprite",
        "/sprite",
        "Several pictures as one: tiles of `size` pixels, row by row, as many in a row as `across` says.",
        "image/png",
        (
            Param("ids", "Numbers of examples with commas between; at most 400."),
            SIZE,
            Param("across", "Tiles in a row.", {"type": "integer", "minimum": 1, "maximum": 100}),
        ),
    ),
    Endpoint(
        "trace",
        "/examples/{id}/trace",
        "One example on its way through the layers.",
        inside.Trace,
        (ID, FRAME),
        slow=True,
    ),
    Endpoint(
        "unit_sum",
        "/examples/{id}/units/{layer}",
        "The weighted sum of one unit, taken apart.",
        inside.Sum,
        (
            ID,
            LAYER,
            Param("unit", "The unit: a channel or neuron, as its tile is numbered.", INTEGER),
            Param("at", "Of a map, where: row and column with a comma between; by default where it is most excited."),
            FRAME,
        ),
        slow=True,
    ),
    # 4
    Endpoint("layers", "/layers", "The layers whose units can be looked at.", inside.Levels, slow=True),
    Endpoint(
        "units",
        "/layers/{layer}/units",
        "What the units of a layer have learned to see.",
        inside.Units,
        (
            LAYER,
            Param(
                "order",
                "By number, or those with the clearest favourite first.",
                {"type": "string", "enum": ["number", "strength"]},
            ),
            OFFSET,
            UNIT_LIMIT,
        ),
        slow=True,
    ),
    Endpoint(
        "unit_sprite",
        "/layers/{layer}/sprite",
        "The crops that excite these units, nine in a row, a row a unit.",
        "image/png",
        (LAYER, Param("units", "Numbers of units with commas between; at most 64.")),
    ),
    # 5
    Endpoint(
        "explain",
        "/explain",
        "Why this answer; takes a while, so it is a job to ask for again.",
        why.Job,
        takes=why.Explain,
    ),
    Endpoint(
        "job", "/jobs/{job}", "How far an explanation is.", why.Job, (Param("job", "What /explain gave.", path=True),)
    ),
    Endpoint(
        "neighbours",
        "/examples/{id}/neighbours",
        "The labelled examples that speak most for an answer, and against it.",
        why.Neighbours,
        (ID, TARGET, Param("about", "A class to ask about; by default the one that is answered.")),
        slow=True,
    ),
    Endpoint(
        "predict",
        "/predict",
        "The answer to an example, and to it with some cells changed.",
        why.Asked,
        takes=why.Ask,
        slow=True,
    ),
    Endpoint("what_if", "/what-if", "The answers as one column changes.", why.WhatIfs, takes=why.WhatIf),
    # 6
    Endpoint(
        "fails", "/fails", "How good it is, and what is known of where it fails.", fails.Summary, (TARGET,), slow=True
    ),
    Endpoint("confusion", "/confusion", "What is taken for what.", fails.Confusion, (TARGET,), slow=True),
    Endpoint(
        "confused",
        "/confusion/examples",
        "The examples of one cell.",
        shared.Examples,
        (Param("truth", "The class that is true."), Param("said", "The class that was said."), TARGET, OFFSET, LIMIT),
        slow=True,
    ),
    Endpoint("slices", "/slices", "Groups that get clearly worse answers.", fails.Slices, (TARGET,), slow=True),
    Endpoint(
        "calibration", "/calibration", "Whether its confidence can be trusted.", fails.Calibration, (TARGET,), slow=True
    ),
    Endpoint("scatter", "/scatter", "Of numbers: answers against the truth.", fails.Scatter, (TARGET,), slow=True),
    Endpoint(
        "mistakes",
        "/mistakes",
        "Sure, and wrong; or farthest from the truth.",
        fails.Queue,
        (TARGET, OFFSET, LIMIT),
        slow=True,
    ),
    Endpoint("suspects", "/suspects", "Labels that look wrong.", fails.Queue, (TARGET, OFFSET, LIMIT), slow=True),
    Endpoint(
        "fails_csv",
        "/fails.csv",
        "Every judged row with its label and answer, as a table.",
        "text/csv",
        (TARGET, Param("which", "Which rows.", {"type": "string", "enum": ["all", "mistakes", "suspects"]})),
        slow=True,
    ),
    # 7
    Endpoint("map", "/map", "What map.bin holds.", map.Map, slow=True),
    Endpoint("map_bin", "/map.bin", "The points; /map says how they lie there.", "application/octet-stream", slow=True),
    Endpoint("clusters", "/map/clusters", "Each class or cluster, and its typical examples.", map.Clusters, slow=True),
    Endpoint("selection", "/map/selection", "What the selected points are.", map.Selection, takes=map.Lasso, slow=True),
)
