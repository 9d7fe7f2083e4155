"""Examples from a database: `lamina learn sqlite:///shop.db --query "SELECT …"`. Databases are opened for reading only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lamina.core import DataError, MissingExtra
from lamina.examples.reading import Raw, Reading, listed

if TYPE_CHECKING:
    import sqlite3

_SCHEMES = ("sqlite:", "postgres:", "postgresql:")


def is_database(source: str) -> bool:
    """`is_database("sqlite:///shop.db")`, and files whose names end like those of SQLite."""
    return source.startswith(_SCHEMES) or source.lower().endswith((".db", ".sqlite", ".sqlite3"))


def read(source: str, reading: Reading) -> Raw:
    """The rows that the query gives; without a query the only table.

    Raises:
        DataError: no such database, a query that fails, several tables and no query.
    """
    if source.startswith(("postgres:", "postgresql:")):
        names, rows = _postgres(source, reading.query)
        shown = re.sub(r"//([^:@/]+):[^@/]*@", r"//\1:…@", source)
    else:
        path = Path(
            re.sub(r"^sqlite:(//)?/?", "", source)
            if not source.startswith("sqlite:////")
            else source.removeprefix("sqlite:///")
        )
        names, rows = _sqlite(path, reading.query)
        shown = str(path)
    if not rows:
        raise DataError(f"The query gave no rows from {shown}. Check its conditions.")
    if len(set(names)) < len(names):
        doubled = sorted({name for name in names if names.count(name) > 1})
        raise DataError(
            f"The query gives several columns called {listed(doubled)}. Name them apart: SELECT a.x AS x1, b.x AS x2 …"
        )
    columns = {name: _series(name, cells) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}
    return Raw(shown, columns)


def _series(name: str, cells: tuple[Any, ...]) -> Any:
    """SQLite keeps any type in any cell: mixed cells are read as text, as a CSV is."""
    import polars as pl

    kinds = {type(cell) for cell in cells if cell is not None}
    if len(kinds) > 1 and not kinds <= {int, float}:
        cells = tuple(
            None if cell is None else cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
            for cell in cells
        )
    return pl.Series(name, cells, strict=False)


def _sqlite(path: Path, query: str | None) -> tuple[list[str], list[tuple[Any, ...]]]:
    import sqlite3

    if not path.is_file():
        raise DataError(
            f"There is no database '{path}'. sqlite:///shop.db is a file here, sqlite:////data/shop.db one from the root."
        )
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise DataError(f"The database '{path}' cannot be opened: {error}.") from error
    try:
        if query is None:
            query = f'SELECT * FROM "{_only_table(connection, path)}"'
        cursor = connection.execute(query)
        if cursor.description is None:
            raise DataError(
                f"The query gives no rows: {query!r}. It must be a SELECT; databases are opened for reading only."
            )
        return [column[0] for column in cursor.description], cursor.fetchall()
    except sqlite3.Error as error:
        if query is None:
            raise DataError(f"'{path}' cannot be read as an SQLite database: {error}.") from error
        raise DataError(f"The query failed on '{path}': {error}. The query was: {query}") from error
    finally:
        connection.close()


def _only_table(connection: sqlite3.Connection, path: Path) -> str:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    )
    tables = sorted(row[0] for row in found)
    if len(tables) == 1:
        return str(tables[0]).replace('"', '""')
    example = f' Say which rows: --query "SELECT * FROM {tables[0]}".' if tables else ""
    raise DataError(f"'{path}' holds {len(tables)} tables ({listed(tables)}), so a query is needed.{example}")


def _postgres(source: str, query: str | None) -> tuple[list[str], list[tuple[Any, ...]]]:
    try:
        import psycopg
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading PostgreSQL", "postgres") from error
    if query is None:
        raise DataError('A PostgreSQL source needs a query: --query "SELECT … FROM …".')
    try:
        with psycopg.connect(source) as connection:
            connection.read_only = True
            cursor = connection.execute(query)
            if cursor.description is None:
                raise DataError(f"The query gives no rows: {query!r}. It must be a SELECT.")
            return [column.name for column in cursor.description], cursor.fetchall()
    except psycopg.Error as error:
        raise DataError(f"PostgreSQL said: {error}. Check the address and the query.") from error
