"""From rows to answers: what a model, a server and an exported folder all do. NumPy and the graph, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from lamina.core import Answers, Array, Encoded, Found, Table, Taught
from lamina.model.intake import Intake
from lamina.model.novelty import Novelty
from lamina.model.windows import Windows
from lamina.outputs._scores import together

FEATURES = "features"
OVERLAP = 2.0  # seconds that windows share where words are written down: whole ones stand in one of them
CHUNK = 4096  # rows on their way at once; fewer where a row is large:
LARGE = (
    2**21
)  # numbers of them, at most. What a network makes of photos is a hundred times as large, and caches are small

Run = Callable[[Mapping[str, Encoded]], Mapping[str, Array]]


def raw(
    rows: Table, intake: Intake, outputs: Mapping[str, str], run: Run
) -> tuple[dict[str, Array], Array, dict[int, str], Array]:
    """Raw answers [N, C] by target, features [N, F], row to why its file could not be read, and the rows of which
    nothing at all could be read.

    outputs: target to its name in the graph. run: the graph.
    """
    windows = Windows.of(rows, intake)
    if windows is not None:
        found = _raw(windows, intake, outputs, run)
        if all(each.ndim == 2 for each in found[0].values()):
            return windows.together(*found)
    return _raw(rows, intake, outputs, run)  # what is written along time has no mean over windows


def _raw(
    rows: Table, intake: Intake, outputs: Mapping[str, str], run: Run
) -> tuple[dict[str, Array], Array, dict[int, str], Array]:
    """As `raw`, each row in one look."""
    size = sum(int(np.prod(form.shape)) for form in intake.forms.values())
    step = max(16, min(CHUNK, LARGE // max(size, 1)))
    raws: dict[str, list[Array]] = {column: [] for column in outputs}
    features: list[Array] = []
    problems: dict[int, str] = {}
    present = np.zeros(len(rows), bool)
    for start in range(0, len(rows), step):
        some = None if len(rows) <= step else np.arange(start, min(start + step, len(rows)))
        arrays = intake.encode(rows, some)
        problems |= {start + row: text for each in arrays.values() for row, text in each.problems}
        present[start : start + step] = np.any([each.present for each in arrays.values()], axis=0)
        found = run(arrays)
        features.append(found[FEATURES])
        for column, name in outputs.items():
            raws[column].append(found[f"raw_{name}"])
    return (
        {column: together(parts) for column, parts in raws.items()},
        np.concatenate(features),
        problems,
        np.flatnonzero(~present),
    )


def answer(
    rows: Table,
    intake: Intake,
    outputs: Mapping[str, Taught],
    names: Mapping[str, str],
    novelty: Novelty | None,
    run: Run,
    found: Mapping[str, Found] = MappingProxyType({}),
) -> dict[str, Answers]:
    """Answers by target, each row flagged where it is unlike the training data; and what is found in the features. A
    recording longer than those learned from is cut into windows, which are answered each, and together; what is said in
    it is written down window by window."""
    along = any(output.along for output in outputs.values())
    windows = Windows.of(rows, intake, OVERLAP if along else 0.0)
    raws, features, problems, nothing = _raw(rows if windows is None else windows, intake, names, run)
    parts: dict[str, Answers] = {}
    if windows is not None:
        for column, output in outputs.items():
            parts[column] = output.answer(raws[column])
            parts[column].unlike = None if novelty is None else novelty.unlike(features)
            parts[column].withhold(nothing)
        whole = {column: raws[column] for column, output in outputs.items() if not output.along}
        raws, features, problems, nothing = windows.together(whole, features, problems, nothing)
    unlike = intake.unlike(rows)
    for row, problem in problems.items():
        unlike.setdefault(row, []).insert(0, problem)
    far = np.zeros(len(rows), bool) if novelty is None else novelty.unlike(features)
    far[list(unlike)] = True
    far[nothing] = True
    reasons = {row: tuple(found) for row, found in unlike.items()}
    targets: dict[str, Answers] = {}
    for column, output in outputs.items():
        if windows is not None and output.along:
            answers = windows.joined(parts[column])
        else:
            answers = output.answer(raws[column])
            if windows is not None:
                answers.windows = windows.listed(parts[column])
        answers.unlike, answers.reasons = far, reasons
        answers.withhold(nothing)
        targets[column] = answers
    for column, each in found.items():
        answers = each.answer(features, rows)
        answers.reasons |= {row: (text, *answers.reasons.get(row, ())) for row, text in problems.items()}
        answers.withhold(nothing)
        targets[column] = answers
    return targets
