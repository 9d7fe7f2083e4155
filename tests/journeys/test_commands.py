"""The command line, used as a person would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamina.core import LaminaError
from lamina.model.bundle import INSIDE
from terminal import run


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop's customers: those who spend much come back."""
    path = tmp_path_factory.mktemp("shop with a space") / "customers.csv"
    rows = [f"{k},{k % 37},{'north' if k % 3 else 'south'},{'yes' if k % 37 > 18 else 'no'}" for k in range(1200)]
    path.write_text("number;spent;region;returns\n".replace(";", ",") + "\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(table: Path) -> Path:
    place = table.with_name("customers.lamina")
    said = run("learn", str(table), "--target", "returns", "--steps", "60", "--out", str(place))
    assert "Right on" in said
    assert "most common label" in said
    return place


def test_look_says_what_is_in_a_table(table: Path) -> None:
    said = run("look", str(table), "--target", "returns")
    assert "region" in said
    assert "identifier" in said  # the row counter is left out, and it says so


def test_predict_answers_with_a_confidence(model: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("spent,region\n36,north\n1,south\n", encoding="utf-8")
    answers = [json.loads(line) for line in run("predict", str(model), str(new), "--json").splitlines()]
    assert [each["returns"]["value"] for each in answers] == ["yes", "no"]
    assert all(0.5 <= each["returns"]["confidence"] <= 1 for each in answers)


def test_several_tables_and_one_that_is_piped_in(model: Path, tmp_path: Path) -> None:
    places = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for place in places:
        place.write_text("spent,region,shoe\n36,north,43\n1,the moon,39\n", encoding="utf-8")
    lines = run("predict", str(model), *map(str, places)).splitlines()
    assert [line.split()[0].rsplit(":", 1)[-1] for line in lines if line.startswith(str(tmp_path))] == ["1", "2"] * 2
    assert sum("region 'the moon' was never seen" in line for line in lines) == 2
    run("predict", str(model), *map(str, places), "--out", str(tmp_path / "answers.csv"))
    assert len((tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()) == 5
    for piped in ("spent,region\n36,north\n", '{"spent": 36, "region": "north"}\n'):
        said = run("predict", model, "-", "--json", given=piped)
        assert json.loads(said)["returns"]["value"] == "yes"


def test_answers_go_to_a_file(model: Path, table: Path, tmp_path: Path) -> None:
    import polars as pl

    run("predict", str(model), str(table), "--out", str(tmp_path / "answers.parquet"))
    assert pl.read_parquet(tmp_path / "answers.parquet").height == 1200


def test_score_gives_figures_with_intervals(model: Path, table: Path) -> None:
    found = json.loads(run("score", str(model), str(table), "--json"))
    figure = found["targets"]["returns"]["accuracy"]
    assert figure["low"] <= figure["value"] <= figure["high"]
    assert figure["value"] > 0.9


def test_the_report_is_one_page_that_reaches_nothing_outside(model: Path) -> None:
    page = (model / "report.html").read_text(encoding="utf-8")
    sections, _, _ = page.partition(
        INSIDE
    )  # behind them the script of the page, which names namespaces and loads nothing
    assert "returns" in sections
    assert "http" not in sections.replace("http-equiv", "")
    assert "How good it is" in sections
    assert "default-src 'none'" in page


def test_a_model_is_not_overwritten_unasked(model: Path, table: Path) -> None:
    with pytest.raises(LaminaError, match="--overwrite"):
        run("learn", str(table), "--target", "returns", "--steps", "5", "--out", str(model))


def test_a_misspelt_target_is_suggested(table: Path, tmp_path: Path) -> None:
    with pytest.raises(LaminaError, match="returns"):
        run("learn", str(table), "--target", "return", "--steps", "5", "--out", str(tmp_path / "m.lamina"))


def test_a_changed_model_is_refused(model: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy.lamina"
    shutil.copytree(model, copy)
    with (copy / "network.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(LaminaError, match=r"network\.onnx"):
        run("predict", str(copy), str(copy))
