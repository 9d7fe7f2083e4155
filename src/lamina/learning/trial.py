"""One training of one network: built, settled, taught, and asked for its raw answers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Json, Method, PlanError, Progress, Recipe, chunks, nearest
from lamina.learning.augment import Augment
from lamina.learning.beginning import Beginning, Teachers
from lamina.learning.consistency import Consistency, changes, partly
from lamina.learning.counting import counted
from lamina.learning.loop import Loop
from lamina.learning.prepare import Fold, Prepared
from lamina.learning.standing import Best
from lamina.learning.supervised import Supervised
from lamina.machine.device import halves
from lamina.networks._build import join
from lamina.networks._heads import Head
from lamina.networks._layered import Layered
from lamina.outputs._scores import together
from lamina.outputs.category import Category

SETTLING = 20_000  # training rows that scales and data-dependent starts are taken from
CALIBRATING = 20_000  # rows that choose and calibrate, where all rows teach
KEPT = 5  # folds, at most, that copies are kept from: rows of the others teach all
JUDGED = 5_000  # of those that choose, rows that are looked at while learning
ASKED = 512  # rows answered at once


@dataclass(frozen=True, slots=True)
class Lesson:
    """What stays the same over the trainings of one run. said: for each array its kind of network and options."""

    prepared: Prepared
    said: Mapping[str, Json]
    recipe: Recipe
    seed: int
    device: torch.device
    metric: str | None = None
    own: nn.Module | None = None


class Trial:
    """A network for a fold, from its seed.

    Where the recipe asks for folds and the network is several copies of itself, the rows that choose teach too: each
    copy is kept from the rows of one inner fold, and every such row is judged, and calibrates, by the copies that were
    kept from it. Else the validation rows choose, and teach nobody. extra: rows without a label that it learns from as well.
    begun: what it begins with then. seconds: it took to build and to settle, before the first step.
    """

    def __init__(
        self,
        lesson: Lesson,
        fold: Fold,
        number: int = 0,
        extra: Array | None = None,
        begun: Beginning | None = None,
    ) -> None:
        started = time.monotonic()
        self.lesson, self.fold, self.number, self.extra, self.begun = lesson, fold, number, extra, begun
        self.seed = lesson.seed * 1000 + number
        prepared = lesson.prepared
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.network = join(lesson.said, prepared.intake.forms, prepared.named, lesson.own)
            self.taught, self.copies = self._parted()
            self.told = None if extra is None or begun is None or begun.teachers is None else self._told(begun.teachers)
            self._settle()
            self.reads = self._read_out()
        for name, weights in {} if begun is None else begun.weights.items():
            self.network.networks[name].load_state_dict(weights)
        self.network.to(lesson.device)
        self.recipe = lesson.recipe if extra is None else partly(lesson.recipe, len(self.taught), len(extra))
        rng = np.random.default_rng(self.seed)
        self.chosen = fold.validation if self.copies is None else _some(self._left_out(), CALIBRATING, rng)
        self.judged = _some(self.chosen if len(self.chosen) else fold.train, JUDGED, rng)
        self.loop: Loop | None = None
        self.mixed = ""  # which kinds of copies answer, in words
        self.seconds = time.monotonic() - started

    def _parted(self) -> tuple[Array, Tensor | None]:
        """The rows that teach, and which copies [N, k] learn from which of all rows (None: all from all)."""
        prepared, fold, copies = self.lesson.prepared, self.fold, self.network.copies
        if len(prepared.folds) > 1 and not len(fold.validation):  # nothing chooses, and every fold judges its own rows
            return fold.train, None
        if prepared.inner is None or not self.lesson.recipe.folds or len(self.network.networks) > 1:
            return fold.train, None
        both, inner = np.sort(np.concatenate([fold.train, fold.validation])), prepared.inner % self.lesson.recipe.folds
        numbers = np.unique(inner[both])
        [network] = self.network.networks.values()
        assert isinstance(network, Layered)
        # Where copies are of several kinds, each kind is kept from all of these: so they can be compared.
        kept = min(len(numbers), copies // max(1, len(network.mixed)), KEPT)
        if kept < 2:
            return fold.train, None
        place = np.searchsorted(numbers, inner)
        return both, torch.from_numpy(place[:, None] != np.arange(copies) % kept)

    def _read_out(self) -> Tensor | None:
        """Which copies' read-outs learn from which rows: as the copies, but for those that know too much of these
        (`Layered.outside`): of these the rows that judge teach the few numbers of the read-out, and nothing else. Where no
        rows are kept from them, those of the first kind answer in their places."""
        reads = self.copies
        for network in self.network.networks.values():
            assert isinstance(network, Layered)
            if network.outside is None:
                continue
            if reads is None:
                place = torch.arange(network.copies)
                network.stand(torch.where(network.outside, place % (network.copies // len(network.mixed)), place))
            else:
                reads = reads ^ network.outside
        return reads

    def _left_out(self) -> Array:
        """The rows that some copy is kept from."""
        assert self.copies is not None
        found: Array = self.taught[~self.copies[torch.from_numpy(self.taught)].all(1).numpy()]
        return found

    def _settle(self) -> None:
        prepared = self.lesson.prepared
        generator = torch.Generator().manual_seed(self.seed)
        extra = self.extra
        if extra is None and any(network.counts for network in self.network.networks.values()):
            extra = prepared.extra  # which pairs of words come back, texts without a label tell as well
        rng = np.random.default_rng(self.seed)
        sample = rng.permutation(self.taught)[:SETTLING]
        if extra is not None:  # however many these are, all that have a label are looked at first
            sample = np.concatenate([sample, rng.permutation(extra)[: SETTLING - len(sample)]])
        sample = np.sort(sample)
        index = torch.from_numpy(sample)
        for name, network in self.network.networks.items():
            assert isinstance(network, Layered)
            each = prepared.rows.inputs[name]
            here = index[each.present[index]]
            with torch.no_grad():
                if each.lengths is None:
                    network.settle(each.values[here], generator)
                else:
                    network.settle(each.values[here], generator, each.lengths[here])
                    counts = (
                        counted(prepared, name, here, self.copies, self._expected(here)) if network.counts else None
                    )
                    if counts is not None:
                        network.count(each.values[here], each.lengths[here], counts)
        for name, head in self.network.heads.items():
            known = torch.from_numpy(self.taught)
            known = known[prepared.rows.known[name][known] > 0]
            head.settle(  # type: ignore[operator]
                prepared.rows.targets[name][known], None if self.copies is None else self.copies[known]
            )

    def learn(
        self,
        steps: int,
        *,
        deadline: float | None = None,
        patient: bool = False,
        judgements: int = 20,
        saved: Path | None = None,
    ) -> Iterator[Progress]:
        """Teach it; the best weights are in `network` at the end, also after `loop.stop()`."""
        self.loop = Loop(
            self._method(steps), replace(self.lesson.prepared.rows, copies=self.reads), self.taught, self.recipe,
            steps=steps, judge=self.judge, seed=self.seed, device=self.lesson.device, judgements=judgements,
            deadline=deadline, patient=patient, saved=saved,
        )  # fmt: skip
        yield from self.loop
        self._mix()

    def _mix(self) -> None:
        """Of copies that are networks of several kinds, let those stand that together answer best, each for rows it was kept
        from: a kind that learns little from such examples spoils nothing."""
        [network, *others] = self.network.networks.values()
        assert isinstance(network, Layered)
        heads = [head for head in self.network.heads.values() if isinstance(head, Head)]
        if not network.mixed or others or self.copies is None or len(heads) < len(self.network.heads):
            return
        kinds, each = len(network.mixed), network.copies // len(network.mixed)
        mixtures = list(combinations_with_replacement(range(kinds), kinds))
        orders = [torch.cat([torch.arange(each) + kind * each for kind in mixture]) for mixture in mixtures]
        scores = [self._score(self.judged, raws) for raws in self._mixtures(self.judged, orders)]
        best = int(np.argmax([score if np.isfinite(score) else -np.inf for score, _ in scores]))
        self.copies = self.copies[:, orders[best]]
        network.stand(orders[best])
        for head in heads:
            head.stand(orders[best])
        name = next(iter(self.network.networks))
        self.mixed = f"{name}: {_voices(Counter(network.mixed))} answer: of what they were kept from, they were right most surely."

    def _mixtures(self, rows: Array, orders: Sequence[Tensor]) -> list[dict[str, Array]]:
        """Raw answers [N, C] by target column to these rows if copies stood in each of these orders, of copies kept from a row."""
        prepared = self.lesson.prepared
        assert self.copies is not None
        self.network.eval()
        found: list[dict[str, list[Array]]] = [{column: [] for column in prepared.outputs} for _ in orders]
        with torch.inference_mode():
            for piece in chunks(rows, ASKED):
                answers, _ = self.network(prepared.rows.batch(torch.from_numpy(piece), self.lesson.device).inputs)
                copies = self.copies[torch.from_numpy(piece)].to(self.lesson.device)
                for column, output in prepared.outputs.items():
                    raw = answers[prepared.names[column]]
                    for raws, order in zip(found, orders, strict=True):
                        mixed = _outside(raw[:, order], copies[:, order])
                        raws[column].append(output.combine(mixed).cpu().numpy())
        return [{column: together(parts) for column, parts in raws.items()} for raws in found]

    def _method(self, steps: int) -> Method:
        """How the weights adjust: from labels, or also from rows without any."""
        recipe, prepared = self.recipe, self.lesson.prepared
        forms = {name: form.kind for name, form in prepared.intake.forms.items()}
        half = recipe.half and halves(self.lesson.device)
        if self.extra is None:
            augment = Augment(recipe.augment, forms)
            return Supervised(
                self.network, prepared.named, recipe.smoothing, augment, recipe.mirrored, half, recipe.mixed
            )
        [column] = prepared.outputs
        output = prepared.outputs[column]
        assert isinstance(output, Category)
        labels = torch.from_numpy(prepared.targets(column, self.taught)[0].astype(np.int64))
        teachers = 1 if self.begun is None or self.begun.teachers is None else len(self.begun.teachers.each)
        if self.told is not None and teachers > 1:  # some hundred labels do not tell as well how frequent classes are
            labels = self.told.argmax(2).reshape(-1)
        counts = torch.bincount(labels, minlength=output.width)
        plain, strong = changes(recipe, output.width)
        return Consistency(
            self.network, prepared.named, prepared.rows, self.extra, (counts + 1) / (counts + 1).sum(),
            steps=steps, plain=Augment(plain, forms), strong=Augment(strong, forms), told=self.told,
            teachers=teachers, half=half,
        )  # fmt: skip

    def _told(self, teachers: Teachers) -> Tensor:
        """[n, k or 1, K]: what teachers say of the rows without a label, to each copy by the labels of the rows that teach it alone."""
        [(column, output)] = self.lesson.prepared.outputs.items()
        assert isinstance(output, Category)
        assert self.extra is not None
        labels = self.lesson.prepared.targets(column, self.taught)[0].astype(np.int64)
        if self.copies is None:
            return teachers.told(self.taught, labels, self.extra, output.width)[:, None]
        teaches = self.copies[torch.from_numpy(self.taught)].numpy()
        once: dict[bytes, Tensor] = {}  # copies of one inner fold are taught by the same rows
        for each in teaches.T:
            if (key := each.tobytes()) not in once:
                once[key] = teachers.told(self.taught[each], labels[each], self.extra, output.width)
        return torch.stack([once[each.tobytes()] for each in teaches.T], 1)

    def _expected(self, rows: Tensor) -> Tensor | None:
        """[B, K] what teachers say of those of these rows that have no label, else NaN; None where they say nothing, or not the same
        to all copies."""
        if self.told is None or self.extra is None or self.copies is not None:
            return None
        extra = torch.from_numpy(self.extra)
        place = torch.searchsorted(extra, rows).clamp_max(len(extra) - 1)
        return torch.where((extra[place] == rows)[:, None], self.told[place, 0], torch.nan)

    @property
    def best(self) -> Best:
        """The best weights on validation rows."""
        assert self.loop is not None
        return self.loop.best

    def pace(self, seconds: float) -> float:
        """Seconds per step, from running some; the network is of no use afterwards."""
        rows = replace(self.lesson.prepared.rows, copies=self.reads)
        loop = Loop(self._method(10**6), rows, self.taught, self.recipe, steps=10**6, judge=self.judge)
        return loop.pace(seconds)

    def judge(self) -> tuple[float, float]:
        """The score on validation rows (more is better), and the figure to show for it."""
        return self._score(self.judged, self.raw(self.judged, outside=True)[0])

    def _score(self, rows: Array, raws: Mapping[str, Array]) -> tuple[float, float]:
        """As of `judge`, of raw answers to these rows."""
        score, shown = 0.0, float("nan")
        for column, output in self.lesson.prepared.outputs.items():
            target, known = self.lesson.prepared.targets(column, rows)
            if not len(known):
                continue
            weight = self.lesson.prepared.weights(rows)[known]
            score += output.score(raws[column][known], target, weight, self.lesson.metric)
            if np.isnan(shown):
                shown = output.metrics(raws[column][known], target, weight)[self.lesson.metric or output.metric]
        return score, shown

    def raw(self, rows: Array, outside: bool = False) -> tuple[dict[str, Array], Array]:
        """Raw answers [N, C] by target column and features [N, F] for these rows.

        outside: only from copies that never learned from a row.
        """
        prepared = self.lesson.prepared
        self.network.eval()
        raws: dict[str, list[Array]] = {column: [] for column in prepared.outputs}
        features: list[Array] = []
        order = self._by_length(rows)
        with torch.inference_mode():
            for piece in chunks(rows[order], ASKED):
                batch = prepared.rows.batch(torch.from_numpy(piece), self.lesson.device)
                found, whole = self.network(batch.inputs)
                features.append((whole if whole.ndim == 2 else whole.mean(1)).cpu().numpy())
                for column, output in prepared.outputs.items():
                    raw = found[prepared.names[column]]
                    if outside and self.copies is not None:
                        raw = _outside(raw, self.copies[torch.from_numpy(piece)].to(raw.device))
                    raws[column].append(output.combine(raw).cpu().numpy())
        if not features:
            return {column: np.zeros((0, 1)) for column in raws}, np.zeros((0, 1))
        back = np.argsort(order)
        return {column: together(parts)[back] for column, parts in raws.items()}, np.concatenate(features)[back]

    def _by_length(self, rows: Array) -> Array:
        """An order in which rows stand beside others as long: padding takes time."""
        timed = [each.lengths for each in self.lesson.prepared.rows.inputs.values() if each.lengths is not None]
        if not timed:
            return np.arange(len(rows))
        return np.argsort(timed[0].numpy()[rows], kind="stable")


def attempt(
    lesson: Lesson, fold: Fold, steps: int, deadline: float | None = None, looks: int = 3
) -> Generator[Progress, None, Trial]:
    """A short training, to see how far it gets on the fold's validation rows."""
    trial = Trial(lesson, fold)
    for progress in trial.learn(steps, deadline=deadline, judgements=looks):
        message = f"a short try of {', '.join(said['kind'] for said in lesson.said.values())}"
        yield replace(progress, stage="trying", message=message)
    return trial


def _some(rows: Array, most: int, rng: np.random.Generator) -> Array:
    return rows[rng.permutation(len(rows))[:most]] if len(rows) > most else rows


def _voices(voices: Mapping[str, int]) -> str:
    """`counted words (2 of 3 voices) and filters (1 of 3)`."""
    total = sum(voices.values())
    said = [f"{name} ({count} of {total} voices)" for name, count in voices.items()]
    return " and ".join(said) if len(said) < 3 else f"{', '.join(said[:-1])} and {said[-1]}"


def _outside(raw: Tensor, copies: Tensor) -> Tensor:
    """[B, m, C] from [B, k, C]: of the copies that never learned from a row as many as every row has."""
    kept = ~copies
    order = kept.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, : int(kept.sum(1).min())]
    return raw.gather(1, order[:, :, None].expand(-1, -1, raw.shape[2]))


def check_metric(prepared: Prepared, metric: str | None) -> None:
    """Refuse a metric that a target does not have."""
    for column, output in prepared.outputs.items():
        if metric is not None and metric not in output.better:
            raise PlanError(
                f"'{column}' is a {output.kind} and has no metric '{metric}'. {nearest(metric, output.better)}"
            )
