"""An explanation as the page says it: maps as pictures, words and columns with their effects, beside each the random brain."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import numpy as np

from lamina.core import Array
from lamina.insight import heat, signals, thumbnails
from lamina.insight.explain import Explanation
from lamina.insight.explained import cell
from lamina.insight.twin import said
from lamina.insight.why import Columns, Frames, Places, Steps, Weighed
from lamina.model.model import Model
from lamina.page import pictures
from lamina.page.contract import ROOT
from lamina.page.schema import shared, why

FEW = "There are too few parts to tell."
NOTES = {
    Columns: "Columns that say the same share their effect, or hide each other: with one as usual, the other still tells.",
    Places: "The map is coarse: it marks regions, as fine as the network's last maps.",
    Frames: "Frames that show the same stand in for each other: hiding one of them takes little away. What each gives alone tells more.",
    Steps: "Words and moments work together: one may matter only beside another, and neither shows it alone.",
}


def explanation(model: Model, found: Explanation, answers: list[shared.Answer], example: int) -> why.Explanation:
    """All of it. answers: of the model to the example as it was explained."""
    notes = ["This says what the network leans on, not what causes what in the world."]
    notes += [NOTES[kind] for kind in dict.fromkeys(type(part) for part in found.parts)]
    if not found.parts:
        notes.append("Nothing of this example could be read, so there is nothing to explain.")
    return why.Explanation(
        target=found.target,
        about=found.about,
        share=found.share,
        answer=next(each for each in answers if each.target == found.target),
        parts=[_part(model, part, found, example) for part in found.parts],
        notes=notes,
    )


def _part(model: Model, part: Any, found: Explanation, example: int) -> Any:
    match part:
        case Columns():
            return _columns(part, found)
        case Places():
            return _places(part, found)
        case Frames():
            return _frames(part, found)
        case _:
            return _steps(model, part, found, example)


def _columns(part: Columns, found: Explanation) -> why.Columns:
    effects, asked = part.effects, found.asked
    return why.Columns(
        kind="columns",
        start=asked.share(part.start),
        effects=[
            why.Effect(
                column=part.names[k],
                value=_cell(found.cells.get(part.names[k])),
                usual=_cell(found.usual.get(part.names[k])),
                effect=None if effects is None else float(effects.values[k]),
                random=None if effects is None else float(effects.random[k]),
                without=asked.share(float(part.without[k])),
            )
            for k in part.order
        ],
        adds_up=effects is not None,
        alike=None if effects is None else effects.alike,
        said=_alike(effects),
    )


def _places(part: Places, found: Explanation) -> why.Places:
    def drawn(weighed: Weighed | None) -> why.Heat | None:
        if weighed is None:
            return None
        return why.Heat(
            map=heat.over(part.pixels, weighed.values),
            random=heat.over(part.pixels, weighed.random),
            alike=weighed.alike,
            said=_alike(weighed),
            empty=not bool((weighed.values > 0).any()),
        )

    return why.Places(
        kind="places",
        column=part.name,
        picture=heat.plain(part.pixels),
        evidence=drawn(part.evidence),
        covered=drawn(part.covered),
        least=None if part.least is None else found.asked.share(part.least),
    )


def _steps(model: Model, part: Steps, found: Explanation, example: int) -> why.Steps:
    name = next(array for array, columns in model.intake.groups.items() if part.name in columns)
    form = model.intake.forms[name]
    weighed = part.left_out if part.effects is None else part.effects
    heard = part.seconds is not None
    hop = part.seconds or 1.0
    steps = [
        why.Step(
            text=text,
            start=start * hop,
            end=end * hop,
            effect=float(weighed.values[k]),
            random=float(weighed.random[k]),
            without=found.asked.share(part.end - float(part.left_out.values[k])),
        )
        for k, (text, (start, end)) in enumerate(zip(part.named, part.spans, strict=True))
    ]
    values: Array = found.asked.inputs[name].values[0].numpy()
    length = found.asked.inputs[name].lengths
    values = values if length is None else values[: int(length[0])]
    picture = None
    if form.kind == "spectrum":
        picture = pictures.spectrogram(model, part.name, values)
    elif form.kind == "sequence" and not part.words:
        picture = thumbnails.svg(signals.small(values.astype(np.float32), 400))
    return why.Steps(
        kind="words" if part.words else "moments",
        column=part.name,
        empty=found.asked.share(part.start),
        unit="word" if part.words else "second" if heard else "step",
        steps=steps,
        picture=picture,
        sound=f"{ROOT}/examples/{example}/sound?column={quote(part.name, safe='')}" if heard else None,
        alike=weighed.alike,
        said=_alike(weighed),
    )


def _frames(part: Frames, found: Explanation) -> why.Frames:
    seen, share = part.evidence, found.asked.share
    return why.Frames(
        kind="frames",
        column=part.name,
        empty=share(part.start),
        frames=[
            why.Frame(
                text=text,
                picture=heat.plain(part.pixels[place]),
                map=None if seen is None else heat.over(part.pixels[place], seen.values[place], part.most),
                effect=float(part.hidden.values[k]),
                random=float(part.hidden.random[k]),
                without=share(part.end - float(part.hidden.values[k])),
                alone=None if part.alone is None else share(float(part.alone[k])),
            )
            for k, (text, place) in enumerate(zip(part.named, part.shown, strict=True))
        ],
        alike=part.hidden.alike,
        said=_alike(part.hidden),
        seen_alike=None if seen is None else seen.alike,
        seen_said=_alike(seen),
    )


def _cell(value: Any) -> str | None:
    return None if value is None else cell(value)


def _alike(weighed: Weighed | None) -> str:
    return FEW if weighed is None or weighed.alike is None else said(weighed.alike)
