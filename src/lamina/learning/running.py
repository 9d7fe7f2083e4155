"""What every way to a model has in common: a stream of progress, stopped at any time, gone on with after a crash."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from lamina.core import Array, Json, Progress
from lamina.learning.budget import Budget
from lamina.learning.loop import Loop
from lamina.learning.plan import Plan
from lamina.machine import device
from lamina.machine.files import new_file
from lamina.model.bundle import check_place
from lamina.model.model import Model

WATCHFUL = 0.2  # seconds of a pause after which it is seen that somebody stopped


class Led(Protocol):
    """Something that a loop teaches; before it begins there is no loop."""

    loop: Loop | None


class Running(ABC):
    """Learns while it is iterated over; `model` is there at the end. Ctrl-C ends learning early and keeps the best.

    out: where the model will be saved; beside it, a folder keeps where learning stands, so that running the same again
    after a crash goes on. learning: whether there is something by now that could be kept.
    """

    def __init__(self, plan: Plan, out: Path | None, overwrite: bool, started: float | None, command: str) -> None:
        if out is not None:
            check_place(out, overwrite)
        self.plan, self.out, self.overwrite, self.command = plan, out, overwrite, command
        seconds = None if plan.minutes is None else 60 * plan.minutes
        self.budget = Budget(time.monotonic() if started is None else started, seconds)
        self.device = device.choose(plan.device)
        self.stopped = self.learning = False
        self._going = threading.Event()
        self._going.set()
        self._model: Model | None = None
        self._led: Led | None = None

    @abstractmethod
    def __iter__(self) -> Iterator[Progress]: ...

    @property
    def model(self) -> Model:
        """The learned model; runs the training to its end first, if nobody has."""
        if self._model is None:
            for _ in self:
                pass
        assert self._model is not None
        return self._model

    def stop(self) -> None:
        """End learning after the step at hand; what was learned is judged and saved."""
        self.stopped = True
        if self._led is not None and self._led.loop is not None:
            self._led.loop.stop()

    def pause(self) -> None:
        """Rest after the step at hand, until `go_on` or `stop`. The budget's clock stands still meanwhile."""
        self._going.clear()
        if self._led is not None and self._led.loop is not None:
            self._led.loop.report()

    def go_on(self) -> None:
        """Learn on after `pause`."""
        self._going.set()

    @property
    def paused(self) -> bool:
        """Whether it rests, or will after the step at hand."""
        return not self._going.is_set()

    def _lead(self, led: Led, running: Iterator[Progress], says: str = "", **more: Any) -> Iterator[Progress]:
        """The progress of `running`, which teaches `led`, until it ends or somebody ends it: then with the best so far.

        says: before its own messages; more: what else each progress says.
        """
        self._led, self.learning = led, True
        try:
            for progress in running:
                if self.stopped and led.loop is not None:  # asked for before there was a loop
                    led.loop.stop()
                message = " · ".join(each for each in (says, progress.message) if each)
                seconds = time.monotonic() - self.budget.started
                yield replace(progress, message=message, seconds=seconds, **more)
                if self.paused and not self.stopped:
                    yield from self._rest(led)
        except KeyboardInterrupt:
            if self.stopped:  # the second one means it
                raise
            self.stopped = True
            if led.loop is not None:
                led.loop.end()
        if self.stopped:
            yield self._said("stopping", "Keeping the best so far, and judging it; Ctrl-C once more ends at once")

    def _rest(self, led: Led) -> Iterator[Progress]:
        """Until somebody wants it to go on, or to end."""
        begun = time.monotonic()
        try:
            yield self._said(
                "paused", "Paused, and the budget's clock stands still; Ctrl-C ends it and keeps the best so far"
            )
            while not self.stopped and not self._going.wait(WATCHFUL):
                pass
        finally:
            seconds = time.monotonic() - begun
            self.budget.started += seconds
            if led.loop is not None:
                led.loop.rested(seconds)

    def _save(self, model: Model) -> Iterator[Progress]:
        """Save it where that was asked for; nothing is left of where learning stood."""
        self._model = model
        if self.out is not None:
            yield self._said("saving", f"Saving {self.out}")
            model.save(self.out, overwrite=self.overwrite)
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    # --------------------------------------------------------------------------------- where learning stands

    @property
    def _place(self) -> Path | None:
        return None if self.out is None else self.out.with_name(f".{self.out.name}.partial")

    def _file(self, name: str) -> Path | None:
        """Where a loop keeps its checkpoints."""
        return None if self._place is None else self._place / f"{name}.safetensors"

    def _recall(self, run: str) -> Json | None:
        """What the same run, begun before, had settled; what another run left is removed."""
        if self._place is None:
            return None
        try:
            kept: Json = json.loads((self._place / "run.json").read_text())
        except (OSError, ValueError):
            kept = {}
        if kept.get("run") == run:
            return kept
        shutil.rmtree(self._place, ignore_errors=True)
        return None

    def _keep(self, run: str, **settled: Any) -> None:
        """Keep what a run has settled, for the same one after a crash."""
        if self._place is not None:
            with new_file(self._place / "run.json") as aside:
                aside.write_text(json.dumps({"run": run, **settled}))

    def _said(self, stage: str, message: str) -> Progress:
        seconds = time.monotonic() - self.budget.started
        return Progress(stage=stage, message=message, seconds=seconds, left=self.budget.left())


def fingerprint(keys: Array, said: Sequence[Any]) -> str:
    """The same for the same rows and words: then what was learned before may go on."""
    return hashlib.sha256(keys.tobytes() + json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
