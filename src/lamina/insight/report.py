"""The report of a model: what it learned from, how good it is beside simple models, where it fails, how to repeat it.

It is drawn from plain content (`card.results`): the same that the terminal summary reads.
"""

from __future__ import annotations

from lamina.core import Json
from lamina.examples.reading import listed
from lamina.insight import assumptions, judgement, plots, transduced, unlabelled
from lamina.insight.metrics import name, short
from lamina.insight.page import Sections, contents, escape, hidden, page, table
from lamina.insight.provenance import learned_from, learning, network, repeat
from lamina.insight.verdict import verdict

MEASURED = 20  # columns that are shown


def render(content: Json) -> str:
    """The whole page."""
    return page(*sections(content))


def sections(content: Json) -> Sections:
    """What the page says."""
    title = f"{', '.join(each['column'] for each in content['targets'])}: what was learned"
    head = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(content["made"][:10])} · {escape(_origin(content["data"]))}</p>',
    ]
    for each in content["targets"]:
        said, warn = verdict(each, content["data"])
        head.append(f'<p class="verdict{" odd" if warn else ""}">{escape(said)}</p>')
    for shared in (transduced.said(content.get("transduced")), unlabelled.said(content.get("unlabelled"))):
        if shared:
            head.append(f"<p>{escape(shared)}</p>")
    body = [judgement.render(each, len(content["targets"]) > 1) for each in content["targets"]]
    body += [transduced.render(content.get("transduced")), assumptions.render(content.get("assumptions"))]
    body += [_importance(content), _words(content), learned_from(content["data"])]
    body += [learning(content, name(content["targets"][0]["metric"])), network(content["network"])]
    body += [repeat(content), _limits(content["data"])]
    return Sections(title, "".join([*head, contents([each for each in body if each])]))


def _importance(content: Json) -> str:
    found = content.get("importance")
    if not found:
        return ""
    rows = [(each["name"], each["mean"], each["low"], each["high"]) for each in found[:MEASURED]]
    column = content["targets"][0]
    return (
        f"<h2>Which columns matter</h2><p>How much the {escape(name(column['metric']))} worsens when one column is shuffled among "
        "held-out rows. Columns that say the same hide each other: each alone may look unimportant."
        f"{escape(_unmeasured(content))}</p>"
        + plots.bars(rows, f"How much worse without it: {name(column['metric'])}")
        + hidden("As a table", table(["column", "worse by", "95 % interval"], [
            [escape(n), short(m), f"{short(lo)} to {short(hi)}"] for n, m, lo, hi in rows
        ], 2))
    )  # fmt: skip


def _unmeasured(content: Json) -> str:
    """Which columns are not among those that are shown, and why."""
    measured = [each["name"] for each in content["importance"]]
    late = [
        each["name"] for each in content["data"]["columns"] if each["use"] == "input" and each["name"] not in measured
    ]
    said = f" Not measured, as there was no time: {listed(late)}." if late else ""
    if len(measured) > MEASURED:
        said += f" Of {len(measured)} columns measured, the {MEASURED} that matter most are shown."
    return said


def _words(content: Json) -> str:
    """The words that speak for each answer, the strongest first."""
    found = [each for each in content.get("words", []) if each["words"]][: judgement.LARGEST]
    if not found:
        return ""
    rows = [
        [escape(each["label"]), " · ".join(f"{escape(w['word'])} <small>{w['by']:.1f}</small>" for w in each["words"])]
        for each in found
    ]
    return (
        "<h2>Which words speak for what</h2><p>Texts never learned from were asked about again without one of their words. "
        "The number says by how much the log-odds of the answer fell on average: at 0.7 they halve, at 2.3 they are a tenth. "
        "Words that stand in fewer than three of those texts are left out.</p>" + table(["answer", "words"], rows)
    )


def _limits(data: Json) -> str:
    many = (
        "Each example was judged by a network that never saw it, not by the average that is saved."
        if data["folds"] > 1
        else ""
    )
    said = [
        "The judged examples come from the same source as the rest. On photos of another camera, or rows of another year or "
        "place, it may do worse: <code>lamina score</code> tells, on your own labelled examples.",
        "It learned what goes together here, not what causes what. A column that matters to it need not matter to the world.",
        "If labels are wrong in the same way everywhere, it learned that too, and no figure above shows it.",
        *([many] if many else []),
    ]
    return f"<h2>What this does not tell</h2><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"


def _origin(data: Json) -> str:
    return f"{data['rows']:,} examples" + (f" from {data['source']}" if data["source"] else "")
