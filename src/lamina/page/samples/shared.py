"""What several samples hold."""

from __future__ import annotations

import base64
from typing import Any

Sample = dict[str, Any]


def tiles_of(count: int, height: int, width: int) -> str:
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
    "score": None,
    "nearest": [],
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
            "layers": [
                {
                    "layer": "networks.image.stem.conv",
                    "part": "",
                    "title": "convolution",
                    "name": "networks.image.stem.conv",
                    "ratio": 0.0041,
                    "course": [0.0052, 0.0041],
                    "reading": "fine",
                    "units": 32,
                    "dead": 1,
                    "says": "A step changes it by 0.41 %: it learns. 1 of 32 units are silent.",
                }
            ],
            "layers_said": ["Every layer learns: a step changes its weights by 0.41 %."],
        }
    ],
    "step": 80,
    "steps": 400,
    "rate": 5210.0,
    "seconds": 3.9,
    "left": 14.2,
    "can_stop": True,
    "can_pause": True,
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
