"""Rows from standard input, answered as they come."""

from __future__ import annotations

import csv
import io
import json
import queue
import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from lamina.core import DataError

MOST = 4096  # rows answered at once
WAIT = 0.02  # seconds in which more rows may join the first one
DELIMITERS = ",;\t|"


def batches(source: BinaryIO) -> Iterator[list[dict[str, Any]]]:
    """Rows as dicts, as many as are there by now: CSV and its kin with a head, or JSON lines.

    Raises:
        DataError: a line is no row.
    """
    ready: queue.Queue[dict[str, Any] | DataError | None] = queue.Queue(2 * MOST)
    threading.Thread(target=_read, args=(source, ready), daemon=True).start()
    ended = False
    while not ended:
        rows: list[dict[str, Any]] = []
        problem: DataError | None = None
        while len(rows) < MOST:
            try:
                row = ready.get(timeout=WAIT if rows else None)
            except queue.Empty:
                break
            ended = row is None or isinstance(row, DataError)
            if isinstance(row, DataError):
                problem = row
            if row is None or isinstance(row, DataError):
                break
            rows.append(row)
        if rows:
            yield rows
        if problem is not None:
            raise problem


def _read(source: BinaryIO, ready: queue.Queue[dict[str, Any] | DataError | None]) -> None:
    try:
        for row in rows(io.TextIOWrapper(source, encoding="utf-8-sig", newline="")):
            ready.put(row)
        ready.put(None)
    except DataError as error:
        ready.put(error)
    except UnicodeDecodeError as error:
        ready.put(DataError(f"Standard input is no UTF-8 text: {error}."))
    except (csv.Error, OSError) as error:  # whoever waits for the next row must hear of it
        ready.put(DataError(f"Standard input cannot be read as a table: {error}. Look for an unclosed quote."))


def rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One dict per row.

    >>> list(rows(["a;b", "1;2"])), list(rows(['{"a": 1}']))
    ([{'a': '1', 'b': '2'}], [{'a': 1}])
    """
    line = iter(lines)
    first = next((each for each in line if each.strip()), "")
    if first.lstrip().startswith("{"):
        yield from _json(first, line)
        return
    delimiter = max(DELIMITERS, key=first.count)
    head = next(csv.reader([first], delimiter=delimiter), [])
    for number, cells in enumerate(csv.reader(line, delimiter=delimiter), 2):
        if not cells:
            continue
        if len(cells) != len(head):
            raise DataError(f"Row {number} of standard input has {len(cells)} cells; its head has {len(head)}.")
        yield dict(zip(head, cells, strict=True))


def _json(first: str, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(chain([first], lines), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise DataError(f"Line {number} of standard input is no JSON: {error}.") from None
        if not isinstance(found, dict):
            raise DataError(f"Line {number} of standard input is no JSON object of columns.")
        yield found
