"""The report of a model that found something without labels: what it found, from what, how it learned, how to repeat it."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import plots
from lamina.insight.page import contents, escape, page, picture
from lamina.insight.report import learned_from, learning, network, repeat


def render(content: Json) -> str:
    """The whole page."""
    found = content["found"][0]
    data = content["data"]
    title = f"{found['kind'].capitalize()} in {data['source'] or 'the examples'}"
    head = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(content["made"][:10])} · {data["rows"]:,} examples</p>',
    ]
    head.append(f'<p class="verdict">{escape(verdict(found))}</p>')
    body = [oddest(found), spread(found), learned_from(data, "set the limit")]
    body += [learning(content, "loss of drawing again")] if content["learning"] else []
    body += [network(content["network"]), repeat(content), limits()]
    return page(title, "".join([*head, contents([each for each in body if each])]))


def verdict(found: Json) -> str:
    """What was found, in words."""
    promised, alarms = found["promised"], found["alarms"]
    text = (
        f"{found['flagged']:,} of {found['rows']:,} examples lie above the limit. Of new examples like these, at most "
        f"{percent(max(promised, alarms))} will, by chance"
    )
    if promised > alarms:
        text += f" ({percent(alarms)} was asked for: {found['held']:,} held-out examples are too few to promise that)"
    return f"{text}."


def percent(share: float) -> str:
    """`percent(0.012) == "1.2 %"`."""
    return f"{100 * share:.2g} %"


def oddest(found: Json) -> str:
    """The oddest examples: each with what is off, and the nearest known one."""
    if not found.get("oddest"):
        return ""
    cards = []
    for each in found["oddest"]:
        why = "; ".join(each["reasons"]) if each["reasons"] else "below the limit"
        near = f"<dt>nearest</dt> <dd>{escape(each['nearest'][0])}</dd>" if each["nearest"] else ""
        cells = "".join(f"<dt>{escape(key)}</dt> <dd>{escape(value)}</dd>" for key, value in each["cells"].items())
        said = f"<b>{each['score']:.2f} times the limit</b>{escape(why)}"
        cards.append(f'<div class="card">{picture(each["picture"])}{said}<dl>{near}{cells}</dl></div>')
    return (
        "<h2>The oddest examples</h2><p>Odd is what lies far from every other example, or what the network cannot draw "
        f'again. Odd is not wrong: look at them.</p><div class="cards">{"".join(cards)}</div>'
    )


def spread(found: Json) -> str:
    """How odd the examples are, with the limit."""
    return (
        "<h2>Where the limit lies</h2><p>How odd each example is, in units of the limit. The limit was set on "
        f"{found['held']:,} examples that taught nothing (a split-conformal threshold), so that of examples of the same "
        f"kind, odd ones among them, at most {percent(max(found['promised'], found['alarms']))} lie above it.</p>"
        + plots.histogram(
            found["counts"], found["edges"], 1.0, "Examples by how odd they are", "how odd (1: the limit)"
        )
    )


def limits() -> str:
    said = [
        "Odd examples that were among those it learned from count as known: where there are many alike, they look usual.",
        "The rate of false alarms holds for examples from the same source. When the source changes, more of them are odd, "
        "and that is what it should say.",
        "It knows what is unusual, not what is harmful.",
    ]
    return f"<h2>What this does not tell</h2><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"
