"""What of the examples is picked for a report of one file: the rows, units and frames that tell most."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import numpy as np

from lamina.core import Json
from lamina.insight.spans import spans
from lamina.page.judged import Judged

FRAMES = 2  # of a film that are followed, beside that in the middle: those that its reasons speak of most


def telling(judged: Judged) -> list[int]:
    """Places among the rows that judge: the worst, the best, and what lies between."""
    if judged.holds == "number":
        order = np.argsort(-np.abs(judged.said - judged.truth), kind="stable")
        return list(dict.fromkeys([*order[:3].tolist(), *order[-2:].tolist(), *order[len(order) // 2 :][:2].tolist()]))
    order = np.argsort(-judged.sure, kind="stable")
    wrong, right = order[judged.wrong[order]], order[~judged.wrong[order]]
    return list(dict.fromkeys([*wrong[:2].tolist(), *right[:2].tolist(), *wrong[-1:].tolist(), *right[-2:].tolist()]))


def spoken_of(part: Json, frames: int, followed: int) -> list[int]:
    """The frames that matter most, but for the one that is followed already. frames: of the film."""
    middle = [(first + end - 1) // 2 for first, end in spans(frames, False)]
    order = np.argsort([-abs(each["effect"]) for each in part["frames"]], kind="stable")
    return [middle[k] for k in order[:FRAMES] if middle[k] != followed]


def sums(trace: Json) -> Iterator[tuple[str, int]]:
    """As the view asks: of each layer the unit that is shown as most excited, and the layer in which its sum is made."""
    last: Json | None = None
    for each in trace["layers"]:
        last = each if each["sums"] else last
        tiles = each["tiles"]
        if last is None or tiles is None or not tiles["count"] or last["units"] != each["units"]:
            continue
        grey = np.frombuffer(base64.b64decode(tiles["data"]), np.uint8).reshape(tiles["count"], -1)
        values = tiles["low"] + (tiles["high"] - tiles["low"]) * grey.astype(np.float64) / 255
        yield last["id"], int(np.abs(values).max(1).argmax())
