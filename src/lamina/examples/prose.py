"""Texts as they stand, whole and in order: what a language model learns from. A file, a folder of files, or a column."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamina.core import DataError
from lamina.examples import encodings, sources, sql
from lamina.examples.examples import Examples
from lamina.examples.folder import TABLES, found, suffix
from lamina.examples.reading import FILES, Note, Reading, count, listed

WRITTEN = (".txt", ".text", ".md", ".rst", ".tex", "")  # files of a folder that are texts
TEXTS = ("text", "category", "identifier")  # kinds of columns that can hold them, the likeliest first
LEAST = 1_000  # letters: fewer teach no language


@dataclass(slots=True)
class Prose:
    """texts: one after the other, none of them empty. source: what was read, for people. notes: what was odd."""

    source: str
    texts: list[str]
    notes: list[Note] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def letters(self) -> int:
        return sum(map(len, self.texts))


def read(source: Any, reading: Reading | None = None) -> Prose:
    """Texts of a file, of the files of a folder by their names, of a table's only column of texts, or of a list.

    Raises:
        DataError: there is no text, or it is no text but something binary.

    >>> read(["Once upon a time.", "The end."]).letters
    25
    """
    if isinstance(source, Prose):
        return source
    if isinstance(source, Examples):
        return _column(source)
    if isinstance(source, str | os.PathLike) and not (isinstance(source, str) and sql.is_database(source)):
        path = Path(os.path.expanduser(source))
        if path.is_dir():
            files = [each for each in found(path).others + found(path).tables if suffix(each) in WRITTEN]
            if files:
                return _files(str(path), files)
        elif path.is_file() and suffix(path) not in TABLES and not sql.is_database(str(path)):
            return _files(str(path), [path])
    if isinstance(source, list | tuple) and source and all(isinstance(each, str) for each in source):
        return _kept("", list(source), [])
    return _column(sources.read(source, reading))


def _files(source: str, files: Sequence[Path]) -> Prose:
    notes: list[Note] = []
    texts = []
    for path in files:
        try:
            text, encoding = encodings.decoded(path.read_bytes())
        except UnicodeError as error:
            raise DataError(
                f"'{path}' is no text: {error}. Give a text in UTF-8, or a table with a column of texts."
            ) from None
        except PermissionError as error:
            raise DataError(f"'{path}' may not be read: {error.strerror}. Change its permissions.") from error
        if encoding == encodings.WESTERN:
            notes.append(encodings.note(f"'{path}'", text))
        texts.append(text)
    return _kept(source, texts, notes)


def _column(examples: Examples) -> Prose:
    kinds = TEXTS[:1] if any(map(examples.of, FILES)) else TEXTS  # beside files, words are labels
    there = next((names for kind in kinds if (names := examples.of(kind))), [])
    if not there:
        raise DataError(
            f"{examples.source} has no column of texts. Give a text file, a folder of them, or a table with one "
            "(say --kind COLUMN=text where it was misread)."
        )
    if len(there) > 1:
        raise DataError(
            f"{examples.source} has {count(len(there), 'column')} of texts ({listed(there)}). Leave out all but one with --drop."
        )
    texts = [each for each in examples.values(there[0]).tolist() if each is not None]
    return _kept(examples.source, texts, list(examples.notes))


def _kept(source: str, texts: Sequence[str], notes: list[Note]) -> Prose:
    kept = [text.replace("\x03", "") for text in texts if text.strip()]  # it will mark where a text ends
    if not kept:
        raise DataError(f"{source or 'What was given'} holds no text.")
    return Prose(source, kept, notes)
