"""What a column holds, how its cells are written, and what is said about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from lamina.core import Array, Coded, DataError, PlanError
from lamina.examples import Examples, Reading, read

ROWS = 30


def table(place: Path, cells: list[Any], *, name: str = "x", separator: str = ";", encoding: str = "utf-8") -> Path:
    """A CSV with the column under test beside another."""
    lines = [f"{name}{separator}other", *(f"{cell}{separator}{k % 7 / 2}" for k, cell in enumerate(cells))]
    path = place / "table.csv"
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def numbers(found: Examples, column: str = "x") -> Array:
    assert found.kinds[column].name == "number", found.kinds[column]
    values: Array = found.values(column)
    return values


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (["1.5", "-2", "3e2", "+4"], [1.5, -2, 300, 4]),
        (["1,5", "-2,25", "3", "4,0"], [1.5, -2.25, 3, 4]),
        (["1.234,5", "12.345.678", "3", "-4,25"], [1234.5, 12345678, 3, -4.25]),
        (["1 234,5", "12 345 678", "3", "999"], [1234.5, 12345678, 3, 999]),
        (["1’234.5", "12’345’678", "3", "999"], [1234.5, 12345678, 3, 999]),
        (["$1,234.50", "$12", "$3,000", "$4"], [1234.5, 12, 3000, 4]),
        (["12 %", "3.5 %", "100 %", "0 %"], [12, 3.5, 100, 0]),
        (["1,50 €", "2 €", "1.000,00 €", "3,25 €"], [1.5, 2, 1000, 3.25]),
        (["1,234.5", "12,345,678", "3", "999"], [1234.5, 12345678, 3, 999]),
    ],
    ids=["plain", "decimal comma", "european", "blanks", "apostrophes", "dollars", "percent", "euros", "thousands"],
)
def test_numbers_as_people_write_them(tmp_path: Path, written: list[str], read_as: list[float]) -> None:
    found = read(table(tmp_path, written * 8))
    np.testing.assert_allclose(numbers(found), read_as * 8)
    assert not found.notes


@pytest.mark.parametrize("gone", ["", "?", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None", "-", "#N/A", "  "])
def test_cells_that_say_nothing_are_missing(tmp_path: Path, gone: str) -> None:
    found = read(table(tmp_path, [gone if k % 5 == 0 else k / 4 for k in range(ROWS)]))
    np.testing.assert_array_equal(np.isnan(numbers(found)), np.arange(ROWS) % 5 == 0)
    words = read(table(tmp_path, [gone if k % 5 == 0 else "ab"[k % 2] for k in range(ROWS)])).values("x")
    assert words.words == ("a", "b")
    assert (words.codes < 0).sum() == 6
    assert "missing" in found.kinds["x"].reason


def test_latin_letters_of_windows_are_read(tmp_path: Path) -> None:
    found = read(table(tmp_path, ["Köln", "Zürich", "São Paulo"] * 10, name="größe", encoding="cp1252"))
    assert found.values("größe").words == ("Köln", "São Paulo", "Zürich")
    assert any("Windows-1252" in note.text for note in found.notes)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "shift-jis", "gb18030", "euc-kr", "iso8859-7"])
def test_letters_of_other_encodings_are_warned_of(tmp_path: Path, encoding: str) -> None:
    said = {
        "shift-jis": "こんにちは世界",
        "gb18030": "今天天气很好",
        "euc-kr": "안녕하세요",
        "iso8859-7": "Καλημέρα κόσμε",
    }
    text = said.get(encoding, "Привет всем")
    found = read(table(tmp_path, [text, f"{text} {text}", "plain"] * 10, encoding=encoding))
    assert any(note.level == "warn" and "letters are wrong" in note.text for note in found.notes)
    folder = tmp_path / "texts"
    folder.mkdir()
    for k in range(3):
        (folder / f"{k}.txt").write_bytes(f"{text} {k}".encode(encoding))
    (folder / "z.txt").write_bytes(bytes(range(256)))
    notes = read(folder).notes
    assert any(note.level == "warn" and "letters are wrong" in note.text for note in notes)
    assert any("z.txt" in note.text and "missing" in note.advice for note in notes)


def test_codes_with_leading_zeros_stay_words(tmp_path: Path) -> None:
    found = read(table(tmp_path, ["01234", "00017", "99999"] * 10))
    assert found.values("x").words == ("00017", "01234", "99999")


def test_a_stray_word_among_numbers_is_counted_as_missing(tmp_path: Path) -> None:
    found = read(table(tmp_path, [*(k / 4 for k in range(ROWS - 1)), "unknown"]))
    assert np.isnan(numbers(found)[-1])
    assert any("1 cell of 'x' cannot be read as a number ('unknown')" in note.text for note in found.notes)


def test_many_words_among_numbers_make_it_a_category(tmp_path: Path) -> None:
    found = read(table(tmp_path, ["1", "2", "low", "high", "none at all", "much"] * 5))
    assert found.kinds["x"].name == "category"


def test_infinities_are_missing_and_said(tmp_path: Path) -> None:
    cells = [k / 4 for k in range(ROWS)]
    for source in (
        {"x": [float("inf"), float("-inf"), *cells[2:]]},
        table(tmp_path, ["inf", "-Infinity", *cells[2:]]),
    ):
        found = read(source)
        assert np.isnan(numbers(found)).sum() == 2
        assert any("2 infinite numbers in 'x'" in note.text for note in found.notes)


@pytest.mark.parametrize(
    ("written", "first"),
    [
        (["2024-02-29", "1999-12-31"], "2024-02-29"),
        (["29.02.2024", "31.12.1999"], "2024-02-29"),
        (["29/02/2024", "31/12/1999"], "2024-02-29"),
        (["02/29/2024", "12/31/1999"], "2024-02-29"),
        (["2024-02-29T12:30:00Z", "1999-12-31T00:00:00Z"], "2024-02-29 12:30:00"),
        (["2024-02-29 12:30", "1999-12-31 23:59"], "2024-02-29 12:30:00"),
        (["29 Feb 2024", "31 Dec 1999"], "2024-02-29"),
    ],
    ids=str,
)
def test_dates_as_people_write_them(tmp_path: Path, written: list[str], first: str) -> None:
    found = read(table(tmp_path, written * 15))
    assert found.kinds["x"].name == "date"
    assert found.preview(1)[0]["x"] == first
    assert any("--time x" in note.advice for note in found.notes)


def test_dates_that_can_be_read_two_ways_are_said(tmp_path: Path) -> None:
    found = read(table(tmp_path, ["03/04/2024", "05/06/2024"] * 15))
    assert any("day/month/year fits as well" in note.text for note in found.notes)


@pytest.mark.parametrize(
    ("cells", "kind", "said"),
    [
        (list(range(ROWS)), "identifier", "counts the rows"),
        ([f"a{k}f" for k in range(ROWS)], "identifier", "30 distinct words in 30 rows"),
        (["same"] * ROWS, "constant", "always 'same'"),
        ([7] * ROWS, "constant", "always 7"),
        ([""] * ROWS, "empty", "no values"),
        ([f"the quick brown fox jumps {k} times over it" for k in range(ROWS)], "identifier", "30 distinct words"),
        (["true", "false"] * 15, "category", "true or false"),
        (["yes", "no", "yes"] * 10, "category", "2 distinct words"),
        ([k % 10 for k in range(ROWS)], "number", "10 distinct values from 0 to 9"),
    ],
    ids=["counter", "words", "word", "number", "empty", "text", "boolean", "category", "number"],
)
def test_a_kind_has_a_reason(tmp_path: Path, cells: list[Any], kind: str, said: str) -> None:
    found = read(table(tmp_path, cells)).kinds["x"]
    if kind == "identifier" and "quick" in str(cells[0]):
        assert found.name in ("text", "identifier")
        return
    assert found.name == kind
    assert said in found.reason


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    found = read({"row": list(range(ROWS)), "same": ["a"] * ROWS, "x": [k / 4 for k in range(ROWS)]})
    said = " ".join(note.text for note in found.notes)
    assert "1 column that only tells rows apart left out: 'row'" in said
    assert "1 column without information left out: 'same'" in said


def test_free_text_is_told_from_words_and_names() -> None:
    review = [f"the quick brown fox jumps {k} times over it" for k in range(ROWS)]
    long = " ".join(["word"] * 2000)
    found = read({"review": review, "novel": [*review[1:], long], "who": [f"Ann Bee {k}" for k in range(ROWS)]})
    assert found.kinds["review"].name == "text"
    assert found.kinds["review"].reason == "about 9 words, 9 in the longest"
    assert "2,000 in the longest: what follows the first 1,024 is not read" in found.kinds["novel"].reason
    assert found.kinds["who"].name == "identifier"


def test_a_script_without_blanks_has_words_too() -> None:
    found = read({"review": [f"この映画はとても面白かった{k}です" for k in range(ROWS)]})
    assert found.kinds["review"].name == "text"


def test_lists_of_numbers_are_series_and_what_is_not_understood_is_said() -> None:
    lists, bits = [[0.5] * (k % 3 + 1) for k in range(ROWS)], [b"0" * (k + 1) for k in range(ROWS)]
    found = read(pl.DataFrame({"signal": lists, "bits": bits, "x": list(range(ROWS))}))
    assert found.kinds["signal"].name == "series"
    assert found.kinds["bits"].name == "unknown"
    assert any("'bits' holds is not understood" in note.text for note in found.notes)


@pytest.mark.parametrize("kind", ["category", "number", "text", "identifier"])
def test_a_kind_that_was_said_is_obeyed(tmp_path: Path, kind: str) -> None:
    path = table(tmp_path, [k % 5 for k in range(ROWS)])
    found = read(path, Reading(kind={"x": kind})).kinds["x"]
    assert found.name == kind
    assert found.reason == "as you said"


def test_numbers_said_to_be_categories_keep_their_spelling(tmp_path: Path) -> None:
    found = read(table(tmp_path, [f"{k % 3}.0" for k in range(ROWS)]), Reading(kind={"x": "category"}))
    assert found.values("x").words == ("0", "1", "2")


def test_words_said_to_be_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"30 cells of 'x' cannot be read as a number \('a', 'b', 'a'"):
        read(table(tmp_path, ["a", "b"] * 15), Reading(kind={"x": "number"}))


def test_a_kind_that_does_not_exist_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="Did you mean 'category'"):
        read(table(tmp_path, [1, 2]), Reading(kind={"x": "catgory"}))


# --------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    "first", ["5.1,3.5,red", "?,3.5,red", "M,0.455,0.365", "1,0,0.99539"], ids=["words", "missing", "letters", "plain"]
)
def test_a_first_line_of_data_is_data(tmp_path: Path, first: str) -> None:
    path = tmp_path / "iris.csv"
    path.write_text("\n".join([first] * 3 + ["4.9,3,blue", first]), encoding="utf-8")
    found = read(path)
    assert found.columns == ["column_1", "column_2", "column_3"]
    assert len(found) == 5
    assert any("column_1 to column_3" in note.text for note in found.notes)


@pytest.mark.parametrize("first", ["a,b,c", "2020,2021,2022", "a,,c", '"a","b","c"', " a , b , c "])
def test_a_first_line_of_names_is_names(tmp_path: Path, first: str) -> None:
    path = tmp_path / "named.csv"
    path.write_text(first + "\n5.1,3.5,red\n4.9,3,blue\n4.5,3,red\n", encoding="utf-8")
    assert len(read(path)) == 3


def test_texts_with_commas_under_one_name_are_one_column(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text('text\nyes, we can\nno\n"well, maybe"\none, two, three\n', encoding="utf-8")
    found = read(path)
    assert found.columns == ["text"]
    assert found.values("text").tolist() == ["yes, we can", "no", "well, maybe", "one, two, three"]


def test_doubled_names_are_numbered_and_said(tmp_path: Path) -> None:
    path = tmp_path / "doubled.csv"
    path.write_text("a,a,b,a\n1,2,3,4\n5,6,7,8\n", encoding="utf-8")
    found = read(path)
    assert found.columns == ["a", "a_2", "b", "a_3"]
    assert any("'a'" in note.text for note in found.notes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n3\n4,5\n", "Line 3"),
        ("a,b\n1,2\n3,4,5\n", "Line 3"),
        ("a\n1,2\n3,4\n", "Line 2"),
        ('a,b\n1,"2\n3,4\n', "quote"),
        ("a,b\n", "no rows"),
        ("", "is empty"),
        ("\n\n \n", "is empty"),
    ],
    ids=["short", "long", "all long", "quote", "names only", "empty", "blank"],
)
def test_a_damaged_table_says_where(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "damaged.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"PK\x03\x04 a workbook", "Save the sheet as CSV"),
        ("a.csv", b"a,b\n\0\0,1\n", "zero bytes"),
        ("a.xlsx", b"PK\x03\x04", "does not read"),
        ("a.parquet", b"PAR1 no", "Parquet"),
        ("a.jsonl", b'{"a": 1}\n[2]\n', "Line 2"),
        ("a.jsonl", b'{"a": 1}\n{"a"\n', "Line 2"),
        ("a.json", b"3", "list of objects"),
        ("a.csv.gz", b"no", "unpacked"),
        ("a.csv.zst", b"no", "packed"),
    ],
    ids=["workbook", "zeros", "xlsx", "parquet", "list", "half", "json", "gz", "zst"],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        read(tmp_path / name)


# --------------------------------------------------------------------------------------------- targets


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["yes", "no"] * 15, "category"),
        ([0, 1] * 15, "category"),
        ([k % 3 for k in range(ROWS)], "category"),
        ([k * 1.5 for k in range(ROWS)], "number"),
        ([k * k for k in range(ROWS)], "number"),
        (["red|blue", "red", "blue", "green|red", "blue|green"] * 6, "tags"),
        (["red|blue", "red", "blue"] * 10, "tags"),
        (["either|or", "neither", "both"] * 10, "category"),
        ([["red", "blue"], ["red"], []] * 10, "tags"),
        ([True, False] * 15, "category"),
    ],
    ids=["words", "0 and 1", "few", "measured", "counts", "separated", "two tags", "a bar", "lists", "booleans"],
)
def test_the_kind_of_an_answer(cells: list[Any], kind: str) -> None:
    found = read({"x": [k / 4 for k in range(ROWS)], "y": cells}, target="y")
    assert found.kinds["y"].name == kind


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([""] * ROWS, "no label in any of 30 rows"),
        (["cat"] * ROWS, "same value in all 30 labelled rows"),
        ([4.5] * ROWS, "same value in all 30 labelled rows"),
        (["cat", *[""] * (ROWS - 1)], "one labelled row"),
        ([f"a{k}f" for k in range(ROWS)], "nearly every row is a class of its own|tells rows apart"),
        ([f"the quick brown fox jumps {k} times over it" for k in range(ROWS)], "free text|class of its own"),
    ],
    ids=["missing", "constant", "constant number", "one", "identifier", "text"],
)
def test_a_target_that_cannot_be_learned_is_refused(cells: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read({"x": [k / 4 for k in range(ROWS)], "y": cells}, target="y")


def test_a_separator_that_was_said_parts_tags(tmp_path: Path) -> None:
    cells = ["red/blue", "red", "blue", "", "blue/green"] * 6
    found = read(table(tmp_path, cells), Reading(separator="/"), target="x")
    assert found.values("x")[:5] == [["red", "blue"], ["red"], ["blue"], None, ["blue", "green"]]


@pytest.mark.parametrize(
    ("cells", "parted"),
    [
        (
            ["old;heavy", "old", "heavy", "", "heavy;new"],
            [["old", "heavy"], ["old"], ["heavy"], None, ["heavy", "new"]],
        ),
        (["a|b;c", "a;b", "b|c"], [["a|b;c"], ["a;b"], ["b|c"]]),
        (["Rome, Italy", "Bonn, Germany", "Lyon, France"], [["Rome, Italy"], ["Bonn, Germany"], ["Lyon, France"]]),
        ([["a;b", "c"], ["c"], ["a;b"]], [["a;b", "c"], ["c"], ["a;b"]]),
    ],
    ids=["clear", "two", "a comma", "lists"],
)
def test_tags_that_were_asked_for_are_parted_where_it_is_plain(cells: list[Any], parted: list[Any]) -> None:
    rows = cells * 10
    found = read({"x": [k / 4 for k in range(len(rows))], "y": rows}, Reading(kind={"y": "tags"}), target="y")
    assert found.values("y")[: len(cells)] == parted
    said = any("several tags with ';' between them" in note.text for note in found.notes)
    assert said == (cells[0] == "old;heavy")


# ------------------------------------------------------------------------------------- persons, moments


def test_a_column_named_after_persons_is_a_group() -> None:
    found = read({"patient": [f"p{k // 2}" for k in range(ROWS)], "x": [k / 4 for k in range(ROWS)]})
    assert found.kinds["patient"].name == "group"
    assert any("--kind patient=category" in note.advice for note in found.notes)


def test_roles_are_obeyed() -> None:
    columns = {
        "who": [f"p{k // 2}" for k in range(ROWS)],
        "row": [f"r{k}" for k in range(ROWS)],
        "when": [f"2024-03-{k % 28 + 1:02d}" for k in range(ROWS)],
        "much": [1.5] * ROWS,
        "x": [k / 4 for k in range(ROWS)],
    }
    found = read(columns, Reading(id="row", group="who", time="when", weight="much", drop=("x",)))
    assert {name: kind.name for name, kind in found.kinds.items()} == {
        "who": "group",
        "row": "identifier",
        "when": "time",
        "much": "weight",
    }


# ----------------------------------------------------------------------------- what a saved model reads


@pytest.mark.parametrize(
    ("learned", "new", "read_as"),
    [
        (["1,5", "2,25"], ["1,5", "3"], [1.5, 3]),
        (["1,5", "2,25"], ["1.500", "2"], [1500, 2]),
        (["1,5", "2,25"], ["1.5", "2.25"], [1.5, 2.25]),
        (["1.5", "2.25"], ["1,5", "2,25"], [1.5, 2.25]),
        (["1.5", "2.25"], ["1.500", "2"], [1.5, 2]),
        (["$1,234.50", "$2"], ["$1,500", "3"], [1500, 3]),
        (["25/12/2024", "03/04/2024"], ["03/04/2024"], [1712102400.0]),
        (["12/25/2024", "03/04/2024"], ["03/04/2024"], [1709510400.0]),
        (["25/12/2024", "03/04/2024"], ["2024-04-03"], [1712102400.0]),
    ],
    ids=str,
)
def test_cells_are_read_as_the_model_learned_them(
    tmp_path: Path, learned: list[str], new: list[str], read_as: list[float]
) -> None:
    told = read(table(tmp_path, learned * 15)).told
    found = read(table(tmp_path, new), like={"x": told["x"]})
    np.testing.assert_allclose(found.values("x"), read_as)


@pytest.mark.parametrize("new", ["red|blue", ["red", "blue"], "red;blue"], ids=str)
def test_tags_are_parted_as_the_model_learned_them(new: Any) -> None:
    learned = ["red|blue", "red", "blue", "green|red", "blue|green"] * 6
    told = read({"x": [k / 4 for k in range(ROWS)], "y": learned}, target="y").told
    cells = [new, ["red"] if isinstance(new, list) else "red", ["blue"] if isinstance(new, list) else "blue"]
    found = read({"x": [1.0, 2, 3], "y": cells}, like=told)
    wanted = [["red", "blue"], ["red"], ["blue"]]
    assert found.values("y") == (wanted if new != "red;blue" else [["red;blue"], ["red"], ["blue"]])


def test_columns_that_are_missing_are_said() -> None:
    like = {"x": "number", "z": "category"}
    found = read({"X ": [1.0], "other": [3]}, like=like)
    assert found.values("x").tolist() == [1.0]
    z = found.values("z")
    assert isinstance(z, Coded)
    assert z.tolist() == [None]
    assert any("1 column missing ('z')" in note.text for note in found.notes)
    with pytest.raises(DataError, match=r"it needs 'x', 'z'\. There are: a"):
        read({"a": [1]}, like=like)


def test_words_where_the_model_learned_numbers_are_refused() -> None:
    with pytest.raises(DataError, match=r"cannot be read as a number \('tall', 'small'\).*as it was when learning"):
        read({"x": ["tall", "small"]}, like={"x": "number"})
