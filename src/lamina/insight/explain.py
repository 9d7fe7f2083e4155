"""`lamina.explain`: why a model answers what it does, for one example or many; computed when it is looked at."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamina.core import Answer, Encoded, Json, PlanError, Table, nearest
from lamina.examples.examples import show
from lamina.insight.neighbours import Lessons
from lamina.insight.question import Question, question
from lamina.insight.why import Brains, Columns, Part, to_json, why
from lamina.model.cells import Cells
from lamina.model.intake import row_names
from lamina.model.model import Model
from lamina.model.predictions import records
from lamina.model.usual import usual
from lamina.outputs.identity import Identity

if TYPE_CHECKING:
    import polars

    from lamina.examples import Examples

EXPLAINED = ("category", "tags", "number")
SHOWN = 5  # examples that a notebook or a page shows unless more are asked for


@dataclass(frozen=True, slots=True)
class Beside:
    """A labelled example that speaks for the answer (cosine above 0) or against it. cells: what it holds; picture: a data URL of
    its first picture, where it has one."""

    name: str
    label: str
    cosine: float
    cells: Json
    picture: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one example got its answer. about: the class or tag that is explained (None for a number); share: its calibrated
    probability, or the number itself; parts: a part for each array of the example; cells: what it holds, by column; beside:
    labelled examples that speak for it, then those that speak against it, where examples were given."""

    name: str
    target: str
    answer: Answer
    about: str | None
    share: float
    parts: tuple[Part, ...]
    cells: Json
    usual: Json
    asked: Question
    said: Json
    beside: tuple[Beside, ...] = ()

    def json(self) -> Json:
        """Everything, as plain values."""
        return {
            "input": self.name,
            "target": self.target,
            "about": self.about,
            "share": self.share,
            "answer": self.said,
            "parts": [to_json(part, self.asked, self.cells, self.usual) for part in self.parts],
            "beside": [
                {"name": each.name, "label": each.label, "cosine": each.cosine, "cells": each.cells}
                for each in self.beside
            ],
        }

    def _repr_html_(self) -> str:
        return _framed([self])


class Explainer:
    """Explains answers of one model, to one target. Makes the network, and its twins with random weights, once.

    examples: labelled ones, among which those are looked for that speak most for an answer.

    Raises:
        PlanError: the model has no such target, or answers nothing.
    """

    def __init__(self, model: Model, target: str | None = None, examples: Examples | None = None) -> None:
        self.model, self.examples = model, examples
        model.must_answer()
        if not model.outputs:
            raise PlanError(
                f"This model finds {', '.join(model.found)} without labels: it gives no answer that could be explained. What is "
                "odd about an example stands beside it: lamina predict."
            )
        if target is not None and target not in model.outputs:
            raise PlanError(f"The model does not answer '{target}'. {nearest(target, model.outputs)}")
        self.target = target or next(iter(model.outputs))
        output = model.outputs[self.target]
        if output.holds not in EXPLAINED or isinstance(output, Identity):
            raise PlanError(
                f"'{self.target}' is answered as {output.kind}; explained are answers that are {', '.join(EXPLAINED)}."
            )
        self.brains = Brains(model.network)

    @cached_property
    def usual(self) -> Json:
        """A usual row; of a private model one of which nothing is known."""
        found = usual(self.model)
        return dict.fromkeys(found) if self.model.card.private else found

    @cached_property
    def _usual(self) -> dict[str, Encoded]:
        return self.model.intake.encode(Cells.settle([self.usual], self.model.intake.holds))

    @cached_property
    def _lessons(self) -> Lessons | None:
        return None if self.examples is None else Lessons(self.model, self.examples, self.target)

    def _beside(self, asked: Question) -> Iterator[Beside]:
        if self._lessons is None or self.examples is None:
            return
        names = row_names(self.examples)
        for each in itertools.chain(*self._lessons.nearest(asked)):
            one = self.examples.take([each.row])
            name = str(each.row + 1) if names is None else names[each.row]
            yield Beside(name, each.label, each.cosine, _cells(one, self.model), _picture(one, self.model))

    def explain(
        self, row: Table, cells: Json, name: str, about: str | None = None, *, thorough: bool = True
    ) -> Explanation:
        """Why this one row gets its answer, or what speaks for another one. cells: what it holds, for people. thorough: cover
        the parts of pictures as well, which takes as many answers as there are parts.

        Raises:
            PlanError: there is no answer `about`.
        """
        answers = self.model.answer(row)
        answer: Answer = answers[self.target][0]
        output: Any = self.model.outputs[self.target]
        if about is None and output.holds != "number":
            about = answer.alternatives[0][0] if answer.alternatives else output.classes[0]
        asked = question(self.model, self.brains.network, self.model.intake.encode(row), self.target, about)
        parts = why(asked, self.brains, self.model.intake, self._usual, thorough)
        said: Json = records(answers)[0][self.target]
        share, beside = asked.share(asked.now()), tuple(self._beside(asked))
        return Explanation(
            name, self.target, answer, about, share, tuple(parts), cells, self.usual, asked, said, beside
        )


class Explanations(Sequence[Explanation]):
    """`explanations[0]` says why the first example got its answer; nothing is computed before it is looked at."""

    def __init__(self, explainer: Explainer, examples: Examples, about: str | None = None) -> None:
        self.explainer, self.examples, self.about = explainer, examples, about
        self._names = row_names(examples)
        self._kept: dict[int, Explanation] = {}

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(f"There are {len(self)} rows; row {row} was asked for.")
        row %= len(self)
        if row not in self._kept:
            one = self.examples.take([row])
            cells = _cells(one, self.explainer.model)
            name = str(row + 1) if self._names is None else self._names[row]
            self._kept[row] = self.explainer.explain(one, cells, name, self.about)
        return self._kept[row]

    def __iter__(self) -> Iterator[Explanation]:
        return (self[row] for row in range(len(self)))

    def take(self, rows: Sequence[int]) -> Explanations:
        """Those of some examples."""
        found = Explanations(self.explainer, self.examples.take(list(rows)), self.about)
        if self._names is None:
            found._names = [str(row + 1) for row in rows]
        return found

    def json(self) -> list[Json]:
        """Every explanation as plain values."""
        return [each.json() for each in self]

    def table(self) -> polars.DataFrame:
        """A row per example and column of its table: value, usual value, effect, by how much the score falls with
        the usual one (of a class in log-odds), and the answer then."""
        import polars as pl

        rows = [
            {"input": each.name, each.target: each.share, "about": each.about, **line}
            for each in self
            for part in each.parts
            if isinstance(part, Columns)
            for line in _text(to_json(part, each.asked, each.cells, each.usual)["columns"])
        ]
        return pl.DataFrame(rows)

    def page(self, count: int = SHOWN) -> str:
        """The first ones as one HTML page that needs nothing else."""
        from lamina.insight.explained import render

        return render(self[:count], len(self))

    def save(self, path: str | Path, count: int = SHOWN) -> Path:
        """`page`, written to a file."""
        from lamina.machine.files import new_file

        with new_file(Path(path)) as aside:
            aside.write_text(self.page(count), encoding="utf-8")
        return Path(path)

    def __repr__(self) -> str:
        return f"Explanations of {len(self):,} answers to {self.explainer.target}"

    def _repr_html_(self) -> str:
        return _framed(self[:SHOWN], len(self))


def explain(
    model: Model, source: Any, target: str | None = None, about: str | None = None, examples: Any = None
) -> Explanations:
    """Why the answers to these examples are what they are. See `lamina.explain`."""
    labelled = None if examples is None else model.read(examples, target=True)
    return Explanations(Explainer(model, target, labelled), model.read(source), about)


def _cells(one: Examples, model: Model) -> Json:
    """What one example holds, by input column, as people read it."""
    return {column: show(one.values(column), one.kinds[column])[0] for column in model.intake.inputs}


def _picture(one: Examples, model: Model) -> str | None:
    """The first picture of an example as a data URL."""
    for name, form in model.intake.forms.items():
        if form.kind == "grid":
            from lamina.insight import heat

            return heat.plain(model.intake.encode(one)[name].values[0])
    return None


def _text(columns: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Values of all kinds in one column of a table: as words."""
    as_word = ("value", "usual")
    return [
        {key: None if value is None else str(value) if key in as_word else value for key, value in line.items()}
        for line in columns
    ]


def _framed(explanations: Sequence[Explanation], total: int | None = None) -> str:
    from lamina.insight.explained import render

    page = render(explanations, total or len(explanations))
    return f'<iframe srcdoc="{html.escape(page)}" style="width:100%;height:640px;border:0"></iframe>'
