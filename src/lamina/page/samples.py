"""A realistic answer of every endpoint, for the OpenAPI document: a front end can be built on them before a server answers."""

from __future__ import annotations

import base64
from typing import Any

Sample = dict[str, Any]


def _tile(count: int, height: int, width: int) -> str:
    """Diagonal stripes, another for each tile."""
    stripes = [(x + y * (k + 1)) * 40 % 256 for k in range(count) for y in range(height) for x in range(width)]
    return base64.b64encode(bytes(stripes)).decode()


DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)

EXAMPLE: Sample = {
    "id": 412,
    "name": "8/0412.png",
    "part": "test",
    "label": "8",
    "answer": "3",
    "confidence": 0.91,
    "right": False,
    "picture": "/api/v1/examples/412/picture?size=96",
    "cells": [
        {
            "column": "image",
            "kind": "image",
            "text": "8/0412.png",
            "value": None,
            "picture": "/api/v1/examples/412/picture?column=image",
            "sound": None,
        }
    ],
}
PERSON: Sample = {
    "id": 77,
    "name": "row 78",
    "part": "test",
    "label": ">50K",
    "answer": "<=50K",
    "confidence": 0.97,
    "right": False,
    "picture": None,
    "cells": [
        {"column": "age", "kind": "number", "text": "52", "value": 52.0, "picture": None, "sound": None},
        {
            "column": "education",
            "kind": "category",
            "text": "HS-grad",
            "value": "HS-grad",
            "picture": None,
            "sound": None,
        },
    ],
}
ANSWER: Sample = {
    "target": "label",
    "kind": "category",
    "value": "3",
    "confidence": 0.91,
    "alternatives": [{"value": "3", "share": 0.91}, {"value": "8", "share": 0.08}, {"value": "5", "share": 0.01}],
    "interval": None,
    "unlike": False,
    "reasons": [],
}
EXAMPLES: Sample = {"total": 1, "offset": 0, "items": [EXAMPLE], "note": "Every third example of each class."}
METRICS: Sample = {
    "live": True,
    "state": "learning",
    "message": "fold 1 of 5",
    "said": ["The loss on held-out rows still falls: it goes on learning what holds for new examples, too."],
    "metric": "accuracy",
    "metric_said": "share right",
    "better": 1,
    "curves": [
        {
            "name": "",
            "points": [
                {"step": 20, "seconds": 1.2, "loss": 1.61, "held_loss": None, "value": None, "best": None},
                {"step": 40, "seconds": 2.1, "loss": 0.82, "held_loss": 0.74, "value": 0.81, "best": 0.81},
                {"step": 60, "seconds": 3.0, "loss": 0.44, "held_loss": None, "value": None, "best": 0.81},
                {"step": 80, "seconds": 3.9, "loss": 0.29, "held_loss": 0.33, "value": 0.93, "best": 0.93},
            ],
            "best": 80,
            "steps": 400,
        }
    ],
    "step": 80,
    "steps": 400,
    "rate": 5210.0,
    "seconds": 3.9,
    "left": 14.2,
    "can_stop": True,
    "next": 4,
}
NOTES = ["This says what the network leans on, not what causes what in the world."]
JOB: Sample = {
    "job": "7f3a90c1",
    "state": "done",
    "working": "",
    "error": "",
    "explanation": {
        "target": "label",
        "about": "3",
        "share": 0.91,
        "answer": ANSWER,
        "parts": [
            {
                "kind": "places",
                "column": "image",
                "picture": DOT,
                "evidence": {
                    "map": DOT,
                    "random": DOT,
                    "alike": 0.12,
                    "said": "unlike: this comes from what was learned",
                    "empty": False,
                },
                "covered": None,
                "least": None,
            },
            {
                "kind": "columns",
                "start": 0.24,
                "effects": [
                    {"column": "age", "value": "52", "usual": "37", "effect": 0.81, "random": -0.02, "without": 0.71},
                    {
                        "column": "education",
                        "value": "HS-grad",
                        "usual": "HS-grad",
                        "effect": 0.0,
                        "random": 0.0,
                        "without": 0.91,
                    },
                ],
                "adds_up": True,
                "alike": 0.21,
                "said": "unlike: this comes from what was learned",
            },
            {
                "kind": "words",
                "column": "text",
                "empty": 0.13,
                "unit": "word",
                "steps": [
                    {"text": "free", "start": 0, "end": 1, "effect": 2.1, "random": 0.1, "without": 0.4},
                    {"text": "prize", "start": 1, "end": 2, "effect": 1.4, "random": -0.2, "without": 0.6},
                ],
                "picture": None,
                "sound": None,
                "alike": 0.33,
                "said": "unlike: this comes from what was learned",
            },
        ],
        "notes": NOTES,
    },
}
DOUBT: Sample = {
    "example": EXAMPLE,
    "given": "8",
    "likely": "3",
    "confidence": 0.91,
    "doubt": 0.08,
    "error": None,
    "picture": None,
    "cells": {},
}
BINS = [
    {"confidence": 0.62, "right": 0.6, "low": 0.45, "high": 0.73, "count": 44},
    {"confidence": 0.94, "right": 0.95, "low": 0.9, "high": 0.98, "count": 210},
]

SAMPLES: dict[str, Any] = {
    "model": {
        "name": "digits",
        "fingerprint": "9c1f27ab83e04d5f",
        "made": "2026-03-01T09:12:44+00:00",
        "lamina": "0.1.0",
        "learning": False,
        "private": False,
        "kinds": ["cnn"],
        "members": 1,
        "parameters": 91_418,
        "inputs": [{"column": "image", "kind": "image", "form": "grid", "shape": [16, 16, 1], "usual": None}],
        "targets": [
            {
                "target": "label",
                "kind": "category",
                "classes": [str(k) for k in range(10)],
                "metric": "accuracy",
                "said": "Right on 98.3 % (97.6 to 98.9 %) of 1,785 examples that it did not see when it was learning.",
            }
        ],
        "finds": [],
        "data": {
            "source": "digits/",
            "rows": 1785,
            "labelled": 1785,
            "held": 268,
            "how": "by the hash of each row within each class, as the model's card keeps it",
            "same": True,
            "why_not": "",
        },
        "views": [
            {"view": "training", "number": 1, "title": "Training", "applies": True, "why_not": ""},
            {"view": "network", "number": 2, "title": "The network", "applies": True, "why_not": ""},
            {"view": "follow", "number": 3, "title": "Follow one example", "applies": True, "why_not": ""},
            {"view": "learned", "number": 4, "title": "What each layer learned", "applies": True, "why_not": ""},
            {"view": "why", "number": 5, "title": "Why this answer", "applies": True, "why_not": ""},
            {"view": "fails", "number": 6, "title": "Where it fails", "applies": True, "why_not": ""},
            {
                "view": "map",
                "number": 7,
                "title": "Map of the examples",
                "applies": False,
                "why_not": "There are no examples to draw. Open the page with them: lamina open digits.lamina digits/",
            },
        ],
        "command": "lamina learn digits/ --target label --minutes 1",
    },
    "training_metrics": METRICS,
    "training_stop": {"stopping": True, "said": "It ends after the step at hand; the best so far is judged and kept."},
    "network": {
        "nodes": [
            {
                "id": "input.image",
                "kind": "input",
                "title": "image",
                "stage": 0,
                "shape": [16, 16, 1],
                "parameters": 0,
                "units": None,
                "dead": None,
                "does": "The example as numbers: 16 x 16 pixels.",
            },
            {
                "id": "networks.image.stem.conv",
                "kind": "Conv2d",
                "title": "convolution",
                "stage": 1,
                "shape": [32, 16, 16],
                "parameters": 288,
                "units": 32,
                "dead": 0,
                "does": "Slides 32 small filters over the picture; each looks for one pattern everywhere.",
            },
            {
                "id": "output.label",
                "kind": "output",
                "title": "label",
                "stage": 2,
                "shape": [10],
                "parameters": 2570,
                "units": 10,
                "dead": None,
                "does": "A score for each of 10 classes; the largest is the answer.",
            },
        ],
        "edges": [["input.image", "networks.image.stem.conv"], ["networks.image.stem.conv", "output.label"]],
        "folds": [{"title": "Block", "times": 2, "copies": [["networks.image.block1.conv"], ["networks.image.block2.conv"]]}],
        "parameters": 91_418,
        "depth": 7,
        "members": 1,
        "note": "",
    },
    "layer": {
        "id": "networks.image.stem.conv",
        "kind": "Conv2d",
        "does": "Slides 32 small filters over the picture; each looks for one pattern everywhere.",
        "shape": [32, 16, 16],
        "parameters": 288,
        "facts": [{"name": "kernel", "value": "3 x 3"}, {"name": "stride", "value": "1"}],
        "weights": {"edges": [-1.0, -0.5, 0.0, 0.5, 1.0], "counts": [12, 131, 120, 25]},
        "activations": {"edges": [0.0, 1.0, 2.0], "counts": [8121, 71]},
        "dead": [],
        "note": "",
    },
    "examples": EXAMPLES,
    "example": {"example": EXAMPLE, "cells": EXAMPLE["cells"], "answers": [ANSWER]},
    "trace": {
        "example": 412,
        "layers": [
            {
                "id": "networks.image.stem.act",
                "kind": "ReLU",
                "title": "ReLU",
                "shape": [4, 6, 6],
                "does": "Keeps what is above zero, and forgets the rest.",
                "units": 4,
                "shown": 4,
                "tiles": {"count": 4, "height": 6, "width": 6, "low": 0.0, "high": 3.2, "signed": False, "data": _tile(4, 6, 6)},
                "sums": False,
            },
            {
                "id": "heads.label",
                "kind": "Head",
                "title": "answer",
                "shape": [1, 10],
                "does": "Weighs all features for each class, and adds them up.",
                "units": 10,
                "shown": 10,
                "tiles": {"count": 10, "height": 1, "width": 1, "low": -4.0, "high": 4.0, "signed": True, "data": _tile(10, 1, 1)},
                "sums": True,
            },
        ],
        "answers": [ANSWER],
        "note": "",
    },
    "unit_sum": {
        "layer": "heads.label",
        "place": [0, 3],
        "terms": [
            {"place": [12], "called": "feature 12", "value": 1.9, "weight": 0.8, "product": 1.52},
            {"place": [40], "called": "feature 40", "value": 0.7, "weight": -0.5, "product": -0.35},
        ],
        "others": 254,
        "rest": 2.41,
        "bias": 0.1,
        "total": 3.68,
        "activation": "",
        "activation_does": "",
        "result": 3.68,
        "said": "256 products add up to 3.58; with the bias 0.1 that is 3.68.",
    },
    "layers": {
        "layers": [
            {"id": "networks.image.stem.act", "kind": "ReLU", "title": "ReLU 1", "units": 32, "dead": 0, "reach": 0.19},
            {"id": "networks.image.block1.act", "kind": "ReLU", "title": "ReLU 2", "units": 64, "dead": 3, "reach": 0.56},
        ],
        "rows": 1785,
        "note": "",
    },
    "units": {
        "layer": "networks.image.stem.act",
        "total": 32,
        "offset": 0,
        "units": [
            {
                "unit": 0,
                "dead": False,
                "likes": "7",
                "strength": 1.8,
                "means": [{"value": "7", "mean": 2.4}, {"value": "1", "mean": 1.1}],
                "top": [{"example": 412, "label": "8", "value": 3.4, "box": [0.1, 0.2, 0.3, 0.4]}],
                "common": ["age 60 to 71 (usually 38)"],
            }
        ],
        "sprite": "/api/v1/layers/networks.image.stem.act/sprite?units=0",
        "tile": 48,
    },
    "explain takes": {"example": 412, "target": "label", "about": "3", "thorough": False, "changes": {}},
    "explain": {"job": "7f3a90c1", "state": "waiting", "working": "Starting the worker", "error": "", "explanation": None},
    "job": JOB,
    "neighbours": {
        "target": "label",
        "about": "3",
        "speaks_for": [{"example": EXAMPLE, "cosine": 0.93}],
        "speaks_against": [{"example": EXAMPLE, "cosine": -0.41}],
        "note": "Among 1,249 rows that it learned from: those whose lesson for the last layer points the same way.",
    },
    "predict takes": {"example": 77, "changes": {"age": 25}},
    "predict": {
        "before": [ANSWER | {"target": "income", "value": "<=50K", "alternatives": [{"value": "<=50K", "share": 0.97}]}],
        "after": [ANSWER | {"target": "income", "value": "<=50K", "alternatives": [{"value": "<=50K", "share": 0.99}]}],
        "problems": [],
    },
    "what_if takes": {"example": 77, "column": "age", "target": "income", "values": [20, 40, 60], "changes": {}},
    "what_if": {
        "column": "age",
        "kind": "number",
        "target": "income",
        "about": "<=50K",
        "now": 52.0,
        "tried": [
            {"value": 20.0, "share": 0.99, "answer": ANSWER | {"target": "income", "value": "<=50K"}},
            {"value": 40.0, "share": 0.95, "answer": ANSWER | {"target": "income", "value": "<=50K"}},
        ],
    },
    "fails": {
        "target": "label",
        "kind": "category",
        "live": True,
        "rows": 268,
        "how": "The 268 rows that neither taught nor chose anything: by the hash of each row, as the model's card keeps it.",
        "figures": [
            {"name": "accuracy", "said": "share right", "value": 0.978, "low": 0.952, "high": 0.99, "better": 1},
            {"name": "log_loss", "said": "log loss", "value": 0.08, "low": 0.04, "high": 0.13, "better": -1},
        ],
        "verdict": "Right on 97.8 % (95.2 to 99.0 %) of 268 examples that it never saw.",
        "has": ["confusion", "slices", "calibration", "mistakes", "suspects", "csv"],
        "why_not": {"scatter": "The answers are classes, not numbers."},
    },
    "confusion": {"target": "label", "classes": ["3", "8"], "counts": [[31, 1], [2, 27]], "shown": [0, 1], "rows": 61, "live": True},
    "confused": EXAMPLES,
    "slices": {
        "target": "income",
        "unit": "wrong",
        "groups": [
            {
                "column": "relationship",
                "group": "Husband",
                "rows": 1720,
                "loss": 0.24,
                "low": 0.22,
                "high": 0.26,
                "rest": 0.07,
                "chance": 1e-9,
            }
        ],
        "looked": ["age", "relationship"],
        "rows": 4000,
        "said": "One group gets clearly worse answers than the others.",
    },
    "calibration": {
        "target": "label",
        "bins": BINS,
        "before": BINS,
        "error": 0.011,
        "chance": 0.009,
        "said": "On average its confidence is off by 1.1 points; 0.9 would be chance on so few rows.",
    },
    "scatter": {
        "target": "price",
        "dots": [{"example": 12, "said": 210_000.0, "truth": 198_500.0}],
        "radius": 40_000.0,
        "promised": 0.9,
        "held": 0.91,
        "said": "Each answer comes with an interval of ± 40,000, meant to hold 90 % of the time; it held 91 %.",
    },
    "mistakes": {"target": "label", "total": 1, "offset": 0, "items": [DOUBT], "said": "Sure, and mistaken.", "live": True},
    "suspects": {
        "target": "income",
        "total": 1,
        "offset": 0,
        "items": [DOUBT | {"example": PERSON, "given": ">50K", "likely": "<=50K"}],
        "said": "1 label looks wrong.",
        "live": True,
    },
    "map": {
        "points": 1785,
        "of": 1785,
        "by": "label",
        "classes": [str(k) for k in range(10)],
        "counts": [178] * 9 + [183],
        "method": "The network's features, laid out so that near examples stay near.",
        "kept": 0.61,
        "note": "",
    },
    "clusters": {"clusters": [{"name": "8", "count": 178, "wrong": 4, "x": 0.31, "y": 0.72, "typical": [EXAMPLE]}]},
    "selection takes": {"ids": [412, 77], "offset": 0, "limit": 60},
    "selection": {"count": 2, "classes": [{"name": "8", "count": 1}, {"name": "3", "count": 1}], "wrong": 1, "examples": EXAMPLES},
}  # fmt: skip
