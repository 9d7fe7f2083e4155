"""From probabilities to answers: what mistakes cost, and the threshold that follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from lamina.core import Array, PlanError, Taught, nearest
from lamina.outputs.category import Category

RARE = 0.1  # a class below this share of the rows is worth a word


def decide(
    column: str, output: Taught, plan_costs: Sequence[str], metric: str | None, raw: Array, target: Array
) -> list[str]:
    """Settle the costs of a category's mistakes; what was decided and why, in words.

    raw, target: of rows that calibrate, raw with the temperature applied. Costs come from the plan, or from a metric
    that asks for another threshold than the most probable class (balanced accuracy, F1).
    """
    if not isinstance(output, Category):
        return []
    counts = np.bincount(target, minlength=output.width)
    said = _imbalance(column, output, counts, bool(plan_costs or metric))
    if plan_costs:
        output.costs = costs(plan_costs, output.classes)
        said.append(f"{column}: answers follow the costs given ({', '.join(plan_costs)}).")
    elif metric == "balanced_accuracy":
        weights = counts.sum() / np.maximum(counts, 1) / output.width
        output.costs = weights[:, None] * (1 - np.eye(output.width))
        said.append(f"{column}: mistakes on rare labels cost more, as balanced accuracy asks.")
    elif metric == "f1" and output.width == 2:
        threshold = _best_f1(output, raw, target)
        output.costs = np.array([[0.0, threshold / (1 - threshold)], [1.0, 0.0]])
        said.append(f"{column}: the threshold was chosen on validation rows for the highest F1.")
    threshold_said = output.threshold()
    if output.costs is not None and threshold_said is not None:
        said.append(f"{column}: '{output.classes[1]}' is answered from a probability of {threshold_said:.3f} on.")
    return said


def check_costs(outputs: Mapping[str, Taught], said: Sequence[str]) -> None:
    """Refuse costs that no target understands, before an hour of learning rather than after it."""
    categories = [output for output in outputs.values() if isinstance(output, Category)]
    if said and not categories:
        raise PlanError(f"Costs ({', '.join(said)}) are of taking one label for another, and no target has labels.")
    for output in categories:
        costs(said, output.classes)


def costs(said: Sequence[str], classes: Sequence[str]) -> Array:
    """A matrix [truth, answer] from `truth=answer:cost`; other mistakes cost 1, right answers nothing.

    Raises:
        PlanError: not of that form, or a class that does not exist.
    """
    matrix = 1 - np.eye(len(classes))
    for each in said:
        found = re.fullmatch(r"(.+)=(.+):([0-9.eE+-]+)", each)
        if not found:
            raise PlanError(f"The cost '{each}' was not understood. Say truth=answer:cost, such as sick=healthy:10.")
        for word in found.group(1, 2):
            if word not in classes:
                raise PlanError(f"The cost '{each}' names '{word}', which is no class. {nearest(word, classes)}")
        value = float(found.group(3))
        if not 0 <= value < 1e9:
            raise PlanError(f"The cost '{each}' must be 0 or more.")
        matrix[classes.index(found.group(1)), classes.index(found.group(2))] = value
    return matrix


def _best_f1(output: Category, raw: Array, target: Array) -> float:
    score = 1 / (1 + np.exp(raw[:, 0] - raw[:, 1]))
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(target[order] == 1)
    f1 = 2 * hits / (np.arange(1, len(target) + 1) + max(int((target == 1).sum()), 1))
    best = int(np.argmax(f1))
    after = score[order[best + 1]] if best + 1 < len(order) else 0.0
    return float(np.clip((score[order[best]] + after) / 2, 0.01, 0.99))


def _imbalance(column: str, output: Category, counts: Array, handled: bool) -> list[str]:
    shares = counts / max(counts.sum(), 1)
    rare = int(np.argmin(shares))
    if shares[rare] >= RARE / max(1, output.width - 1):
        return []
    advice = (
        ""
        if handled
        else (
            " The probabilities stay honest; to be told of it more often, say --metric balanced_accuracy or what missing it"
            f" costs: --cost '{output.classes[rare]}={output.classes[int(np.argmax(shares))]}:10'."
        )
    )
    return [f"{column}: '{output.classes[rare]}' is rare ({100 * shares[rare]:.1f} % of the rows).{advice}"]
