"""Lamina as a user runs it: whole commands, each in a process and with a cache of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import child

LAMINA = Path(sys.executable).with_name("lamina")


def learn(
    source: Path, target: str, place: Path, *options: object, limit: float = 1800, kept: Path | None = None
) -> dict[str, Any]:
    """`lamina learn`: the figures of its report on the test rows, and what the whole process took. limit: of `child`. kept:
    a cache that several runs share."""
    command = [LAMINA, "learn", source, "--target", target, "--out", place / "model", "--json"]
    ended = child([*command, *options], limit=limit, LAMINA_CACHE=str(kept or place / "cache"))
    report = ended.last["results"]["targets"][0]
    figures = {name: each["value"] for name, each in report["figures"].items()}
    return {"rows": report["rows"], **figures, **ended.took}


def write(source: Path, place: Path, *options: object) -> dict[str, Any]:
    """`lamina learn --generate text`: nats and bits a letter, those that counts of letters need, and what it took."""
    command = [LAMINA, "learn", source, "--generate", "text", "--out", place / "model", "--json"]
    ended = child([*command, *options], limit=2 * 3600)
    report = ended.last["results"]
    made = report["makes"][0]
    return {
        "letters": made["letters"],
        "steps": report["learning"]["steps"][0],
        **{name: each["value"] for name, each in made["figures"].items()},
        "low": made["figures"]["nats"]["low"],
        "high": made["figures"]["nats"]["high"],
        "counts": made["baselines"][0]["figures"]["nats"]["value"],
        **ended.took,
    }


def find(source: Path, what: str, place: Path, *options: object) -> dict[str, float]:
    """`lamina learn --find`: what the whole process took."""
    command = [LAMINA, "learn", source, "--find", what, "--out", place / "model", "--json"]
    return child([*command, *options], LAMINA_CACHE=str(place / "cache")).took


def whole(learned: Mapping[str, Any], answered: Mapping[str, float]) -> dict[str, float]:
    """What learning and then answering took, together and each."""
    return {
        **{each: round(learned[each] + answered[each], 3) for each in ("seconds", "cpu")},
        "learn_seconds": learned["seconds"],
        "predict_seconds": answered["seconds"],
    }


def predict(model: Path, source: Path, out: Path) -> dict[str, float]:
    """`lamina predict` of a table to a CSV file: what the whole process took."""
    return child([LAMINA, "predict", model, source, "--out", out]).took
