"""The whole way from examples without labels to a saved model that finds something in them, as a stream of progress."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from lamina import __version__, kinds
from lamina.core import DataError, Json, PlanError, Progress, Recipe, nearest
from lamina.examples import Examples, Note
from lamina.examples.reading import FILES
from lamina.learning import odd, views
from lamina.learning.budget import Steps, affordable_looks
from lamina.learning.conclude import conclude, way_of
from lamina.learning.mapping import Mapping
from lamina.learning.photographs import fits, replace_pictures
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared, prepare
from lamina.learning.running import Running, fingerprint
from lamina.learning.unlabelled import Unlabelled
from lamina.networks._build import MAP
from lamina.networks.cnn import Cnn
from lamina.networks.pretrained import Pretrained

LEARNED, EVEN = "autoencoder", "even"  # what is found by nearness alone, as in pictures, needs values on one scale only

LEAST = 20  # examples
METRIC = "loss of drawing again"
VIEWING = 0.65  # of the time left, for learning to know pictures again; the rest draws the map


def unlabelled(examples: Examples) -> Examples:
    """Without the labels that the folders of pictures, or the files beside them, give."""
    files = [column for column, kind in examples.kinds.items() if kind.held in FILES]
    labelled = files and set(examples.columns) == {*files, "label"}
    if not labelled:
        return examples
    note = Note("info", "The labels were not looked at: it learns without.")
    found = examples.without("label")
    found.notes.append(note)
    return found


class Discovery(Running):
    """Learns features without labels, and finds `plan.find` in them. report: whether one is wanted. least: examples.

    >>> import lamina
    >>> examples = lamina.read({"x": [float(k % 37) for k in range(80)], "y": [2.0 * (k % 37) for k in range(80)]})
    >>> Discovery(examples, Plan(find="anomalies", steps=3)).model
    Model that finds anomalies in x, y
    """

    def __init__(
        self,
        examples: Examples,
        plan: Plan,
        *,
        out: Path | None = None,
        overwrite: bool = False,
        started: float | None = None,
        command: str = "",
        report: bool = True,
        least: int = LEAST,
    ) -> None:
        known = kinds.names("found")
        if plan.find not in known:
            raise PlanError(f"'{plan.find}' is nothing that can be found. {nearest(plan.find or '', known)}")
        if plan.target:
            raise PlanError(f"--find {plan.find} takes no --target: it learns without labels. Leave one of them out.")
        super().__init__(plan, out, overwrite, started, command)
        examples, self.odd = odd.known(examples, plan.odd)
        self.examples = unlabelled(examples)
        self.report, self.least = report, least
        self.resumed = False
        self.views: dict[str, int] = {}  # by input, steps of learning to know its pictures again

    def __iter__(self) -> Iterator[Progress]:
        yield self._said("reading", f"Reading {len(self.examples):,} examples")
        usual = len(self.examples) - int(self.odd.sum())
        if usual < self.least:
            beside = f" beside {int(self.odd.sum())} that are known to be odd" if self.odd.any() else ""
            raise DataError(f"There are {usual} examples{beside}. To find something takes {self.least} at least.")
        prepared = prepare(
            self.examples, replace(self.plan, folds=0), report=self.report or self.plan.find == "anomalies"
        )
        if self.odd.any():
            odd.set_apart(prepared, self.odd)
        said, recipe = yield from self._networks(prepared)
        way_of(self.plan).check(prepared, self.plan)
        begun = yield from self._viewed(prepared, said)
        trial = Unlabelled(prepared, said, recipe, self.plan.seed * 1000, self.device, begun)
        if trial.learns:
            yield from self._learn(trial, said)
        if self.plan.find == "clusters":
            said |= yield from self._map(trial, said)
        yield self._said("judging", f"Finding {self.plan.find}")
        yield from self._save(conclude(trial, said, self.plan, self.budget, self.stopped, self.command, self.report))

    # ---------------------------------------------------------------------------------------------- parts

    def _networks(self, prepared: Prepared) -> Generator[Progress, None, tuple[dict[str, Json], Recipe]]:
        """For each array its kind of network and options, and how the one with most to learn is taught. Features of
        photographs take the place of pictures that are large enough."""
        said: dict[str, Json] = {}
        recipe: Recipe | None = None
        rows = len(prepared.folds[0].train)
        for name, form in prepared.intake.forms.items():
            if fits(form):
                said[name] = yield from replace_pictures(prepared, name, self.budget)
                recipe = recipe or Pretrained.recipe
                continue
            if self.plan.find == "clusters" and self._many(prepared, name):
                said[name] = {"kind": Cnn.kind, "options": {"unit": True}}
                recipe = recipe or Cnn.recipe
                continue
            kind = LEARNED if self.plan.find == "anomalies" and form.kind == "vector" else EVEN
            options, own = kinds.find("networks", kind).suited(rows)
            said[name] = {"kind": kind, "options": options}
            recipe = own
        assert recipe is not None
        return said, recipe if self.plan.batch is None else replace(recipe, batch=self.plan.batch)

    def _many(self, prepared: Prepared, name: str) -> bool:
        """Whether an input's pictures are so many that a network learns to know them again."""
        pictures = prepared.rows.inputs[name].values
        return pictures.ndim == 4 and pictures.dtype == torch.uint8 and len(prepared.folds[0].train) >= views.LEAST

    def _viewed(
        self, prepared: Prepared, said: dict[str, Json]
    ) -> Generator[Progress, None, dict[str, dict[str, Tensor]]]:
        """By input, weights of a network that learned to know its pictures again: in its share of the time."""
        begun: dict[str, dict[str, Tensor]] = {}
        names = [name for name, each in said.items() if each["kind"] == Cnn.kind]
        for name in names:
            run, kept = self._kept(prepared, said)
            self.views |= kept.get("views", {})
            viewing = views.Viewing(
                name, prepared.rows.inputs[name], prepared.intake.forms[name], prepared.folds[0].train,
                self.plan.seed, self.device, said[name]["options"],
            )  # fmt: skip
            left = self.budget.left()
            share = None if left is None else VIEWING * (left - self.budget.baselines) / len(names)
            steps = self.views[name] = self.plan.steps or self.views.get(name) or viewing.steps(share)
            self._keep(run, **{**kept, "views": self.views})
            running = viewing.learn(steps, share, self._file(f"views-{name}"))
            yield from self._lead(viewing, running, stage="viewing", metric="loss of views")
            begun[name] = {key: each.cpu() for key, each in viewing.viewed.network.state_dict().items()}
        self.learning = False
        return begun

    def _learn(self, trial: Unlabelled, said: dict[str, Json]) -> Generator[Progress, None, None]:
        steps = self._steps(trial, said)
        if self.resumed:
            yield self._said("resuming", "The same run was begun before: going on where it stood")
        running = trial.learn(
            steps.count,
            deadline=self.budget.deadline(steps),
            looks=steps.looks,
            patient=self.plan.steps is None,
            saved=self._file("0"),
        )
        yield from self._lead(trial, running, metric=METRIC)
        self.learning = False

    def _map(self, trial: Unlabelled, said: dict[str, Json]) -> Generator[Progress, None, dict[str, Json]]:
        """A plane on which near examples lie near, learned on what the networks make of them."""
        yield self._said("mapping", "Seeking the neighbours of every example")
        run, kept = self._kept(trial.prepared, said)
        mapping = Mapping(trial)
        left = self.budget.left()
        ends = None if left is None else max(1.0, left - self.budget.baselines)
        before = _steps(kept)
        if before is not None:
            yield self._said("resuming", "The same run was begun before: going on where it stood")
        steps = self.plan.steps or (mapping.steps(ends) if before is None else before.count)
        if before is None:
            self._keep(run, steps=steps, looks=Steps(steps).looks, views=self.views)
        deadline = None if ends is None else time.monotonic() + ends
        running = mapping.learn(steps, deadline, self._file("map"))
        yield from self._lead(mapping, running, stage="mapping", metric="loss of the map")
        self.learning = False
        trial.loop = mapping.loop
        return {MAP: {"kind": MAP, "options": {"spans": mapping.spans}}}

    def _steps(self, trial: Unlabelled, said: dict[str, Json]) -> Steps:
        """The number of steps: asked for, kept from before a crash, or chosen from the time left."""
        run, kept = self._kept(trial.prepared, said)
        before = _steps(kept)
        if before is not None:
            self.resumed = True
            return replace(before, tail=0.0)
        if self.plan.steps is not None:
            looks = self.plan.looks or affordable_looks(self.plan.steps, trial.recipe.batch, len(trial.judged))
            steps = Steps(self.plan.steps, looks)
        else:
            fold = trial.prepared.folds[0]
            throwaway = Unlabelled(trial.prepared, said, trial.recipe, trial.seed, self.device)
            steps = self.budget.steps(throwaway, 1, len(fold.train) + len(fold.validation) + len(fold.test))
        self._keep(run, steps=steps.count, looks=steps.looks)
        return steps

    def _kept(self, prepared: Prepared, networks: dict[str, Json]) -> tuple[str, Json]:
        """What this run is known by, and what it had settled where it was begun before. networks: the clock may choose them
        anew."""
        keys = self.examples.keys()[prepared.folds[0].train]
        said = [
            self.plan.asked(),
            networks,
            prepared.intake.kinds,
            str(self.device),
            torch.get_num_threads(),
            __version__,
        ]
        run = fingerprint(keys, said)
        kept = self._recall(run) or {}
        return run, {name: each for name, each in kept.items() if name != "run"}


def _steps(kept: Json) -> Steps | None:
    """The steps that a run had settled."""
    return Steps(int(kept["steps"]), int(kept["looks"])) if "steps" in kept else None
