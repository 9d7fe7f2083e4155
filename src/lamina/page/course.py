"""View 1: the course of learning. Live, from the progress that a training yields; of a finished model, as its report kept it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lamina import kinds
from lamina.core import Json, Progress
from lamina.insight.metrics import name
from lamina.page import fares
from lamina.page.schema import training
from lamina.page.way import Way

MOST = 2_000  # points of one answer
MEMORISING = 3  # looks in a row in which the loss on held-out rows rose while that on learned ones fell
SMALL = 0.02  # of the loss: less is no rise
STATES = ("reading", "trying", "resuming", "learning", "paused", "stopping", "judging", "saving")

DUEL = "image"  # what is made by two networks that fight
MADE = {"image": "Fréchet distance", "text": "nats a letter"}  # by which what makes something is judged


class Steered(Protocol):
    """A training that somebody else can stop and pause."""

    @property
    def paused(self) -> bool: ...
    def stop(self) -> None: ...
    def pause(self) -> None: ...
    def go_on(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Seen:
    curve: str
    point: training.Point


class Course:
    """What was seen of a training so far. Safe to be asked by other threads; adding costs next to nothing.

    running: what is being learned; None where it was learned before. makes: what it is learned to make, if anything.
    """

    def __init__(self, running: Steered | None = None, makes: str | None = None) -> None:
        self._lock = threading.Lock()
        self._seen: list[_Seen] = []
        self._last = Progress("starting")
        self._state = "starting" if running is not None else "kept"
        self._message, self._metric, self._better = "", "", 1
        self._best: dict[str, int] = {}
        self._score: dict[str, float] = {}  # of the weights kept so far, by curve
        self._steps: dict[str, int] = {}
        self._layers: dict[str, Json] = {}  # by curve, as `lamina.learning.layers` keeps them
        self._running = running
        self.way = Way(makes or "")

    # ---------------------------------------------------------------------------------------- live

    def add(self, progress: Progress) -> None:
        """The next progress."""
        with self._lock:
            if progress.stage != "paused":  # where it stands is where it stood
                self._last = progress
            self._state = progress.stage if progress.stage in STATES else self._state
            self._message = progress.message
            if progress.metric not in ("", self._metric):
                self._metric, self._better = progress.metric, direction(progress.metric)
            if progress.stage != "learning" or progress.value is None:
                return  # between two looks nothing new is known
            curve = progress.message.partition(" · ")[0] if progress.message.startswith(("fold", "with")) else ""
            self._steps[curve] = progress.steps
            if progress.seen is not None:
                self._layers[curve] = progress.seen["layers"]
            point = training.Point(
                step=progress.step, seconds=progress.seconds, loss=progress.loss,
                held_loss=self._held(progress.score), value=progress.value, best=progress.best,
            )  # fmt: skip
            if self._keeps(curve, progress):
                self._best[curve] = progress.step
            self._seen.append(_Seen(curve, point))
            if progress.seen is not None:
                self.way.add(progress.seen["shown"], self._best.get(curve))

    def _keeps(self, curve: str, progress: Progress) -> bool:
        """Whether the weights of this look are the ones kept so far: the score chooses them, of equal ones the later."""
        if progress.value != progress.best:
            return False  # a training that goes on may hold better ones from before
        if progress.score is None:
            return True
        if progress.score < self._score.get(curve, -np.inf):
            return False
        self._score[curve] = progress.score
        return True

    def _held(self, score: float | None) -> float | None:
        """The loss on held-out rows; of a duel the score is another thing than the loss."""
        return None if score is None or self.way.kind == DUEL else -score

    def end(self, state: str = "done", message: str = "") -> None:
        """It is over: done or failed."""
        with self._lock:
            self._state, self._message, self._running = state, message, None

    def stop(self) -> training.Stopped:
        """End learning after the step at hand."""
        with self._lock:
            running, state = self._running, self._state
        if running is None:
            return training.Stopped(stopping=False, said="Nothing is being learned: there is nothing to stop.")
        if state not in ("learning", "paused"):
            return training.Stopped(
                stopping=False, said="There is nothing yet that could be kept. Try again once it learns."
            )
        running.stop()
        return training.Stopped(
            stopping=True, said="It ends after the step at hand; the best so far is judged and kept."
        )

    def pause(self) -> training.Paused:
        """Rest after the step at hand."""
        with self._lock:
            running, state = self._running, self._state
        if running is None:
            return training.Paused(paused=False, said="Nothing is being learned: there is nothing to pause.")
        if state not in ("learning", "paused"):
            return training.Paused(paused=False, said="It does not learn right now. Try again once it does.")
        running.pause()
        return training.Paused(
            paused=True, said="It rests after the step at hand. The budget's clock stands still until it goes on."
        )

    def go_on(self) -> training.Paused:
        """Learn on."""
        with self._lock:
            running = self._running
            if running is None or not running.paused:
                return training.Paused(paused=False, said="It is not paused.")
            running.go_on()
            if self._state == "paused":
                self._state, self._message = "learning", ""
        return training.Paused(paused=False, said="It goes on; the budget's clock, too.")

    # ---------------------------------------------------------------------------------------- told

    @classmethod
    def kept(cls, results: Json) -> Course:
        """The course of a finished model. results: of its card."""
        makes = next((each["kind"] for each in results.get("makes") or []), None)
        found = cls(makes=makes)
        learning = results.get("learning") or {}
        curves: Sequence[Sequence[Json]] = learning.get("curves") or []
        layers: Sequence[Json] = learning.get("layers") or []
        target: Json = next(iter(results.get("targets") or []), {})
        found._metric = (results.get("plan") or {}).get("metric") or target.get("metric") or MADE.get(makes or "", "")
        found._better = int((target.get("better") or {}).get(found._metric, 1 if makes is None else -1))
        total, steps = float(learning.get("seconds") or 0.0), sum(learning.get("steps") or [0]) or 1
        before = 0
        for number, curve in enumerate(curves):
            called = f"fold {number + 1} of {len(curves)}" if len(curves) > 1 else ""
            found._steps[called] = int((learning.get("planned") or [0] * len(curves))[number])
            found._best[called] = int((learning.get("best") or [0] * len(curves))[number])
            best, most = None, -np.inf
            for each in curve:
                score = each.get("score")
                if each["step"] <= found._best[called] and (score is None or score >= most):
                    best, most = each.get("value"), most if score is None else score
                found._seen.append(
                    _Seen(
                        called,
                        training.Point(
                            step=each["step"], seconds=total * (before + each["step"]) / steps, loss=each["loss"],
                            held_loss=found._held(each.get("score")), value=each.get("value"), best=best,
                        ),
                    )
                )  # fmt: skip
            if number < len(layers):
                found._layers[called] = layers[number]
            before += int((learning.get("steps") or [0] * len(curves))[number])
        found._last = Progress("kept", seconds=total)
        if not curves:
            found._message = "Nothing was learned step by step."
        elif results.get("stopped"):
            found._message = "It was stopped early; the best so far was kept."
        return found

    @property
    def empty(self) -> bool:
        return not self._seen

    def metrics(self, since: int = 0) -> training.Metrics:
        """What is new since `next` of an earlier answer."""
        with self._lock:
            seen, last, state = self._seen[since:], self._last, self._state
            every, count = list(self._seen), len(self._seen)
            message, metric, steered = self._message, self._metric, self._running is not None
            best, steps, layers = dict(self._best), dict(self._steps), dict(self._layers)
        names = list(dict.fromkeys(each.curve for each in seen))
        share = max(1, MOST // max(len(names), 1))
        fared = {curve: fares.layers(layers[curve]) for curve in names if curve in layers}
        curves = [
            training.Curve(
                name=curve,
                points=thinned([each.point for each in seen if each.curve == curve], share),
                best=best.get(curve),
                steps=steps.get(curve, 0),
                layers=fared.get(curve, []),
                layers_said=fares.told(fared.get(curve, [])),
            )
            for curve in names
        ]
        live = state not in ("done", "failed", "kept")
        return training.Metrics(
            live=live,
            state=state,  # type: ignore[arg-type]
            message=message,
            said=told([each.point for each in every if not every or each.curve == every[-1].curve], live),
            metric=metric,
            metric_said=name(metric) if metric else "",
            better=1 if self._better > 0 else -1,
            curves=curves,
            step=last.step,
            steps=last.steps,
            rate=last.rate if live and state != "paused" else 0.0,
            seconds=last.seconds,
            left=last.left if live else None,
            can_stop=steered and state in ("learning", "paused"),
            can_pause=steered and state == "learning",
            next=count,
        )


def direction(metric: str) -> int:
    """1 where more of a metric is better, -1 where less is: as the outputs say; what is learned without labels is a loss.

    >>> direction("mae"), direction("accuracy"), direction("nats a letter")
    (-1, 1, -1)
    """
    known: dict[str, int] = {}
    for kind in kinds.names("outputs"):
        known |= kinds.find("outputs", kind).better
    return known.get(metric, -1)


def thinned(points: Sequence[training.Point], most: int) -> list[training.Point]:
    """At most so many points: of each stretch those with the smallest and the largest loss, and all that were looked at."""
    if len(points) <= most:
        return list(points)
    losses = np.array([np.nan if each.loss is None else each.loss for each in points])
    kept = {0, len(points) - 1}
    for part in np.array_split(np.arange(len(points)), max(1, most // 2 - 1)):
        here = losses[part]
        if np.isfinite(here).any():
            kept |= {int(part[np.nanargmin(here)]), int(part[np.nanargmax(here)])}
    return [points[k] for k in sorted(kept)[:most]]


def told(points: Sequence[training.Point], live: bool) -> list[str]:
    """What the curves say, in plain words."""
    looked: list[Any] = [each for each in points if each.held_loss is not None and each.loss is not None]
    if len(looked) < 3:
        return ["It has only begun: nothing can be told yet."] if live else []
    held = [each.held_loss for each in looked]
    lowest = int(np.argmin(held))
    after = looked[lowest + 1 :]
    found = []
    if (
        len(after) >= MEMORISING
        and held[-1] > held[lowest] + SMALL * abs(held[lowest])
        and looked[-1].loss < looked[lowest].loss
    ):
        found.append(
            f"Since step {looked[lowest].step:,} it has been memorising: it gets better on the examples that it learns from, and worse on "
            "those held out. The weights of the best step are the ones that are kept."
        )
    elif lowest >= len(held) - 2:
        found.append(
            "The loss on held-out examples still falls: "
            + ("it goes on learning." if live else "more time might have helped.")
        )
    else:
        found.append("The loss on held-out examples no longer falls: it has learned what it can from these examples.")
    if held[lowest] > 0 and looked[-1].loss < 0.3 * held[lowest]:
        found.append(
            "It knows the examples that it learned from much better than new ones: more examples would help most."
        )
    return found
