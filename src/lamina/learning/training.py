"""The whole way from examples to a saved model, as a stream of progress."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lamina import __version__
from lamina.core import Array, Encoded, Json, PlanError, Progress, Recipe
from lamina.examples import Examples
from lamina.learning import likeness, reading, views
from lamina.learning._boosting import load as load_boosting
from lamina.learning.augment import changeable
from lamina.learning.beginning import Beginning, Teachers, among, teachers_of
from lamina.learning.brightness import with_shades
from lamina.learning.budget import LOOKS, Steps, affordable_looks
from lamina.learning.choose import Choice, choose, needed, use_features
from lamina.learning.continuing import as_before, continue_from, continues, knowing, sized
from lamina.learning.decisions import check_costs
from lamina.learning.graph import Graph, turned
from lamina.learning.guard import Verdict, alike, untried, weigh
from lamina.learning.hebb import Filters, teaching
from lamina.learning.judge import SAMPLE, Learned, judge
from lamina.learning.label_free import features
from lamina.learning.mirror import with_flips
from lamina.learning.plan import IDENTITY, Plan
from lamina.learning.prepare import FEWEST, Fold, Prepared, prepare
from lamina.learning.running import Running, fingerprint
from lamina.learning.size import grow
from lamina.learning.transduce import asked, check, seconds, transduce
from lamina.learning.trial import JUDGED, Lesson, Trial, check_metric
from lamina.machine.memory import give_back
from lamina.model.model import Model
from lamina.networks._build import spelt_out
from lamina.networks._join import Ensemble
from lamina.networks.bag import Bag
from lamina.networks.cnn import FEW, Cnn
from lamina.networks.hebbian import Hebbian
from lamina.networks.pretrained import Pretrained

VIEWS = 3  # times as long as a training with unlabelled rows: as many steps of learning to know pictures again
SPREADING = 4  # times as long as learning from labels alone: learning what is alike, where that alone answers
ALL_ROWS = "with unlabelled rows"
FILTERING = 0.3  # of the time left, for filters that learn without labels
ANSWER = 2e-4  # seconds a row, at least, for which time is kept where rows are answered


class Training(Running):
    """Learns from labels. start: a model to go on from, with its vocabularies, splits and weights.

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
        super().__init__(plan, out, overwrite, started, command)
        self.examples, self.own, self.start, self.report = examples, network, start, report
        self.resumed: Steps | None = None
        self.views: int | None = None  # steps of learning to know pictures again, where answers alone are wanted
        self.further: Steps | None = None  # of the trainings that rows without a label take part in
        self.filters = Beginning({})  # by input, weights that learned before any label was looked at
        self._run = ""
        self._kept: Json = {}

    def __iter__(self) -> Iterator[Progress]:
        yield self._said("reading", f"Reading {len(self.examples):,} examples")
        prepared = prepare(self.examples, self.plan, self.start, self.report)
        give_back()
        check_metric(prepared, self.plan.metric)
        if self.plan.transduce:
            check(prepared, self.plan.shares)
        for column, output in prepared.outputs.items():
            if output.kind == IDENTITY:
                likeness.check(column, prepared)
        check_costs(prepared.outputs, self.plan.cost)
        choice = self._recalled(prepared)
        if choice is not None:
            yield self._said("resuming", "The same run was begun before: going on where it stood")
            yield from use_features(prepared, choice)
        else:
            yield self._said("trying", "Choosing a network")
            choice = yield from self._choose(prepared)
            choice = with_shades(with_flips(choice, prepared, self.plan.seed), prepared, self.plan.seed)
        yield from self._filters(prepared, choice)
        if self.report and any(form.kind == "vector" for form in prepared.intake.forms.values()):
            load_boosting()  # what the report compares with
        members, trust = yield from self._learn(prepared, choice)
        choice.reasons += [member.mixed for member in members[:1] if member.mixed]
        give_back()
        answered = None
        if self.plan.transduce:
            own = yield from self._viewed(prepared)
            yield self._said("spreading", f"Answering {len(prepared.extra):,} rows without a label")
            answered = transduce(prepared, own, members, np.random.default_rng(self.plan.seed), self.plan)
        yield self._said("judging", "Comparing with simple models on examples never learned from")
        network = Ensemble([member.network for member in members], prepared.named).eval().cpu()
        learned = Learned(
            prepared, choice, members, network, self.plan, self.budget, self.stopped, self.command, self.report, trust,
            answered, self.views,
        )  # fmt: skip
        yield from self._save(judge(learned))

    # ---------------------------------------------------------------------------------------------- parts

    def _choose(self, prepared: Prepared) -> Generator[Progress, None, Choice]:
        """A network and how it is taught: that of the model that is gone on from, where it fits."""
        start = self.start
        plan = self.plan if start is None or self.own is not None else knowing(self.plan, start)
        choice = yield from choose(prepared, plan, self.budget, self.device, self.own)
        lesson = self._lesson(prepared, choice)
        if start is None:
            return grow(choice, lesson, self.budget, self.plan)
        choice = grow(choice, lesson, self.budget, sized(self.plan, start, prepared, choice))
        return as_before(choice, self.plan, start, prepared)

    def _filters(self, prepared: Prepared, choice: Choice) -> Iterator[Progress]:
        """Filters that learn by Hebb's rule do so before the read-out: what they make of pictures takes the place of these."""
        for name, said in choice.said.items():
            if said["kind"] != Hebbian.kind:
                continue
            if not self._kept:
                self._keep(self._run, **self._recorded(choice))
            form, pictures = prepared.intake.forms[name], prepared.rows.inputs[name]
            rows = teaching(prepared)
            filters = Filters(name, pictures, form, said["options"], rows, self.plan.seed, self.device)
            if (
                self.start is not None
                and continues(self.start, prepared)
                and self.start.card.networks.get(name) == spelt_out(said)
            ):
                filters.adopt(self.start.network.members[0].state_dict())
            elif not filters.network.random:
                yield from self._taught(filters)
            yield from filters.fill(needed(prepared))
            prepared.before[name] = pictures
            prepared.rows.inputs[name] = Encoded(torch.from_numpy(filters.values), pictures.present)
            self.filters = Beginning({**self.filters.weights, name: filters.weights()})
            choice.reasons = [reason for reason in choice.reasons if not reason.startswith(f"{name}: the filters")]
            choice.reasons.append(filters.said)

    def _taught(self, filters: Filters) -> Iterator[Progress]:
        """Every layer in turn, within a share of the time."""
        count, left = len(filters.network.layers), self.budget.left()
        for number in filters.layers():
            deadline, now = None, self.budget.left()
            if left is not None and now is not None:  # what is left is asked for anew: a pause takes nothing of it
                deadline = time.monotonic() + (now - (1 - FILTERING) * left) / (count - number)
            file = self._file(f"layer{number + 1}")
            running = filters.learn(number, self.plan.unlabelled_steps, deadline, file)
            says = f"layer {number + 1} of {count}, without labels"
            yield from self._lead(filters, running, says, stage="filtering", metric="lengths of filters less 1")
            filters.ended(number)
            assert filters.loop is not None
            if filters.loop.step != filters.loop.planned:  # the clock, or somebody, ended it early
                self.views = filters.loop.step
        self.learning = False

    def _learn(
        self, prepared: Prepared, choice: Choice
    ) -> Generator[Progress, None, tuple[list[Trial], Verdict | None]]:
        """Learn from labels; where there are rows without any, then from all rows, and held-out labels decide."""
        lesson = self._lesson(prepared, choice)
        folds, more = len(prepared.folds), len(prepared.extra) > 0
        after = folds * more * (SPREADING if self.plan.transduce else 1)  # as long as so many trainings
        members = yield from self._pass(lesson, self._steps(lesson, choice, folds + after), after)
        if not more or self.plan.transduce:
            return members, None
        if self.stopped:
            return members, untried(prepared, "learning was stopped before")
        rng = np.random.default_rng(self.plan.seed)
        if not all(len(member.taught) for member in members):
            return members, untried(prepared, "too few have a label")
        extras = alike(members, prepared.extra, rng)
        unlike = len(prepared.extra) - min(len(each) for each in extras)
        if min(len(each) for each in extras) < FEWEST:
            return members, untried(prepared, "they are unlike the labelled ones", unlike)
        steps = self._further(lesson, extras)
        if steps.tight:
            return members, untried(prepared, "there was no time to learn from them too, so give more minutes", unlike)
        begun = yield from self._begun(lesson, steps.count)
        both = yield from self._pass(lesson, steps, 0, extras, begun)
        if len(both) < folds:
            return members, untried(prepared, "learning was stopped before its end", unlike)
        return weigh(prepared, members, both, unlike, self.plan.unlabelled_weight)

    def _begun(self, lesson: Lesson, steps: int) -> Generator[Progress, None, Beginning | None]:
        """What to begin with where few rows have a label. Small pictures: weights of a network that learned to know them again.
        What cannot be changed without changing what it means: labels spread to what is near, by features that no label had a
        say in; of texts also what their words say."""
        prepared, seed = lesson.prepared, self.plan.seed
        if self._views(lesson):
            [(name, form)] = prepared.intake.forms.items()
            pictures, options = prepared.rows.inputs[name], lesson.said[name]["options"]
            viewing = views.Viewing(name, pictures, form, prepared.extra, seed, self.device, options)
            left, folds = self.budget.left(), len(prepared.folds)
            share = None if left is None else VIEWS / (VIEWS + folds) * left
            running = viewing.learn(steps, share, self._file("views"))
            yield from self._lead(viewing, running, ALL_ROWS, stage="viewing", metric="loss of views")
            return Beginning({name: {key: each.cpu() for key, each in viewing.viewed.network.state_dict().items()}})
        forms = {name: form.kind for name, form in prepared.intake.forms.items()}
        if prepared.teaching >= FEW or changeable(prepared.rows.inputs, forms):
            return None
        rows = among(prepared)
        yield self._said("spreading", f"Looking what is near what among {len(rows):,} rows")
        rng = np.random.default_rng(seed)
        known = features(prepared, rows, rng)
        graph = Graph.of(turned(known, rng), rng)
        return Beginning({}, Teachers(rows, teachers_of(prepared, rows, known, graph)))

    def _views(self, lesson: Lesson) -> bool:
        """Whether there is much to know again, and few labels: of pictures alone, that no pretrained network looks at."""
        prepared, kinds_of = lesson.prepared, [each["kind"] for each in lesson.said.values()]
        return (
            kinds_of == [Cnn.kind]
            and prepared.teaching < FEW
            and len(prepared.extra) >= views.LEAST
            and self.own is None
        )

    def _viewed(self, prepared: Prepared) -> Generator[Progress, None, dict[str, Array]]:
        """Features [n, F] of pictures that are too small for features of photographs, learned without labels; where there
        are many of them, and time."""
        rows = asked(prepared)
        own: dict[str, Array] = {}
        for name, form in prepared.intake.forms.items():
            pictures = prepared.rows.inputs[name]
            if form.kind != "grid" or pictures.values.dtype != torch.uint8 or len(rows) < views.LEAST or self.stopped:
                continue
            viewing = views.Viewing(name, pictures, form, rows, self.plan.seed, self.device)
            left = self.budget.left()
            if left is not None:
                left -= (
                    self.budget.baselines
                    + seconds(prepared, bool(self.plan.shares))
                    + self._answered(prepared) * ANSWER
                )
            steps = self.plan.unlabelled_steps or self.plan.steps or viewing.steps(left)
            if steps < views.FEWEST and self.plan.steps is None:
                continue
            yield from self._lead(viewing, viewing.learn(steps, left, None), stage="viewing", metric="loss of views")
            own[name] = viewing.features(rows)
            self.views = steps
        self.learning = False
        return own

    def _pass(
        self,
        lesson: Lesson,
        steps: Steps,
        after: int,
        extras: Sequence[Array] = (),
        begun: Beginning | None = None,
    ) -> Generator[Progress, None, list[Trial]]:
        """A training for each fold. after: how many trainings are to follow. extras: for each fold the rows without a label;
        begun: what these begin with."""
        prepared, members = lesson.prepared, list[Trial]()
        count = len(prepared.folds)
        for number, fold in enumerate(_folds(lesson)):
            if self.stopped and members:
                break
            first = self.filters if begun is None else replace(begun, weights={**self.filters.weights, **begun.weights})
            trial = Trial(lesson, fold, number, extras[number] if extras else None, first)
            if self.start is not None and continues(self.start, prepared):
                continue_from(trial.network, self.start)
            share = None
            deadline = self.budget.deadline(steps)
            if deadline is not None:
                share = time.monotonic() + (deadline - time.monotonic()) / (count + after - number)
            says = f"fold {number + 1} of {count}" if count > 1 else ""
            says = f"{ALL_ROWS}, {says}".strip(", ") if extras else says
            running = trial.learn(
                steps.count,
                deadline=share,
                patient=self.plan.steps is None,
                judgements=steps.looks,
                saved=self._file(f"{'all-' if extras else ''}{number}"),
            )
            yield from self._lead(trial, running, says, metric=self._metric(prepared))
            members.append(trial)
        self.learning = False
        return members

    def _lesson(self, prepared: Prepared, choice: Choice) -> Lesson:
        return Lesson(prepared, choice.said, choice.recipe, self.plan.seed, self.device, self.plan.metric, self.own)

    def _steps(self, lesson: Lesson, choice: Choice, trainings: int) -> Steps:
        """The number of steps: asked for, kept from before a crash, or chosen from the time left for all trainings."""
        prepared = lesson.prepared
        if self.plan.steps is not None:
            fold, recipe = prepared.folds[0], choice.recipe
            judged = min(JUDGED, len(fold.validation) + (len(fold.train) if recipe.folds else 0))
            looks = self.plan.looks or affordable_looks(self.plan.steps, recipe.batch, judged)
            return self._settled(choice, Steps(self.plan.steps, looks))
        if self.resumed:
            return replace(self.resumed, tail=0.0)
        trial = Trial(lesson, prepared.folds[0])
        answered = self._answered(prepared)
        if len(prepared.extra):  # each fold says which of them are unlike what it learned from
            answered += len(prepared.folds) * (len(prepared.extra) + len(trial.taught))
        return self._settled(choice, self.budget.steps(trial, trainings, answered, trial.seconds))

    def _further(self, lesson: Lesson, extras: Sequence[Array]) -> Steps:
        """The same for the trainings that rows without a label take part in, once the others have ended."""
        asked = self.plan.unlabelled_steps or self.plan.steps
        if asked is not None:
            return Steps(asked, self.plan.looks or LOOKS[1] // 2)
        if self.further:
            return replace(self.further, tail=0.0)
        trial, folds = Trial(lesson, lesson.prepared.folds[0], 0, extras[0]), len(extras)
        shares = folds + VIEWS * self._views(lesson)
        steps = self.budget.steps(trial, shares, 2 * self._answered(lesson.prepared), trial.seconds)
        if steps.tight:
            return steps
        self._keep(self._run, **self._kept, further=[steps.count, steps.looks])
        return steps

    def _answered(self, prepared: Prepared) -> int:
        """Rows that are answered after learning: those that choose and are judged, and some that taught, which tell what is
        unlike them."""
        folds = prepared.folds
        judged = sum(len(fold.validation) + len(fold.test) for fold in folds) + len(prepared.held)
        return judged + len(folds) * min(SAMPLE, len(folds[0].train))

    # --------------------------------------------------------------------------------- where learning stands

    def _recalled(self, prepared: Prepared) -> Choice | None:
        """What the same run, begun before, had chosen."""
        rows: Array = np.concatenate([fold.train for fold in prepared.folds])
        said = [self.plan.asked(), prepared.intake.kinds, str(self.device), type(self.own).__name__, __version__]
        if self.start is not None:
            said.append(self.start.card.made)
        self._run = fingerprint(self.examples.keys(self.plan.target)[rows], said)
        kept = self._recall(self._run)
        if kept is None:
            return None
        if "steps" in kept:
            self.resumed = Steps(int(kept["steps"]), int(kept["looks"]))
        if "further" in kept:
            count, looks = map(int, kept["further"])
            self.further = Steps(count, looks)
        self._kept = {name: each for name, each in kept.items() if name not in ("run", "further")}
        return Choice(kept["said"], Recipe.restore(kept["recipe"]), kept["reasons"], kept["tried"])

    def _settled(self, choice: Choice, steps: Steps) -> Steps:
        """The same steps, kept with the choice for the same run after a crash."""
        if not self.resumed:
            self._kept = {"steps": steps.count, "looks": steps.looks, **self._recorded(choice)}
            self._keep(self._run, **self._kept)
        return steps

    def _recorded(self, choice: Choice) -> Json:
        return {
            "said": choice.said,
            "recipe": asdict(choice.recipe),
            "reasons": choice.reasons,
            "tried": choice.tried,
        }

    def _metric(self, prepared: Prepared) -> str:
        return self.plan.metric or next(iter(prepared.outputs.values())).metric


def _folds(lesson: Lesson) -> list[Fold]:
    """Those of the rows. Of few labels none choose weights where a network has little to learn, a read-out of features or what words
    say, or sees pictures that are changed anew at every pass: all that are not judged teach. What learns to hear or weigh columns
    would learn noise if nobody told it when to stop.
    """
    light = {Pretrained.kind, Bag.kind, Cnn.kind, *reading.KINDS}
    whole = lesson.prepared.few and {said["kind"] for said in lesson.said.values()} <= light
    return [fold.whole if whole else fold for fold in lesson.prepared.folds]
