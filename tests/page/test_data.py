"""Which rows may judge: the same as at learning, as far as hashes tell; none where they do not."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina.core import DataError
from lamina.examples import Reading, read
from lamina.model import whence
from lamina.page.data import open_data, parted
from lamina.page.judged import kept
from lamina.page.opened import Opened
from lamina.page.views import Views
from page.conftest import asked


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.reader(file))


def write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_what_it_learned_from_is_found_again(table: tuple[Path, Path]) -> None:
    model = lamina.load(table[0])
    for source in (None, table[1]):
        data = open_data(model, source)
        assert data.same
        counts = model.card.results["data"]["parts"]
        assert [int((data.parts == part).sum()) for part in range(3)] == [counts[n][0] for n in counts]
        assert len(data.held) == kept(model, "label")["rows"]


def test_rows_that_came_later_are_parted_by_the_same_thresholds(table: tuple[Path, Path], tmp_path: Path) -> None:
    model, (head, *rows) = lamina.load(table[0]), rows_of(table[1])
    before = open_data(model, table[1])
    more = [[str(9 + k), "1000.5", "red", "outside"] for k in range(60)]
    after = open_data(model, write(tmp_path / "more.csv", [head, *more, *rows]))
    assert not after.same
    assert set(before.held + len(more)) <= set(after.held)
    assert 0 < (after.held < len(more)).sum() < len(more)


def test_numbers_that_name_classes_judge_whoever_read_them() -> None:
    """Rows that were read without saying what is to be answered hold a number there, which the model takes for a name."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    rows = {"x": x.tolist(), "kind": [int(each) for each in (x > 0)]}
    model = lamina.learn(rows, "kind", steps=5, folds=0)
    plain = read(rows)
    assert plain.kinds["kind"].name == "number"
    data, known = parted(model, plain), parted(model, read(rows, target="kind"))
    assert data.same
    assert data.held.tolist() == known.held.tolist()
    assert data.labels("kind", data.held) == known.labels("kind", known.held)
    with asked(Views("numbers", Opened("numbers", model, data))) as ask:
        assert ask("confusion")["classes"] == ["0", "1"]
    assert model.score(plain).targets == model.score(rows).targets


def test_other_rows_do_not_judge(table: tuple[Path, Path], tmp_path: Path) -> None:
    model, (head, *_) = lamina.load(table[0]), rows_of(table[1])
    data = open_data(
        model, write(tmp_path / "other.csv", [head, *([str(k), "1000", "red", "outside"] for k in range(50))])
    )
    assert not len(data.held)
    assert "Nothing tells" in data.how
    unlabelled = open_data(
        model, write(tmp_path / "bare.csv", [head[:3], *([str(k), "1000", "red"] for k in range(50))])
    )
    assert len(unlabelled) == 50
    assert "no labels" in unlabelled.how


def test_rows_that_taught_do_not_judge_because_a_folder_calls_them_a_test_set(
    table: tuple[Path, Path], tmp_path: Path
) -> None:
    model, (head, *rows) = lamina.load(table[0]), rows_of(table[1])
    before = open_data(model, table[1])
    neither = {tuple(rows[k]) for k in before.held}
    for name, some in (("train", rows[:300]), ("test", rows[300:])):
        write(tmp_path / f"{name}.csv", [head, *some])
    data = open_data(model, tmp_path)
    assert len(data) == 400
    assert not data.same
    lines = [tuple(row) for name in ("train", "test") for row in rows_of(tmp_path / f"{name}.csv")[1:]]
    assert data.examples is not None
    assert data.examples.parts is not None
    east = data.examples.values("east").astype(np.float32).tolist()
    whole = {float(np.float32(line[0])): line for line in lines}
    held = [whole[east[k]] for k in data.held]
    assert set(held) == neither & set(map(tuple, rows[300:]))
    assert held
    model.card.split["folded"] = True
    assert not len(open_data(model, tmp_path).held)


def test_a_corrected_label_is_another_key(table: tuple[Path, Path], tmp_path: Path) -> None:
    """An id stays when its row is corrected: what was worked out of the old row must not be recalled."""
    model, (head, *rows) = lamina.load(table[0]), rows_of(table[1])
    place = write(tmp_path / "named.csv", [["id", *head], *([f"p{k}", *row] for k, row in enumerate(rows))])
    examples = lamina.read(place, id="id")
    rows[7][3] = "inside" if rows[7][3] == "outside" else "outside"
    write(place, [["id", *head], *([f"p{k}", *row] for k, row in enumerate(rows))])
    corrected = lamina.read(place, id="id")
    assert (examples.keys() == corrected.keys()).all()
    assert parted(model, examples).key != parted(model, corrected).key
    write(place, [["id", *head], *([f"p{k}", *row] for k, row in enumerate(rows))])
    assert parted(model, lamina.read(place, id="id")).key == parted(model, corrected).key


def test_groups_that_were_asked_for_are_known_again(table: tuple[Path, Path], tmp_path: Path) -> None:
    """Rows are hashed by their group: without it they would be parted otherwise, and rows that taught would judge."""
    head, *rows = rows_of(table[1])
    place = write(tmp_path / "grouped.csv", [[*head, "who"], *([*row, f"p{k % 80}"] for k, row in enumerate(rows))])
    examples = lamina.read(place, group="who", drop=("colour",))
    model = lamina.learn(examples, "label", steps=3, folds=0)
    data = open_data(model)
    assert data.same
    who = np.arange(len(data)) % 80
    assert not set(who[data.held]) & set(who[data.parts == 0])
    model.card.reading.pop("asked")  # as cards of earlier versions are
    assert not len(open_data(model, place).held)


def test_a_private_model_names_no_examples(table: tuple[Path, Path]) -> None:
    model = lamina.learn(table[1], "label", steps=3, folds=0, private=True)
    assert model.card.reading["asked"] == {}
    data = open_data(model)
    assert data.examples is None
    assert "lamina open MODEL DATA" in data.why_not


def test_what_is_not_there_is_said(table: tuple[Path, Path], tmp_path: Path) -> None:
    model = lamina.load(table[0])
    with pytest.raises(DataError, match="no file or folder"):
        open_data(model, tmp_path / "nowhere.csv")
    model.card.data["source"] = str(tmp_path / "gone.csv")
    model.card.results["command"] = ""
    assert "gone.csv' is not there" in open_data(model).why_not


def test_a_long_table_is_folded_as_it_was_when_it_was_learned(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["walk", "t", "signal", "moved"]]
    for walk in range(60):
        rows += [[str(walk), str(t), f"{rng.normal(walk % 2):.3f}", "yes" if walk % 2 else "no"] for t in range(5)]
    path = write(tmp_path / "walks.csv", rows)
    examples = read(path, Reading(example="walk", time="t"), target=("moved",))
    model = lamina.load(lamina.learn(examples, "moved", steps=3, folds=0).save(tmp_path / "walks.lamina"))
    data = open_data(model, str(path))
    assert data.same
    assert len(data) == 60
    assert len(data.held) == kept(model, "moved")["rows"]


def test_a_changed_test_set_is_another_one(table: tuple[Path, Path], tmp_path: Path) -> None:
    """No threshold tells that: they are of the rows that teach. A corrected label, though, leaves it the same."""
    head, *rows = rows_of(table[1])
    write(tmp_path / "train.csv", [head, *rows[:300]])
    write(tmp_path / "test.csv", [head, *rows[300:]])
    examples = read(tmp_path / "train.csv", Reading(test=str(tmp_path / "test.csv")), target=("label",))
    model = lamina.learn(examples, "label", steps=5, folds=0)
    model = lamina.load(model.save(tmp_path / "own.lamina"))
    assert len(open_data(model).held) == 100
    other = [*rows[300][:3], "inside" if rows[300][3] == "outside" else "outside"]
    write(tmp_path / "test.csv", [head, other, *rows[301:]])
    assert open_data(model).same
    write(tmp_path / "test.csv", [head, *rows[301:]])
    data = open_data(model)
    assert not data.same
    assert not len(data.held)
    assert "test set of its own" in data.how


def test_examples_named_from_another_folder_are_found(
    table: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it was learned is remembered on this machine alone, and not of a private model."""
    (tmp_path / "there").mkdir()
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    write(Path("rows.csv"), rows_of(table[1]))
    examples = lamina.read("rows.csv")
    models = [
        lamina.load(
            lamina.learn(examples, "label", steps=2, folds=0, private=private).save(f"../else/{private}.lamina")
        )
        for private in (False, True)
    ]
    assert len(open_data(models[0])) == 400
    monkeypatch.chdir(tmp_path / "else")
    assert open_data(models[0]).same
    assert str(tmp_path) not in (tmp_path / "else" / "False.lamina" / "card.json").read_text(encoding="utf-8")
    assert whence.folder(models[1].mark) is None
    assert "learned privately" in open_data(models[1]).why_not
    (tmp_path / "there" / "rows.csv").unlink()
    gone = open_data(models[0])
    assert gone.examples is None
    assert "rows.csv" in gone.why_not
    assert str(tmp_path / "there") in gone.why_not
