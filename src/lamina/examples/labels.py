"""Labels that a person gives, beside the examples: read, added to, and written as a table that can be learned from."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from lamina.core import DataError, ModelError
from lamina.examples import sniff
from lamina.examples.examples import Examples, show
from lamina.examples.reading import FILES, Reading
from lamina.machine.files import new_file


@dataclass(slots=True)
class Labels:
    """said: row to its label. told: whether the source has a column of that name. before: the labels that were there."""

    examples: Examples
    target: str
    said: dict[int, str]
    told: bool
    before: dict[int, str]

    @classmethod
    def of(cls, source: str, reading: Reading, target: str) -> Self:
        """The examples of a source, with the labels that are there.

        Raises:
            DataError: what it holds cannot be written into a table.
        """
        from lamina.examples import read

        examples = read(source, reading)
        for column, kind in examples.kinds.items():
            if kind.held in FILES and examples.stored(column).dtype != object:  # type: ignore[union-attr]
                raise DataError(
                    f"'{column}' holds {kind.held}s without a file of their own, which no table can name. Save each as a file first."
                )
        told = target in examples.kinds
        cells = show(examples.values(target), examples.kinds[target]) if told else []
        said = {row: str(cell) for row, cell in enumerate(cells) if cell is not None}
        return cls(examples, target, said, told, dict(said))

    def completed(self, word: str) -> str:
        """`c*` as the known label that alone begins with c; else the word as it is.

        >>> from lamina.examples import read
        >>> Labels(read({"x": [1, 2]}), "label", {0: "cat", 1: "dog"}, True, {}).completed("c*")
        'cat'
        """
        begins = {each for each in self.said.values() if each.startswith(word[:-1])} if word.endswith("*") else set()
        return begins.pop() if len(begins) == 1 else word

    def add_to(self, source: Path) -> None:
        """Write into the table that was read what was said since then; every other cell stays as it is written there.

        Raises:
            ModelError: it is no table of one line a row with names, or holds other rows than were read.
        """
        if source.suffix.lower() not in (".csv", ".tsv"):
            raise ModelError(f"'{source}' is no CSV or TSV file to write into. Choose another place with --out.")
        layout = sniff.look(source)
        text = sniff.decode(sniff.unpack(source), layout.encoding)
        written = csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator)
        names, *lines = (line for line in written if any(cell.strip() for cell in line))
        if self.target not in names or len(lines) != len(self.examples):
            raise ModelError(
                f"'{source}' cannot be written into: {len(lines):,} lines below its first one, {len(self.examples):,} examples in it, "
                f"and its first line has {'' if self.target in names else 'no '}'{self.target}'. Choose another place with --out."
            )
        place = names.index(self.target)
        changed = {row for row in range(len(lines)) if self.said.get(row) != self.before.get(row)}
        if not changed:
            return
        for row in changed:
            lines[row] += [""] * (place + 1 - len(lines[row]))
            lines[row][place] = self.said.get(row, "")
        filled = io.StringIO(newline="")
        csv.writer(filled, delimiter=layout.separator, lineterminator="\n").writerows([names, *lines])
        try:
            content = filled.getvalue().encode(layout.encoding)
        except UnicodeEncodeError:  # a label that the file's own letters cannot write
            content = filled.getvalue().encode()
        with new_file(source) as aside:
            aside.write_bytes(content)
        self.before = dict(self.said)

    def write(self, place: Path) -> None:
        """All examples as CSV, files by their paths from there."""
        import polars as pl

        columns: dict[str, list[object]] = {}
        for column, kind in self.examples.kinds.items():
            if column == self.target:
                continue
            cells = show(self.examples.values(column), kind)
            if kind.held in FILES:
                cells = [self._path(each, place) for each in self.examples.values(column)]
            elif isinstance(stored := self.examples.stored(column), np.ndarray) and stored.dtype == np.float32:
                cells = [
                    None if cell is None else float(str(np.float32(cell))) for cell in cells
                ]  # as they were written
            columns[column] = cells
        columns[self.target] = [self.said.get(row) for row in range(len(self.examples))]
        table = pl.DataFrame({name: pl.Series(name, cells, strict=False) for name, cells in columns.items()})
        with new_file(place) as aside:
            table.write_csv(aside)

    @staticmethod
    def _path(cell: object, place: Path) -> str | None:
        if not isinstance(cell, (str, os.PathLike)):
            return None
        return os.path.relpath(cell, place.absolute().parent)


def check_place(place: Path, source: str) -> None:
    """Refuse a file that holds something else, before an hour of labelling."""
    if place.exists() and place.absolute() != Path(source).absolute():
        raise ModelError(f"'{place}' exists. Go on with it (lamina label {place}), or choose another place with --out.")
