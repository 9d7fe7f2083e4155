"""Explanations as one HTML page, in the style of the report: no outside resource, no script needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.insight import heat, plots
from lamina.insight.explain import Beside, Explanation
from lamina.insight.metrics import short
from lamina.insight.page import escape, hidden, page, table
from lamina.insight.twin import ALIKE, said
from lamina.insight.why import Columns, Frames, Part, Places, Steps, Weighed
from lamina.model.predictions import percent, value_of

CELLS = 6  # of an example beside the answer
COLUMNS = 12  # that are drawn; the table holds all

STYLE = """
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,190px),1fr));gap:18px;margin:1em 0}
.maps figure{margin:0}.maps img{width:100%;border-radius:6px;display:block;image-rendering:auto;background:var(--tint)}
.maps figcaption{font-size:.88rem;line-height:1.4;padding-top:.5em}.maps .check img{opacity:.9}
.maps.frames{grid-template-columns:repeat(auto-fill,minmax(min(100%,150px),1fr));gap:12px}
.words{line-height:2.1;overflow-wrap:anywhere}.words mark{color:inherit;background:none;padding:.1em .15em;border-radius:3px}
.words .for{border-bottom:calc(1px + 4px*var(--much)) solid var(--own);background:rgb(0 114 178/calc(.25*var(--much)))}
.words .against{border-bottom:calc(1px + 4px*var(--much)) dotted var(--other);background:rgb(213 94 0/calc(.22*var(--much)))}
.scalebar{display:flex;align-items:center;gap:.6em;font-size:.85rem;color:var(--soft)}
.scalebar i{width:9em;height:.8em;border-radius:3px;background:linear-gradient(90deg,#00224e,#575d6d,#a59c74,#fee838)}
"""


def render(explanations: Sequence[Explanation], total: int) -> str:
    """The page. total: how many examples there are, of which these are the first."""
    first = explanations[0] if explanations else None
    title = f"{first.target}: why this answer" if first else "Why this answer"
    more = f" · the first {len(explanations):,} of {total:,} examples" if total > len(explanations) else ""
    body = [f"<h1>{escape(title)}</h1>", f'<p class="soft">Each answer with what it rests on{more}.</p>']
    body += [_one(each, len(explanations) > 1) for each in explanations]
    body.append(_limits(explanations))
    return page(title, "".join(body), STYLE)


def _one(each: Explanation, several: bool) -> str:
    name = f"Example {each.name}" if each.name.isdigit() else "/".join(each.name.split("/")[-2:])
    head = f"<h2>{escape(name)}</h2>" if several or not each.name.isdigit() else ""
    parts = [_part(part, each) for part in each.parts]
    if not parts:
        parts = ["<p>Nothing of this example could be read, so there is nothing to explain.</p>"]
    return f"<section>{head}{_verdict(each)}{''.join(parts)}{_beside(each)}</section>"


def _verdict(each: Explanation) -> str:
    answer = each.answer
    text = f"{escape(each.target)}: <b>{escape(value_of(answer))}</b>"
    if answer.confidence is not None:
        text += f", {percent(answer.confidence)} sure"
    elif answer.interval is not None:
        text += f" ({short(answer.interval[0])} to {short(answer.interval[1])})"
    if each.about is not None and each.about != answer.value:
        text += f". What follows is about <b>{escape(each.about)}</b> ({fine(each.share)})"
    if answer.unlike:
        reasons = f": {'; '.join(answer.reasons)}" if answer.reasons else ""
        text += f". Unlike the training data{escape(reasons)}: trust neither the answer nor its reasons"
    return f'<p class="verdict{" odd" if answer.unlike else ""}">{text}.</p>'


def _part(part: Part, each: Explanation) -> str:
    match part:
        case Columns():
            return _columns(part, each)
        case Places():
            return _places(part, each)
        case Steps():
            return _steps(part, each)
        case Frames():
            return _frames(part, each)


# ----------------------------------------------------------------------------------------------- columns


def _columns(part: Columns, each: Explanation) -> str:
    shown = part.order[:COLUMNS]
    usual, now = figure(each, part.start), figure(each, part.end)
    what = f"'{each.about}'" if each.about is not None else each.target
    if part.effects is None:
        text = (
            f"<p>For each column, how much lower the answer to {escape(what)} ({now}) gets when that column alone is as in a usual "
            "row. This kind of network does not say where its values start, so these do not add up to the whole.</p>"
        )
    else:
        text = (
            f"<p>A usual row gets {usual} for {escape(what)}, this one {now}. The bars say what each column adds on the way from "
            "one to the other; all of them together are the whole difference.</p>"
        )
    effects = part.end - part.without if part.effects is None else part.effects.values
    drawn = [
        (f"{part.names[k]} {cell(each.cells.get(part.names[k]))}", float(effects[k]), f"{effects[k]:+.2g}")
        for k in shown
    ]
    if each.about is None:
        drawn = [(name, value, f"{'+' if value > 0 else ''}{short(value)}") for name, value, _ in drawn]
    unit = "in log-odds: +0.7 doubles the odds" if each.about is not None else "in units of the answer"
    rows = [
        [
            escape(part.names[k]),
            escape(cell(each.cells.get(part.names[k]))),
            escape(cell(each.usual.get(part.names[k]))),
            f"{effects[k]:+.3g}",
            figure(each, float(part.without[k])),
        ]
        for k in part.order
    ]
    heads = ["column", "here", "usual", "adds", "answer with the usual one"]
    return (
        f"<h3>Which columns</h3>{text}{plots.pushes(drawn, f'What each column adds, {unit}')}"
        + hidden(f"All {len(rows)} columns as a table", table(heads, rows, 2))
        + _check(part.effects)
    )


def _check(weighed: Weighed | None) -> str:
    if weighed is None or weighed.alike is None:
        return ""
    kind = "warn" if weighed.alike >= ALIKE else "soft"
    return (
        f"<p class={kind}><small>Check: the same network with random weights ranks the parts with a correlation of "
        f"{weighed.alike:.2f} to this, {said(weighed.alike)}.</small></p>"
    )


# ------------------------------------------------------------------------------------------------ places


def _places(part: Places, each: Explanation) -> str:
    what = f"'{each.about}'" if each.about is not None else each.target
    figures = [_figure(heat.plain(part.pixels), f"{escape(part.name)}, as the network gets it")]
    if part.evidence is not None:
        figures += [
            _figure(heat.over(part.pixels, part.evidence.values), f"<b>Where it sees {escape(what)}</b> (Grad-CAM)"),
            _figure(
                heat.over(part.pixels, part.evidence.random),
                f"The same with random weights: {_alike(part.evidence)}",
                "check",
            ),
        ]
    if part.covered is not None and part.least is not None:
        figures += [
            _figure(
                heat.over(part.pixels, part.covered.values),
                f"<b>What it cannot do without</b>: covering a light part lowers {escape(what)}, to {figure(each, part.least)} at "
                "the lightest",
            ),
            _figure(
                heat.over(part.pixels, part.covered.random),
                f"The same with random weights: {_alike(part.covered)}",
                "check",
            ),
        ]
    return (
        f"<h3>Which part of the picture</h3>"
        '<p class="scalebar">nothing <i></i> the most; a white line runs around the upper half</p>'
        f'<div class="maps">{"".join(figures)}</div>' + _as_table(part, each)
    )


def _as_table(part: Places, each: Explanation) -> str:
    """What covering each patch does, for those who cannot see the map."""
    if part.covered is None:
        return ""
    rows = [
        [str(number + 1), *(figure(each, part.end - float(value)) for value in line)]
        for number, line in enumerate(part.covered.values)
    ]
    columns = [str(number + 1) for number in range(part.covered.values.shape[1])]
    return hidden("The answer with each patch covered, as a table", table(["row", *columns], rows, len(columns)))


def _figure(source: str, caption: str, kind: str = "") -> str:
    words = caption.replace("<b>", "").replace("</b>", "")
    return f'<figure class="{kind}"><img alt="{words}" src="{source}"><figcaption>{caption}</figcaption></figure>'


def _alike(weighed: Weighed) -> str:
    return "" if weighed.alike is None else f"correlation {weighed.alike:.2f}, {said(weighed.alike)}"


# ------------------------------------------------------------------------------------------------- steps


def _steps(part: Steps, each: Explanation) -> str:
    """The words of a text in their order, or bars along time."""
    what = f"'{each.about}'" if each.about is not None else each.target
    effects = part.left_out if part.effects is None else part.effects
    empty, now = figure(each, part.start), figure(each, part.end)
    lead = (
        f"An empty text gets {empty} for {escape(what)}"
        if part.words
        else f"With no event in it, {escape(what)} gets {empty}"
    )
    text = (
        f"<p>{lead}, this one {now}. "
        + ("Each mark says" if part.words else "Each bar says")
        + f" what that part adds; {'blue and solid: for it, orange and dotted: against it' if part.words else 'left takes away'}.</p>"
    )
    most = max(float(np.abs(effects.values).max()), 1e-12)
    if part.words:
        marked = " ".join(
            _word(word, float(value) / most) for word, value in zip(part.words, effects.values, strict=True)
        )
        drawn = f'<p class="words">{marked}</p>'
    else:
        rows = [(name, float(value), f"{value:+.2g}") for name, value in zip(part.named, effects.values, strict=True)]
        drawn = plots.pushes(rows, f"What each stretch of {part.name} adds")
    lines = [
        [escape(name), f"{effects.values[k]:+.3g}", figure(each, part.end - float(part.left_out.values[k]))]
        for k, name in enumerate(part.named)
    ]
    shown = hidden("As a table", table(["part", "adds", "answer without it"], lines, 2))
    return f"<h3>Which {'words' if part.words else 'moments'}</h3>{text}{drawn}{shown}{_check(effects)}"


def _word(word: str, share: float) -> str:
    """A word under- and coloured by how much it adds, of the most."""
    if abs(share) < 0.08:
        return escape(word)
    kind = "for" if share > 0 else "against"
    return f'<mark class="{kind}" style="--much:{abs(share):.2f}">{escape(word)}</mark>'


# ------------------------------------------------------------------------------------------------ frames


def _frames(part: Frames, each: Explanation) -> str:
    """Key frames in their order; what hiding each does as bars, and as a table."""
    what = f"'{each.about}'" if each.about is not None else each.target
    text = (
        f"<p>With every frame hidden, {escape(what)} gets {figure(each, part.start)}, with all of them {figure(each, part.end)}. Each "
        "bar says how much that falls when those frames alone are hidden; left: it rises.</p>"
    )
    unit = "in log-odds: +0.7 doubles the odds" if each.about is not None else "in units of the answer"
    pictures = []
    for k, (name, place) in enumerate(zip(part.named, part.shown, strict=True)):
        without = figure(each, part.end - float(part.hidden.values[k]))
        pictures.append(_figure(key_frame(part, place), f"{name.capitalize()}: {without} without"))
    rows = [(name, float(value), f"{value:+.2g}") for name, value in zip(part.named, part.hidden.values, strict=True)]
    heads = ["part", "the answer falls by", "answer without it", "random weights: falls by"]
    lines = [
        [
            name,
            f"{part.hidden.values[k]:+.3g}",
            figure(each, part.end - float(part.hidden.values[k])),
            f"{part.hidden.random[k]:+.3g}",
        ]
        for k, name in enumerate(part.named)
    ]
    if part.alone is not None:
        heads.append("answer to it alone")
        lines = [[*line, figure(each, float(part.alone[k]))] for k, line in enumerate(lines)]
    scale, where = "", ""
    if part.evidence is not None:
        scale = '<p class="scalebar">nothing <i></i> the most; a white line runs around the upper half</p>'
        where = (
            f"<p>The colours say where in each frame it sees {escape(what)} (Grad-CAM); all frames share one scale. The same "
            f"with random weights: {_alike(part.evidence)}.</p>"
        )
    return (
        f"<h3>Which frames</h3>{text}{plots.pushes(rows, f'What hiding frames of {part.name} takes away, {unit}')}{where}{scale}"
        f'<div class="maps frames">{"".join(pictures)}</div>'
        + hidden("As a table", table(heads, lines, len(heads) - 1))
        + _check(part.hidden)
    )


def key_frame(part: Frames, place: int) -> str:
    """One frame as a data URL, with the evidence in it where there is some; all frames share one scale."""
    seen = part.pixels[place]
    return heat.plain(seen) if part.evidence is None else heat.over(seen, part.evidence.values[place], part.most)


# ------------------------------------------------------------------------------------------------ beside


def _beside(each: Explanation) -> str:
    """Cards of the examples that speak for the answer, then against it."""
    if not each.beside:
        return ""
    sides = []
    for sign, words in ((1, "speak most for it"), (-1, "speak against it")):
        cards = "".join(_card(one) for one in each.beside if sign * one.cosine > 0)
        if cards:
            sides.append(f"<p>These {words}:</p><div class=cards>{cards}</div>")
    lead = (
        "<p>Of the labelled examples, those whose lesson for the last layer points the same way as this answer, or the "
        "other way (cosine of the gradients).</p>"
    )
    return f"<h3>Which examples</h3>{lead}{''.join(sides)}"


def _card(one: Beside) -> str:
    picture = "" if one.picture is None else f'<img alt="{escape(one.name)}" src="{escape(one.picture)}">'
    cells = "".join(
        f"<dt>{escape(key)}</dt> <dd>{escape(cell(value))}</dd>"
        for key, value in list(one.cells.items())[:CELLS]
        if not (one.picture is not None and isinstance(value, str) and "/" in value)
    )
    name = f"row {one.name}" if one.name.isdigit() else "/".join(one.name.split("/")[-2:])
    return (
        f'<div class="card">{picture}<b>{escape(one.label)}, {one.cosine:+.2f}</b>{escape(name)}<dl>{cells}</dl></div>'
    )


# ------------------------------------------------------------------------------------------------- words


def figure(each: Explanation, score: float) -> str:
    """A score as people read it: a probability in percent, or a number."""
    share = each.asked.share(score)
    return fine(share) if each.about is not None else short(share)


def fine(share: float) -> str:
    """A probability in percent, with as many digits as tell it from none and all: `fine(0.9997) == "99.97 %"`."""
    left = 100 * min(share, 1 - share)
    if left < 0.005:
        return "<0.01\u00a0%" if share < 0.5 else ">99.99\u00a0%"
    digits = 0 if left >= 1 else 1 if left >= 0.1 else 2
    return f"{100 * share:.{digits}f}\u00a0%"


def cell(value: Any) -> str:
    """A cell of the example in few characters."""
    if value is None:
        return "unknown"
    return short(value) if isinstance(value, float) else str(value)


def _limits(explanations: Sequence[Explanation]) -> str:
    kinds = {type(part) for each in explanations for part in each.parts}
    notes = ["This says what the network leans on, not what causes what in the world."]
    if Columns in kinds:
        notes.append(
            "Columns that say the same share their effect, or hide each other: with one as usual, the other still tells."
        )
    if Places in kinds:
        notes.append(
            "Grad-CAM is coarse: it marks regions, as fine as the network's last maps. Covering is an experiment, but a covered "
            "picture is one the network never learned from."
        )
    if Frames in kinds:
        notes.append(
            "Frames that show the same stand in for each other: hiding one takes little away. What each gives alone stands in the table."
        )
    if Steps in kinds:
        notes.append("Words and moments work together: one may matter only beside another, and neither shows it alone.")
    notes.append(
        "The check beside each: an explanation that looks the same when everything learned is taken away shows the example, "
        "not the model."
    )
    return f"<h2>How to read this</h2><ul>{''.join(f'<li>{each}</li>' for each in notes)}</ul>"
