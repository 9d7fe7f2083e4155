"""Answers to the rows without a label that a model was learned beside, in words and on the page."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import signals
from lamina.insight.metrics import percent
from lamina.insight.page import entries, escape, picture, table

NAMED = 10  # classes whose share is told
METHODS = {
    "poisson": "Poisson learning, for few labels: each label is a source, and what flows to a row from all of them decides",
    "laplace": "Laplace learning, for many labels: the labels that a walk from row to row meets first decide",
    "teachers": "Of texts, with few labels, several have one voice each: Poisson learning, to which a label is a source that flows to rows "
    "near it; naive Bayes, which counts words, guesses, and counts again; and logistic regressions on words and on what texts are about",
}


def said(found: Json | None) -> str:
    """A sentence or three; empty where that was not asked for."""
    if not found:
        return ""
    by = "what is near them and what their words say" if found["method"] == "teachers" else "what is near them"
    text = f"{found['rows']:,} rows without a label were answered from {by}, by {found['labels']:,} labels."
    if shares := found.get("shares"):
        text += f" They keep to the shares of the classes that were given: {_shares(shares)}."
    right = found["right"]
    if right is None:
        text += (
            " How good these answers are cannot be told: with one label a class, none could be hidden to find it again."
        )
    else:
        text += (
            f" Of {right['rows']:,} labels that were hidden, {percent(right['value'])} ({percent(right['low'])} to "
            f"{percent(right['high'])}) were found again."
        )
    if right is not None and found["alone"] is not None:
        text += f" The network that learned from labels alone is right on {percent(found['alone'])} of held-out rows."
        if found["alone"] > right["high"]:
            text += " It is better: take its answers (lamina predict)."
    return text


def _shares(shares: Json) -> str:
    if len(set(shares.values())) == 1:
        return f"equal, {percent(next(iter(shares.values())))} each"
    named = [f"{word} {percent(share)}" for word, share in shares.items()]
    return ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")


def render(found: Json | None) -> str:
    """The section of the page."""
    if not found:
        return ""
    counts = table(["answer", "rows"], [[escape(word), f"{count:,}"] for word, count in found["counts"].items()], 1)
    sure = "calibrated on hidden labels" if found["calibrated"] else "not calibrated: too few labels could be hidden"
    parts = [
        "<h2>Answers to the rows without a label</h2>",
        f"<p>{escape(said(found))}</p>",
        f"<p class=soft>{escape(METHODS[found['method']])}. Each row is tied to the rows nearest to it. Confidence is {sure}. All "
        "answers are in answers.csv, beside this report.</p>",
        counts,
    ]
    if found["shown"]:
        parts.append("<h3>The surest answers, then the least sure</h3>")
        parts.append(signals.legend(found["shown"]))
        parts.append(f'<div class="cards">{"".join(_card(each) for each in found["shown"])}</div>')
    return "".join(parts)


def _card(each: Json) -> str:
    return (
        f'<div class="card">{picture(each["picture"], each.get("sound"))}'
        f"<b>{escape(each['answer'])}, {percent(each['sure'])} sure</b><dl>{entries(each['cells'])}</dl></div>"
    )
