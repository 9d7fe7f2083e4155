"""Answers of a model to the examples of the page, worked out once and kept with the model's and the data's hash. NumPy and the graph."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from lamina.core import Answer, Array, Coded, Json
from lamina.examples.reading import FILES
from lamina.machine import cache
from lamina.model.model import Model
from lamina.outputs.identity import Identity
from lamina.page.data import Data
from lamina.page.schema import shared

NEIGHBOURS = "neighbours"
STEP = 512  # rows between looks at the clock
VALUES = 2**26  # of all rows that are looked at once
Kept = TypeVar("Kept", bound=BaseModel)
Told = Callable[[float], None]  # the share that is done


def answers(model: Model, rows: Any) -> list[list[shared.Answer]]:
    """The answers to a few rows, as the page says them; none of a model that only tells whether two are the same. rows: a
    table whose columns are settled."""
    if any(isinstance(output, Identity) for output in model.outputs.values()):
        return [[] for _ in range(len(rows))]
    every = model.answer(rows)
    return [[told(model, target, found[row]) for target, found in every.items()] for row in range(len(rows))]


def told(model: Model, target: str, each: Answer) -> shared.Answer:
    """One answer, as the page says it."""
    kind = model.outputs[target].kind if target in model.outputs else model.found[target].kind
    return shared.Answer(
        target=target,
        kind=kind,
        value=called(each.value) if kind == NEIGHBOURS else each.value,
        confidence=each.confidence,
        alternatives=[
            shared.Share(value=str(word), share=min(max(share, 0.0), 1.0)) for word, share in each.alternatives
        ],
        interval=each.interval,
        unlike=each.unlike,
        reasons=list(each.reasons),
        score=each.score,
        nearest=[called(name) for name in each.nearest],
    )


def called(name: Any) -> Any:
    """A file by the last two parts of its path; what is no path as it is."""
    return "/".join(Path(name).parts[-2:]) if isinstance(name, str) and "/" in name else name


def raw(
    model: Model, data: Data, rows: Array, name: str, done: Told, seconds: float = float("inf")
) -> tuple[dict[str, Array], Array, Array]:
    """Raw answers [n, C] by target, features [n, F] float32, and the rows that were reached within `seconds`.

    rows: in the order in which they are asked. Kept under `name`; what was kept is read instead.
    """
    key = f"page-{data.key}-{name}-{len(rows)}"
    kept = [cache.recall(f"{key}-{part}") for part in ("rows", "features", *range(len(model.outputs)))]
    there = [each for each in kept if each is not None]
    if len(there) == len(kept) and _whole(there, rows):
        return dict(zip(model.outputs, there[2:], strict=True)), there[1], there[0]
    assert data.examples is not None
    begun, parts, wholes = time.monotonic(), [], []
    count = 0
    for start in range(0, len(rows), STEP):
        found, features, *_ = model.raw(data.examples.take(rows[start : start + STEP]))
        parts.append(found)
        wholes.append(features.astype(np.float32))
        count = min(start + STEP, len(rows))
        done(count / len(rows))
        if time.monotonic() - begun > seconds:
            break
    reached = rows[:count]
    whole = np.concatenate(wholes) if wholes else np.zeros((0, 1), np.float32)
    together = {target: _stacked([part[target] for part in parts]) for target in model.outputs}
    for part, values in zip(
        ("rows", "features", *range(len(together))), (reached, whole, *together.values()), strict=True
    ):
        cache.keep(f"{key}-{part}", values)
    return together, whole, reached


def remembered(key: str, model: type[Kept], make: Callable[[], Kept]) -> Kept:
    """What `make` gives, kept in the cache as JSON; what was kept is read instead, if it is still such an answer."""
    there = cache.recall(key)
    if there is not None and there.dtype == np.uint8:
        with contextlib.suppress(ValueError):
            return model.model_validate_json(there.tobytes())
    made = make()
    cache.keep(key, np.frombuffer(made.model_dump_json().encode(), np.uint8))
    return made


def _whole(kept: list[Array], rows: Array) -> bool:
    """Whether what was kept is of these rows: rows, features, and raw answers."""
    reached = kept[0]
    return np.array_equal(reached, rows[: len(reached)]) and all(
        each.ndim >= 2 and len(each) == len(reached) for each in kept[1:]
    )


def _stacked(parts: list[Array]) -> Array:
    from lamina.outputs._scores import together

    return together(parts) if parts else np.zeros((0, 1))


def sample(data: Data, target: str | None, most: int, seed: int = 0) -> Array:
    """At most so many rows, as many of each class as there are in proportion; never just the first ones. In a mixed order, so that
    a beginning of them is a sample, too."""
    assert data.examples is not None
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(data))
    if target is None or target not in data.examples.kinds or len(rows) <= most:
        return rows[:most]
    stored: Any = data.examples.stored(target)
    if not isinstance(stored, Coded):
        return rows[:most]
    place = np.zeros(len(rows))
    mixed = stored.codes[rows]
    for code in np.unique(mixed):  # evenly spread over the order: any beginning holds each class in proportion
        at = np.flatnonzero(mixed == code)
        place[at] = (np.arange(len(at)) + rng.random()) / len(at)
    return rows[np.argsort(place, kind="stable")][:most]


def affordable(model: Model, most: int, values: int = VALUES) -> int:
    """So many rows, or fewer where each is large."""
    size = sum(int(np.prod(form.shape)) for form in model.intake.forms.values())
    return max(16, min(most, values // max(size, 1)))


def cells_of(model: Model, data: Data, row: int, changes: Json) -> tuple[Any, Json, list[str]]:
    """One row of the data with some cells changed, its plain cells, and what was wrong with the changes."""
    from lamina.model.cells import Cells

    assert data.examples is not None
    kinds = model.intake.holds
    problems = [f"The model takes no column '{name}'." for name in changes if name not in kinds]
    plain: Json = {}
    for column, kind in kinds.items():
        value = _cell(data, column, row, kind)
        if column in changes and model.intake.inputs[column].holds in FILES:
            problems.append(
                f"'{column}' is {kind}: it cannot be changed here."
            )  # a word would be taken for a file's path
        elif column in changes:
            try:
                Cells.settle([{column: changes[column]}], {column: kind})
                value = changes[column]
            except (ValueError, TypeError):
                problems.append(f"'{changes[column]}' is no {kind}: {column} stays as it is.")
        plain[column] = value
    return Cells.settle([plain], kinds), plain, problems


def _cell(data: Data, column: str, row: int, kind: str) -> Any:
    from lamina.examples import dates

    assert data.examples is not None
    values = data.examples.values(column, np.array([row]))
    cell: Any = values.tolist()[0] if isinstance(values, Coded) else values[0]
    if kind == "date":
        return None if np.isnan(cell) else (dates.show(cell) or "").replace(" ", "T")
    if kind == "number":
        return None if np.isnan(cell) else float(cell)
    return cell
