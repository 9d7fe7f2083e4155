"""What simple models are told of rows over time: each channel's mean, spread and extremes, and how long the row is."""

from __future__ import annotations

import warnings

import numpy as np

from lamina.core import Array, chunks

ASKED = 256  # rows at once


def over_time(values: Array, lengths: Array) -> Array:
    """[N, 4 C + 1] float32 from [N, T, C] with lengths [N]: mean, standard deviation, smallest and largest of each
    channel over the steps that hold something (NaN where none does), then the length."""
    found = np.empty((len(values), 4 * values.shape[2] + 1), np.float32)
    for rows in chunks(np.arange(len(values)), ASKED):
        steps = values[rows, : int(lengths[rows].max())].astype(np.float32, copy=False)  # halves would overflow
        steps = np.where(np.arange(steps.shape[1])[:, None] < lengths[rows, None, None], steps, np.nan)
        with warnings.catch_warnings():  # a channel that is missing throughout has no mean
            warnings.simplefilter("ignore", RuntimeWarning)
            parts = [each(steps, axis=1) for each in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)]
        found[rows] = np.concatenate([*parts, lengths[rows, None]], axis=1)
    return found
