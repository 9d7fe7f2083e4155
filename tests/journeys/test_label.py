"""Labelling in a terminal, as a person would: what is asked, what is kept, and that it can be learned from."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from typer.testing import CliRunner

import lamina
from lamina.cli.main import add_commands, app
from lamina.core import DataError, ModelError
from lamina.learning.label_next import Landscape

if not app.registered_commands:
    add_commands()


def label(*words: str, said: str = "") -> str:
    done = CliRunner().invoke(app, ["label", *words], input=said)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def _table(place: Path, rows: int = 120) -> np.ndarray:
    """Three groups, without a label."""
    rng = np.random.default_rng(0)
    group = np.arange(rows) % 3
    x = rng.normal(0, 0.5, (rows, 2)) + np.array([[0, 0], [8, 0], [0, 8]])[group]
    pl.DataFrame({"height": x[:, 0], "width": x[:, 1], "name": [f"n {k}" for k in range(rows)]}).write_csv(place)
    return group


def test_what_is_said_is_kept_and_learned_from(tmp_path: Path) -> None:
    group = _table(tmp_path / "things.csv")
    out = tmp_path / "labels.csv"
    listed = [json.loads(line) for line in label(str(tmp_path / "things.csv"), "--json", "-n", "8").splitlines()]
    assert len({group[each["row"] - 1] for each in listed[:8]}) == 3  # every kind is asked about early
    said = "".join(f"{'abc'[group[each['row'] - 1]]}\n" for each in listed)
    shown = label(str(tmp_path / "things.csv"), "--out", str(out), "-n", "8", said=said)
    assert "stands for a group" in shown
    table = pl.read_csv(out)
    known = table["label"].is_not_null()
    assert len(table) == 120
    assert known.sum() >= 8
    assert [each for each in table["label"] if each] == ["abc"[k] for k in group[known.to_numpy()]]
    assert np.allclose(table["height"], pl.read_csv(tmp_path / "things.csv")["height"], rtol=1e-6)
    model = lamina.learn(str(out), "label", transduce=True, steps=3, show=False)
    answers = pl.read_csv(model.answers.encode())
    assert np.mean([word == "abc"[group[row - 1]] for row, word in answers.select("row", "label").rows()]) > 0.95


def test_an_answer_is_taken_back_skipped_completed_and_gone_on_with(tmp_path: Path) -> None:
    _table(tmp_path / "things.csv")
    out = tmp_path / "labels.csv"
    label(str(tmp_path / "things.csv"), "--out", str(out), said="wrong\n<\napple\n\na*\n.\n")
    first = pl.read_csv(out)["label"].drop_nulls().to_list()
    assert set(first) == {"apple"}
    label(str(out), said="pear\n")  # the table itself is gone on with; the input ends
    again = pl.read_csv(out)["label"].drop_nulls().to_list()
    assert again.count("apple") == len(first)
    assert "pear" in again


def test_files_are_named_from_where_the_table_lies(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(30):
        shade = 40 + 170 * (number % 2)
        Image.new("L", (8, 8), shade + number).save(tmp_path / "photos" / f"{number:02}.png")
    label(str(tmp_path / "photos"), "--out", str(tmp_path / "labels.csv"), said="dark\n.\n")
    table = pl.read_csv(tmp_path / "labels.csv")
    assert set(table["image"]) == {f"photos/{number:02}.png" for number in range(30)}
    assert lamina.read(str(tmp_path / "labels.csv")).kinds["image"].name == "image"


def test_a_table_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    _table(tmp_path / "things.csv")
    (tmp_path / "labels.csv").write_text("mine")
    done = CliRunner().invoke(app, ["label", str(tmp_path / "things.csv"), "--out", str(tmp_path / "labels.csv")])
    assert done.exit_code != 0
    assert (tmp_path / "labels.csv").read_text() == "mine"


def test_pictures_without_files_cannot_be_named() -> None:
    from lamina.examples.labels import Labels
    from lamina.examples.reading import Reading

    with pytest.raises(DataError, match="file of their own"):
        Labels.of({"image": np.zeros((20, 8, 8), np.uint8)}, Reading(), "label")  # type: ignore[arg-type]


def test_after_the_groups_what_is_unclear_and_far_from_each_other_is_asked() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 0.3, (100, 2)), rng.normal(4, 0.3, (100, 2)), rng.normal(2, 0.3, (10, 2))])
    landscape = Landscape(np.arange(210), x.astype(np.float32))
    labels = {row: "low" if row < 100 else "high" for row in range(200)}
    for row in (3, 7, 105, 120):
        labels.pop(row)
    asked = [each.row for each in landscape.next(labels, 20) if not each.size]
    assert {row >= 200 for row in asked[:2]} == {True}  # between the two


def test_who_skips_every_group_is_asked_about_single_examples() -> None:
    x = np.random.default_rng(0).normal(size=(400, 3))
    landscape = Landscape(np.arange(400), x)
    first = landscape.next({}, 60)
    assert len({each.row for each in first}) == 60
    assert {each.why for each in first[-20:]} == {"drawn by chance"}
    skipped = frozenset(row for each in first for row in each.rows)
    later = landscape.next({}, 30, skipped)
    assert len(later) == 30
    assert not skipped & {each.row for each in later}


@pytest.mark.skipif("LAMINA_DATA" not in os.environ, reason="LAMINA_DATA is not set: cats_dogs")
def test_from_unlabelled_photos_to_answers(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for kind in ("cats", "dogs"):
        for each in sorted((Path(os.environ["LAMINA_DATA"]) / "cats_dogs" / "train" / kind).glob("*.jpg"))[:20]:
            shutil.copy(each, photos / each.name)
    listed = [json.loads(line) for line in label(str(photos), "--json", "-n", "12").splitlines()]
    said = "".join(f"{Path(each['name']).name[:3]}\n" for each in listed)
    label(str(photos), "--out", str(tmp_path / "labels.csv"), "-n", "12", said=said)
    model = lamina.learn(str(tmp_path / "labels.csv"), "label", transduce=True, steps=3, show=False)
    answers = pl.read_csv(model.answers.encode())
    assert len(answers) >= 10
    assert np.mean([Path(name).name[:3] == word for name, word in answers.select("example", "label").rows()]) > 0.8


def test_a_table_of_ones_own_is_written_into_and_nothing_else_in_it_changes(tmp_path: Path) -> None:
    place = tmp_path / "mine.csv"
    lines = [f"0.84442185152504{k:02};{'n/a' if k % 9 == 0 else k % 7};key {k};" for k in range(40)]
    place.write_bytes(("\n".join(["size;count;secret;label", *lines]) + "\n").encode("cp1252"))
    before = place.read_bytes()
    label(str(place), "--drop", "secret", "-n", "2", said=".\n")
    assert place.read_bytes() == before
    label(str(place), "--drop", "secret", "-n", "1", said="gr\u00fcn\n")
    after = place.read_text(encoding="utf-8" if "gr\u00fcn".encode() in place.read_bytes() else "cp1252").splitlines()
    assert after[0] == "size;count;secret;label"
    changed = [k for k, (old, new) in enumerate(zip(lines, after[1:], strict=True)) if old != new]
    assert 1 <= len(changed) <= 3  # one name does for what is most like it, too
    assert all(after[k + 1] == lines[k] + "gr\u00fcn" for k in changed)


def test_a_table_that_cannot_be_written_into_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    _table(tmp_path / "things.csv")
    with pytest.raises(ModelError, match="--out"):
        label(str(tmp_path / "things.csv"), "--out", str(tmp_path / "things.csv"), said="a\n")
