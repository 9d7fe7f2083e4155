"""Series: files of every make to named signals over time, uneven steps, and long ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from lamina.inputs import _steps
from lamina.inputs.series import SINCE, Series

PLAIN = b"ax,ay\n1,2\n3,\n5,6\n"


def settled(*values: Any) -> Series:
    series = Series()
    series.observe(list(values))
    series.settle()
    return series


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"\xef\xbb\xbfax,ay\r\n1,2\r\n3,NA\r\n5,6\r\n",
        b"#ax, ay\n1, 2\n3, ?\n5, 6\n",
        b"# ax  ay\n1 2\n3 nan\n5 6\n",
        b"ax;ay\n1,0;2,0\n3,0;\n5,0;6,0\n",
        b"ax\tay\n1\t2\n3\tnan\n5\t6\n",
        b'"ax","ay"\n"1","2"\n"3",""\n"5","6"\n\n',
        b"t,ax,ay,where\n0,1,2,hall\n1,3,,hall\n2,5,6,door\n",
        b"timestamp,ax,ay\n2024-01-01T00:00:00Z,1,2\n2024-01-01T00:00:01Z,3,\n2024-01-01T00:00:02Z,5,6\n",
    ],
    ids=[
        "plain",
        "windows",
        "commented",
        "commented, with blanks",
        "decimal comma",
        "tabs",
        "quoted",
        "with words and time",
        "with moments",
    ],
)
def test_the_same_signals_in_any_csv(content: bytes) -> None:
    found = _steps.read(content)
    assert found.names == ("ax", "ay")
    np.testing.assert_array_equal(found.values, np.array([[1, 2], [3, np.nan], [5, 6]], np.float32))


def test_arrays_lists_dicts_and_parquet_say_the_same(tmp_path: Path) -> None:
    rows = [[1.0, 2.0], [3.0, None], [5.0, 6.0]]
    pl.DataFrame(rows, schema=["ax", "ay"], orient="row").write_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_bytes(PLAIN)
    ways: list[Any] = [rows, np.array(rows, float), {"ax": [1, 3, 5], "ay": [2, None, 6]}]
    ways += [[{"ax": 1, "ay": 2}, {"ax": 3}, {"ax": 5, "ay": 6}], str(tmp_path / "a.parquet"), str(tmp_path / "a.csv")]
    ways.append((tmp_path / "a.parquet").read_bytes())
    for way in ways:
        np.testing.assert_array_equal(_steps.read(way).values, _steps.read(PLAIN).values)
    assert _steps.read(ways[4]).names == ("ax", "ay")
    np.testing.assert_array_equal(_steps.read([1, 2, None]).values[:, 0], [1, 2, np.nan])  # one signal


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "is empty"),
        (b"ax,ay\n", "a line of names but no steps"),
        (b"ax,ay\n1,2\n3\n", "line 3 has 1 cells, the first line 2"),
        (b"ax,ay\nlow,high\n", "holds no numbers"),
        (b"PAR1 and nothing of it", "cannot be read as Parquet"),
        ("missing.csv", "No such file"),
        (np.zeros((2, 2, 2)), "array of shape"),
        ([[1, 2], [3]], "equally long lists"),
    ],
)
def test_what_cannot_be_read_says_why(value: Any, why: str) -> None:
    encoded = settled(PLAIN).encode([value, None, PLAIN])
    assert encoded.present.tolist() == [False, False, True]
    [(row, said)] = encoded.problems
    assert row == 0
    assert why in said


def test_signals_are_known_by_name_and_may_be_missing() -> None:
    series = settled(PLAIN, PLAIN)
    turned = series.encode([b"AY,extra,ax\n2,0,1\n", b"ay\n7\n"])
    np.testing.assert_array_equal(turned.values[0, 0], [1, 2])
    np.testing.assert_array_equal(turned.values[1, 0], [np.nan, 7])
    assert series.encode([np.array([[1.0, 2.0]])]).values[0, 0].tolist() == [1, 2]  # without names, by place
    [(_, why)] = series.encode([b"bx,by,bz\n1,2,3\n"]).problems
    assert why == "has the signals bx, by, bz; expected: ax, ay"


def test_padding_is_zero_and_lengths_say_where_it_begins() -> None:
    encoded = settled(PLAIN).encode([PLAIN, b"ax,ay\n4,4\n"])
    assert encoded.lengths.tolist() == [3, 1]
    assert encoded.values[1].tolist() == [[4, 4], [0, 0], [0, 0]]


def test_uneven_steps_bring_the_time_between_them() -> None:
    even, uneven = b"t,a\n0,5\n2,6\n4,7\n", b"t,a\n0,5\n1,6\n9,7\n"
    assert settled(even).channels == ["a"]
    assert settled(even, b"t,a\n0,5\n20,6\n40,7\n").channels == ["a", SINCE]  # another pace
    series = settled(uneven)
    np.testing.assert_array_equal(series.encode([uneven]).values[0, :, 1], [np.nan, 1, 8])


def test_long_series_are_averaged_and_longer_ones_cut() -> None:
    series = settled(np.arange(2000.0)[:, None])
    assert (series.stride, series.form.shape) == (4, (500, 1))
    some = np.concatenate([np.arange(6.0), [np.nan, 8.0]])[:, None]
    np.testing.assert_allclose(series.encode([some]).values[0, :2, 0], [1.5, (4 + 5 + 8) / 3])
    longer = np.arange(2400.0)[:, None]
    assert series.encode([longer]).lengths.tolist() == [500]
    assert "2,400 steps, the longest learned from 2,000" in series.unlike([longer * 0])[0]


def test_signals_far_outside_are_said() -> None:
    assert settled(PLAIN).unlike([b"ax,ay\n1,2\n900,3\n", PLAIN, None]) == {0: "ax reaches 900, outside 1 to 5"}


def test_a_signal_that_is_missing_or_called_otherwise_is_said() -> None:
    series = settled(PLAIN, PLAIN)
    assert series.unlike([b"#AX , ay,more\n1,2,3\n", np.array([[1.0, 2.0]])]) == {}
    found = Series.restore(series.state()).unlike([b"ax\n1\n", b"ax,a_y\n1,2\n", b"ax,ay\n1,\n900,\n", b"b,c\n1,2\n"])
    assert found == {
        0: "lacks the signal ay",
        1: "lacks the signal ay (unknown there: a_y)",
        2: "lacks the signal ay; ax reaches 900, outside 1 to 5",
        3: "names its signals b, c, not ax, ay: taken in their order",
    }


def test_a_signal_that_was_missing_when_learning_may_be_missing() -> None:
    series = settled(PLAIN, PLAIN, b"ax\n4\n")
    assert series.names == ["ax", "ay"]
    assert series.unlike([b"ax\n4\n", b"ay\n4\n"]) == {1: "lacks the signal ax"}


def test_without_names_the_places_say_which_is_which() -> None:
    series = settled(np.arange(6.0).reshape(3, 2))
    assert series.unlike([b"ax,ay\n1,2\n"]) == {}
    assert series.encode([b"ax,ay\n1,2\n"]).values[0, 0].tolist() == [1, 2]


def test_marks_of_a_comment_and_blanks_are_no_part_of_a_name() -> None:
    series = settled({"# ax": [1, 2], " ay ": [3, 4]})
    assert series.names == ["ax", "ay"]
    assert series.encode([{"ay": [4], "#ax": [2]}]).values[0, 0].tolist() == [2, 4]
