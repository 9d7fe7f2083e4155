"""A learned model: it predicts, scores, and is saved as a folder without pickle."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina import kinds
from lamina.core import Answers, Array, Encoded, Found, Made, Piece, PlanError, Table, Taught
from lamina.machine.files import standing
from lamina.model import answering, bundle, restoring, whence
from lamina.model.bundle import ANSWERS, INSIDE, NETWORK, REPORT, Files
from lamina.model.card import Card, digest, digest_of
from lamina.model.intake import Intake, row_names
from lamina.model.novelty import Novelty
from lamina.model.onnx import Runner
from lamina.model.predictions import Predictions

if TYPE_CHECKING:
    from torch import nn

    from lamina.examples import Examples
    from lamina.found.neighbours import Alike, Neighbours
    from lamina.model.compare import Comparisons
    from lamina.model.score import Score
    from lamina.model.stream import Stream
    from lamina.networks._join import Ensemble


class Model:
    """What was learned. Made by `lamina.learn` or `lamina.load`.

    >>> import lamina
    >>> model = lamina.learn({"x": [k % 40 for k in range(80)], "y": [2.0 * (k % 40) for k in range(80)]}, "y", steps=5, folds=0)
    >>> model
    Model that answers y (number) from x
    >>> len(model.predict({"x": [1, 2, 3]}))
    3
    """

    def __init__(
        self,
        card: Card,
        files: Files,
        own: nn.Module | None = None,
        found: Mapping[str, Found] | None = None,
    ) -> None:
        self.card = card
        self.files = files
        self.own = own
        self.intake = Intake.restore(card.inputs)
        if found is not None:
            self.__dict__["found"] = dict(found)  # just settled: nothing to restore
        self.outputs: dict[str, Taught] = restoring.taught(card)

    # ------------------------------------------------------------------------------------------ answering

    def predict(self, source: Any, *, names: bool = True) -> Predictions:
        """Answers for files, folders, tables, arrays, frames, or one dict: whatever `lamina.read` reads.

        Each answer has a value, a calibrated confidence and alternatives (or an interval, for numbers), and says
        whether the example is unlike the training data. An unreadable picture is taken as absent, and marked; where
        nothing else is known of the example, the answer's value is None.
        """
        examples = self.read(source)
        answers = self.answer(examples)
        odd = None if self.found else np.array(sorted({row for each in answers.values() for row in each.reasons}), int)
        notes = [*examples.notes, *self.intake.notes(examples, odd)]
        return Predictions(answers, row_names(examples) if names else None, notes)

    def answer(self, rows: Table) -> dict[str, Answers]:
        """Answers by target for rows whose columns are settled."""
        return answering.answer(rows, self.intake, self.outputs, self._names, self.novelty, self.run, self.found)

    def read(self, source: Any, target: bool = False) -> Examples:
        """Examples with this model's kinds; with `target`, its target columns too.

        Raises:
            PlanError: the model makes something new, and takes no examples.
        """
        from lamina.examples import Examples, Reading, as_categories, read

        self.must_answer()
        asked = {each["column"]: each["kind"] for each in self.card.taught} if target else {}
        like = self.told(asked)
        if isinstance(source, Examples):
            return as_categories(source, [column for column, kind in like.items() if kind.split(" ")[0] == "category"])
        return read(source, Reading(separator=self.card.reading.get("separator")), like=like, target=list(asked))

    def told(self, more: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """Column to its kind and how its cells were written, as `lamina.read(like=…)` takes them. more: kinds of targets."""
        written = self.card.reading.get("written", {})  # cards of earlier versions do not say it
        held = self.intake.kinds | dict(more)
        return {column: f"{kind} {written.get(column, '')}".strip(" ") for column, kind in held.items()}

    def must_answer(self) -> None:
        """Raises:
        PlanError: it makes something new, and answers nothing.
        """
        if self.card.makes:
            place = self.files if isinstance(self.files, Path) else "MODEL"
            raise PlanError(
                f"This model makes {self.maker.called} and answers nothing. Let it make some: lamina generate {place}"
            )

    def raw(self, rows: Table) -> tuple[dict[str, Array], Array, dict[int, str], Array]:
        """Raw answers [N, C] by target, features [N, F], row to why its picture could not be read, and the rows of
        which nothing could be read."""
        return answering.raw(rows, self.intake, self._names, self.run)

    def run(self, arrays: Mapping[str, Encoded]) -> dict[str, Array]:
        """The graph's outputs for encoded arrays."""
        return self._runner.run(arrays)

    @property
    def _names(self) -> dict[str, str]:
        """Target to its name in the graph."""
        return {each["column"]: each["name"] for each in self.card.taught}

    def score(self, source: Any) -> Score:
        """Metrics with 95 % intervals on labelled examples, beside those at learning, and what has drifted.

        >>> import lamina
        >>> rows = {"x": [k % 40 for k in range(80)], "y": [k % 40 > 19 for k in range(80)]}
        >>> model = lamina.learn(rows, "y", steps=5, folds=0)
        >>> sorted(model.score(rows).targets["y"])[:3]
        ['accuracy', 'auc', 'balanced_accuracy']
        """
        from lamina.model.score import score

        return score(self, source)

    def compare(self, a: Any, b: Any) -> Comparisons:
        """Whether examples of `a` and of `b` are of the same one: for a model that was learned with `verify=True`.

        a, b: whatever `lamina.read` reads, one example or many. The first pair of `model.compare(a, b)` is the most alike:
        `model.compare("a.png", "people/")[0]` says who of them `a.png` is most like, and whether it is the same.

        Raises:
            PlanError: the model answers something else.
        """
        from lamina.model.compare import compare

        return compare(self, a, b)

    def stream(self) -> Stream:
        """Follow one series as it comes: each piece that is fed gives the answer so far, as the whole would.

        Raises:
            PlanError: the model does not learn from one series alone, or its network also reads backwards.
        """
        from lamina.model.stream import Stream

        return Stream(self)

    def open(self, threads: int = 0, spin: bool = True) -> None:
        """Read into memory what answering needs, instead of when it is first needed. threads, spin: of ONNX Runtime."""
        self._runner = Runner(self.network_file, self.where, threads, spin)
        _ = self.novelty, self.found

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.network_file, self.where)

    # ------------------------------------------------------------------------------------------ found without labels

    @cached_property
    def found(self) -> dict[str, Found]:
        """What is found in the features without labels, by the name of its answers."""
        return restoring.found(self.card, self.files)

    @cached_property
    def novelty(self) -> Novelty | None:
        """What tells examples that are unlike the training data; None where nothing does."""
        return restoring.novelty(self.card, self.files)

    @property
    def neighbours(self) -> Neighbours:
        """The index of a model learned with `find="neighbours"`."""
        self.must_answer()
        from lamina.found.neighbours import Neighbours

        for each in self.found.values():
            if isinstance(each, Neighbours):
                return each
        raise PlanError("This model keeps no examples to search among. Learn one: lamina learn PATH --find neighbours.")

    def search(self, source: Any, n: int = 10) -> list[list[Alike]]:
        """The `n` most alike examples of each of these, nearest first. For a model learned with `find="neighbours"`.

        Raises:
            PlanError: it keeps no examples to compare with.
        """
        index = self.neighbours
        _, features, _, nothing = self.raw(self.read(source))
        found = index.search(features, n)
        for row in nothing.tolist():
            found[row] = []
        return found

    # ------------------------------------------------------------------------------------------ making something new

    @cached_property
    def made(self) -> dict[str, Made]:
        """What it makes that is new, by the name of it."""
        return restoring.made(self.card, self.files)

    @property
    def maker(self) -> Made:
        """What makes something new.

        Raises:
            PlanError: the model makes nothing.
        """
        for each in self.made.values():
            return each
        does = f"finds {', '.join(self.found)}" if self.found else f"answers {', '.join(self.outputs)}"
        raise PlanError(
            f"This model {does} and makes nothing new; lamina predict asks it. To make something, learn that: lamina learn "
            f"PATH --generate {' or '.join(kinds.names('made'))}."
        )

    def generate(self, n: int = 1, **wish: Any) -> list[Any]:
        """Make `n` new ones: texts as str, pictures as uint8 [H, W, C]. For a model learned with `generate=…`.

        wish: what it is to be like: `prompt="ROMEO:"`, `length=500`, `temperature=0.8`, `top_p=0.95` for a text;
        `given={"label": "cat"}` or `text="a three above a seven"` for a picture; `seed=1` to make the same again.

        Raises:
            PlanError: the model makes nothing, or not that.
        """
        from lamina.made._handing import wholes

        return [value for _, value in wholes(self.maker, self.pieces(n, **wish))]

    def pieces(self, n: int = 1, **wish: Any) -> Iterator[Piece]:
        """As `generate`, piece by piece as they are made: some letters of a text at a time, one picture after the other."""
        from lamina.made._wish import wish_of

        asked, maker = wish_of(n, wish), self.maker
        maker.check(asked)
        return maker.make(self.graph, asked)

    def graph(self, arrays: Mapping[str, Array]) -> Mapping[str, Array]:
        """The saved network on arrays by the names of its inputs."""
        return self._runner.feed(arrays)

    # ------------------------------------------------------------------------------------------ the network

    @cached_property
    def network(self) -> Ensemble:
        """The learned torch module, for an engineer. Needs `lamina[learn]`.

        Raises:
            ModelError: it was learned with an own module; load it with `lamina.load(path, network=Mine())`. Or its weights are
                of another copy of Lamina.
        """
        maker = self.maker if self.card.makes else None
        return restoring.network(self.card, self.files, self.intake.forms, self.named_outputs, maker, self.own)

    @property
    def named_outputs(self) -> dict[str, Taught]:
        """Outputs by their names in the network."""
        return {each["name"]: self.outputs[each["column"]] for each in self.card.taught}

    @property
    def network_file(self) -> Path | bytes:
        """The ONNX graph: where it lies, or its bytes."""
        return bundle.graph(self.files)

    # ------------------------------------------------------------------------------------------ files

    @property
    def where(self) -> str:
        """Where it lies, for messages."""
        return bundle.where(self.files)

    @property
    def mark(self) -> str:
        """What tells it from other models, for a cache: a hash of its card and network. The same before and after it is
        saved, and with another report."""
        graph = self.network_file
        return self.card.mark(digest_of(graph) if isinstance(graph, bytes) else digest(graph))

    @property
    def fingerprint(self) -> str:
        """What answers carry, so that it is known which model gave them: of a saved one its card's seal."""
        return (self.card.seal or self.mark)[:16]

    @property
    def report(self) -> str:
        """The report as one HTML page."""
        return bundle.content(self.files, REPORT).decode()

    @property
    def answers(self) -> str:
        """As CSV, the answers to the rows without a label that it was learned beside, with `transduce=True`.

        Raises:
            PlanError: they were not asked for.
        """
        if ANSWERS not in bundle.listed(self.files):
            raise PlanError("This model answered no rows without a label. Ask for that: lamina learn PATH --transduce.")
        return bundle.content(self.files, ANSWERS).decode()

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the model as a folder; a crash leaves whatever was there before.

        Raises:
            ModelError: something is there already, and `overwrite` was not given, or it is no model.
        """
        path = Path(path)
        bundle.check_place(path, overwrite)
        onto_itself = isinstance(self.files, Path) and self.files.absolute() == standing(path).absolute()
        bundle.write(path, self.files, self.card, restoring.large_arrays(self.found))
        if not self.card.private:
            whence.remember(self.card.mark(self.card.files[NETWORK]))  # as `mark`, whose file may be gone by now
        if onto_itself:
            self.files = path
            for name in ("_runner", "found"):
                self.__dict__.pop(name, None)
        return path

    @classmethod
    def load(cls, path: str | Path, network: nn.Module | None = None) -> Model:
        """A saved model. network: the own module it was learned with, if any, to explain it and to learn on.

        Raises:
            ModelError: no model is there, or it is damaged, changed, foreign or of a newer format.
        """
        path = standing(Path(path))
        card = bundle.read(path)
        with restoring.undamaged(path):
            return cls(card, path, network)

    def to_bytes(self) -> bytes:
        """The whole model as one zip, for a database or for pickling an estimator."""
        return bundle.zipped(self.files, self.card, restoring.large_arrays(self.found))

    @classmethod
    def from_bytes(cls, content: bytes) -> Model:
        """What `to_bytes` gave.

        Raises:
            ModelError: it is not a whole model.
        """
        card, files = bundle.unzipped(content)
        with restoring.undamaged(files):
            return cls(card, files)

    # ------------------------------------------------------------------------------------------ how it looks

    def __repr__(self) -> str:
        columns = ", ".join(self.intake.inputs)
        if self.card.makes:
            like = f" like {self.card.data['source']}" if self.card.data.get("source") else ""
            return f"Model that makes {self.card.makes[0]['kind']}{like}"
        if self.card.found:
            return f"Model that finds {', '.join(each['kind'] for each in self.card.found)} in {columns}"
        asked = ", ".join(f"{column} ({output.kind})" for column, output in self.outputs.items())
        return f"Model that answers {asked} from {columns}"

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{html.escape(self.report.partition(INSIDE)[0])}" style="width:100%;height:640px;border:0"></iframe>'
