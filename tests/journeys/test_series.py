"""Files of series as a person asks about them: good ones are answered, whatever lies beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import worlds
from terminal import ran, run

BAD = {
    "empty": b"",
    "only names": b"ax,ay\n",
    "binary": bytes(range(256)) * 4,
    "ragged": b"ax,ay\n1,2\n3\n",
    "no Parquet": b"PAR1",
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and the data that it learned from: a table that names files of two signals."""
    place = tmp_path_factory.mktemp("series")
    data = place / "data"
    data.mkdir()
    world = worlds.wobbles(60, 0)
    for row, steps in enumerate(world["series"]):
        np.savetxt(data / f"s_{row}.csv", steps, delimiter=",", header="ax, ay")
    rows = (f"s_{row}.csv,{label}" for row, label in enumerate(world["label"]))
    (data / "labels.csv").write_text("\n".join(["file,label", *rows]))
    ran(
        "learn", data, "--target", "label", "--steps", "8", "--folds", "0", "--network", "rnn", "--out", place / "model"
    )
    return place


def asked(model: Path, *paths: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("predict", model, *paths, "--json").splitlines()]


@pytest.mark.parametrize("what", BAD)
def test_one_that_cannot_be_read_has_no_answer_and_the_others_have(learned: Path, what: str, tmp_path: Path) -> None:
    bad = tmp_path / ("bad.parquet" if what == "no Parquet" else "bad.csv")
    bad.write_bytes(BAD[what])
    model, data = learned / "model", learned / "data"
    first, second, third = asked(model, data / "s_1.csv", bad, data / "s_8.csv")
    assert [Path(each["input"]).name for each in (first, second, third)] == ["s_1.csv", bad.name, "s_8.csv"]
    assert first["label"]["value"] in ("before", "after")
    assert third["label"]["value"] in ("before", "after")
    assert second["label"]["value"] is None
    [why] = second["label"]["reasons"]
    assert why
    assert asked(model, bad)[0]["label"] == second["label"]


def test_folders_of_series_and_files_together(learned: Path) -> None:
    data = learned / "data"
    assert len(asked(learned / "model", data, data / "s_1.csv")) == 61


def test_a_signal_that_is_missing_is_said_once_and_marked(learned: Path, tmp_path: Path) -> None:
    model, good = learned / "model", learned / "data" / "s_1.csv"
    renamed, cut = tmp_path / "renamed.csv", tmp_path / "cut.csv"
    renamed.write_text(good.read_text().replace("ay", "a_y"))
    cut.write_text("\n".join(line.split(",")[0] for line in good.read_text().splitlines()))
    done = ran("predict", model, good, renamed, cut)
    assert "note" not in ran("predict", model, good).stderr
    assert done.stderr.count("note: 1 signal missing in 2 series ('ay'): read as unknown. Unknown there: 'a_y'.") == 1
    marked = [line for line in done.stdout.splitlines() if "lacks the signal ay" in line]
    assert ["renamed.csv" in marked[0], "cut.csv" in marked[1]] == [True, True]
    assert len(marked) == 2
