"""The part of a report about a model that compares: distances of pairs, both kinds of mistakes, the hardest pairs."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import plots, signals
from lamina.insight.metrics import percent, short
from lamina.insight.page import entries, picture

EDGE = 2.0  # the largest distance


def verdict(target: Json) -> tuple[str, bool]:
    """The result in words, and whether a simpler way of comparing does as well."""
    own = target["figures"]["eer"]
    text = (
        f"Of two examples it tells wrong whether they are of the same {target['column']} {percent(own['value'])} of the "
        f"time ({percent(own['low'])} to {percent(own['high'])}; as many of the same as of different ones), for "
        f"{target['people']} that it never learned from."
    )
    best = min(target["baselines"], key=lambda each: each["figures"]["eer"])
    text += f" The best simple comparison ({best['name']}): {percent(best['figures']['eer'])}."
    if best["figures"]["eer"] < own["low"]:
        return f"{text} The simple comparison is better: give the network more people, examples or time.", True
    if best["figures"]["eer"] <= own["high"]:
        return f"{text} The difference to it is within the uncertainty.", True
    return text, False


def render(target: Json) -> str:
    """Histogram, curve and hardest pairs."""
    here = target["at_threshold"]
    text = (
        f"<p>{target['taught']:,} taught it. It was asked about {target['pairs'][0]:,} pairs of the same and "
        f"{target['pairs'][1]:,} of different ones, among {target['people']:,} others. Two examples are held to be the same "
        f"where their distance is at most {short(target['threshold'])}, settled on others again: there it missed "
        f"{percent(here['missed'])} of the same, and took {percent(here['taken'])} of the different for the same.</p>"
    )
    return (
        f"<h3>How far apart they lie</h3>{text}"
        f'<div class="pair">{_histogram(target)}{_mistakes(target)}</div>{_hardest(target)}'
    )


def _histogram(target: Json) -> str:
    same, other = target["histogram"]["same"], target["histogram"]["other"]
    last = max(k for k, pair in enumerate(zip(same, other, strict=True)) if any(pair)) + 1
    edges = [k * EDGE / len(same) for k in range(last + 1)]
    groups = ("the same", same[:last]), ("different", other[:last])
    return plots.both(*groups, edges, "Distances", "distance", target["threshold"])


def _mistakes(target: Json) -> str:
    points = [(a, b) for a, b in target["curve"]]
    top = min(1.0, max(0.05, 4 * target["figures"]["eer"]["value"]))
    axes = plots.Axes((0, top), (0, top), 260)
    body = axes.grid("different taken for the same", percent, 3)
    inside = [(a, b) for a, b in points if a <= top and b <= top]
    body += axes.line([(0, 0), (top, top)], "ideal") + axes.line(inside, "line")
    here = target["at_threshold"]
    if here["taken"] <= top and here["missed"] <= top:
        body += f'<circle class="ring" cx="{axes.x(here["taken"])}" cy="{axes.y(here["missed"])}" r="6"/>'
    legend = plots.mark('<circle class="ring" cx="8" cy="8" r="5"/>', "at the settled threshold")
    legend += plots.mark('<line class="ideal" x1="0" x2="16" y1="8" y2="8"/>', "equal")
    said = "Share of the same that is missed, against the share of different ones taken for the same."
    return plots.figure("The same that are missed", said, body, 260, legend, "square")


def _hardest(target: Json) -> str:
    if not target.get("hardest"):
        return ""
    cards = []
    for each in target["hardest"]:
        examples = "".join(picture(one["picture"]) + entries(one["cells"]) for one in each["examples"])
        truth = "the same" if each["same"] else "different"
        said = f"<b>{truth}</b>distance {short(each['distance'])}, {percent(each['probability'])} the same"
        cards.append(f'<div class="card">{said}<dl>{examples}</dl></div>')
    names = signals.legend([one for each in target["hardest"] for one in each["examples"]])
    return (
        "<h3>The hardest pairs</h3><p>The same that lie farthest apart, and different ones that lie nearest. Look whether "
        f'the names are right.</p>{names}<div class="cards">{"".join(cards)}</div>'
    )
