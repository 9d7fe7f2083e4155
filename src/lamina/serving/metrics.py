"""Figures for Prometheus: counts and histograms by model, summed over the processes of a service.

Every process writes into an own file of numbers, and whoever is asked sums them all: then it does not matter which
process answers, and a count never falls when a process is replaced.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lamina.core import Array

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)
STATUSES = (200, 400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 429, 500, 503)
OTHER = "-"  # what is asked of no model

_COUNTS = len(STATUSES)
_TIMES = _COUNTS + len(SECONDS) + 2  # one more bucket for what is slower, and the sum
_BATCHES = _TIMES + len(ROWS) + 2
_WIDTH = _BATCHES + 2  # rows answered, rows unlike


class Metrics:
    """Numbers of this process. models: their names, the same in every process. folder: where the processes share."""

    def __init__(self, models: Sequence[str], folder: Path | None = None) -> None:
        self.models = [*models, OTHER]
        self.place = {name: row for row, name in enumerate(self.models)}
        self.folder = folder
        shape = (len(self.models), _WIDTH)
        self.own: Array = (
            np.zeros(shape)
            if folder is None
            else np.memmap(folder / f"{os.getpid()}.numbers", np.float64, mode="w+", shape=shape)
        )
        self._rows: list[Any] = [
            memoryview(row) for row in self.own
        ]  # to add to one number, NumPy takes ten times as long

    def request(self, model: str, status: int, seconds: float) -> None:
        row = self._rows[self.place.get(model, -1)]
        row[STATUSES.index(status) if status in STATUSES else STATUSES.index(500)] += 1
        row[_COUNTS + bisect_left(SECONDS, seconds)] += 1
        row[_TIMES - 1] += seconds

    def batch(self, model: str, rows: int) -> None:
        row = self._rows[self.place[model]]
        row[_TIMES + bisect_left(ROWS, rows)] += 1
        row[_BATCHES - 1] += rows

    def answered(self, model: str, rows: int, unlike: int) -> None:
        row = self._rows[self.place[model]]
        row[_BATCHES] += rows
        row[_BATCHES + 1] += unlike

    def text(self, waiting: dict[str, int]) -> str:
        """All figures as Prometheus reads them. waiting: rows in line by model, in this process."""
        total = self._total()
        lines = ["# HELP lamina_requests_total Requests by status.", "# TYPE lamina_requests_total counter"]
        for model, row in zip(self.models, total, strict=True):
            lines += [
                f'lamina_requests_total{{model="{model}",status="{status}"}} {int(count)}'
                for status, count in zip(STATUSES, row, strict=False)
                if count
            ]
        lines += _histogram(
            "lamina_request_seconds", "Seconds from request to answer.", self.models, total[:, _COUNTS:_TIMES], SECONDS
        )
        models = self.models[:-1]
        lines += _histogram("lamina_batch_rows", "Rows answered in one run.", models, total[:-1, _TIMES:_BATCHES], ROWS)
        for place, name, said in (
            (_BATCHES, "lamina_rows_total", "Rows answered."),
            (_BATCHES + 1, "lamina_unlike_rows_total", "Rows flagged as unlike the training data."),
        ):
            lines += [f"# HELP {name} {said}", f"# TYPE {name} counter"]
            lines += [f'{name}{{model="{model}"}} {int(row[place])}' for model, row in zip(models, total, strict=False)]
        lines += ["# HELP lamina_waiting_rows Rows in line.", "# TYPE lamina_waiting_rows gauge"]
        lines += [f'lamina_waiting_rows{{model="{model}"}} {count}' for model, count in waiting.items()]
        return "\n".join(lines) + "\n"

    def _total(self) -> Array:
        if self.folder is None:
            return self.own
        files = sorted(self.folder.glob("*.numbers"))
        parts = [np.fromfile(file, np.float64) for file in files]
        whole = [part.reshape(self.own.shape) for part in parts if part.size == self.own.size]
        total: Array = np.sum(whole, axis=0)
        return total


def _histogram(name: str, said: str, models: Sequence[str], rows: Array, edges: Sequence[float]) -> list[str]:
    lines = [f"# HELP {name} {said}", f"# TYPE {name} histogram"]
    for model, row in zip(models, rows, strict=True):
        reached = np.cumsum(row[:-1]).astype(int)
        if not reached[-1]:
            continue
        lines += [
            f'{name}_bucket{{model="{model}",le="{edge:g}"}} {count}'
            for edge, count in zip([*edges, np.inf], reached, strict=True)
        ]
        lines += [f'{name}_sum{{model="{model}"}} {row[-1]:g}', f'{name}_count{{model="{model}"}} {reached[-1]}']
    return [line.replace('le="inf"', 'le="+Inf"') for line in lines]
