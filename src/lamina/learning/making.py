"""The whole way from examples to a saved model that makes new ones, as a stream of progress."""

from __future__ import annotations

import importlib
import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch

from lamina import __version__, kinds
from lamina.core import Array, PlanError, Progress, Recipe, nearest
from lamina.learning.budget import Budget, Steps, Timed, affordable_looks
from lamina.learning.loop import Loop
from lamina.learning.plan import Plan
from lamina.learning.running import Running, fingerprint
from lamina.model.model import Model


class Apprentice(Timed, Protocol):
    """One training of what makes something, from its seed. It can be timed, taught by the loop, and is of use afterwards."""

    loop: Loop | None

    def learn(
        self, steps: int, *, deadline: float | None, looks: int, patient: bool, saved: Path | None
    ) -> Iterator[Progress]: ...


class Craft(Protocol):
    """How one kind of thing is learned to be made: a file `make_KIND.py` beside this one holds `class Craft`.

    metric: what is shown while it learns. keys: of the rows, in order, as whole numbers; said: the networks and all else
    that settles the weights but the size, as JSON: the same run, begun before, is known by both. size: of the network.
    answered: rows that are asked for answers once learning has ended.
    """

    metric: str
    keys: Array
    said: Any
    size: int
    answered: int

    def __init__(self, examples: Any, plan: Plan, device: torch.device) -> None:
        """Raises:
        DataError: nothing can be learned from the examples. PlanError: the plan does not fit them.
        """
        ...

    def fit(self, budget: Budget) -> int:
        """The largest size that learns enough in its time, by timing some steps."""
        ...

    def apprentice(self) -> Apprentice:
        """A new one, which always begins the same."""
        ...

    def conclude(self, apprentice: Any, making: Making) -> Generator[Progress, None, Model]:
        """Judge it, tell of it, and put the model together."""
        ...


def craft_of(kind: str) -> type[Craft]:
    """The file that says how this kind is learned.

    Raises:
        PlanError: nothing of that kind can be made.
    """
    known = kinds.names("made")
    if kind not in known:
        raise PlanError(f"'{kind}' is nothing that can be made. {nearest(kind, known)}")
    found: type[Craft] = importlib.import_module(f"lamina.learning.make_{kind}").Craft
    return found


class Making(Running):
    """Learns to make what `plan.generate` says.

    examples: what `lamina.made` of that kind learns from: for a text `lamina.examples.prose.Prose`, else `Examples`.

    >>> import lamina
    >>> lamina.learn({"text": ["to be or not to be, that is the question. " * 40]}, generate="text", steps=2)
    Model that makes text like a dict of columns
    """

    def __init__(
        self,
        examples: Any,
        plan: Plan,
        *,
        out: Path | None = None,
        overwrite: bool = False,
        started: float | None = None,
        command: str = "",
    ) -> None:
        self.craft_of = craft_of(plan.generate or "")
        if plan.target:
            raise PlanError(
                f"--generate {plan.generate} takes no --target: it answers nothing. What a made example is to be like is said "
                "with --given COLUMN."
            )
        super().__init__(plan, out, overwrite, started, command)
        self.examples = examples
        self.resumed = False

    def __iter__(self) -> Iterator[Progress]:
        yield self._said("reading", f"Reading {self.examples.source or 'the examples'}")
        craft = self.craft_of(self.examples, self.plan, self.device)
        steps = self._steps(craft)
        if steps.tight:
            yield self._said("learning", "The budget is too small to learn much: give it more minutes")
        if self.resumed:
            yield self._said("resuming", "The same run was begun before: going on where it stood")
        apprentice = craft.apprentice()
        running = apprentice.learn(
            steps.count,
            deadline=self.budget.deadline(steps),
            looks=steps.looks,
            patient=self.plan.steps is None,
            saved=self._file("0"),
        )
        yield from self._lead(apprentice, running, metric=craft.metric)
        self.learning = False
        yield self._said("judging", "Judging what was learned")
        model = yield from craft.conclude(apprentice, self)
        yield from self._save(model)

    def said(self, message: str) -> Progress:
        """What is done after learning, for a person."""
        return self._said("judging", message)

    def _steps(self, craft: Craft) -> Steps:
        """The number of steps: asked for, kept from before a crash, or chosen from the time left."""
        asked = [self.plan.asked(), craft.said, str(self.device), torch.get_num_threads(), __version__]
        run = fingerprint(craft.keys, asked)
        kept = self._recall(run)
        if kept is not None:
            self.resumed = True
            craft.size = int(kept["size"])
            return Steps(int(kept["steps"]), int(kept["looks"]), 0.0)
        if self.plan.size is None and self.plan.minutes is not None:
            craft.size = craft.fit(self.budget)
        one = craft.apprentice()
        if self.plan.steps is not None:
            looks = self.plan.looks or affordable_looks(self.plan.steps, one.recipe.batch, len(one.judged))
            steps = Steps(self.plan.steps, looks)
        else:
            steps = self.budget.steps(one, 1, craft.answered)
        self._keep(run, steps=steps.count, looks=steps.looks, size=craft.size)
        return steps


def repeating(command: str, loop: Loop, size: int, stopped: bool) -> str:
    """The line that makes the same again: what the clock chose, or somebody who stopped it, is said in it."""
    chose = f"--steps {loop.step} --looks {loop.judgements}" + ("" if "--size" in command else f" --size {size}")
    if stopped and command and "--minutes" not in command:
        return f"{re.sub(r' --steps [^ ]+', '', command)} {chose}"
    return re.sub(r"--minutes \S+", chose, command)


def with_batch(recipe: Recipe, plan: Plan) -> Recipe:
    """A recipe with the batch that was asked for, if any."""
    return recipe if plan.batch is None else replace(recipe, batch=plan.batch)
