"""What a benchmark consists of, and the file that keeps every single figure as soon as it is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """How benchmarks are run. seeds: instead of each benchmark's own number. quick: to see that all works. times: so much
    longer budgets, where the machine does other work; what was asked and the time of the processors are kept."""

    data: Path
    seeds: int | None = None
    quick: bool = False
    times: float = 1.0

    def count(self, own: int) -> int:
        """How many seeds, where a benchmark's own number is `own`."""
        return self.seeds or (1 if self.quick else own)


@dataclass(frozen=True)
class Run:
    """One measurement. What it was asked (`asked`: budgets) is kept with its figures.

    act: given an empty folder, does it and returns the figures. ours: the figures hold for today's code of Lamina
    only. environment: the peer's, or None for Lamina's own.
    """

    method: str
    set: str
    seed: int
    act: Callable[[Path], Json]
    ours: bool = False
    environment: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> Json:
        return {"method": self.method, "set": self.set, "seed": self.seed}

    def __str__(self) -> str:
        return f"{self.set} {self.method} seed {self.seed}"


class Record:
    """The runs of one benchmark in a JSON file, written whole after each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: list[Json] = json.loads(path.read_text())["runs"] if path.exists() else []

    def holds(self, run: Run, code: str | None) -> Json | None:
        """What was measured for this run, if it was asked the same. code: of Lamina; None takes any."""
        for each in self.runs:
            if {**each, **run.name, **run.asked} == each and (code is None or not run.ours or each["code"] == code):
                return each
        return None

    def add(self, run: Run, found: Json) -> None:
        """Keep the figures of a run in place of earlier ones."""
        self.runs = [each for each in self.runs if {**each, **run.name} != each]
        self.runs.append({**run.name, **run.asked, **found})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_suffix(".tmp")
        lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in self.runs)
        aside.write_text(f'{{"runs": [\n{lines}\n]}}\n')
        aside.replace(self.path)

    def __iter__(self) -> Iterator[Json]:
        return iter(self.runs)
