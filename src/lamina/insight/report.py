"""The report of a model: what it learned from, how good it is beside simple models, where it fails, how to repeat it.

It is drawn from plain content (`card.results`): the same that the terminal summary reads.
"""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import assumptions, likeness, plots, transcripts, transduced, unlabelled
from lamina.insight.page import Sections, contents, escape, hidden, page, picture, table
from lamina.insight.plots import short

NAMES = {
    "accuracy": "share right", "balanced_accuracy": "balanced accuracy", "log_loss": "log loss", "auc": "AUC", "f1": "F1",
    "rmse": "typical error (RMSE)", "mae": "mean error (MAE)", "r2": "explained variance (R²)", "cost": "mean cost",
    "coverage": "intervals that hold", "exact": "wholly right", "hamming": "tags right",
    "eer": "equal error rate", "cer": "character errors", "wer": "word errors", "misses": "same missed at 1 % false alarms",
}  # fmt: skip
SHARES = (
    "accuracy",
    "balanced_accuracy",
    "coverage",
    "exact",
    "hamming",
    "eer",
    "misses",
    "cer",
    "wer",
)  # told in percent
LARGEST = 12  # classes of a confusion matrix that are shown


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
    body = [_target(each, len(content["targets"]) > 1) for each in content["targets"]]
    body += [transduced.render(content.get("transduced")), assumptions.render(content.get("assumptions"))]
    body += [_importance(content), _words(content), learned_from(content["data"])]
    body += [learning(content, name(content["targets"][0]["metric"])), network(content["network"])]
    body += [repeat(content), _limits(content["data"])]
    return Sections(title, "".join([*head, contents([each for each in body if each])]))


def name(metric: str) -> str:
    """A metric in words."""
    return NAMES.get(metric, metric.replace("_", " "))


def verdict(target: Json, data: Json) -> tuple[str, bool]:
    """The result in words, and whether a simple model does as well."""
    if target["kind"] == "identity":
        return likeness.verdict(target)
    metric = target["metric"]
    own = target["figures"][metric]
    rivals = [each for each in target["baselines"] if "figures" in each]
    sign = target["better"][metric]
    rows = f"{target['rows']:,} examples that it {'did not see when it was learning' if data['folds'] > 1 else 'never saw'}"
    span = f"({figure(metric, own['low'])} to {figure(metric, own['high'])})"
    value = figure(metric, own["value"])
    if metric == "accuracy":
        text = f"Right on {value} {span} of {rows}."
    else:
        text = f"{target['column']}: {name(metric)} {value} {span} on {rows}."
    if rivals:
        dull = rivals[0]["figures"][metric]
        best = max(rivals[1:] or rivals, key=lambda each: sign * each["figures"][metric])
        text += f" The answer '{rivals[0]['name']}' reaches {figure(metric, dull)}"
        text += (
            ""
            if best is rivals[0]
            else f", the best simple model ({best['name']}) {figure(metric, best['figures'][metric])}"
        )
        text += "."
        lead = sign * (own["value"] - best["figures"][metric])
        inside = own["low"] <= best["figures"][metric] <= own["high"]
        if lead < 0 and not inside:
            return f"{text} The simple model is better: use it, or give the network more time or examples.", True
        if inside and best is not rivals[0]:
            return f"{text} The difference to it is within the uncertainty.", True
    return text, False


# ---------------------------------------------------------------------------------------------- sections


def _target(target: Json, several: bool) -> str:
    parts = [f"<h2>{escape(target['column']) if several else 'How good it is'}</h2>", _figures(target)]
    match target["kind"]:
        case "category":
            parts += [_confusion(target), _per_class(target), _calibration(target)]
        case "tags":
            parts.append(_calibration(target))
        case "identity":
            parts.append(likeness.render(target, picture))
        case "transcript":
            parts.append(transcripts.render(target, picture))
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
            f"{_title(name(metric))}: {'more' if target['better'][metric] > 0 else 'less'} is better",
            lambda value: figure(metric, value),
        )
        + table(heads, lines, len(target["figures"]))
        + more
    )


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
            escape(label), _percent(matrix[k][k] / said) if said else "–", _percent(matrix[k][k] / true) if true else "–", f"{true:,}",
        ])  # fmt: skip
    heads = ["label", "right when answered", "found when true", "examples"]
    found = table(heads, rows, 3)
    return found if len(classes) <= LARGEST else hidden(f"Every one of the {len(classes)} labels", found)


def _calibration(target: Json) -> str:
    before, after = target["calibration"]["before"], target["calibration"]["after"]
    text = (
        f"When it says 90 %, is it right 9 times in 10? On average its confidence is off by "
        f"{100 * after['error']:.1f} points ({100 * before['error']:.1f} before calibration; "
        f"{100 * after['chance']:.1f} would be chance on so few rows)."
    )
    rows = [[_percent(b["confidence"]), _percent(b["right"]), f"{b['count']:,}"] for b in after["bins"]]
    shown = hidden("As a table", table(["confidence", "was right", "examples"], rows, 3))
    return (
        f"<h3>Can its confidence be trusted?</h3><p>{text}</p>{plots.reliability(before['bins'], after['bins'])}{shown}"
    )


def _numbers(target: Json) -> str:
    text = "<h3>Answers against the truth</h3>"
    if target["radius"] is not None:
        held = target["coverage"]
        text += (
            f"<p>Each answer comes with an interval of ± {short(target['radius'])}, meant to hold {_percent(target['promised'])} "
            f"of the time. On held-out examples it held {_percent(held['share'])} ({_percent(held['low'])} to {_percent(held['high'])}).</p>"
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
        cells = "".join(f"<dt>{escape(key)}</dt> <dd>{escape(value)}</dd>" for key, value in each["cells"].items())
        if "error" in each:
            number = True
            said = f"<b>said {short(each['said'])}</b>was {short(each['truth'])}"
        else:
            said = f"<b>said {escape(each['said'])}, {_percent(min(each['confidence'], 0.999))} sure</b>was {escape(each['truth'])}"
        cards.append(f'<div class="card">{shown}{said}<dl>{cells}</dl></div>')
    lead = "Farthest from the truth." if number else "Sure, and mistaken."
    return (
        f"<h3>Where it was most wrong</h3><p>{lead} Look at these first: often it is the label that is wrong.</p>"
        f'<div class="cards">{"".join(cards)}</div>'
    )


def _suspects(target: Json) -> str:
    found = target.get("suspects")  # reports of earlier versions do not say it
    if not found or not found["rows"]:
        return ""
    cards = []
    for each in found["rows"]:
        cells = "".join(f"<dt>{escape(key)}</dt> <dd>{escape(value)}</dd>" for key, value in each["cells"].items())
        said = (
            f"<b>called {escape(each['given'])}</b>rather {escape(each['likely'])}: {_percent(min(each['confidence'], 0.999))} "
            f"against {_percent(max(each['doubt'], 0.001))}"
        )
        cards.append(f'<div class="card">{picture(each["picture"])}{said}<dl>{cells}</dl></div>')
    count = found["count"]
    words = f"{count:,} label looks" if count == 1 else f"{count:,} labels look"
    return (
        f"<h3>Labels that may be wrong</h3><p>Of {target['rows']:,} judged examples, {words} wrong: another label is as sure there as it "
        "usually is where it is right (<i>confident learning</i>). Some are simply hard. These first:</p>"
        f'<div class="cards">{"".join(cards)}</div>'
    )


def _slices(target: Json) -> str:
    found = target.get("slices")
    if not found or not found["looked"]:
        return ""
    wrong = found["unit"] == "wrong"
    say = _percent if wrong else short
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


def _importance(content: Json) -> str:
    found = content.get("importance")
    if not found:
        return ""
    rows = [(each["name"], each["mean"], each["low"], each["high"]) for each in found[:20]]
    column = content["targets"][0]
    return (
        f"<h2>Which columns matter</h2><p>How much the {escape(name(column['metric']))} worsens when one column is shuffled among "
        "held-out rows. Columns that say the same hide each other: each alone may look unimportant.</p>"
        + plots.bars(rows, f"How much worse without it: {name(column['metric'])}")
        + hidden("As a table", table(["column", "worse by", "95 % interval"], [
            [escape(n), short(m), f"{short(lo)} to {short(hi)}"] for n, m, lo, hi in rows
        ], 2))
    )  # fmt: skip


def _words(content: Json) -> str:
    """The words that speak for each answer, the strongest first."""
    found = [each for each in content.get("words", []) if each["words"]][:LARGEST]
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


def learned_from(
    data: Json, judged: str = "gave the figures above", chose: str = "chose the weights and the calibration"
) -> str:
    """Rows per part, columns with kinds, and what was odd. judged: what the rows did that neither taught nor chose."""
    parts, folds = data["parts"], data["folds"]
    if folds > 1:
        text = (
            f"{data['rows']:,} examples. There are few, so {folds} networks were learned, each without one fold; every example "
            "was judged by the one that never saw it, and together they answer."
        )
        if data["own_test"]:
            text += f" Your own {parts['test'][0]:,} test examples were judged by all of them together."
    else:
        text = f"{data['rows']:,} examples: {parts['train'][0]:,} taught, {parts['validation'][0]:,} {chose}, "
        text += f"{parts['test'][0]:,} {judged}."
    rows = [[escape(c["name"]), escape(c["kind"]), escape(c["use"]), escape(c["reason"])] for c in data["columns"]]
    shown = table(["column", "kind", "use", "why"], rows[:40])
    shown += (
        hidden(f"{len(rows) - 40} more columns", table(["column", "kind", "use", "why"], rows[40:]))
        if len(rows) > 40
        else ""
    )
    notes = "".join(
        f"<li{' class=warn' if n['level'] != 'info' else ''}>{escape(n['text'])}</li>" for n in data["notes"]
    )
    return (
        f"<h2>What it learned from</h2><p>{escape(text)} <span class=soft>How they were parted: {escape(data['split'])}.</span></p>{shown}"
        + (f"<ul>{notes}</ul>" if notes else "")
    )


def learning(content: Json, metric: str) -> str:
    """Learning curves, and what was decided on the way. metric: what was looked at, in words."""
    found = content["learning"]
    more = "".join(f"<li>{escape(note)}</li>" for note in content.get("decisions", []))
    cut = [
        moves[0]
        for moves, steps, planned in zip(found["shortened"], found["steps"], found["planned"], strict=True)
        if moves and steps < planned
    ]
    spent = f"{found['seconds']:.0f} seconds, {found['steps'][0]:,} steps of {found['batch']} examples"
    spent += f" for each of {len(found['steps'])} trainings" if len(found["steps"]) > 1 else ""
    spent += ". Learning was ended early by hand." if content["stopped"] else "."
    spent += (
        f" It was brought to its end early, at step {cut[0][0]:,}, by the clock or since nothing improved."
        if cut
        else ""
    )
    return (
        f"<h2>How it learned</h2><p>{escape(spent)} The ring marks the weights that were kept.</p>"
        + '<div class="pair">'
        + plots.curves(found["curves"], "value", f"{_title(metric)}, validation examples", found["best"])
        + plots.curves(found["curves"], "loss", "Loss, training examples", [])
        + "</div>"
        + (f"<ul>{more}</ul>" if more else "")
    )


def network(network: Json) -> str:
    """Why these networks, what was tried, and every layer."""
    tried = [[escape(t["name"]), f"{t['value']:.4g}", f"{t['seconds']:.0f} s"] for t in network["tried"]]
    layers = [[escape(each["name"]), escape(each["layer"]), f"{each['parameters']:,}"] for each in network["layers"]]
    reasons = "".join(f"<li>{escape(each)}</li>" for each in network["reasons"])
    size = f"{network['parameters']:,} numbers" + (
        f", {network['learned']:,} of them learned here" if network["learned"] < network["parameters"] else ""
    )
    many = f" {network['members']} such networks answer as one." if network["members"] > 1 else ""
    return (
        f"<h2>The network</h2><ul>{reasons}</ul><p>{size}, {escape(_depth(network))}.{many}</p>"
        + (table(["tried", "on validation examples", "time"], tried, 2) if tried else "")
        + hidden("Every layer", table(["layer", "what it is", "numbers"], layers, 1))
    )


def _depth(network: Json) -> str:
    """How far back a mistake is traced to what caused it."""
    said = f"{network['depth']} layers with weights one after the other"
    if steps := network.get("time_steps"):
        said += f", and a memory carried over up to {steps:,} steps of time"
    return f"{said} (the depth over which credit is assigned)"


def repeat(content: Json) -> str:
    """The command, the plan and the versions."""
    versions = ", ".join(f"{key} {value}" for key, value in content["versions"].items())
    command = content["command"]
    shown = f"<pre>{escape(command)}</pre>" if command else ""
    plan = [
        [escape(key), escape(", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value)]
        for key, value in content["plan"].items()
    ]
    return (
        "<h2>To repeat it</h2>"
        + (f"<p>{escape(_repeats(content['plan']))}</p>{shown}" if command else "")
        + table(["plan", ""], plan)
        + f"<p class=soft><small>{escape(versions)}</small></p>"
    )


def _repeats(plan: Json) -> str:
    same = "The same steps, seed and threads give the same weights on the same kind of CPU"
    if "minutes" not in plan:
        return f"{same}."
    return f"{same}, but for what the clock decided on the way: the sizes of pictures, what was tried, an end that came early."


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


# ------------------------------------------------------------------------------------------------- words


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]


def _origin(data: Json) -> str:
    return f"{data['rows']:,} examples" + (f" from {data['source']}" if data["source"] else "")


def figure(metric: str, value: float | None) -> str:
    """A metric's value as people write it: a share in percent, other figures short."""
    if value is None or value != value:
        return "–"
    return _percent(value) if metric in SHARES else short(value)


def _span(metric: str, own: Json) -> str:
    low, high = figure(metric, own["low"]), figure(metric, own["high"])
    return f"<span class=own>{figure(metric, own['value'])}</span><br><small>{low} to {high}</small>"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"  # a space that does not break


def _cut(word: str) -> str:
    return word if len(word) <= 14 else word[:13] + "…"
