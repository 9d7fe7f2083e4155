"""The whole way from examples to a saved model, as a stream of progress."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from torch import nn

from lamina import __version__
from lamina.core import Array, Json, PlanError, Progress, Recipe
from lamina.examples import Examples
from lamina.learning import likeness
from lamina.learning.budget import Budget, Steps, affordable_looks
from lamina.learning.choose import PRETRAINED, Choice, choose, use_features
from lamina.learning.decisions import check_costs
from lamina.learning.judge import Learned, judge
from lamina.learning.mirror import with_flips
from lamina.learning.plan import IDENTITY, Plan
from lamina.learning.prepare import Prepared, prepare
from lamina.learning.size import grow, size
from lamina.learning.trial import JUDGED, Lesson, Trial, check_metric
from lamina.machine import device
from lamina.machine.files import new_file
from lamina.machine.memory import give_back
from lamina.model.model import Model, check_place
from lamina.networks._join import Ensemble, Join


class Training:
    """Learns while it is iterated over; `model` is there at the end. Ctrl-C ends learning early and keeps the best.

    out: where the model will be saved; beside it, a folder keeps where learning stands, so that running the same again
    after a crash goes on. start: a model to go on from, with its vocabularies, splits and weights.

    >>> import lamina
    >>> examples = lamina.read({"x": [k % 40 for k in range(80)], "y": [2.0 * (k % 40) for k in range(80)]})
    >>> running = Training(examples, Plan(target=("y",), steps=3, folds=0))
    >>> [progress.step for progress in running if progress.stage == "learning"]
    [1, 2, 3]
    >>> running.model
    Model that answers y (number) from x
    """

    def __init__(
        self,
        examples: Examples,
        plan: Plan,
        *,
        out: Path | None = None,
        overwrite: bool = False,
        network: nn.Module | None = None,
        start: Model | None = None,
        started: float | None = None,
        command: str = "",
        report: bool = True,
    ) -> None:
        if not plan.target:
            raise PlanError(f"No target was named. The columns are: {', '.join(list(examples.kinds)[:20])}.")
        if out is not None:
            check_place(out, overwrite)
        self.examples, self.plan, self.out, self.overwrite = examples, plan, out, overwrite
        self.own, self.start, self.command = network, start, command
        seconds = None if plan.minutes is None else 60 * plan.minutes
        self.budget = Budget(time.monotonic() if started is None else started, seconds)
        self.device = device.choose(plan.device)
        self.report = report
        self.stopped = False
        self.learning = False  # whether there is something by now that could be kept
        self.resumed: Steps | None = None
        self._model: Model | None = None
        self._trial: Trial | None = None
        self._run = ""

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
        if self._trial is not None and self._trial.loop is not None:
            self._trial.loop.stop()

    def __iter__(self) -> Iterator[Progress]:
        yield self._said("reading", f"Reading {len(self.examples):,} examples")
        prepared = prepare(self.examples, self.plan, self.start, self.report)
        give_back()
        check_metric(prepared, self.plan.metric)
        for column, output in prepared.outputs.items():
            if output.kind == IDENTITY:
                likeness.check(column, prepared)
        check_costs(prepared.outputs, self.plan.cost)
        choice = self._recall(prepared)
        if choice is not None:
            yield self._said("resuming", "The same run was begun before: going on where it stood")
            yield from use_features(prepared, choice)
        else:
            yield self._said("trying", "Choosing a network")
            choice = yield from choose(prepared, self.plan, self.budget, self.device, self.own)
            choice = grow(choice, self._lesson(prepared, choice), self.budget, self._sized(prepared, choice))
            choice = self._as_before(prepared, choice)
            choice = with_flips(choice, prepared, self.plan.seed)
        members = yield from self._learn(prepared, choice)
        give_back()
        yield self._said("judging", "Comparing with simple models on examples never learned from")
        network = Ensemble([member.network for member in members], prepared.named).eval().cpu()
        learned = Learned(
            prepared, choice, members, network, self.plan, self.budget, self.stopped, self.command, self.report
        )
        self._model = judge(learned)
        if self.out is not None:
            yield self._said("saving", f"Saving {self.out}")
            self._model.save(self.out, overwrite=self.overwrite)
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    # ---------------------------------------------------------------------------------------------- parts

    def _learn(self, prepared: Prepared, choice: Choice) -> Generator[Progress, None, list[Trial]]:
        lesson = self._lesson(prepared, choice)
        steps = self._steps(lesson, choice)
        members: list[Trial] = []
        for number, fold in enumerate(prepared.folds):
            if self.stopped and members:
                break
            trial = self._trial = Trial(lesson, fold, number)
            if self._continues(prepared):
                assert self.start is not None
                continue_from(trial.network, self.start)
            share = None
            if steps.deadline is not None:
                share = time.monotonic() + (steps.deadline - time.monotonic()) / (len(prepared.folds) - number)
            saved = None if self._place is None else self._place / f"{number}.safetensors"
            says = f"fold {number + 1} of {len(prepared.folds)}" if len(prepared.folds) > 1 else ""
            running = trial.learn(
                steps.count, deadline=share, patient=self.plan.steps is None, judgements=steps.looks, saved=saved
            )
            self.learning = True
            try:
                for progress in running:
                    if self.stopped and trial.loop is not None:  # asked for before there was a loop
                        trial.loop.stop()
                    message = " · ".join(each for each in (says, progress.message) if each)
                    seconds = time.monotonic() - self.budget.started
                    yield replace(progress, message=message, metric=self._metric(prepared), seconds=seconds)
            except KeyboardInterrupt:
                if self.stopped:  # the second one means it
                    raise
                self.stopped = True
                trial.end()
            if self.stopped:
                yield self._said("stopping", "Keeping the best so far, and judging it; Ctrl-C once more ends at once")
            members.append(trial)
        self.learning = False
        return members

    def _lesson(self, prepared: Prepared, choice: Choice) -> Lesson:
        return Lesson(prepared, choice.said, choice.recipe, self.plan.seed, self.device, self.plan.metric, self.own)

    def _sized(self, prepared: Prepared, choice: Choice) -> Plan:
        """The plan, with the size of the network that is gone on from: weights of another size would not fit."""
        if self.plan.size is not None or self.start is None or not self._continues(prepared):
            return self.plan
        before = self.start.card.networks
        same = {name: said["kind"] for name, said in before.items()} == {
            name: said["kind"] for name, said in choice.said.items()
        }
        return replace(self.plan, size=size(before, prepared.intake.forms)) if same else self.plan

    def _as_before(self, prepared: Prepared, choice: Choice) -> Choice:
        """The very network of the model that is gone on from, where it fits: its weights would fit no other."""
        if self.start is None:
            return choice
        before = self.start.card.networks
        if not self._continues(prepared):
            why = "folds were learned, or are to be, and their rows may have moved between them"
        elif {name: said["kind"] for name, said in before.items()} != {
            name: said["kind"] for name, said in choice.said.items()
        } or self.plan.size not in (None, size(before, prepared.intake.forms)):
            why = "it has another network"
        else:
            # What pretrained features are taken from the pictures is settled by now; an own module has no options.
            said = {name: before[name] if said["kind"] != PRETRAINED else said for name, said in choice.said.items()}
            return replace(
                choice, said=said, reasons=[*choice.reasons, "Goes on with the weights of the earlier model."]
            )
        reason = f"Learns from the start, with the vocabularies of the earlier model: {why}."
        return replace(choice, reasons=[*choice.reasons, reason])

    def _continues(self, prepared: Prepared) -> bool:
        """Whether to begin with the earlier weights: not with folds, whose rows may have moved between them."""
        return self.start is not None and self.start.card.members == 1 and len(prepared.folds) == 1

    def _steps(self, lesson: Lesson, choice: Choice) -> Steps:
        """The number of steps: asked for, kept from before a crash, or chosen from the time left."""
        prepared = lesson.prepared
        if self.plan.steps is not None:
            fold, recipe = prepared.folds[0], choice.recipe
            judged = min(JUDGED, len(fold.validation) + (len(fold.train) if recipe.folds else 0))
            asked = Steps(self.plan.steps, self.plan.looks or affordable_looks(self.plan.steps, recipe.batch, judged))
            self._keep(choice, asked)
            return asked
        if self.resumed:
            return replace(self.resumed, deadline=self.budget.end)
        answered = sum(len(fold.validation) + len(fold.test) for fold in prepared.folds) + len(prepared.held)
        steps = self.budget.steps(Trial(lesson, prepared.folds[0]), len(prepared.folds), answered)
        self._keep(choice, steps)
        return steps

    # --------------------------------------------------------------------------------- where learning stands

    @property
    def _place(self) -> Path | None:
        return None if self.out is None else self.out.with_name(f".{self.out.name}.partial")

    def _recall(self, prepared: Prepared) -> Choice | None:
        """What the same run, begun before, had chosen; what another run left is removed."""
        if self._place is None:
            return None
        try:
            kept: Json = json.loads((self._place / "run.json").read_text())
        except (OSError, ValueError):
            kept = {}
        if kept.get("run") != self._fingerprint(prepared):
            shutil.rmtree(self._place, ignore_errors=True)
            return None
        self.resumed = Steps(int(kept["steps"]), int(kept["looks"]))
        return Choice(kept["said"], Recipe.restore(kept["recipe"]), kept["reasons"], kept["tried"])

    def _keep(self, choice: Choice, steps: Steps) -> None:
        if self._place is None or self.resumed:
            return
        said = {
            "run": self._run,
            "steps": steps.count,
            "looks": steps.looks,
            "said": choice.said,
            "recipe": asdict(choice.recipe),
            "reasons": choice.reasons,
            "tried": choice.tried,
        }
        with new_file(self._place / "run.json") as aside:
            aside.write_text(json.dumps(said))

    def _fingerprint(self, prepared: Prepared) -> str:
        """The same for the same plan and examples: then what was learned before may go on."""
        rows: Array = np.concatenate([fold.train for fold in prepared.folds])
        keys = self.examples.keys(self.plan.target)[rows]
        said = [self.plan.asked(), prepared.intake.kinds, str(self.device), type(self.own).__name__, __version__]
        if self.start is not None:
            said.append(self.start.card.made)
        self._run = hashlib.sha256(keys.tobytes() + json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
        return self._run

    def _metric(self, prepared: Prepared) -> str:
        return self.plan.metric or next(iter(prepared.outputs.values())).metric

    def _said(self, stage: str, message: str) -> Progress:
        seconds = time.monotonic() - self.budget.started
        return Progress(stage=stage, message=message, seconds=seconds, left=self.budget.left())


def continue_from(network: Join, start: Model) -> None:
    """Weights of an earlier model, where names and shapes agree."""
    known = start.network.members[0].state_dict()
    mine = network.state_dict()
    network.load_state_dict(
        {name: known[name] if name in known and known[name].shape == t.shape else t for name, t in mine.items()}
    )
