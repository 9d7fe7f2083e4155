"""A row as a person sees it: cells, a picture made small, a sound to be played."""

from __future__ import annotations

import numpy as np

from lamina.core import Array, Encoded, Json, Unreadable
from lamina.examples.examples import show
from lamina.inputs.series import Series
from lamina.inputs.sound import Sound
from lamina.insight import signals, thumbnails
from lamina.learning.prepare import Prepared

LONG = 400  # characters of a text that are shown


def _cut(text: str) -> str:
    """A long text by its beginning."""
    return text if len(text) <= LONG else f"{text[:LONG].rsplit(' ', 1)[0]} …"


def shown(prepared: Prepared, row: int) -> Json:
    """A row as a person sees it: its cells, its picture made small, its sound to be played."""
    examples, at = prepared.examples, np.array([row])
    found: Json = {"cells": {}, "picture": None}
    for column, each in prepared.intake.inputs.items():
        drawn = DRAWN.get(each.holds) or DRAWN.get(each.form.kind)
        if drawn is None and len(found["cells"]) >= 8:
            continue
        [cell] = show(examples.values(column, at), examples.kinds[column])
        if drawn is not None:
            found |= drawn(prepared, column, row) if found["picture"] is None else {}
            if isinstance(cell, str) and "/" in cell:
                found["cells"][column] = "/".join(cell.split("/")[-2:])
        elif cell is not None:
            found["cells"][column] = f"{cell:.7g}" if isinstance(cell, float) else _cut(str(cell))
    return found


def _seen(prepared: Prepared, column: str, row: int) -> Json:
    """A picture of at most 96 pixels a side; a line of text as it was read."""
    each, looking = _encoded(prepared, column), prepared.intake.inputs[column]
    pixels = each.values[row].numpy()
    if each.lengths is not None and looking.form.timed:
        return {"picture": thumbnails.line(looking.decode(pixels[: int(each.lengths[row])]))}
    return {"picture": thumbnails.picture(looking.decode(pixels))}


def _heard(prepared: Prepared, column: str, row: int) -> Json:
    """What was heard of a sound; nothing of one that is gone by now."""
    each, listening = _encoded(prepared, column), prepared.intake.inputs[column]
    if not isinstance(listening, Sound) or not each.present[row]:
        return {"picture": None}
    steps = each.values[row, : int(each.lengths[row])].numpy()
    try:
        samples = listening.samples(prepared.examples.values(column, np.array([row]))[0])
    except Unreadable:
        return {"picture": thumbnails.picture(listening.decode(steps))}
    picture = thumbnails.sound(samples, listening.decode(steps))
    return {"picture": picture, "sound": thumbnails.played(samples, listening.rate)}


def _encoded(prepared: Prepared, column: str) -> Encoded:
    """What an input gave for a column, also where features took its place."""
    name = next(group for group, columns in prepared.intake.groups.items() if column in columns)
    return prepared.given(name)


def _lines(prepared: Prepared, column: str, row: int) -> Json:
    """A series as a plot, and which signals its lines are."""
    values, length = _over_time(prepared, column, row)
    series = prepared.intake.inputs[column]
    names, stride = (series.channels, series.stride) if isinstance(series, Series) else ([], 1)
    return {"picture": thumbnails.svg(signals.wide(values[:length], stride)), "signals": names}


def _frames(prepared: Prepared, column: str, row: int) -> Json:
    """Four frames of a film, evenly in time, as one picture: first the upper two."""
    from PIL import Image as Pillow

    values, length = _over_time(prepared, column, row)
    some = values[np.linspace(0, length - 1, 4).round().astype(int)]
    upper, lower = np.concatenate(list(some[:2]), 1), np.concatenate(list(some[2:]), 1)
    picture = Pillow.fromarray(np.concatenate([upper, lower]))
    picture.thumbnail((192, 192))
    return {"picture": thumbnails.url(picture, "JPEG")}


def _over_time(prepared: Prepared, column: str, row: int) -> tuple[Array, int]:
    """The encoded steps of a row, and how many hold something."""
    each = _encoded(prepared, column)
    values: Array = each.values[row].numpy()
    return values, int(each.lengths[row])


# What a row looks like, by what its input holds or by its form: a picture, and a sound, as data URLs.
DRAWN = {"image": _seen, "sound": _heard, "sequence": _lines, "film": _frames}
