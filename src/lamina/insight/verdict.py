"""The result in words: how good the answers are, and whether a simple model does as well."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import likeness
from lamina.insight.metrics import figure, name


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
