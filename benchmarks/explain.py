"""What explanations cost with the worker warm, and whether they agree with Captum's on the same network.

`python benchmarks/explain.py [--quick]` learns a model of digits, of photos and of a table, explains examples of each, and prints
one JSON object. Times are processor time of this process beside the clock, medians of several runs. Captum is optional: it is an
oracle here, never a part of Lamina.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import ours
import torch
from torch import Tensor

import lamina
from lamina.insight.explain import Explainer, Explanation
from lamina.insight.gradcam import _where, gradcam
from lamina.insight.gradients import integrated
from lamina.insight.ranks import similarity
from lamina.insight.trace import trace
from lamina.insight.why import Brains, _weighed
from lamina.model.intake import TABLE

MODELS = {"digits": ("mnist", "label"), "cats_dogs": ("cats_dogs", "label"), "adult": ("adult", "income")}
MINUTES = 0.5
RUNS = 9
EXAMPLES = 8


def main() -> None:
    data, quick = Path(os.environ["LAMINA_DATA"]), "--quick" in sys.argv
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="lamina-bench-") as folder:
        for name, (source, target) in MODELS.items():
            place = Path(folder) / name
            place.mkdir()
            budget = ("--steps", 5) if quick else ("--minutes", MINUTES)
            ours.learn(data / source, target, place, "--seed", 0, *budget)
            found[name] = measured(str(place / "model"), str(data / source))
    print(json.dumps(found))


def measured(place: str, source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    model = lamina.load(place)
    explanations = lamina.explain(model, source)
    first = explanations[0]
    one = explanations.examples.take([0])
    array = next(iter(first.asked.inputs))
    explainer: Explainer = explanations.explainer
    if first.asked.inputs[array].values.ndim == 4:
        found["gradcam"] = timed(lambda: gradcam(first.asked, array))
        found["gradcam with its check"] = timed(lambda: checked(first, explainer.brains, array))
    found["trace"] = timed(lambda: trace(model, one))
    found["quick explanation"] = timed(lambda: explainer.explain(one, {}, "1", thorough=False))
    found["thorough explanation"] = timed(lambda: explainer.explain(one, {}, "1"), 3)
    agreed = [against_captum(explanations[k], array, explainer) for k in range(min(EXAMPLES, len(explanations)))]
    if None not in agreed:
        found["rank correlation with Captum, least"] = round(min(each for each in agreed if each is not None), 4)
    return found


def checked(first: Explanation, brains: Brains, array: str) -> None:
    _weighed(first.asked, brains, lambda asked: gradcam(asked, array), 3, lambda values: values.clip(0))


def timed(act: Callable[[], Any], runs: int = RUNS) -> dict[str, float]:
    """Median milliseconds, once warm."""
    act()
    clock, cpu = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        act()
        clock.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - used))
    return {"ms": round(statistics.median(clock), 1), "cpu ms": round(statistics.median(cpu), 1)}


def against_captum(each: Explanation, array: str, explainer: Explainer) -> float | None:
    """The rank correlation of our map with Captum's; None where it is not installed or the network has several members."""
    try:
        from captum.attr import LayerGradCam, LayerIntegratedGradients
    except ModuleNotFoundError:
        return None
    asked = each.asked
    if len(asked.network.members) > 1:
        return None
    row = asked.inputs[array].values

    def score(x: Tensor) -> Tensor:
        return asked.score({array: x})

    if row.ndim == 4:
        layer = _where(asked, array)[0]
        for parameter in layer.parameters():
            parameter.requires_grad_(True)
        theirs = LayerGradCam(score, layer).attribute(row, attr_dim_summation=True)
        ours = gradcam(asked, array)
        assert ours is not None
        return similarity(ours, theirs[0, 0].detach().numpy())
    before = torch.from_numpy(explainer._usual[TABLE].values)
    start = asked.networks(array)[0].starts[0]
    theirs = LayerIntegratedGradients(score, start).attribute(row, before, n_steps=400, method="riemann_middle")[0]
    parts = [[place] for place in range(row.shape[1])]
    ours = integrated(asked, array, before, parts)
    assert ours is not None
    changed = before.repeat(len(parts), 1)
    for number, places in enumerate(parts):
        changed[number, places] = row[0, places]
    with torch.no_grad():
        owned = (start(changed) - start(before)).abs() > 0  # which of the start's numbers are each column's
    summed = (owned * theirs.detach()).sum(1).numpy()
    differ = np.abs(ours) > 0
    return similarity(ours[differ], summed[differ])


if __name__ == "__main__":
    main()
