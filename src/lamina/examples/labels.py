"""Labels that a person gives, beside the examples: read, added to, and written as a table that can be learned from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from lamina.core import DataError, ModelError
from lamina.examples.examples import Examples, show
from lamina.examples.reading import FILES, Reading
from lamina.machine.files import new_file


@dataclass(slots=True)
class Labels:
    """said: row to its label. told: whether the source has a column of that name."""

    examples: Examples
    target: str
    said: dict[int, str]
    told: bool

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
        return cls(examples, target, said, told)

    def completed(self, word: str) -> str:
        """`c*` as the known label that alone begins with c; else the word as it is.

        >>> from lamina.examples import read
        >>> Labels(read({"x": [1, 2]}), "label", {0: "cat", 1: "dog"}, True).completed("c*")
        'cat'
        """
        begins = {each for each in self.said.values() if each.startswith(word[:-1])} if word.endswith("*") else set()
        return begins.pop() if len(begins) == 1 else word

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
