"""Where a model comes from, as sections of any report: its examples, how it learned, its network, how to repeat it."""

from __future__ import annotations

from collections.abc import Sequence

from lamina.core import Json
from lamina.insight import plots
from lamina.insight.metrics import title
from lamina.insight.page import escape, hidden, table


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
    told = zip(found["shortened"], found["steps"], found["planned"], strict=True)
    early = next(filter(None, (_early(*each) for each in told)), "")
    spent = f"{found['seconds']:.0f} seconds, {found['steps'][0]:,} steps of {found['batch']} examples"
    spent += f" for each of {len(found['steps'])} trainings" if len(found["steps"]) > 1 else ""
    spent += ". Learning was ended early by hand." if content["stopped"] else "."
    return (
        f"<h2>How it learned</h2><p>{escape(spent + early)} The ring marks the weights that were kept.</p>"
        + '<div class="pair">'
        + plots.curves(found["curves"], "value", f"{title(metric)}, validation examples", found["best"])
        + plots.curves(found["curves"], "loss", "Loss, training examples", [])
        + "</div>"
        + (f"<ul>{more}</ul>" if more else "")
    )


def _early(moves: Sequence[Sequence[int]], steps: int, planned: int) -> str:
    """Of a training whose end was moved to before the planned one. moves: at which step, to which last step."""
    if not moves or not steps == moves[-1][1] < planned:
        return ""
    ends = [planned, *(last for _, last in moves)]
    at = [step for (step, last), before in zip(moves, ends, strict=False) if last < before][-1]
    return (
        f" It was brought to its end early, after {steps:,} of {planned:,} steps, as was settled at step {at:,}, by the "
        "clock or since nothing improved."
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
        + (f"<p>{escape(_repeats(content))}</p>{shown}" if command else "")
        + table(["plan", ""], plan)
        + f"<p class=soft><small>{escape(versions)}</small></p>"
    )


def _repeats(content: Json) -> str:
    """What else than the command has a say."""
    same = "The same steps, seed and threads give the same weights on the same kind of CPU"
    if "minutes" not in content["plan"] and not content["stopped"]:
        return f"{same}."
    moved = (
        " The end was moved on the way: here as many steps as were taken are planned from the start, so each is larger or "
        "smaller than it was, and the weights differ."
        if content["stopped"] or any((content.get("learning") or {}).get("shortened", []))
        else ""
    )
    return f"{same}, but for what the clock decided on the way: the sizes of pictures, what was tried.{moved}"
