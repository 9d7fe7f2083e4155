"""Does one column alone give the target away? A lookup learned on half of a sample is tried on the other half."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from lamina.core import Array, Coded
from lamina.examples.examples import Examples

_SAMPLE = 4_000
_WIDE = 500  # columns; beyond it a smaller sample


def columns(examples: Examples, target: str, inputs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Columns that tell the target (nearly) without error, and how that shows. A lone input may do so."""
    if len(inputs) < 2:
        return
    rows = _sample(examples, target, _SAMPLE if len(inputs) <= _WIDE else _SAMPLE // 4)
    if len(rows) < 40:
        return
    answer = examples.stored(target, rows)
    if len(inputs) > _WIDE and isinstance(answer, Coded):
        inputs = _promising(
            examples, inputs, rows[:: max(1, len(rows) // 200)], answer.codes[:: max(1, len(rows) // 200)]
        )
    for name in inputs:
        data = examples.stored(name, rows)
        x = data.codes.astype(np.float64) if isinstance(data, Coded) else data.astype(np.float64)
        how = _told(x, answer, isinstance(data, Coded))
        if how:
            yield name, how


def _promising(examples: Examples, inputs: Sequence[str], rows: Array, labels: Array) -> list[str]:
    """Of very many columns those in whose order the labels of a few rows lie together: the others give nothing away."""
    stored = (examples.stored(name, rows) for name in inputs)
    x = np.stack([data.codes if isinstance(data, Coded) else data for data in stored], axis=1)
    sorted_labels = labels[np.argsort(x, axis=0, kind="stable")]
    changes = (sorted_labels[1:] != sorted_labels[:-1]).mean(axis=0)
    shares = np.bincount(labels[labels >= 0]) / len(labels)
    usual = 1 - float((shares**2).sum())
    kept = changes <= 0.6 * usual + 3 / len(labels)
    return [name for name, keep in zip(inputs, kept, strict=True) if keep]


def traits(examples: Examples, target: str, problems: Array, forms: Mapping[str, Array]) -> Iterator[tuple[str, str]]:
    """Form instead of content that tells the label: of images their size or file format, of sounds their rate.

    problems: [N] str, "" where a file is readable. forms: by what it is called, [N] numbers that are equal where it is."""
    rows = _sample(examples, target, _SAMPLE)
    rows = rows[problems[rows] == ""] if len(rows) else rows
    answer = examples.stored(target, rows)
    if len(rows) < 40 or not isinstance(answer, Coded):
        return
    for trait, values in forms.items():
        how = _told(values[rows].astype(np.float64), answer, True)
        if how:
            yield trait, how


def _sample(examples: Examples, target: str, most: int) -> Array:
    data = examples.stored(target)
    known = data.codes >= 0 if isinstance(data, Coded) else ~np.isnan(data.astype(np.float64))
    rows = np.flatnonzero(known)
    return np.sort(np.random.default_rng(0).permutation(rows)[:most])


def _told(x: Array, answer: Array | Coded, exact: bool) -> str:
    """What the lookup achieves when that is nearly everything, else ""."""
    order = np.random.default_rng(1).permutation(len(x))
    fit, check = order[: len(x) // 2], order[len(x) // 2 :]
    x = np.where(np.isnan(x), np.inf, x)
    if isinstance(answer, Coded):
        labels = answer.codes
        classes = int(labels.max()) + 1
        usual = int(np.bincount(labels[fit], minlength=classes).argmax())
        base = float((labels[check] != usual).mean())
        said = _lookup_label(x[fit], labels[fit], x[check], usual, exact)
        wrong = float((labels[check] != said).mean())
        if base > 0 and wrong <= 0.03 * base and base * len(check) >= 5:
            return f"It alone is right in {1 - wrong:.1%} of held-out rows; the commonest answer in {1 - base:.1%}."
        return ""
    y = answer.astype(np.float64)
    there = np.isfinite(x) & np.isfinite(y)
    if not exact:
        if there.sum() >= 40 and np.ptp(x[there]) > 0 and np.ptp(y[there]) > 0:
            r = float(np.corrcoef(x[there], y[there])[0, 1])
            if abs(r) > 0.999:
                return f"Their correlation is {r:.5f}."
        return ""
    found, inverse, counts = np.unique(x[fit], return_inverse=True, return_counts=True)
    if len(found) > len(fit) / 5:
        return ""
    means = np.bincount(inverse, y[fit]) / counts
    spot = np.minimum(np.searchsorted(found, x[check]), len(found) - 1)
    said = np.where(found[spot] == x[check], means[spot], y[fit].mean())
    spread = float(((y[check] - y[fit].mean()) ** 2).sum())
    explained = 1 - float(((y[check] - said) ** 2).sum()) / spread if spread else 0.0
    return f"It alone explains {explained:.2%} of the differences." if explained > 0.999 else ""


def _lookup_label(x: Array, labels: Array, asked: Array, usual: int, exact: bool) -> Array:
    """The commonest label at the same value; for numbers at the nearest value."""
    pairs, counts = np.unique(np.stack([x, labels.astype(np.float64)]), axis=1, return_counts=True)
    order = np.lexsort((counts, pairs[0]))  # the last of each value is its commonest label
    values = pairs[0][order]
    last = np.append(values[1:] != values[:-1], True)
    values, best = values[last], pairs[1][order][last].astype(np.int64)
    right = np.minimum(np.searchsorted(values, asked), len(values) - 1)
    if exact:
        return np.where(values[right] == asked, best[right], usual)
    left = np.maximum(right - 1, 0)
    with np.errstate(invalid="ignore"):
        nearer = np.where(np.abs(asked - values[left]) < np.abs(values[right] - asked), left, right)
    found: Array = best[nearer]
    return found
