"""The part of a report about transcripts: the worst ones beside the truth, and whether words' confidence holds."""

from __future__ import annotations

from typing import Any

from lamina.core import Json
from lamina.insight import plots
from lamina.insight.page import entries, escape, picture


def render(target: Json) -> str:
    """How it was read, how far its confidence holds, the worst ones."""
    letters = (
        "How likely characters follow each other in the training texts had a say."
        if target["heed"]
        else "Characters are read as they are heard or seen: how they follow each other in texts had no say."
    )
    text = f"<p>{target['words']:,} words were written down. {letters}</p>"
    return text + _calibration(target) + _worst(target)


def _calibration(target: Json) -> str:
    found = target["calibration"]
    if not found or not found["bins"]:
        return ""
    text = (
        f"<p>Each word comes with a confidence. On average it is off by {100 * found['error']:.1f} points "
        f"({100 * found['chance']:.1f} would be chance on so few words).</p>"
    )
    return f"<h3>Can its confidence be trusted?</h3>{text}{plots.reliability([], found['bins'])}"


def _worst(target: Json) -> str:
    if not target.get("worst"):
        return ""
    cards = []
    for each in target["worst"]:
        cards.append(
            f'<div class="card">{picture(each["picture"], each.get("sound"))}<p class="text">{_marked(each["pairs"])}</p>'
            f"said {escape(each['said']) or 'nothing'}<dl>{entries(each['cells'])}</dl></div>"
        )
    return (
        "<h3>Where it was most wrong</h3><p>The truth, with what was <ins>written in addition</ins> and what was <del>missed</del>."
        f'</p><div class="lines">{"".join(cards)}</div>'
    )


def _marked(pairs: list[Any]) -> str:
    """The truth, mistakes marked: what was left out or mistaken is struck through, what was written instead follows."""
    parts, missed, added = [], "", ""

    def flush() -> str:
        return (f"<del>{escape(missed)}</del>" if missed else "") + (f"<ins>{escape(added)}</ins>" if added else "")

    for said, truth in pairs:
        if said == truth:
            parts += [flush(), escape(truth)]
            missed = added = ""
        else:
            missed, added = missed + truth, added + said
    return "".join([*parts, flush()])
