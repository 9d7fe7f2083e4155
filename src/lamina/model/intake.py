"""From a row of columns to the arrays that a network takes: an input per column, and an array per network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina import kinds
from lamina.core import Array, DataError, Encoded, Form, Input, Json, Table
from lamina.examples.reading import FILES, Kind, Note, count, listed

if TYPE_CHECKING:
    from lamina.examples import Examples

TABLE = "table"
Allocate = Callable[[tuple[int, ...], Any], Array]


class Intake:
    """Settled inputs by column. All columns that are vectors go into one array `table`: a row's columns speak together.

    inputs: column to input. groups: name of an array to its columns; names are safe for layers and ONNX.
    """

    def __init__(self, inputs: Mapping[str, Input]) -> None:
        self.inputs = dict(inputs)
        self.groups: dict[str, list[str]] = {}
        for column, each in self.inputs.items():
            name = TABLE if each.form.kind == "vector" else safe(column, self.groups)
            self.groups.setdefault(name, []).append(column)

    @classmethod
    def observe(
        cls,
        examples: Examples,
        columns: Sequence[str],
        rows: Array,
        private: bool = False,
        options: Mapping[str, Json] = MappingProxyType({}),
    ) -> Intake:
        """Inputs for these columns, settled on these (training) rows alone. options: of an input, by column."""
        inputs: dict[str, Input] = {}
        for column in columns:
            kind = examples.kinds[column].name
            made: Any = kinds.find("inputs", kind)
            hidden: Json = {"private": True} if private and kind in ("category", "text") else {}
            each: Input = made(**hidden | options.get(column, {}))
            each.observe(examples.values(column, rows))
            each.settle()
            inputs[column] = each
        return cls(inputs)

    @property
    def forms(self) -> dict[str, Form]:
        """The form of each array."""
        found = {}
        for name, columns in self.groups.items():
            forms = [self.inputs[column].form for column in columns]
            if name == TABLE:
                sizes = tuple(size for form in forms for size in form.sizes)
                found[name] = Form("vector", (len(sizes),), sizes)
            else:
                found[name] = forms[0]
        return found

    @property
    def positions(self) -> dict[str, tuple[str, list[int]]]:
        """For each column: its array, and its places in it."""
        found, start = {}, 0
        for name, columns in self.groups.items():
            for column in columns:
                width = len(self.inputs[column].form.sizes) if name == TABLE else 0
                found[column] = (name, list(range(start, start + width)))
                start += width
        return found

    def encode(
        self,
        examples: Table,
        rows: Array | None = None,
        allocate: Allocate | None = None,
        known: Mapping[str, Encoded] = MappingProxyType({}),
    ) -> dict[str, Encoded]:
        """The arrays for these rows (all by default). allocate: makes an array for a shape and type. known: arrays that are
        there already."""
        count = len(examples) if rows is None else len(rows)
        make = allocate or np.zeros
        found: dict[str, Encoded] = {}
        for name, columns in self.groups.items():
            form = self.forms[name]
            if name in known:
                found[name] = known[name]
                continue
            if name != TABLE:
                alone: Any = self.inputs[columns[0]]
                found[name] = alone.encode(
                    examples.values(columns[0], rows), lambda shape, dtype=form.dtype: make(shape, dtype)
                )
                continue
            table, start = make((count, *form.shape), np.float32), 0
            for column in columns:
                values = self.inputs[column].encode(examples.values(column, rows)).values
                table[:, start : start + values.shape[1]] = values
                start += values.shape[1]
            found[name] = Encoded(table, np.ones(count, bool))
        if not found:
            raise DataError("No column is left to learn from. Check --drop, --kind and what `lamina look` says.")
        return found

    def unlike(self, examples: Table) -> dict[int, list[str]]:
        """Row to what about its values was never seen in training."""
        found: dict[int, list[str]] = {}
        for column, each in self.inputs.items():
            checks: Any = each
            for row, reason in checks.unlike(examples.values(column)).items():
                found.setdefault(row, []).append(f"{column} {reason}")
        return found

    def notes(self, examples: Table, rows: Array | None = None) -> list[Note]:
        """What series lack, said once for all of these rows (all by default)."""
        from lamina.inputs.series import Series

        found: list[Note] = []
        for column, each in self.inputs.items():
            if not isinstance(each, Series):
                continue
            odd = [pair for pair in each.amiss(examples.values(column, rows)) if pair[0]]
            for ordered in (False, True):
                some = [pair for pair in odd if ordered == (len(pair[0]) == len(each.names))]
                missing, unknown = (list(dict.fromkeys(name for pair in some for name in pair[k])) for k in (0, 1))
                if not some:
                    continue
                said = f"{count(len(missing), 'signal')} missing in {len(some):,} series ({listed(missing)}): read as unknown."
                if ordered:
                    said = f"{len(some):,} series without one of the signals ({listed(missing)}): taken in their order."
                there = f" Unknown there: {listed(unknown)}." if unknown else ""
                found.append(Note("warn", said + there, "Name them as when learning: the answers may be wrong."))
        return found

    @property
    def kinds(self) -> dict[str, str]:
        return {column: each.kind for column, each in self.inputs.items()}

    @property
    def holds(self) -> dict[str, str]:
        """Column to what its cells hold, which is how they are read: `image` for a picture of a line of text."""
        return {column: each.holds for column, each in self.inputs.items()}

    def state(self, private: bool = False) -> list[Json]:
        states: list[Json] = []
        for column, each in self.inputs.items():
            state = each.state()
            if private and each.kind == "number":  # the smallest and the largest value are values of somebody
                state |= {"low": None, "high": None}
            states.append({"column": column, "kind": each.kind, "state": state})
        return states

    @classmethod
    def restore(cls, states: Sequence[Json]) -> Intake:
        return cls({each["column"]: kinds.find("inputs", each["kind"]).restore(each["state"]) for each in states})


def row_names(examples: Examples) -> list[str] | None:
    """What each row is called, where it is: the path of its first picture; that it has none, where others do."""
    for column in examples.of(*FILES):
        values = examples.values(column)
        if values.dtype == object and any(isinstance(value, str) for value in values):
            return [f"(no {column})" if value is None else str(value) for value in values]
    return None


def things(found: Iterable[Kind]) -> str:
    """What files of these kinds are called together: `pictures`, `sounds`, `files`."""
    held = {kind.held for kind in found if kind.held in FILES}
    names = {"image": "pictures", "sound": "sounds", "video": "videos", "series": "series"}
    return names[held.pop()] if len(held) == 1 else "files"


def safe(name: str, taken: Mapping[str, object]) -> str:
    """A name of letters, digits and underscores that is not taken: for layers, ONNX and files."""
    word = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "column"
    word = f"_{word}" if word[0].isdigit() or word == TABLE else word
    number = 2
    found = word
    while found in taken:
        found, number = f"{word}_{number}", number + 1
    return found
