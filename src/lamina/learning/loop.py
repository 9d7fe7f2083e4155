"""The loop: batches through a method, steps of the optimisers, an eye on validation and on the clock.

It knows methods only through `parts` and `losses`: one part or two, one loss or three are the same to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Json, LaminaError, Loss, Method, Progress, Recipe
from lamina.learning import standing
from lamina.learning.layers import Watch
from lamina.learning.passes import Order, Passes
from lamina.learning.rows import Supply, cut
from lamina.learning.schedule import Schedule, optimisers, set_rate, shape, take_step
from lamina.learning.standing import Best, Healthy
from lamina.machine import memory
from lamina.machine.device import draw_from, out_of_memory
from lamina.machine.files import DiskFull

CLIP = 5.0  # largest norm of a part's gradient; a single wild batch must not undo the rest
PATIENCE = 8  # judgements without a gain before the rest of the schedule is run through quickly
WARM = 3  # first steps, which set things up: the pace is told without them
ADRIFT = 0.01  # of all steps: by less, the end is not moved to meet the clock
SAVE_EVERY = 10.0  # seconds between checkpoints


class Loop:
    """Learns for a number of steps; iterate over it to make it run.

    judge: the score of the (averaged) weights on validation rows, more is better, and a figure to show. seed, steps and the number of threads
    settle the weights on the CPU. deadline: on `time.monotonic`; the schedule's end is moved to meet it.
    patient: end early, through the rest of the schedule, when validation no longer improves. recover: how often it goes
    back to where it was healthy, with half the rate, when the loss is no longer a number or `judge` gives the score
    -inf. What `judge` gives beyond score and figure is a dict of further figures, which the history keeps, and one of what else
    there is to show of this moment, which `shown` keeps. order: which rows come when; by default pass after pass, shuffled.
    """

    def __init__(
        self,
        method: Method,
        rows: Supply,
        index: Array,
        recipe: Recipe,
        *,
        steps: int,
        judge: Callable[[], tuple[Any, ...]],
        seed: int = 0,
        device: torch.device | None = None,
        judgements: int = 20,
        deadline: float | None = None,
        patient: bool = False,
        recover: int = 0,
        saved: Path | None = None,
        order: Order | None = None,
    ) -> None:
        self.method, self.rows, self.recipe, self.judge = method, rows, recipe, judge
        self.batch = min(recipe.batch, len(index))
        self.passes = order or Passes(index, self.batch, seed, recipe.easy)
        self.seed, self.device = seed, device or torch.device("cpu")
        self.judgements, self.deadline, self.patient, self.saved = judgements, deadline, patient, saved
        self.parts = dict(method.parts())
        self.frozen = {
            f"{name}/{key}"
            for name, part in self.parts.items()
            for key, parameter in part.named_parameters()
            if not parameter.requires_grad
        }
        # Asked for once: walking the modules at every step costs small networks a tenth of their time.
        self.parameters = {name: list(part.parameters()) for name, part in self.parts.items()}
        self.state = self._state()
        self.optimisers = {name: optimisers(part, recipe) for name, part in self.parts.items()}
        self.schedule = Schedule(steps)
        self.most = round(recipe.most * recipe.steps(len(index)))  # more would teach nothing, if there is time or not
        self.ending = False  # since validation no longer improved
        self.averaged = {name: tensor.clone() for name, tensor in self.state.items()} if recipe.average else {}
        self.best = Best()
        self.step = 0
        self.pieces = 1  # a batch is cut into so many when memory runs out
        self.history: list[dict[str, float]] = []
        self.shown: list[Json] = []
        self.watch = Watch(self.parts)
        self.trouble = ""  # what a person should know about the checkpoints
        self.recover, self.setbacks = recover, list[int]()  # the steps at which it went back
        self.healthy = Healthy()
        self._stop = self._report = False
        self._rested = 0.0  # seconds in which nothing was learned because somebody wanted it so
        if saved is not None:
            standing.resume(self, saved)

    def stop(self) -> None:
        """End after the step at hand."""
        self._stop = True

    def report(self) -> None:
        """Yield after the step at hand, whatever step it is."""
        self._report = True

    def rested(self, seconds: float) -> None:
        """The clock stood still for so long, by which neither pace nor the deadline is to be told."""
        self._rested += seconds

    def __iter__(self) -> Iterator[Progress]:
        with memory.at_hand():
            yield from self._learn()

    def _learn(self) -> Iterator[Progress]:
        started = timed = written = self._now()
        first = timed_at = self.step
        total, count = torch.zeros((), device=self.device), 0.0
        while self.step < self.schedule.steps and not self._stop:
            before = self.watch.weights() if self._due(self.step + 1) else None
            loss, rows = self._step()
            total, count = total + loss, count + rows
            self.step += 1
            now = self._now()
            pace = (now - timed) / (self.step - timed_at)
            if self.step == first + WARM:
                timed, timed_at = now, self.step
            self._keep_to_the_clock(now, pace)
            last = self.step >= self.schedule.steps or self._stop
            value = None
            if last or self._due(self.step):
                with self.watch.looking(self.step, self._rate(self.step - 1), before):
                    score, value, more = self.look()
                mean = float(total) / max(count, 1e-9)
                self.history.append({"step": self.step, "loss": mean, "score": score, "value": value, **more})
                total, count = torch.zeros((), device=self.device), 0.0
                self._keep_healthy(np.isfinite(mean), score > -np.inf)
                self._plateau()
            if self.saved is not None and (last or now - written > SAVE_EVERY):
                self._save_if_it_fits(self.saved)
                written = self._now()
            if value is not None or self._report or self.step % max(1, self.schedule.steps // 200) == 0:
                self._report = False
                yield self._progress(value, pace, started)
        self.passes.forget()
        self.end()

    def _now(self) -> float:
        return time.monotonic() - self._rested

    def _rate(self, step: int) -> float:
        """The share of the full learning rate at a step."""
        return shape(self.recipe.schedule, self.schedule.time(step)) * 0.5 ** len(self.setbacks)

    def pace(self, seconds: float) -> float:
        """Seconds per step, by taking some: the first ones, which set things up, do not count."""
        times: list[float] = []
        end = time.monotonic() + seconds
        while len(times) < 6 or (time.monotonic() < end and len(times) < 200):
            begun = time.monotonic()
            self._step()
            self.step += 1
            times.append(time.monotonic() - begun)
        return float(np.mean(times[WARM:]))

    # ------------------------------------------------------------------------------------------ one step

    def _step(self) -> tuple[Tensor, float]:
        """One batch: every loss that the method yields goes backward, and its part steps. Sum and count of losses."""
        # The random state follows from seed and step alone, so that a resumed run draws what the whole one drew.
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            while True:
                draw_from(((self.seed << 32) + self.step) % 2**63, self.device)
                try:
                    return self._attempt()
                except RuntimeError as error:
                    if not out_of_memory(error) or self.method.whole_batch or self.pieces >= self.batch:
                        raise
                    self.pieces *= 2
                    self._forget_gradients()

    def _attempt(self) -> tuple[Tensor, float]:
        index, worth = self.passes.next(self.step, self.schedule.time(self.step))
        batch = self.rows.batch(index, self.device)
        if worth is not None:
            batch.weight = batch.weight * worth.to(self.device)
        for part in self.parts.values():
            if not part.training:
                part.train()
        pieces = [iter(self.method.losses(piece)) for piece in cut(batch, self.pieces)]
        total, count = torch.zeros((), device=self.device), 0.0
        of_rows: list[Tensor] = []
        while losses := self._backward(pieces):
            self._update(losses[0].part, sum(loss.count for loss in losses))
            for loss in losses:
                total, count = total + loss.sum.detach(), count + loss.count
            of_rows += [loss.rows for loss in losses if loss.rows is not None]
        if of_rows:
            self.passes.told(torch.cat(of_rows))
        self._average()
        return total, count

    def _backward(self, pieces: Sequence[Iterator[Loss]]) -> list[Loss]:
        """The next loss of every piece of the batch, each sent backward before the next is computed: so memory holds one
        piece at a time. None are left when the method has yielded all."""
        losses: list[Loss] = []
        for piece in pieces:
            loss = next(piece, None)
            if loss is not None:
                loss.sum.backward()  # type: ignore[no-untyped-call]
                losses.append(loss)
        return losses

    def _update(self, part: str, count: float) -> None:
        """One step of a part, by the mean of losses over `count` rows."""
        parameters = [p for p in self.parameters[part] if p.grad is not None]
        gradients = [p.grad for p in parameters if p.grad is not None]
        if count > 0 and gradients:
            torch._foreach_mul_(gradients, 1 / count)
            nn.utils.clip_grad_norm_(parameters, CLIP, foreach=True)
            for optimiser in self.optimisers[part]:
                set_rate(optimiser, self._rate(self.step))
                take_step(optimiser)
        self._forget_gradients()

    def _forget_gradients(self) -> None:
        """Of every part: a generator's loss also leaves gradients in the other part."""
        for parameters in self.parameters.values():
            for parameter in parameters:
                parameter.grad = None

    def _average(self) -> None:
        if not self.averaged:
            return
        decay = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            floating = [name for name, tensor in self.state.items() if tensor.is_floating_point()]
            torch._foreach_lerp_([self.averaged[n] for n in floating], [self.state[n] for n in floating], 1 - decay)
            for name in self.state.keys() - set(floating):
                self.averaged[name].copy_(self.state[name])

    # --------------------------------------------------------------------------------- judging and the end

    def _due(self, step: int) -> bool:
        every = max(1, self.schedule.steps // self.judgements)
        near = self.schedule.steps - step < every / 2  # the end is looked at anyway
        return step == self.schedule.steps or (step % every == 0 and not near)

    def look(self) -> tuple[float, float, dict[str, float]]:
        """Judge the (averaged) weights on validation rows, and remember them if they are the best so far."""
        current = self.swap(self.averaged) if self.averaged else None
        for part in self.parts.values():
            part.eval()
        score, shown, *more = self.judge()
        if score >= self.best.score or not self.best.weights:
            self.best = Best(score, shown, self.step, {name: tensor.clone() for name, tensor in self.state.items()})
        if current is not None:
            self.swap(current)
        if more[1:]:
            self.shown.append({"step": self.step, **more[1]})
        return score, shown, more[0] if more else {}

    def _keep_healthy(self, finite: bool, well: bool) -> None:
        """Remember where a training stands that goes well; one that does not goes back to there, and on more slowly.

        Raises:
            LaminaError: the loss is no longer a number, and there is nowhere (more) to go back to.
        """
        if finite and (well or not self.recover):
            if self.recover:
                self.healthy = Healthy(self.step, {name: t.clone() for name, t in standing.tensors(self).items()})
            return
        if self.healthy.tensors and len(self.setbacks) < self.recover:
            standing.put_back(self, {name: tensor.clone() for name, tensor in self.healthy.tensors.items()})
            self.setbacks.append(self.step)
        elif not finite:
            raise LaminaError("The loss is no longer a number: learning diverged. Look for extreme values in the data.")

    def _keep_to_the_clock(self, now: float, pace: float) -> None:
        if self.deadline is None or self.step % 10:
            return
        fits = self.step + max(1, int((self.deadline - now) / pace))
        most = self.schedule.steps if self.ending else max(self.schedule.steps, self.most)
        moved = min(fits, most) - self.schedule.steps
        if abs(moved) > max(ADRIFT * self.schedule.steps, 3 * ADRIFT * (self.schedule.steps - self.step)):
            self.schedule.end(self.step, self.schedule.steps + moved)

    def _plateau(self) -> None:
        waited = sum(each["step"] > self.best.step for each in self.history)
        if self.patient and waited >= PATIENCE and not self.ending:
            self.ending = True
            self.schedule.end(self.step, min(self.schedule.steps, self.step + max(1, self.step // 4)))

    def end(self) -> None:
        """End at once, with the best weights so far."""
        if not self.best.weights:
            self.look()
        self.restore_best()

    def restore_best(self) -> None:
        """Put the best weights back into the parts."""
        if self.best.weights:
            self.swap(self.best.weights)
        for part in self.parts.values():
            part.eval()

    def _progress(self, value: float | None, pace: float, started: float) -> Progress:
        return Progress(
            stage="learning",
            step=self.step,
            steps=self.schedule.steps,
            loss=self.history[-1]["loss"] if self.history else None,
            value=value,
            best=self.best.value if self.best.weights else None,
            score=None if value is None else self.history[-1]["score"],
            rate=self.batch / pace if pace > 0 else 0.0,
            seconds=self._now() - started,
            left=pace * (self.schedule.steps - self.step),
            message=self.trouble,
            seen=None if value is None else {"layers": self.watch.told(), "shown": self.shown[-1:]},
        )

    # ------------------------------------------------------------------------------------------------ state

    def _state(self) -> dict[str, Tensor]:
        """Every tensor that learning changes, by part and name; what is frozen stays out."""
        return {
            f"{name}/{key}": tensor
            for name, part in self.parts.items()
            for key, tensor in part.state_dict().items()
            if f"{name}/{key}" not in self.frozen
        }

    def swap(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Copy `weights` in; give back a copy of what was there."""
        before = {name: tensor.clone() for name, tensor in self.state.items()}
        with torch.no_grad():
            for name, tensor in self.state.items():
                tensor.copy_(weights[name])
        return before

    def _save_if_it_fits(self, path: Path) -> None:
        try:
            standing.save(self, path)
        except DiskFull:
            self.trouble = "The disk is full: where learning stands cannot be kept. Free some space before it ends."
        else:
            self.trouble = ""

    @property
    def planned(self) -> int:
        """The number of steps before its end was moved."""
        return self.schedule.planned
