"""A learned model: it predicts, scores, and is saved as a folder without pickle."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina import kinds
from lamina.core import (
    Answers,
    Array,
    DataError,
    Encoded,
    Found,
    Json,
    Made,
    ModelError,
    Piece,
    PlanError,
    Table,
    Taught,
)
from lamina.machine.files import new_folder, standing
from lamina.model import answering, whence
from lamina.model.card import Card, digest, digest_of
from lamina.model.intake import Intake, row_names
from lamina.model.novelty import Novelty
from lamina.model.onnx import Runner
from lamina.model.predictions import Predictions
from lamina.outputs.identity import Identity

if TYPE_CHECKING:
    from torch import nn

    from lamina.examples import Examples
    from lamina.found.neighbours import Alike, Neighbours
    from lamina.model.compare import Comparisons
    from lamina.model.score import Score
    from lamina.model.stream import Stream
    from lamina.networks._join import Ensemble

CARD, WEIGHTS, NETWORK, REPORT = "card.json", "weights.safetensors", "network.onnx", "report.html"
FILES = (WEIGHTS, NETWORK, REPORT)
INSIDE = "<!-- what goes on inside -->"  # in a report that holds more than its sections, where these end
ANSWERS = "answers.csv"  # of rows without a label, where they were to be answered
DAMAGES = (LookupError, TypeError, ValueError, AttributeError, OverflowError, PlanError)  # what a damaged card leads to
LARGE = ".npy"  # ends the names of files that are mapped into memory
BESIDE = ("novelty.", "found.")  # begins the names of arrays that lie beside the network's weights


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
        files: Path | Mapping[str, bytes],
        own: nn.Module | None = None,
        found: Mapping[str, Found] | None = None,
    ) -> None:
        self.card = card
        self.files = files
        self.own = own
        self.intake = Intake.restore(card.inputs)
        if found is not None:
            self.__dict__["found"] = dict(found)  # just settled: nothing to restore
        self.outputs: dict[str, Taught] = {
            each["column"]: kinds.find("outputs", each["kind"]).restore(each["state"]) for each in card.taught
        }

    # ------------------------------------------------------------------------------------------ answering

    def predict(self, source: Any, *, names: bool = True) -> Predictions:
        """Answers for files, folders, tables, arrays, frames, or one dict: whatever `lamina.read` reads.

        Each answer has a value, a calibrated confidence and alternatives (or an interval, for numbers), and says
        whether the example is unlike the training data. An unreadable picture is taken as absent, and marked; where
        nothing else is known of the example, the answer's value is None.
        """
        examples = self.read(source)
        return Predictions(self.answer(examples), row_names(examples) if names else None, examples.notes)

    def compare(self, a: Any, b: Any) -> Comparisons:
        """Whether examples of `a` and of `b` are of the same one: for a model that was learned with `verify=True`.

        a, b: whatever `lamina.read` reads, one example or many. The first pair of `model.compare(a, b)` is the most alike:
        `model.compare("a.png", "people/")[0]` says who of them `a.png` is most like, and whether it is the same.

        Raises:
            PlanError: the model answers something else.
        """
        from lamina.model.compare import Comparisons

        self.must_answer()
        output = next(iter(self.outputs.values()), None)
        if not isinstance(output, Identity):
            raise PlanError(
                "This model compares nothing. To tell whether two examples are of the same one, learn "
                "that: lamina learn PATH --target COLUMN --verify."
            )
        places, unlike, names = zip(*(self._placed(each) for each in (a, b)), strict=True)
        distance, probability = output.same(*places)
        return Comparisons(names, distance, probability, output.threshold, unlike)

    def _placed(self, source: Any) -> tuple[Array, Array, list[str]]:
        """Places [N, E] of examples, which of them are unlike the training data, and their names.

        Raises:
            DataError: one of them cannot be read.
        """
        examples = self.read(source)
        raws, features, problems, nothing = self.raw(examples)
        names = row_names(examples) or [f"row {row + 1}" for row in range(len(examples))]
        if len(nothing):
            row = int(nothing[0])
            raise DataError(f"{names[row]} {problems.get(row, 'holds nothing')}: there is nothing to compare.")
        unlike = np.zeros(len(examples), bool) if self.novelty is None else self.novelty.unlike(features)
        unlike[list(self.intake.unlike(examples))] = True
        return next(iter(raws.values())), unlike, names

    def answer(self, rows: Table) -> dict[str, Answers]:
        """Answers by target for rows whose columns are settled."""
        return answering.answer(rows, self.intake, self.outputs, self._names, self.novelty, self.run, self.found)

    def read(self, source: Any, target: bool = False) -> Examples:
        """Examples with this model's kinds; with `target`, its target columns too.

        Raises:
            PlanError: the model makes something new, and takes no examples.
        """
        from lamina.examples import Reading, read

        self.must_answer()
        like = dict(self.intake.kinds)
        asked = {each["column"]: each["kind"] for each in self.card.taught} if target else {}
        like |= asked
        written = self.card.reading.get("written", {})  # cards of earlier versions do not say it
        like = {column: f"{kind} {written.get(column, '')}".strip(" ") for column, kind in like.items()}
        return read(source, Reading(separator=self.card.reading.get("separator")), like=like, target=list(asked))

    def must_answer(self) -> None:
        """Raises:
        PlanError: it makes something new, and answers nothing.
        """
        if self.card.makes:
            place = self.files if isinstance(self.files, Path) else "MODEL"
            raise PlanError(
                f"This model makes {self.maker.kind} and answers nothing. Let it make some: lamina generate {place}"
            )

    def raw(self, rows: Table) -> tuple[dict[str, Array], Array, dict[int, str], Array]:
        """Raw answers [N, C] by target, features [N, F], row to why its picture could not be read, and the rows of
        which nothing could be read."""
        return answering.raw(rows, self.intake, self._names, self.run)

    def stream(self) -> Stream:
        """Follow one series as it comes: each piece that is fed gives the answer so far, as the whole would.

        Raises:
            PlanError: the model does not learn from one series alone, or its network also reads backwards.
        """
        from lamina.model.stream import Stream

        return Stream(self)

    def run(self, arrays: Mapping[str, Encoded]) -> dict[str, Array]:
        """The graph's outputs for encoded arrays."""
        return self._runner.run(arrays)

    def score(self, source: Any) -> Score:
        """Metrics with 95 % intervals on labelled examples, beside those at learning, and what has drifted.

        >>> import lamina
        >>> rows = {"x": [k % 40 for k in range(80)], "y": [k % 40 > 19 for k in range(80)]}
        >>> model = lamina.learn(rows, "y", steps=5, folds=0)
        >>> sorted(model.score(rows).targets["y"])[:3]
        ['accuracy', 'auc', 'balanced_accuracy']
        """
        from lamina.model.drift import drift
        from lamina.model.score import Score, figures, labelled

        if not self.outputs and not self.card.makes:
            raise PlanError(
                f"This model finds {', '.join(self.found)} without labels: it has no answer to compare with."
            )
        examples = self.read(source, target=True)
        raws, features, *_ = self.raw(examples)
        found = {}
        for column, output in self.outputs.items():
            target, rows = labelled(examples, column, output)
            known = self._known(column)
            new = figures(output, output.scaled(raws[column][rows]), target, None, np.random.default_rng(0))
            found[column] = {name: replace(each, before=known.get(name, {}).get("value")) for name, each in new.items()}
        drifts = [
            drift(column, before, examples.values(column))
            for column, before in self.card.data.get("columns", {}).items()
            if before is not None and column in examples.kinds
        ]
        unlike = float(self.novelty.unlike(features).mean()) if self.novelty is not None else 0.0
        return Score(len(examples), found, unlike, sorted(drifts, key=lambda each: -each.index))

    def _known(self, column: str) -> Json:
        """The figures of a target in the report."""
        found: Json = next(
            (each["figures"] for each in self.card.results.get("targets", []) if each["column"] == column), {}
        )
        return found

    def open(self, threads: int = 0, spin: bool = True) -> None:
        """Read into memory what answering needs, instead of when it is first needed. threads, spin: of ONNX Runtime."""
        self._runner = Runner(self.network_file, self.where, threads, spin)
        _ = self.novelty, self.found

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.network_file, self.where)

    @property
    def network_file(self) -> Path | bytes:
        """The ONNX graph: where it lies, or its bytes."""
        return self.files / NETWORK if isinstance(self.files, Path) else self.files[NETWORK]

    @property
    def mark(self) -> str:
        """What tells it from other models, for a cache: a hash of its card and network. The same before and after it is saved, and with another
        report."""
        graph = self.network_file
        return self.card.mark(digest_of(graph) if isinstance(graph, bytes) else digest(graph))

    @property
    def _names(self) -> dict[str, str]:
        """Target to its name in the graph."""
        return {each["column"]: each["name"] for each in self.card.taught}

    @cached_property
    def found(self) -> dict[str, Found]:
        """What is found in the features without labels, by the name of its answers."""
        arrays = self._weights("numpy") if self.card.found else {}
        arrays |= {name: self._large(name) for name in self.card.files if name.endswith(LARGE)}
        try:
            return {
                each["column"]: kinds.find("found", each["kind"]).restore(
                    each["state"], arrays_of(each["column"], arrays)
                )
                for each in self.card.found
            }
        except DAMAGES as error:
            raise self._damaged(self.files, error) from error

    @cached_property
    def made(self) -> dict[str, Made]:
        """What it makes that is new, by the name of it."""
        try:
            return {each["column"]: kinds.find("made", each["kind"]).restore(each["state"]) for each in self.card.makes}
        except DAMAGES as error:
            raise self._damaged(self.files, error) from error

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
        whole: dict[int, list[Any]] = {}
        for piece in self.pieces(n, **wish):
            whole.setdefault(piece.number, []).append(piece.value)
        return [self.maker.whole(whole.get(number, [])) for number in range(n)]

    def pieces(self, n: int = 1, **wish: Any) -> Iterator[Piece]:
        """As `generate`, piece by piece as they are made: some letters of a text at a time, one picture after the other."""
        from lamina.made._wish import wish_of

        asked, maker = wish_of(n, wish), self.maker
        maker.check(asked)
        return maker.make(self.graph, asked)

    def graph(self, arrays: Mapping[str, Array]) -> Mapping[str, Array]:
        """The saved network on arrays by the names of its inputs."""
        return self._runner.feed(arrays)

    @cached_property
    def novelty(self) -> Novelty | None:
        if self.card.novelty is None:
            return None
        found = {name: array for name, array in self._weights("numpy").items() if name.startswith("novelty.")}
        center, scale, groups = (found[f"novelty.{name}"] for name in ("center", "scale", "groups"))
        return Novelty(center, scale, groups, self.card.novelty)

    def _large(self, name: str) -> Array:
        """An array in a file of its own, mapped into memory."""
        if isinstance(self.files, Path):
            mapped: Array = np.load(self.files / name, mmap_mode="r")
            return mapped
        loaded: Array = np.load(io.BytesIO(self.files[name]))
        return loaded

    def _large_arrays(self) -> dict[str, Array]:
        """File name to array, of what is found."""
        return {
            f"{column}-{name}{LARGE}": array
            for column, found in self.found.items()
            for name, array in found.large().items()
        }

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

    @property
    def neighbours(self) -> Neighbours:
        """The index of a model learned with `find="neighbours"`."""
        self.must_answer()
        from lamina.found.neighbours import Neighbours

        for each in self.found.values():
            if isinstance(each, Neighbours):
                return each
        raise PlanError("This model keeps no examples to search among. Learn one: lamina learn PATH --find neighbours.")

    # ------------------------------------------------------------------------------------------ the network

    @cached_property
    def network(self) -> Ensemble:
        """The learned torch module, for an engineer. Needs `lamina[learn]`.

        Raises:
            ModelError: it was learned with an own module; load it with `lamina.load(path, network=Mine())`.
        """
        from lamina.networks._build import ensemble

        built: Any
        if self.card.makes:
            built = self.maker.network(self.card.networks)
        else:
            built = ensemble(self.card.networks, self.card.members, self.intake.forms, self.named_outputs, self.own)
        weights = {name: t for name, t in self._weights("torch").items() if not name.startswith(BESIDE)}
        built.load_state_dict(weights)
        network: Ensemble = built.eval()
        return network

    @property
    def named_outputs(self) -> dict[str, Taught]:
        """Outputs by their names in the network."""
        return {each["name"]: self.outputs[each["column"]] for each in self.card.taught}

    def _weights(self, framework: str) -> dict[str, Any]:
        if framework == "torch":
            from safetensors.torch import load
        else:
            from safetensors.numpy import load  # type: ignore[assignment]
        return dict(load(self._bytes(WEIGHTS)))

    # ------------------------------------------------------------------------------------------ files

    @property
    def where(self) -> str:
        """Where it lies, for messages."""
        return str(self.files) if isinstance(self.files, Path) else "the model"

    @property
    def report(self) -> str:
        """The report as one HTML page."""
        return self._bytes(REPORT).decode()

    @property
    def answers(self) -> str:
        """As CSV, the answers to the rows without a label that it was learned beside, with `transduce=True`.

        Raises:
            PlanError: they were not asked for.
        """
        if ANSWERS not in self._names_of_files:
            raise PlanError("This model answered no rows without a label. Ask for that: lamina learn PATH --transduce.")
        return self._bytes(ANSWERS).decode()

    @property
    def _names_of_files(self) -> tuple[str, ...]:
        there = (self.files / ANSWERS).is_file() if isinstance(self.files, Path) else ANSWERS in self.files
        return (*FILES, ANSWERS) if there else FILES

    def _bytes(self, name: str) -> bytes:
        return (self.files / name).read_bytes() if isinstance(self.files, Path) else self.files[name]

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the model as a folder; a crash leaves whatever was there before.

        Raises:
            ModelError: something is there already, and `overwrite` was not given, or it is no model.
        """
        path = Path(path)
        check_place(path, overwrite)
        onto_itself = isinstance(self.files, Path) and self.files.absolute() == standing(path).absolute()
        with new_folder(path) as aside:
            for name in self._names_of_files:
                (aside / name).write_bytes(self._bytes(name))
            self.card.files = {name: digest(aside / name) for name in self._names_of_files}
            for name, array in self._large_arrays().items():
                write_array(aside / name, array)
                self.card.files[name] = f"{(aside / name).stat().st_size} bytes"
            (aside / CARD).write_bytes(self.card.dump())
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
        if not (path / CARD).is_file():
            if path.exists():
                raise ModelError(
                    f"'{path}' is not a Lamina model: those are folders with a card.json, made by `lamina learn`."
                )
            raise ModelError(f"'{path}' does not exist. Learn it: lamina learn PATH --target COLUMN --out {path}")
        card = Card.parse((path / CARD).read_bytes(), str(path))
        for name in promised(card):
            if not (path / name).is_file():
                raise ModelError(f"'{path}' is incomplete: {name} is missing. Copy or save the model again.")
            if card.files.get(name) != digest(path / name):
                raise ModelError(f"'{path}' was changed after it was saved: {name} differs from what its card says.")
        for name in (each for each in card.files if each.endswith(LARGE)):  # too large to be read whole at every start
            if not (path / name).is_file() or card.files[name] != f"{(path / name).stat().st_size} bytes":
                raise ModelError(
                    f"'{path}' is incomplete: {name} is missing, or of another model. Save the model again."
                )
        return cls._restored(card, path, network)

    @classmethod
    def _restored(cls, card: Card, files: Path | Mapping[str, bytes], network: nn.Module | None) -> Model:
        try:
            return cls(card, files, network)
        except DAMAGES as error:
            raise cls._damaged(files, error) from error

    @staticmethod
    def _damaged(files: Path | Mapping[str, bytes], error: Exception) -> ModelError:
        where = files if isinstance(files, Path) else "a model"
        return ModelError(f"The card of '{where}' is damaged or of another Lamina: {error}.")

    def to_bytes(self) -> bytes:
        """The whole model as one zip, for a database or for pickling an estimator."""
        import zipfile

        buffer = io.BytesIO()
        files = {name: self._bytes(name) for name in self._names_of_files}
        large = {name: array_bytes(array) for name, array in self._large_arrays().items()}
        said = {name: digest_of(content) for name, content in files.items()}
        card = replace(self.card, files=said | {name: f"{len(content)} bytes" for name, content in large.items()})
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in {**files, **large, CARD: card.dump()}.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Model:
        """What `to_bytes` gave.

        Raises:
            ModelError: it is not a whole model.
        """
        import zipfile
        import zlib

        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                said = archive.read(CARD)
                files = {
                    name: archive.read(name)
                    for name in archive.namelist()
                    if name in (*FILES, ANSWERS) or name.endswith(LARGE)
                }
        # A changed byte may also claim a password (RuntimeError), an unknown compression or a name that is no text.
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, ValueError) as error:
            raise ModelError(f"These {len(content):,} bytes are not a whole model: {error}.") from error
        card = Card.parse(said, "a model")
        for name in promised(card):
            if name not in files or card.files.get(name) != digest_of(files[name]):
                raise ModelError(f"The bytes of a model were changed: {name} differs from what its card says.")
        return cls._restored(card, files, None)

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


def promised(card: Card) -> tuple[str, ...]:
    """The files that a model of this card has, but for the large ones."""
    return (*FILES, ANSWERS) if ANSWERS in card.files else FILES


def write_array(path: Path, array: Array) -> None:
    """As `np.save` writes it, piece by piece: an array that is mapped into memory is never there as a whole."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, np.lib.format.header_data_from_array_1_0(array[:0]) | {"shape": array.shape}
        )
        for start in range(0, len(array), 65536):
            file.write(np.ascontiguousarray(array[start : start + 65536]).tobytes())


def array_bytes(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array))
    return buffer.getvalue()


def arrays_of(column: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays that belong to what is found under this name."""
    small, large = f"found.{column}.", f"{column}-"
    return {
        name.removeprefix(small).removeprefix(large).removesuffix(LARGE): array
        for name, array in arrays.items()
        if name.startswith((small, large))
    }


def check_place(path: Path, overwrite: bool) -> None:
    """Refuse a place that holds something, before an hour of learning rather than after it."""
    there = standing(path)
    if not there.exists():
        return
    if not there.is_dir() or (any(there.iterdir()) and not (there / CARD).is_file()):
        raise ModelError(f"'{path}' exists and is not a Lamina model. Choose another place with --out.")
    if not overwrite:
        raise ModelError(f"'{path}' exists. Say --overwrite to replace it, or choose another place with --out.")
