"""Where series lie: folders of them, tables that name them, long tables, arrays and lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lamina.core import DataError, PlanError
from lamina.examples import Reading, read
from lamina.examples.doctor import look

STEPS = "ax,ay\n1,2\n3,4\n5,6\n"


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STEPS)


def test_a_folder_per_label(tmp_path: Path) -> None:
    write(tmp_path, "walk/a.csv", "walk/b.csv", "run/c.csv")
    examples = read(tmp_path)
    assert {name: kind.name for name, kind in examples.kinds.items()} == {"series": "series", "label": "category"}
    assert examples.values("label").tolist() == ["run", "walk", "walk"]
    assert Path(examples.values("series")[0]).name == "c.csv"
    told = read(tmp_path, like=examples.told)
    assert told.values("series").tolist() == examples.values("series").tolist()


@pytest.mark.parametrize("name", ["walk_1.csv", "walk_1", "walks/walk_1.csv", "1"])
def test_a_table_beside_them_names_them(tmp_path: Path, name: str) -> None:
    folder = "walks/" if "/" in name else ""
    write(tmp_path, *(f"{folder}walk_{k}.csv" for k in (1, 2, 3, 4)))
    cells = [name.replace("1", str(k)) for k in (1, 2, 3, 4)]
    (tmp_path / "labels.csv").write_text(
        "file,gait\n" + "\n".join(f"{cell},{'ab'[k % 2]}" for k, cell in enumerate(cells))
    )
    examples = read(tmp_path)
    assert [kind.name for kind in examples.kinds.values()] == ["series", "category"]
    assert [Path(path).stem for path in examples.values("series")] == ["walk_1", "walk_2", "walk_3", "walk_4"]


BAD = pytest.mark.parametrize(
    "content", [b"", b"no table\nat all\n", bytes(range(256)), b"ax,ay\n", STEPS.encode() + b"7\n"],
    ids=["empty", "text", "binary", "only names", "ragged"],
)  # fmt: skip


def named_series(folder: Path, content: bytes) -> None:
    """Six series and a table that names them; one of them cannot be read."""
    write(folder, *(f"walk_{k}.csv" for k in range(6)))
    (folder / "walk_2.csv").write_bytes(content)
    rows = "".join(f"walk_{k}.csv,{'ab'[k % 2]}\n" for k in range(6))
    (folder / "labels.csv").write_text(f"file,gait\n{rows}")


@BAD
def test_one_that_cannot_be_read_leaves_the_others_series(tmp_path: Path, content: bytes) -> None:
    named_series(tmp_path, content)
    examples = read(tmp_path, target="gait")
    assert [Path(path).name for path in examples.values("series")] == [f"walk_{k}.csv" for k in range(6)]
    [said] = [each for each in look(examples, ["gait"]) if each.kind == "unreadable"]
    assert (said.level, said.title) == ("warn", "1 series cannot be read.")
    assert "walk_2.csv (" in said.detail
    (tmp_path / "labels.csv").unlink()
    assert len(read(tmp_path, like={"series": "series"})) == 6


def test_damaged_parquet_among_series(tmp_path: Path) -> None:
    named_series(tmp_path, STEPS.encode())
    (tmp_path / "walk_9.parquet").write_bytes(b"PAR1")
    examples = read(tmp_path)
    assert len(examples) == 6
    assert "1 series not named in labels.csv left out." in [note.text for note in examples.notes]


def test_two_tables_that_name_the_same_series_are_not_chosen_from(tmp_path: Path) -> None:
    named_series(tmp_path, STEPS.encode())
    (tmp_path / "others.csv").write_bytes((tmp_path / "labels.csv").read_bytes().replace(b"gait", b"mood"))
    with pytest.raises(DataError, match="holds 8 tables"):
        read(tmp_path)


def test_a_table_that_names_files_by_path(tmp_path: Path) -> None:
    write(tmp_path, "in/a.csv", "in/b.csv")
    (tmp_path / "table.csv").write_text("steps,age\nin/a.csv,3\nin/b.csv,4\n")
    examples = read(tmp_path / "table.csv")
    assert examples.kinds["steps"].name == "series"


def test_tables_stay_tables(tmp_path: Path) -> None:
    write(
        tmp_path,
        "one/train.csv",
        "one/test.csv",
        "two/a.csv",
        "two/b.csv",
        "three/a.csv",
        "four/train/a.csv",
        "four/test/a.csv",
    )
    assert read(tmp_path / "one").columns == ["ax", "ay"]
    assert read(tmp_path / "three").columns == ["ax", "ay"]
    with pytest.raises(DataError, match="holds 2 tables"):
        read(tmp_path / "two")
    with pytest.raises(DataError, match="nothing that Lamina reads"):
        read(tmp_path / "four")


def test_for_a_model_of_series_a_table_is_one(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "b.csv", "c.csv")
    like = {"series": "series", "label": "category"}
    assert len(read(tmp_path / "a.csv", like=like)) == 1
    assert len(read(tmp_path, like=like)) == 3
    assert len(read([tmp_path / "a.csv", tmp_path / "b.csv"], like=like)) == 2
    (tmp_path / "table.csv").write_text("series\na.csv\nb.csv\n")
    assert len(read(tmp_path / "table.csv", like=like)) == 2


LONG = {
    "id": [7, 7, 7, 9, 9, 8],
    "t": [2.0, 0.0, 1.0, 0.0, 1.0, 0.0],
    "ax": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "age": [30, 30, 30, 40, 40, 50],
    "gait": ["walk", "walk", None, "run", "run", "walk"],
}


def test_a_long_table_becomes_a_row_per_example() -> None:
    examples = read(LONG, Reading(example="id", time="t"), target="gait")
    assert examples.values("id").tolist() == ["7", "9", "8"]  # in the order in which they come
    assert examples.values("age").tolist() == [30, 40, 50]  # what stays the same is of the example
    assert examples.values("gait").tolist() == ["walk", "run", "walk"]
    first = examples.values("series")[0]
    assert first.dtype.names == ("time", "ax")
    assert first["ax"].tolist() == [2, 3, 1]  # along time
    assert first["time"].tolist() == [0, 1, 2]
    again = read({name: cells for name, cells in LONG.items() if name != "gait"}, like=examples.told)
    assert [len(each) for each in again.values("series")] == [3, 2, 1]
    assert again.values("series")[0]["ax"].tolist() == [2, 3, 1]


def test_a_long_table_without_its_columns_hears_which_are_needed() -> None:
    """`series` is a name that only Lamina knows."""
    steps = {name: LONG[name] for name in ("id", "t", "ax", "gait")}
    like = read(steps, Reading(example="id", time="t"), target="gait").told
    like.pop("id", None)
    like.pop("gait")
    with pytest.raises(DataError, match=r"has not all columns .* it needs 'id', 't', 'ax'\. There are: t, ax"):
        read({"t": LONG["t"], "ax": LONG["ax"]}, like=like)
    with pytest.raises(DataError, match=r"has none of the columns .* it needs 'id', 't', 'ax'\. There are: b"):
        read({"b": [1.0, 2.0]}, like=like)
    partly = read({"age": [30, 40], "ax": [1.0, 2.0]}, like={**like, "age": "number"})
    assert [note.text for note in partly.notes] == ["2 columns missing ('id', 't'): read as unknown."]


def test_an_answer_that_changes_within_an_example_is_refused() -> None:
    changing = LONG | {"gait": ["walk", "run", "walk", "run", "run", "walk"]}
    with pytest.raises(DataError, match=r"'gait' changes within one example: for 'id' 7 it is 'run', 'walk'"):
        read(changing, Reading(example="id", time="t"), target="gait")
    with pytest.raises(DataError, match=r"No number changes within the examples of 't'"):
        read(
            {name: LONG[name] for name in ("t", "gait", "id")} | {"t": list(range(6))},
            Reading(example="t"),
            target="gait",
        )
    with pytest.raises(PlanError, match=r"no column 'ident'.*'id'"):
        read(LONG, Reading(example="ident"), target="gait")


def test_training_and_test_set_may_both_count_from_one(tmp_path: Path) -> None:
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text(
            "id,t,ax,y\n" + "".join(f"{k},{t},{k + t},{'ab'[k]}\n" for k in (0, 1) for t in (0, 1))
        )
    examples = read(tmp_path, Reading(example="id", time="t"), target="y")
    assert examples.parts is not None
    assert examples.parts.tolist() == [0, 0, 2, 2]
    own = read(tmp_path / "train.csv", Reading(example="id", time="t", test=str(tmp_path / "test.csv")), target="y")
    assert own.parts is not None
    assert own.parts.tolist() == [0, 0, 2, 2]


def test_arrays_and_lists_that_are_no_pictures() -> None:
    rng = np.random.default_rng(0)
    signed, positive = rng.standard_normal((4, 9, 2)), rng.random((4, 9, 2))
    uneven = [rng.random((length, 2)) for length in (3, 5, 2, 9)]
    nested = [each.tolist() for each in uneven]
    flat = [each[:, 0].tolist() for each in uneven]
    for x in (signed, uneven, nested, flat):
        examples = read({"x": x, "y": [1, 2, 3, 4]})
        assert examples.kinds["x"].name == "series"
        assert len(examples.values("x")) == 4
    assert read({"x": positive}).kinds["x"].name == "image"
    assert read({"x": positive}, Reading(kind={"x": "series"})).kinds["x"].name == "series"
    assert read({"x": positive[:, :, 0]}, Reading(kind={"x": "series"})).kinds["x"].name == "series"
    assert read(signed).kinds["series"].name == "series"
    assert read(uneven).kinds["series"].name == "series"
    one = read({"x": signed[0], "age": 3}, like={"x": "series", "age": "number"})
    assert one.values("x")[0].shape == (9, 2)
