"""Samples of why an answer is what it is, of where answers fail, and of the map."""

from __future__ import annotations

from typing import Any

from lamina.page.samples.shared import ANSWER, BINS, DOUBT, EXAMPLE, EXAMPLES, JOB, PERSON

SAMPLES: dict[str, Any] = {
    "explain takes": {"example": 412, "target": "label", "about": "3", "thorough": False, "changes": {}},
    "explain": {
        "job": "7f3a90c1",
        "state": "waiting",
        "working": "Starting the worker",
        "error": "",
        "explanation": None,
    },
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
        "before": [
            ANSWER | {"target": "income", "value": "<=50K", "alternatives": [{"value": "<=50K", "share": 0.97}]}
        ],
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
    "confusion": {
        "target": "label",
        "classes": ["3", "8"],
        "counts": [[31, 1], [2, 27]],
        "shown": [0, 1],
        "rows": 61,
        "live": True,
    },
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
    "mistakes": {
        "target": "label",
        "total": 1,
        "offset": 0,
        "items": [DOUBT],
        "said": "Sure, and mistaken.",
        "live": True,
    },
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
    "selection": {
        "count": 2,
        "classes": [{"name": "8", "count": 1}, {"name": "3", "count": 1}],
        "wrong": 1,
        "examples": EXAMPLES,
    },
}
