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
