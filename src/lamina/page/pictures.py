"""What an example looks like and sounds like, as files for a browser. Pictures are decoded by number, never by a name in a request."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from lamina.core import Array, Input, PlanError, Unreadable, nearest
from lamina.examples import Examples
from lamina.inputs.image import decoded
from lamina.inputs.sound import Sound
from lamina.insight import plots, signals, thumbnails
from lamina.model.model import Model
from lamina.page.data import Data

SEEN = ("image", "sound", "video", "series")
MAPPED = ("grid", "film")  # forms that crops are cut out of
SIDE = 96
Inputs: TypeAlias = Mapping[str, Input]
PNG, SVG = "image/png", "image/svg+xml"


@dataclass(frozen=True, slots=True)
class Cut:
    """What to cut out of an example: place and reach as `units` gives them. frame: of a film."""

    row: int
    place: Array
    reach: float
    frame: int


def seen(inputs: Inputs) -> list[str]:
    """The columns that can be looked at."""
    return [column for column, each in inputs.items() if each.holds in SEEN]


def heard(inputs: Inputs) -> list[str]:
    """The columns that can be heard."""
    return [column for column, each in inputs.items() if isinstance(each, Sound)]


def picture(
    inputs: Inputs, examples: Examples, row: int, column: str | None = None, side: int = SIDE
) -> tuple[str, bytes]:
    """Media type and bytes of a picture of at most `side` pixels a side.

    Raises:
        PlanError: there is nothing to see, or it cannot be read.
    """
    column = _one_of(column, seen(inputs), "looked at")
    each: Any = inputs[column]
    value = examples.values(column, np.array([row]))[0]
    try:
        if each.holds == "image":
            return PNG, _png(_image(value, side))
        with_one = examples.values(column, np.array([row]))
        encoded = each.encode(with_one)
        if not encoded.present[0]:
            raise Unreadable(encoded.problems[0][1] if encoded.problems else "is missing")
        steps = encoded.values[0][: int(encoded.lengths[0])]
        match each.holds:
            case "sound":
                return PNG, _bytes(thumbnails.sound(each.samples(value), each.decode(steps)))
            case "series":
                return SVG, signals.small(steps, side).encode()
            case _:
                return PNG, _png(_frames(steps, side))
    except Unreadable as error:
        raise PlanError(f"Example {row} {error}: there is nothing to see.") from None


def spectrogram(model: Model, column: str, steps: Array) -> str:
    """A spectrogram as a data URL. steps: [T, bands]."""
    each: Any = model.intake.inputs[column]
    buffer = io.BytesIO()
    each.decode(steps).convert("L").save(buffer, "PNG")
    return f"data:{PNG};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def sound(inputs: Inputs, examples: Examples, row: int, column: str | None = None) -> bytes:
    """A WAV file, as it was heard.

    Raises:
        PlanError: there is nothing to hear.
    """
    column = _one_of(column, heard(inputs), "heard")
    each: Any = inputs[column]
    value = examples.values(column, np.array([row]))[0]
    try:
        return _bytes(thumbnails.played(each.samples(value), each.rate))
    except Unreadable as error:
        raise PlanError(f"Example {row} {error}: there is nothing to hear.") from None


def sprite(model: Model, data: Data, rows: Sequence[int], side: int, across: int) -> bytes:
    """Pictures of several examples as one PNG, row by row; what cannot be read stays grey."""
    from PIL import Image as Pillow

    column = _one_of(None, seen(model.intake.inputs), "looked at")
    each: Any = model.intake.inputs[column]
    sheet = Pillow.new("RGB", (across * side, max(1, math.ceil(len(rows) / across)) * side), (127, 127, 127))
    assert data.examples is not None
    values = data.examples.values(column, np.array(rows, np.int64))
    for place, tile in enumerate(_tiles(each, values, side)):
        if tile is not None:
            left, top = place % across * side, place // across * side
            sheet.paste(tile, (left + (side - tile.width) // 2, top + (side - tile.height) // 2))
    return _png(sheet)


def crops(model: Model, data: Data, cuts: Sequence[Cut | None], side: int, across: int) -> bytes:
    """Crops of pictures, or of frames of films, as the network gets them, as one PNG."""
    from PIL import Image as Pillow

    from lamina.insight.units import crop

    column = next(c for c, each in model.intake.inputs.items() if each.form.kind in MAPPED)
    each: Any = model.intake.inputs[column]
    assert data.examples is not None
    rows = sorted({cut.row for cut in cuts if cut is not None})
    pixels = dict(zip(rows, each.encode(data.examples.values(column, np.array(rows, np.int64))).values, strict=True))
    sheet = Pillow.new("RGB", (across * side, max(1, math.ceil(len(cuts) / across)) * side), (127, 127, 127))
    for number, cut in enumerate(cuts):
        if cut is None:
            continue
        whole = pixels[cut.row]
        part = crop(whole[cut.frame] if whole.ndim == 4 else whole, cut.place, cut.reach)
        tile = Pillow.fromarray(part[:, :, 0] if part.shape[2] == 1 else part).convert("RGB")
        tile = tile.resize(
            (side, side), Pillow.Resampling.NEAREST if max(part.shape[:2]) < side else Pillow.Resampling.BILINEAR
        )
        sheet.paste(tile, (number % across * side, number // across * side))
    return _png(sheet)


def _tiles(each: Any, values: Any, side: int) -> Iterator[Any]:
    """Small pictures of examples; None of what cannot be read. What is no picture is read all at once."""
    if each.holds == "image":
        for value in values:
            try:
                yield _image(value, side)
            except Unreadable:
                yield None
        return
    encoded = each.encode(values)
    for steps, length, there in zip(encoded.values, encoded.lengths, encoded.present, strict=True):
        yield _drawn(each, steps[: int(length)], side) if there else None


def _drawn(each: Any, steps: Array, side: int) -> Any:
    """A spectrogram, four frames, or the lines of a series."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    if each.holds == "sound":
        return each.decode(steps).convert("RGB").resize((side, side * 3 // 4), Pillow.Resampling.BILINEAR)
    if each.holds == "video":
        return _frames(steps, side)
    shown = Pillow.new("RGB", (side, side), "white")
    known = steps[np.isfinite(steps)]
    if len(known) and len(steps) > 1:
        low, spread = float(known.min()), float(np.ptp(known)) or 1.0
        across = np.linspace(0, side - 1, len(steps))
        for ink, line in zip(plots.INKS, steps.T, strict=False):
            good = np.isfinite(line)
            up = (side - 1) * (1 - (line[good] - low) / spread)
            ImageDraw.Draw(shown).line(list(zip(across[good].tolist(), up.tolist(), strict=True)), fill=ink)
    return shown


def _image(value: Any, side: int) -> Any:
    """A picture of at most `side` pixels a side; small ones are enlarged, pixel by pixel."""
    from PIL import Image as Pillow

    with decoded(value, "RGB", (side, side)) as found:
        shown = found.copy()
    if max(shown.size) > side:
        shown.thumbnail((side, side))
    elif 2 * max(shown.size) <= side:
        scale = side // max(shown.size)
        shown = shown.resize((shown.width * scale, shown.height * scale), Pillow.Resampling.NEAREST)
    return shown


def _frames(steps: Array, side: int) -> Any:
    """Four frames of a film, evenly in time: first the upper two."""
    from PIL import Image as Pillow

    some = steps[np.linspace(0, len(steps) - 1, 4).round().astype(int)]
    upper, lower = np.concatenate(list(some[:2]), 1), np.concatenate(list(some[2:]), 1)
    shown = Pillow.fromarray(np.concatenate([upper, lower]))
    shown.thumbnail((side, side))
    return shown


def _one_of(column: str | None, known: Sequence[str], done: str) -> str:
    if not known:
        raise PlanError(f"Nothing of these examples can be {done}.")
    if column is not None and column not in known:
        raise PlanError(f"No column '{column}' can be {done}. {nearest(column, known)}")
    return column or known[0]


def _png(shown: Any) -> bytes:
    buffer = io.BytesIO()
    shown.save(buffer, "PNG")
    return buffer.getvalue()


def _bytes(url: str) -> bytes:
    """What a data URL holds."""
    return base64.b64decode(url.partition("base64,")[2])
