"""What every source promises: the same table, however it comes, gives the same examples."""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lamina.core import Coded, DataError, PlanError
from lamina.examples import Examples, Reading, read

ROWS = 40
NUMBERS = [round(0.5 * k - 3, 2) for k in range(ROWS)]
NUMBERS[7] = float("nan")
WORDS: list[str | None] = [("ash", "elm", "fir")[(k + k // 7) % 3] for k in range(ROWS)]
WORDS[11] = None
COLUMNS: dict[str, list[Any]] = {"height": NUMBERS, "tree": WORDS, "alive": [k % 4 > 0 for k in range(ROWS)]}


def lines(separator: str, point: str = ".") -> str:
    """The table as text, missing cells empty."""
    rows = [separator.join(COLUMNS)]
    for height, tree, alive in zip(*COLUMNS.values(), strict=True):
        number = "" if np.isnan(height) else str(height).replace(".", point)
        rows.append(separator.join([number, tree or "", str(alive).lower()]))
    return "\n".join(rows) + "\n"


def frame() -> Any:
    import polars as pl

    return pl.DataFrame(COLUMNS, strict=False)


def json_lines() -> str:
    return str(frame().fill_nan(None).write_ndjson())


def text(name: str, content: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content.encode(encoding))
        return folder / name

    return write


def zipped(name: str, content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(gzip.compress(content.encode()))
        return folder / name

    return write


def zstd(name: str, content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        import pyarrow as pa

        with pa.output_stream(str(folder / name), compression="zstd") as file:
            file.write(content.encode())
        return folder / name

    return write


def parquet(name: str, wrap: Callable[[bytes], bytes] = bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        import io

        buffer = io.BytesIO()
        frame().write_parquet(buffer)
        (folder / name).write_bytes(wrap(buffer.getvalue()))
        return folder / name

    return write


def sqlite(folder: Path) -> str:
    with sqlite3.connect(folder / "trees.db") as database:
        database.execute("CREATE TABLE trees (height REAL, tree TEXT, alive TEXT)")
        rows = zip(
            [None if np.isnan(each) else each for each in NUMBERS],
            WORDS,
            [str(each).lower() for each in COLUMNS["alive"]],
            strict=True,
        )
        database.executemany("INSERT INTO trees VALUES (?, ?, ?)", list(rows))
    database.close()
    return f"sqlite:///{folder / 'trees.db'}"


SOURCES: dict[str, Callable[[Path], Any]] = {
    "csv": text("trees.csv", lines(",")),
    "csv in its folder": lambda folder: text("trees.csv", lines(","))(folder).parent,
    "csv with a mark": text("trees.csv", lines(","), "utf-8-sig"),
    "csv in utf-16": text("trees.csv", lines(","), "utf-16"),
    "csv of windows lines": text("trees.csv", lines(",").replace("\n", "\r\n")),
    "csv of old mac lines": text("trees.csv", lines(",").replace("\n", "\r")),
    "semicolons": text("trees.csv", lines(";")),
    "semicolons and decimal commas": text("trees.csv", lines(";", ",")),
    "bars": text("trees.txt", lines("|")),
    "tsv": text("trees.tsv", lines("\t")),
    "csv.gz": zipped("trees.csv.gz", lines(",")),
    "csv.zst": zstd("trees.csv.zst", lines(",")),
    "tsv.gz": zipped("trees.tsv.gz", lines("\t")),
    "jsonl": lambda folder: text("trees.jsonl", json_lines())(folder),
    "jsonl.gz": lambda folder: zipped("trees.jsonl.gz", json_lines())(folder),
    "jsonl.zst": lambda folder: zstd("trees.jsonl.zst", json_lines())(folder),
    "json": lambda folder: text("trees.json", str(frame().fill_nan(None).write_json()))(folder),
    "parquet": parquet("trees.parquet"),
    "parquet.gz": parquet("trees.parquet.gz", gzip.compress),
    "npz": lambda folder: _npz(folder),
    "sqlite": sqlite,
    "sqlite file": lambda folder: Path(sqlite(folder).removeprefix("sqlite:///")),
    "dict of lists": lambda _: COLUMNS,
    "dict of arrays": lambda _: {name: np.array(cells) for name, cells in COLUMNS.items()},
    "list of dicts": lambda _: [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)],
    "pandas": lambda _: frame().to_pandas(),
    "polars": lambda _: frame(),
    "polars, lazy": lambda _: frame().lazy(),
    "arrow": lambda _: frame().to_arrow(),
    "structured array": lambda _: _structured(),
}


def _structured() -> Any:
    rows = [(height, tree or "", alive) for height, tree, alive in zip(*COLUMNS.values(), strict=True)]
    return np.array(rows, dtype=[("height", "f8"), ("tree", "U8"), ("alive", "?")])


def _npz(folder: Path) -> Path:
    rows = _structured()
    np.savez(folder / "trees.npz", **{name: rows[name] for name in rows.dtype.names})
    return folder / "trees.npz"


def same(found: Examples) -> None:
    """Whether examples hold the table above."""
    assert found.columns == list(COLUMNS)
    assert {name: kind.name for name, kind in found.kinds.items()} == {
        "height": "number",
        "tree": "category",
        "alive": "category",
    }
    np.testing.assert_allclose(found.values("height"), NUMBERS)
    tree, alive = found.values("tree"), found.values("alive")
    assert isinstance(tree, Coded)
    assert tree.words == ("ash", "elm", "fir")
    assert tree.tolist() == WORDS
    assert alive.tolist() == [str(each).lower() for each in COLUMNS["alive"]]


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_table_gives_the_same_examples(source: str, tmp_path: Path) -> None:
    same(read(SOURCES[source](tmp_path)))


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_rows_have_the_same_keys(source: str, tmp_path: Path) -> None:
    """A row held out from a CSV stays held out when it comes from a database."""
    np.testing.assert_array_equal(read(SOURCES[source](tmp_path)).keys(), read(COLUMNS).keys())


@pytest.mark.parametrize("source", SOURCES)
def test_a_saved_model_reads_it_as_it_learned(source: str, tmp_path: Path) -> None:
    like = read(COLUMNS).told
    same(read(SOURCES[source](tmp_path), like=like))


def test_a_query_gives_the_columns_that_it_names(tmp_path: Path) -> None:
    found = read(sqlite(tmp_path), Reading(query="SELECT tree, height * 2 AS double FROM trees WHERE height > 0"))
    assert found.columns == ["tree", "double"]
    assert len(found) == sum(height > 0 for height in NUMBERS)


def test_a_query_that_fails_says_what_the_database_said(tmp_path: Path) -> None:
    place = sqlite(tmp_path)
    with pytest.raises(DataError, match="no such column: hight"):
        read(place, Reading(query="SELECT hight FROM trees"))
    with pytest.raises(DataError, match="no rows"):
        read(place, Reading(query="SELECT * FROM trees WHERE height > 1000"))


def test_a_query_cannot_change_the_database(tmp_path: Path) -> None:
    place = sqlite(tmp_path)
    with pytest.raises(DataError, match=r"readonly|read-only|no rows"):
        read(place, Reading(query="DELETE FROM trees"))
    assert len(read(place)) == ROWS


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no database"):
        read(f"sqlite:///{tmp_path / 'gone.db'}")


# ------------------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture
def postgres() -> str:
    """The address of a real server."""
    place = os.environ.get("LAMINA_POSTGRES")
    if not place:
        pytest.skip("LAMINA_POSTGRES names no server: reading PostgreSQL is not tested here")
    return place


@pytest.fixture
def trees(postgres: str) -> Any:
    """A table of the same rows on the server, named so that nothing of anybody's is touched."""
    import psycopg

    name = f"lamina_trees_{os.getpid()}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(
            f"CREATE TABLE {name} (row serial, height float8, tree text, alive boolean, felled date, cost numeric(8, 2))"
        )
        for k, (height, tree, alive) in enumerate(zip(*COLUMNS.values(), strict=True)):
            server.execute(
                f"INSERT INTO {name} (height, tree, alive, felled, cost) VALUES (%s, %s, %s, %s, %s)",
                (None if np.isnan(height) else height, tree, alive, f"2024-03-{k % 28 + 1:02d}", f"{k}.25"),
            )
        try:
            yield name
        finally:
            server.execute(f"DROP TABLE {name}")


def test_postgres_gives_the_same_examples(postgres: str, trees: str) -> None:
    same(read(postgres, Reading(query=f"SELECT height, tree, alive FROM {trees} ORDER BY row")))


def test_postgres_dates_and_decimals_are_understood(postgres: str, trees: str) -> None:
    found = read(postgres, Reading(query=f"SELECT felled, cost FROM {trees} ORDER BY row"))
    assert {name: kind.name for name, kind in found.kinds.items()} == {"felled": "date", "cost": "number"}
    assert found.values("cost")[:3].tolist() == [0.25, 1.25, 2.25]
    assert found.preview(1)[0]["felled"] == "2024-03-01"


def test_postgres_says_what_is_wrong(postgres: str, trees: str) -> None:
    with pytest.raises(DataError, match="hight"):
        read(postgres, Reading(query=f"SELECT hight FROM {trees}"))
    with pytest.raises(DataError, match="read-only"):
        read(postgres, Reading(query=f"DELETE FROM {trees} RETURNING *"))
    with pytest.raises(DataError, match="--query"):
        read(postgres)


def test_postgres_out_of_reach_is_said_without_the_password() -> None:
    pytest.importorskip("psycopg", reason="the driver is not installed")
    with pytest.raises(DataError, match="PostgreSQL") as caught:
        read("postgresql://me:hush@localhost:1/none?connect_timeout=2", Reading(query="SELECT 1"))
    assert "hush" not in str(caught.value)


# ---------------------------------------------------------------------------------- what is no source


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (3, "cannot be read from int"),
        ([], "list is empty"),
        ({}, "dict is empty"),
        (np.zeros((0, 3)), "no examples"),
        ({"a": [1, 2], "b": [1, 2, 3]}, "different lengths"),
        ({"a": [1, 2], "b": 3}, "single value"),
        ([[1, 2], [3]], "different lengths"),
        (b"not a picture", "no file"),
        (np.array([1j, 2j]), "Complex"),
    ],
    ids=str,
)
def test_what_holds_no_examples_is_refused(source: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(source)


def test_a_misspelt_path_is_suggested(tmp_path: Path) -> None:
    text("trees.csv", lines(","))(tmp_path)
    with pytest.raises(DataError, match=r"Did you mean 'trees\.csv'"):
        read(tmp_path / "tress.csv")


def test_a_misspelt_column_is_suggested() -> None:
    with pytest.raises(PlanError, match="Did you mean 'height'"):
        read(COLUMNS, Reading(drop=("hieght",)))
