"""The report of a model that found something without labels: what it found, from what, how it learned, how to repeat it."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import plots, signals
from lamina.insight.metrics import percent, short
from lamina.insight.page import Sections, contents, entries, escape, hidden, page, picture, table
from lamina.insight.provenance import learned_from, learning, network, repeat

TITLES = {"anomalies": "What is odd in", "clusters": "Clusters in", "neighbours": "What is alike in"}


def render(content: Json) -> str:
    """The whole page."""
    return page(*sections(content))


def sections(content: Json) -> Sections:
    """What the page says."""
    found = content["found"][0]
    data = content["data"]
    title = f"{TITLES[found['kind']]} {data['source'] or 'the examples'}"
    head = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(content["made"][:10])} · {data["rows"]:,} examples</p>',
    ]
    head.append(f'<p class="verdict">{escape(verdict(found))}</p>')
    match found["kind"]:
        case "anomalies":
            body = [
                known(found),
                oddest(found),
                spread(found),
                learned_from(data, "set the limit", "were looked at meanwhile"),
            ]
        case "clusters":
            body = [clusters(found), mapped(found), learned_from(data, "were kept apart", "were kept apart too")]
        case _:
            body = [alike(found), duplicates(found), learned_from(data, "are in the index too", "and")]
    body += (
        [learning(content, "loss of the map" if found["kind"] == "clusters" else "loss of drawing again")]
        if content["learning"]
        else []
    )
    body += [network(content["network"]), repeat(content), limits(found["kind"])]
    return Sections(title, "".join([*head, contents([each for each in body if each])]))


def verdict(found: Json) -> str:
    """What was found, in words."""
    match found["kind"]:
        case "anomalies":
            return _flagged(found)
        case "clusters":
            return _clustered(found)
        case _:
            return _indexed(found)


def _clustered(found: Json) -> str:
    stable = found["stability"]["mean"]
    how = "very stable" if stable >= 0.9 else "fairly stable" if stable >= 0.7 else "not stable"
    said = "as asked for" if found["given"] else "as many as stand out"
    return (
        f"{len(found['clusters'])} clusters in {found['rows']:,} examples, {said}; {found['outside']:,} examples lie in none. They "
        f"are {how}: found anew among halves of the examples, they agree by {stable:.2f} (1: the same, 0: by chance)."
    )


def _indexed(found: Json) -> str:
    text = f"{found['rows']:,} examples can be searched for what is alike."
    if "twins" not in found:
        return text
    same, near = found["twins"]["same"], found["twins"]["near"]
    if not same and not near:
        return f"{text} No two are the same."
    return f"{text} {same:,} of them are there more than once, {near:,} nearly so."


def _flagged(found: Json) -> str:
    promised, alarms = found["promised"], found["alarms"]
    if not found["held"]:
        return f"No limit could be set for {found['rows']:,} examples: none could be held out to set it by. Give more of them."
    text = (
        f"{found['flagged']:,} of {found['rows']:,} examples lie above the limit. Of new examples like these, at most "
        f"{percent(max(promised, alarms), '.2g')} will, by chance"
    )
    if promised > alarms:
        text += f" ({percent(alarms, '.2g')} was asked for: {found['held']:,} held-out examples are too few to promise that)"
    if "auc" in (known := found.get("known", {})):
        text += f". Of {known['held']:,} known to be odd, which taught nothing, {known['flagged']:,} lie above it"
    return f"{text}."


def known(found: Json) -> str:
    """What examples that are known to be odd taught, judged by those of them that taught nothing."""
    if not (about := found.get("known")):
        return ""
    text = f"{about['taught']:,} examples that are known to be odd taught what to look for, beside what is usual."
    if "auc" in about:
        text += (
            f" Of {about['held']:,} others, which taught nothing, {about['flagged']:,} lie above the limit. An odd one and an ordinary one "
            f"are told apart {percent(about['auc'])} of the time, and {percent(about['alone'])} without what known ones taught."
        )
    else:
        text += " They are too few to hold some out: how much they help is not known."
    return f"<h2>Known to be odd</h2><p>{text}</p>"


def oddest(found: Json) -> str:
    """The oddest examples: each with what is off, and the nearest known one."""
    if not found.get("oddest"):
        return ""
    cards = []
    for each in found["oddest"]:
        why = "; ".join(each["reasons"]) if each["reasons"] else "below the limit"
        near = f"<dt>nearest</dt> <dd>{escape(each['nearest'][0])}</dd>" if each["nearest"] else ""
        said = f"<b>{each['score']:.2f} times the limit</b>{escape(why)}"
        cards.append(
            f'<div class="card">{picture(each["picture"], each.get("sound"))}{said}<dl>{near}{entries(each["cells"])}</dl></div>'
        )
    return (
        "<h2>The oddest examples</h2><p>Odd is what lies far from every other example, or what the network cannot draw "
        f'again. Odd is not wrong: look at them.</p>{signals.legend(found["oddest"])}<div class="cards">{"".join(cards)}</div>'
    )


def spread(found: Json) -> str:
    """How odd the examples are, with the limit."""
    return (
        "<h2>Where the limit lies</h2><p>How odd each example is, in units of the limit. The limit was set on "
        f"{found['held']:,} examples that taught nothing (a split-conformal threshold), so that of examples of the same "
        f"kind, odd ones among them, at most {percent(max(found['promised'], found['alarms']), '.2g')} lie above it.</p>"
        + plots.histogram(
            found["counts"],
            found["edges"],
            1.0,
            found["flagged"],
            "Examples by how odd they are",
            "how odd (1: the limit)",
        )
    )


def clusters(found: Json) -> str:
    """Each cluster: its size, what sets it apart, typical examples."""
    parts = []
    for each in found["clusters"]:
        share = percent(each["size"] / max(found["rows"], 1), ".2g")
        apart = "; ".join(each["apart"])
        cards = "".join(_card(one, "") for one in each["typical"])
        parts.append(
            f"<h3>{escape(each['name'])}</h3><p>{each['size']:,} examples ({share}). {escape(apart)}</p>"
            + (f'<div class="cards">{cards}</div>' if cards else "")
        )
    counts = ", ".join(str(count) for count in found["stability"]["counts"])
    names = signals.legend([one for each in found["clusters"] for one in each["typical"]])
    more = f"<p class=soft>Found among five halves of the examples: {counts} clusters.</p>"
    return f"<h2>The clusters</h2><p>The largest first, each with its most typical examples.</p>{more}{names}{''.join(parts)}"


def mapped(found: Json) -> str:
    """The map."""
    if not found.get("map"):
        return ""
    names = [each["name"] for each in found["clusters"]]
    return (
        "<h2>The map</h2><p>Near examples lie near each other. Distances between far groups, and their sizes, say little.</p>"
        + plots.places(found["map"], names)
    )


def alike(found: Json) -> str:
    """Some examples, each beside what is most alike."""
    if not found.get("examples"):
        return ""
    rows = []
    for shown in found["examples"]:
        cards = [_card(each, "asked" if place == 0 else "") for place, each in enumerate(shown)]
        rows.append(f'<div class="cards">{"".join(cards)}</div>')
    return (
        "<h2>What is alike</h2><p>Some examples, drawn by chance; beside each the nearest others.</p>"
        f"{signals.legend([each for shown in found['examples'] for each in shown])}{''.join(rows)}"
    )


def _card(each: Json, said: str) -> str:
    return f'<div class="card">{picture(each["picture"])}<b>{escape(said or each["name"])}</b><dl>{entries(each["cells"])}</dl></div>'


def duplicates(found: Json) -> str:
    """Examples that are there twice."""
    pairs = found.get("duplicates")
    if not pairs:
        return ""
    rows = [
        [
            escape(each["names"][0]),
            escape(each["names"][1]),
            "the same" if each["same"] else short(each["distance"]),
        ]
        for each in pairs
    ]
    return (
        "<h2>What is there twice</h2><p>Pairs that are the same, or far nearer to each other than examples usually are. In data "
        "to learn from, one of each is enough; across training and test rows they make figures too good.</p>"
        + table(["one", "other", "distance"], rows[:12], 1)
        + (
            hidden(f"{len(rows) - 12} more pairs", table(["one", "other", "distance"], rows[12:], 1))
            if len(rows) > 12
            else ""
        )
    )


def limits(kind: str) -> str:
    """What nobody should read out of it."""
    if kind == "clusters":
        said = [
            "Clusters are what the features part, and not necessarily what you would part. Look at the typical examples.",
            "A number of clusters that was asked for is always found, also where there are none: see how stable they are.",
        ]
        return f"<h2>What this does not tell</h2><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"
    if kind != "anomalies":
        said = [
            "Alike is what has like features: of photographs, what is on them and how; of rows, like values in every column.",
            "Distances compare examples of this model with each other, not with those of another.",
        ]
        return f"<h2>What this does not tell</h2><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"
    said = [
        "Odd examples that were among those it learned from count as known: where there are many alike, they look usual.",
        "The rate of false alarms holds for examples from the same source. When the source changes, more of them are odd, "
        "and that is what it should say.",
        "It knows what is unusual, not what is harmful.",
    ]
    return f"<h2>What this does not tell</h2><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"
