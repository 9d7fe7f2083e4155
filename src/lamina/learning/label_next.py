"""Which examples to label next: first one of every group, then those that are least clear and unlike each other."""

from __future__ import annotations

from collections.abc import Generator, Mapping

import numpy as np

from lamina.core import Array, DataError, Input, Progress
from lamina.examples import Examples
from lamina.found._near import groups, squares
from lamina.insight.interview import Question
from lamina.learning.budget import Budget
from lamina.learning.graph import Graph, turned
from lamina.learning.label_free import features
from lamina.learning.photographs import fits, replace_pictures
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.learning.spreading import method_for, spread

SEEN = 20_000  # examples that are chosen among
GROUPS = 20  # that are asked about first, at most
EACH = 15  # examples of a group, at least
UNCLEAR = 0.2  # share of the examples, the least clear ones, that those unlike each other are taken from


class Landscape:
    """Where examples lie, by features that no label had a say in: made once, asked again after every few labels.

    rows: [n] of the examples, those that are chosen among; x: [n, F] their places; member: [n] the group of each. inputs: what
    read the columns.
    """

    def __init__(self, rows: Array, x: Array, seed: int = 0, inputs: Mapping[str, Input] | None = None) -> None:
        self.rows, self.x, self.inputs = rows, x, inputs or {}
        self.rng = np.random.default_rng(seed)
        self.graph = Graph.of(x, self.rng)
        count = max(2, min(GROUPS, len(x) // EACH))
        self.means = groups(x, count, self.rng)
        away = squares(x, self.means)
        self.member, self.away = away.argmin(1), away.min(1)

    @classmethod
    def of(cls, examples: Examples, labelled: Array, seed: int = 0) -> Generator[Progress, None, Landscape]:
        """Of the examples without their labels. labelled: rows that have one; all of those are among the rows.

        Raises:
            DataError: there are too few.
        """
        if len(examples) < EACH:
            raise DataError(
                f"There are {len(examples)} examples: label them all. To choose among takes {EACH} at least."
            )
        rng = np.random.default_rng(seed)
        open_rows = np.setdiff1d(np.arange(len(examples)), labelled)
        rows = np.sort(np.concatenate([labelled, rng.permutation(open_rows)[: max(SEEN - len(labelled), EACH)]]))
        some = examples.take(rows)
        prepared = prepare(some, Plan(find="neighbours", folds=0, seed=seed), report=False)
        for name, form in prepared.intake.forms.items():
            if fits(form):
                yield from replace_pictures(prepared, name, Budget(0.0, None))
        yield Progress(stage="looking", message="seeking groups")
        return cls(rows, turned(features(prepared, np.arange(len(rows)), rng), rng), seed, prepared.intake.inputs)

    def next(
        self, labels: Mapping[int, str], count: int, skipped: frozenset[int] = frozenset(), alike: int = 2
    ) -> list[Question]:
        """Up to `count` questions. labels: row to what was said of it. skipped: rows not to ask about again. alike: more rows
        that are shown beside the most typical one of a group."""
        place = {int(row): k for k, row in enumerate(self.rows)}
        known = np.array([place[row] for row in labels if row in place], int)
        closed = np.zeros(len(self.rows), bool)
        closed[known] = True
        closed[[place[row] for row in skipped if row in place]] = True
        found = self._groups(closed, alike)[:count]
        if len(found) < count and len(known):
            closed[[place[each.row] for each in found]] = True
            found += self._unclear(labels, known, closed, count - len(found))
        elif len(found) < count:  # nobody has said anything yet: single rows, as they come
            closed[[place[each.row] for each in found]] = True
            free = self.rng.permutation(np.flatnonzero(~closed))[: count - len(found)]
            found += [Question(int(self.rows[k]), drawn=True) for k in free]
        return found

    def _groups(self, closed: Array, alike: int) -> list[Question]:
        """A question for each group without a label, the largest first."""
        sizes = np.bincount(self.member, minlength=len(self.means))
        touched = np.bincount(self.member[closed], minlength=len(self.means)) > 0
        found = []
        for group in np.argsort(-sizes, kind="stable").tolist():
            if touched[group] or not sizes[group]:
                continue
            inside = np.flatnonzero(self.member == group)
            typical = inside[np.argsort(self.away[inside], kind="stable")[: 1 + alike]]
            first, *others = self.rows[typical].tolist()
            found.append(Question(first, tuple(others), int(sizes[group])))
        return found

    def _unclear(self, labels: Mapping[int, str], known: Array, closed: Array, count: int) -> list[Question]:
        """Of the rows whose best two answers are nearest to each other (margin, Scheffer et al. 2001) those that lie far from
        what is labelled and from each other (k-centre, Sener and Savarese 2018)."""
        words = sorted(set(labels.values()))
        codes = np.array([words.index(labels[int(self.rows[k])]) for k in known])
        raw = spread(self.graph.ties, known, codes, len(words), method_for(codes))
        best = raw.argmax(1)
        top = np.sort(raw, axis=1)[:, -2:]
        clear = top[:, 1] - top[:, 0] if len(words) > 1 else np.zeros(len(raw))
        clear = clear / max(float(np.quantile(clear, 0.99)), 1e-12)
        free = np.flatnonzero(~closed)
        some = free[np.argsort(clear[free], kind="stable")[: max(count, round(UNCLEAR * len(free)))]]
        away = squares(self.x[some], self.x[known]).min(1)
        found = []
        for _ in range(min(count, len(some))):
            k = int(away.argmax())
            row = some[k]
            guess = words[best[row]] if len(words) > 1 else None
            found.append(Question(int(self.rows[row]), guess=guess, clear=float(np.clip(clear[row], 0, 1))))
            away = np.minimum(away, squares(self.x[some], self.x[row][None])[:, 0])
            away[k] = -1
        return found
