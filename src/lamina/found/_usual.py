"""What is usual in a column, and how an odd cell is told of."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.core import Array, Coded, Json, Table
from lamina.examples import dates

TAIL = 0.005  # of the rows at either end that are not usual
RARE = 0.01  # share of a word below which it is rare
WORDS = 1000  # whose shares are kept
LONG = 60  # characters of a cell that are told


def usual(values: Any, kind: str) -> Json | None:
    """The usual values of a column: `{"low": 3, "high": 7}` or shares of words; None for what cannot be said in cells."""
    if isinstance(values, Coded):
        counts = values.counts()
        order = np.argsort(-counts, kind="stable")[:WORDS]
        return {"words": {values.words[k]: float(counts[k] / max(len(values), 1)) for k in order}}
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and np.isfinite(values).any():
        low, high = np.quantile(values[np.isfinite(values)], [TAIL, 1 - TAIL])
        return {"low": float(low), "high": float(high), "date": kind == "date"}
    return None


def off(column: str, rows: Table, row: int, known: Json | None) -> str:
    """Why a cell is odd: `size 93 (usually 3 to 7)`, `town 'Oz' is rare (0.1 %)`, `size 4 does not go with the rest`."""
    cell = _cell(rows.values(column, np.array([row])), known)
    if cell is None:
        return f"{column} is missing"
    said = f"{column} {cell}".rstrip()
    if known is not None and "words" in known:
        share = known["words"].get(_plain(rows.values(column, np.array([row]))), 0.0)
        if share < RARE:
            return f"{said} is rare ({100 * share:.2g} % of the examples)" if share else f"{said} is new"
    elif known is not None:
        value = float(rows.values(column, np.array([row]))[0])
        if not known["low"] <= value <= known["high"]:
            return f"{said} (usually {_number(known['low'], known['date'])} to {_number(known['high'], known['date'])})"
    return f"{said} does not go with the rest"


def _plain(values: Any) -> str | None:
    return values.tolist()[0] if isinstance(values, Coded) else None


def _cell(values: Any, known: Json | None) -> str | None:
    """A cell as it is said; empty for what has no words, as a picture."""
    if isinstance(values, Coded):
        word = _plain(values)
        return None if word is None else f"'{word}'" if len(word) <= LONG else f"'{word[:LONG].rsplit(' ', 1)[0]} …'"
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        value: Array = values[0]
        return None if np.isnan(value) else _number(float(value), bool(known and known.get("date")))
    return ""


def _number(value: float, date: bool) -> str:
    return str(dates.show(value)) if date else f"{value:.6g}"
