"""How good the answers to one target are, as sections of a report: figures, mistakes, confidence, where it fails."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import likeness, plots, signals, transcripts
from lamina.insight.metrics import figure, name, percent, short, title
from lamina.insight.page import entries, escape, hidden, picture, table
from lamina.insight.suspects import WEAK

LARGEST = 12  # classes of a confusion matrix that are shown


def render(target: Json, several: bool) -> str:
    """several: whether there are other targets, so that its name has to be said."""
    parts = [f"<h2>{escape(target['column']) if several else 'How good it is'}</h2>", _figures(target)]
    match target["kind"]:
        case "category":
            parts += [_confusion(target), _per_class(target), _calibration(target)]
        case "tags":
            parts.append(_calibration(target))
        case "identity":
            parts.append(likeness.render(target))
        case "transcript":
            parts.append(transcripts.render(target))
        case _:
            parts.append(_numbers(target))
    parts += [_mistakes(target), _suspects(target), _slices(target)]
    return "".join(parts)


def _figures(target: Json) -> str:
    metric = target["metric"]
    own = target["figures"][metric]
    rivals = [each for each in target["baselines"] if "figures" in each]
    rows: list[tuple[str, float, float | None, float | None]] = [
        ("this network", own["value"], own["low"], own["high"])
    ]
    rows += [(each["name"], each["figures"][metric], None, None) for each in rivals]
    heads = ["", *(name(each) for each in target["figures"])]
    lines = [["<span class=own>this network</span>", *(_span(each, f) for each, f in target["figures"].items())]]
    lines += [
        [
            escape(each["name"]),
            *(figure(m, each["figures"][m]) if m in each["figures"] else "–" for m in target["figures"]),
        ]
        for each in rivals
    ]
    notes = [f"{each['name']}: {each['note']}" for each in target["baselines"] if each["note"]]
    left_out = [each["name"] for each in target["baselines"] if "figures" not in each]
    text = (
        "<p>Judged on rows that neither taught nor chose anything, beside simple models learned from the same rows. "
        "The line is a 95 % interval: another sample of as many rows would mostly fall within it. A simple model within the "
        "shaded band may be as good.</p>"
    )
    more = f"<p class=soft><small>{escape('. '.join(notes))}</small></p>" if notes or left_out else ""
    return (
        text
        + plots.dots(
            rows,
            f"{title(name(metric))}: {'more' if target['better'][metric] > 0 else 'less'} is better",
            lambda value: figure(metric, value),
        )
        + table(heads, lines, len(target["figures"]))
        + more
    )


def _span(metric: str, own: Json) -> str:
    low, high = figure(metric, own["low"]), figure(metric, own["high"])
    return f"<span class=own>{figure(metric, own['value'])}</span><br><small>{low} to {high}</small>"


def _confusion(target: Json) -> str:
    matrix, classes = target["confusion"], target["classes"]
    kept = list(range(len(classes)))
    text = "Rows: what was true. Columns: what was answered. The diagonal (blue, bold) is right, the rest (orange) are mistakes."
    if len(classes) > LARGEST:
        wrong = [sum(row) - row[k] + sum(other[k] for other in matrix) - row[k] for k, row in enumerate(matrix)]
        kept = sorted(sorted(kept, key=lambda k: -wrong[k])[:LARGEST])
        text += f" Of {len(classes)} labels, the {LARGEST} with most mistakes are shown."
    head = "".join(f"<th>{escape(_cut(classes[k]))}</th>" for k in kept)
    lines = ""
    for k in kept:
        total = max(sum(matrix[k]), 1)
        cells = ""
        for j in kept:
            share = matrix[k][j] / total
            strength = round(0.1 + 0.85 * share, 2)
            kind = " ".join((["hit"] if j == k else []) + (["deep"] if strength > 0.6 else []))
            style = f' style="--a:{strength}" title="{100 * share:.1f} % of this row"' if share else ""
            cells += f'<td class="{kind}"{style}>{matrix[k][j] or "·"}</td>'
        lines += f"<tr><th>{escape(_cut(classes[k]))}</th>{cells}</tr>"
    grid = f'<div class="wide" tabindex="0"><table class="matrix"><tr><td></td>{head}</tr>{lines}</table></div>'
    return f"<h3>What is taken for what</h3><p>{text}</p>{grid}"


def _per_class(target: Json) -> str:
    matrix, classes = target["confusion"], target["classes"]
    rows = []
    for k, label in enumerate(classes):
        said, true = sum(row[k] for row in matrix), sum(matrix[k])
        rows.append([
            escape(label), percent(matrix[k][k] / said) if said else "–", percent(matrix[k][k] / true) if true else "–", f"{true:,}",
        ])  # fmt: skip
    heads = ["label", "right when answered", "found when true", "examples"]
    found = table(heads, rows, 3)
    return found if len(classes) <= LARGEST else hidden(f"Every one of the {len(classes)} labels", found)


def _cut(word: str) -> str:
    return word if len(word) <= 14 else word[:13] + "…"


def _calibration(target: Json) -> str:
    before, after = target["calibration"]["before"], target["calibration"]["after"]
    text = (
        f"When it says 90 %, is it right 9 times in 10? On average its confidence is off by "
        f"{100 * after['error']:.1f} points ({100 * before['error']:.1f} before calibration; "
        f"{100 * after['chance']:.1f} would be chance on so few rows)."
    )
    rows = [[percent(b["confidence"]), percent(b["right"]), f"{b['count']:,}"] for b in after["bins"]]
    shown = hidden("As a table", table(["confidence", "was right", "examples"], rows, 3))
    return (
        f"<h3>Can its confidence be trusted?</h3><p>{text}</p>{plots.reliability(before['bins'], after['bins'])}{shown}"
    )


def _numbers(target: Json) -> str:
    text = "<h3>Answers against the truth</h3>"
    if target["radius"] is not None:
        held = target["coverage"]
        text += (
            f"<p>Each answer comes with an interval of ± {short(target['radius'])}, meant to hold {percent(target['promised'])} "
            f"of the time. On held-out examples it held {percent(held['share'])} ({percent(held['low'])} to {percent(held['high'])}).</p>"
        )
    else:
        text += "<p>Too few held-out examples for an interval that keeps its promise: none is given.</p>"
    return text + plots.scatter(target.get("points", []), target["radius"])


def _mistakes(target: Json) -> str:
    found = target.get("mistakes")
    if not found:
        return ""
    cards, number = [], False
    for each in found:
        shown = picture(each["picture"], each.get("sound"))
        if "error" in each:
            number = True
            said = f"<b>said {short(each['said'])}</b>was {short(each['truth'])}"
        else:
            said = f"<b>said {escape(each['said'])}, {percent(min(each['confidence'], 0.999))} sure</b>was {escape(each['truth'])}"
        cards.append(f'<div class="card">{shown}{said}<dl>{entries(each["cells"])}</dl></div>')
    lead = "Farthest from the truth." if number else "Sure, and mistaken."
    return (
        f"<h3>Where it was most wrong</h3><p>{lead} Look at these first: often it is the label that is wrong.</p>{signals.legend(found)}"
        f'<div class="cards">{"".join(cards)}</div>'
    )


def _suspects(target: Json) -> str:
    found = target.get("suspects")  # reports of earlier versions do not say it
    if found and found.get("weak"):
        return f"<h3>Labels that may be wrong</h3><p>{WEAK}</p>"
    if not found or not found["rows"]:
        return ""
    cards = []
    for each in found["rows"]:
        said = (
            f"<b>called {escape(each['given'])}</b>rather {escape(each['likely'])}: {percent(min(each['confidence'], 0.999))} "
            f"against {percent(max(each['doubt'], 0.001))}"
        )
        shown = picture(each["picture"], each.get("sound"))
        cards.append(f'<div class="card">{shown}{said}<dl>{entries(each["cells"])}</dl></div>')
    count = found["count"]
    words = f"{count:,} label looks" if count == 1 else f"{count:,} labels look"
    return (
        f"<h3>Labels that may be wrong</h3><p>Of {target['rows']:,} judged examples, {words} wrong: another label is as sure there as it "
        "usually is where it is right (<i>confident learning</i>). Some are simply hard. These first:</p>"
        f'{signals.legend(found["rows"])}<div class="cards">{"".join(cards)}</div>'
    )


def _slices(target: Json) -> str:
    found = target.get("slices")
    if not found or not found["looked"]:
        return ""
    wrong = found["unit"] == "wrong"
    say = percent if wrong else short
    rows = [
        [
            f"{escape(each['column'])}: {escape(each['group'])}",
            f"{each['rows']:,}",
            f"<span class=own>{say(each['loss'])}</span><br><small>{say(each['low'])} to {say(each['high'])}</small>",
            say(each["rest"]),
        ]
        for each in found["groups"]
    ]
    what = "wrong answers" if wrong else "mean error"
    if not rows:
        many = f"{len(found['looked']):,} columns" if len(found["looked"]) > 6 else ", ".join(found["looked"])
        return f"<h3>Where it fails</h3><p>No group of rows gets clearly worse answers than the others. Looked at: {escape(many)}.</p>"
    return (
        f"<h3>Where it fails</h3><p>Groups with clearly more {what} than all other rows, also after allowing for how many groups "
        "were looked at. Columns that go together show the same rows several times.</p>"
        + table(["group", "rows", what, "all others"], rows, 3)
    )
