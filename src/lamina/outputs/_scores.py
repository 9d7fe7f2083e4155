"""Figures that several outputs share. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.core import CERTAIN, Array


def log_softmax(raw: Array) -> Array:
    """[B, K] to log-probabilities."""
    raw = raw - raw.max(axis=1, keepdims=True)
    result: Array = raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))
    return result


def softmax(raw: Array) -> Array:
    result: Array = np.exp(log_softmax(raw))
    return result


def sigmoid(raw: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-np.clip(raw, -60, 60)))
    return result


def together(parts: Sequence[Array]) -> Array:
    """Raw answers of several batches; those along time [B, T, C] are made as long as the longest, certain of class 0."""
    if parts[0].ndim < 3:
        return np.concatenate(parts)
    longest = max(part.shape[1] for part in parts)
    found = np.full((sum(map(len, parts)), longest, parts[0].shape[2]), -CERTAIN, np.float32)
    found[:, :, 0] = 0.0
    start = 0
    for part in parts:
        found[start : start + len(part), : part.shape[1]] = part
        start += len(part)
    return found


def auc(score: Array, positive: Array, weight: Array | None = None) -> float:
    """Area under the ROC curve: how often a positive scores above a negative (ties count half). nan if one is absent."""
    weight = np.ones(len(score)) if weight is None else weight
    levels, place = np.unique(score, return_inverse=True)
    up = np.bincount(place, weight * positive, minlength=len(levels))
    down = np.bincount(place, weight * ~positive, minlength=len(levels))
    if up.sum() == 0 or down.sum() == 0:
        return float("nan")
    below = np.cumsum(down) - down
    return float((up * (below + down / 2)).sum() / (up.sum() * down.sum()))


def mean(values: Array, weight: Array | None = None) -> float:
    return (
        float(np.average(values, weights=weight))
        if len(values) and (weight is None or weight.sum() > 0)
        else float("nan")
    )
