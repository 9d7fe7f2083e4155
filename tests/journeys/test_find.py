"""Finding something without labels, on the command line, as a person would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina.core import LaminaError
from lamina.serving import standalone
from terminal import refused, run

NEW = "pressure,flow,valve\n5,10,open\n5,2,open\n,,\n"  # the second: flow is always twice the pressure


def pumps(rows: int, odd: int = 5) -> dict[str, Any]:
    """Flow follows pressure, but for the last rows."""
    rng = np.random.default_rng(0)
    pressure = rng.normal(5, 0.7, rows).round(3)
    flow = (2 * pressure + rng.normal(0, 0.1, rows)).round(3)
    flow[-odd:] = 2.5
    valve = np.where(rng.random(rows) < 0.7, "open", "shut")
    return {"pressure": pressure, "flow": flow, "valve": valve}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pumps") / "pumps.csv"
    columns = pumps(700)
    lines = [",".join(map(str, cells)) for cells in zip(*columns.values(), strict=True)]
    path.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(table: Path) -> Path:
    place = table.with_name("pumps.lamina")
    said = " ".join(run("learn", table, "--find", "anomalies", "--steps", "60", "--out", place).split())
    assert "of 700 examples lie above the limit" in said
    assert "at most 1 % will, by chance" in said
    assert "row 69" in said or "row 700" in said  # one of those made odd
    return place


def test_predict_says_how_odd_and_why(model: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text(NEW, encoding="utf-8")
    usual, odd, nothing = (json.loads(line)["anomaly"] for line in run("predict", model, new, "--json").splitlines())
    assert usual["value"] == "no"
    assert usual["score"] < 1
    assert odd["value"] == "yes"
    assert odd["score"] > 1
    assert any("flow 2" in reason for reason in odd["reasons"])
    assert odd["nearest"][0].startswith("row ")
    assert nothing["score"] > 10 * usual["score"]  # nothing of it is known, and no example was so
    shown = run("predict", model, new)
    assert "how odd" in shown
    assert "nearest known: row" in shown
    run("predict", model, new, "--out", tmp_path / "answers.csv")
    assert "anomaly_score" in (tmp_path / "answers.csv").read_text(encoding="utf-8")


def test_rows_of_standard_input_are_answered_as_they_come(model: Path) -> None:
    command = [sys.executable, "-c", "from lamina.cli.main import main; main()", "predict", str(model), "-", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("pressure,flow,valve\n5,10,open\n")
        process.stdin.flush()
        first = json.loads(process.stdout.readline())  # while the input is still open
        process.stdin.write("5,2,open\n")
        process.stdin.close()
        second = json.loads(process.stdout.readline())
    assert [each["anomaly"]["value"] for each in (first, second)] == ["no", "yes"]
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("pressure,flow,valve\n1,2\n", "Row 2 of standard input has 2 cells; its head has 3."),
        ('{"pressure": 5, "flow": 10, "valve": "open"}\n{"pressure"\n', "Line 2 of standard input is no JSON"),
        ("", "Standard input holds no row."),
        ('pressure,flow,valve\n1,2,"' + 150_000 * "x", "Look for an unclosed quote"),
    ],
)
def test_standard_input_that_is_no_table_is_refused(model: Path, given: str, said: str) -> None:
    with pytest.raises(LaminaError, match="tandard input") as caught:
        run("predict", model, "-", "--json", given=given)
    assert said in str(caught.value)


def test_its_report_and_what_python_says(model: Path) -> None:
    page = (model / "report.html").read_text(encoding="utf-8")
    for words in ("The oddest examples", "Where the limit lies", "What this does not tell", "times the limit"):
        assert words in page
    assert "lie above the limit" in " ".join(run("report", model).split())
    loaded = lamina.load(model)
    assert repr(loaded) == "Model that finds anomalies in pressure, flow, valve"
    answers = loaded.predict({"pressure": [5.0, 5.0], "flow": [10.0, 2.0], "valve": ["open", "open"]})
    assert answers.values.tolist() == ["no", "yes"]
    assert loaded.network.members[0].networks.table.kind == "autoencoder"  # type: ignore[union-attr]
    with pytest.raises(LaminaError, match="without labels"):
        loaded.score(pumps(50))


def test_the_same_run_gives_the_same_model_and_an_exported_one_answers_alike(table: Path, tmp_path: Path) -> None:
    one = lamina.learn(str(table), find="anomalies", steps=20)
    two = lamina.learn(str(table), find="anomalies", steps=20)
    x = pumps(40)
    np.testing.assert_array_equal(one.predict(x).only.scores, two.predict(x).only.scores)
    loaded = lamina.load(one.save(tmp_path / "one.lamina"))
    np.testing.assert_array_equal(one.predict(x).only.scores, loaded.predict(x).only.scores)
    folder = standalone.Folder(lamina.export(one, tmp_path / "exported"))
    rows = [{name: cells[row].item() for name, cells in x.items()} for row in range(40)]
    scores = [each["anomaly"]["score"] for each in folder.answer(rows)]
    np.testing.assert_allclose(scores, one.predict(x).only.scores, atol=1e-6)


def leaks(rows: int, odd: int, seed: int = 0) -> dict[str, Any]:
    """The last `odd` rows lie together among the ordinary ones, where nothing is far from anything."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (rows, 4))
    x[-odd:] = rng.normal(0, 0.25, (odd, 4)) + np.array([1, -1, 1, -1])
    found: dict[str, Any] = {name: x[:, k].round(3) for k, name in enumerate("abcd")}
    return found | {"state": ["ok"] * (rows - odd) + ["leak"] * odd}


def test_what_is_known_to_be_odd_teaches_what_to_look_for(tmp_path: Path) -> None:
    """New leaks are found by it; a known one is named; those that were held out judge it; a file and a folder answer alike."""
    world, new = leaks(800, 24), leaks(400, 40, 1)
    truth = np.array(new["state"]) == "leak"
    rows = {name: new[name] for name in "abcd"}
    blind = lamina.learn({name: world[name] for name in "abcd"}, find="anomalies", steps=40)
    seeing = lamina.learn(world, find="anomalies", odd="state=leak", steps=40)
    assert repr(seeing) == "Model that finds anomalies in a, b, c, d"
    one, other = (np.argsort(np.argsort(each.predict(rows).only.scores))[truth].mean() for each in (blind, seeing))
    assert other > one + 20  # ranks among 400
    answers = seeing.predict(rows).only
    assert np.mean(answers.unlike[truth]) > 0.5
    assert any("which is known to be odd" in each[0] for each in answers.reasons.values())
    known = seeing.card.results["found"][0]["known"]
    assert known["taught"] + known["held"] == 24
    assert known["auc"] > max(known["alone"], 0.9)
    assert "Known to be odd" in seeing.report
    assert seeing.card.results["found"][0]["rows"] == 776  # nobody has to be told of the known ones
    loaded = lamina.load(seeing.save(tmp_path / "leaks.lamina"))
    np.testing.assert_array_equal(loaded.predict(rows).only.scores, answers.scores)
    folder = standalone.Folder(lamina.export(seeing, tmp_path / "exported"))
    asked = [{name: cells[row].item() for name, cells in rows.items()} for row in range(400)]
    np.testing.assert_allclose([each["anomaly"]["score"] for each in folder.answer(asked)], answers.scores, atol=1e-5)


def test_too_few_known_ones_all_teach_and_a_private_model_keeps_none() -> None:
    model = lamina.learn(leaks(300, 5), find="anomalies", odd=("state=leak",), steps=20, private=True)
    assert model.card.results["found"][0]["known"] == {"taught": 5, "held": 0}
    assert "too few to hold some out" in model.report
    assert not len(model.found["anomaly"].odd)
    assert len(model.found["anomaly"].side) == 1


def test_what_cannot_be_known_is_said(tmp_path: Path) -> None:
    place = tmp_path / "leaks.csv"
    world = leaks(60, 45)
    lines = [",".join(map(str, cells)) for cells in zip(*world.values(), strict=True)]
    place.write_text("\n".join([",".join(world), *lines]) + "\n", encoding="utf-8")
    find = ("learn", place, "--find", "anomalies", "--odd")
    assert "Did you mean 'state'?" in refused(*find, "sate=leak")
    assert "Did you mean 'leak'?" in refused(*find, "state=leek")
    assert "such as --odd verdict=fraud" in refused(*find, "state")
    assert "15 examples beside 45 that are known to be odd" in refused(*find, "state=leak")
    assert "All examples are said to be odd" in refused(*find, "state=leak", "--odd", "state=ok")
    assert "is for --find anomalies" in refused("learn", place, "--find", "clusters", "--odd", "state=leak")


def test_what_cannot_be_found_is_said(table: Path, tmp_path: Path) -> None:
    assert "Without labels: --find anomalies" in refused("learn", table)
    assert "Did you mean 'anomalies'?" in refused("learn", table, "--find", "anomaly")
    assert "takes no --target" in refused("learn", table, "--find", "anomalies", "--target", "flow")
    few = tmp_path / "few.csv"
    few.write_text("a,b\n" + "".join(f"{k},{k * k}\n" for k in range(9)), encoding="utf-8")
    assert "There are 9 examples" in refused("learn", few, "--find", "anomalies")
    same = tmp_path / "same.csv"
    same.write_text("a,b\n" + "1,2\n" * 60, encoding="utf-8")
    assert "No column is left to learn from" in refused("learn", same, "--find", "anomalies")
    assert "The share of false alarms was 2" in refused("learn", table, "--find", "anomalies", "--alarms", "2")


def dots(rows: int, corner: bool, seed: int = 0) -> np.ndarray:
    """Small pictures with a bright dot in the middle, or in a corner."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 30, (rows, 12, 12, 1), np.uint8)
    place = slice(0, 3) if corner else slice(5, 8)
    x[:, place, place] += rng.integers(100, 200, (rows, 1, 1, 1), np.uint8)
    return x


def test_an_odd_picture_is_told_with_its_region() -> None:
    model = lamina.learn({"image": dots(300, False), "label": ["dot"] * 300}, find="anomalies", alarms=0.05)
    assert repr(model) == "Model that finds anomalies in image"  # labels beside pictures are not looked at
    odd = model.predict({"image": dots(20, True, 1)})["anomaly"]
    usual = model.predict({"image": dots(20, False, 1)})["anomaly"]
    assert set(odd.values) == {"yes"}
    assert usual.values.tolist().count("no") >= 15
    assert odd.scores.min() > usual.scores.max()
    assert any("image: the top left is odd" in reasons for reasons in odd.reasons.values())
    assert "data:image/png" in model.report


# ------------------------------------------------------------------------------------------ neighbours


@pytest.fixture(scope="module")
def index(table: Path) -> Path:
    place = table.with_name("alike.lamina")
    said = " ".join(run("learn", table, "--find", "neighbours", "--out", place).split())
    assert "700 examples can be searched for what is alike" in said
    return place


def test_search_finds_the_row_itself_first(index: Path, table: Path, tmp_path: Path) -> None:
    query = tmp_path / "query.csv"
    query.write_text("\n".join(table.read_text(encoding="utf-8").splitlines()[:3]) + "\n", encoding="utf-8")
    found = [json.loads(line) for line in run("search", index, query, "-n", "3", "--json").splitlines()]
    assert [each["nearest"][0]["row"] for each in found] == [1, 2]
    assert [len(each["nearest"]) for each in found] == [3, 3]
    assert found[0]["nearest"][0]["distance"] < 0.01
    assert "row 1 (pressure" in run("search", index, query)
    assert run("search", index, "--duplicates")
    loaded = lamina.load(index)
    alike = loaded.search({"pressure": 5.0, "flow": 10.0, "valve": "open"}, n=4)
    assert len(alike[0]) == 4
    assert isinstance(loaded.neighbours.lists.vectors, np.memmap)  # not read into memory


def test_an_index_is_carried_whole(index: Path, tmp_path: Path) -> None:
    loaded = lamina.load(index)
    again = type(loaded).from_bytes(loaded.to_bytes())
    x = pumps(20)
    assert again.search(x, n=3) == loaded.search(x, n=3)
    copy = again.save(tmp_path / "copy.lamina")
    assert lamina.load(copy).search(x, n=3) == loaded.search(x, n=3)
    (copy / "nearest-vectors.npy").write_bytes(b"other")
    with pytest.raises(LaminaError, match="missing, or of another model"):
        lamina.load(copy)


def test_searching_what_cannot_be_searched_is_refused(index: Path, model: Path, table: Path, tmp_path: Path) -> None:
    assert "keeps no examples to search among" in refused("search", model, table)
    assert "What is to be looked for" in refused("search", index)
    assert "At least 1 is needed" in refused("search", index, table, "-n", "0")
    private = ("learn", table, "--find", "neighbours", "--private", "--out", tmp_path / "no.lamina")
    assert "--private cannot be kept" in refused(*private)


# -------------------------------------------------------------------------------------------- clusters


def shoppers(rows: int, seed: int = 0) -> dict[str, Any]:
    """Three kinds of people, told apart by what they buy."""
    rng = np.random.default_rng(seed)
    kind = np.arange(rows) % 3
    return {
        "spent": np.array([10.0, 80.0, 80.0])[kind] + rng.normal(0, 2, rows),
        "visits": np.array([20.0, 20.0, 2.0])[kind] + rng.normal(0, 1, rows),
        "shop": np.where(kind == 0, "kiosk", "market"),
    }


@pytest.mark.parametrize("given", [3, None])
def test_clusters_are_found_and_new_examples_get_one(given: int | None, tmp_path: Path) -> None:
    model = lamina.learn(shoppers(450), find="clusters", clusters=given, steps=150)
    loaded = lamina.load(model.save(tmp_path / "groups.lamina"))
    assert repr(loaded) == "Model that finds clusters in spent, visits, shop"
    assert loaded.network.members[0].map is not None  # the learned module is whole
    answers = loaded.predict(shoppers(90, seed=1))["cluster"]
    assert len(set(answers.values)) in (3, 4)  # one may lie in none
    agree = [np.unique(answers.values[kind::3], return_counts=True)[1].max() / 30 for kind in range(3)]
    assert min(agree) > 0.85
    assert len({answers.values[kind] for kind in range(3)}) == 3
    found = loaded.card.results["found"][0]
    assert found["stability"]["mean"] > 0.8
    assert any("spent low" in text for each in found["clusters"] for text in each["apart"])
    assert "Where the examples lie" in loaded.report
    assert all(each["typical"] for each in found["clusters"])


def test_clusters_that_cannot_be_are_refused(table: Path, tmp_path: Path) -> None:
    assert "400 clusters were asked for, and" in refused("learn", table, "--find", "clusters", "--clusters", "400")
    assert "There must be 2 at least" in refused("learn", table, "--find", "clusters", "--clusters", "1")
    assert "without --find clusters" in refused("learn", table, "--find", "anomalies", "--clusters", "3")
