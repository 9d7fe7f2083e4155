"""The doctor: what is wrong with the data is found, and each finding says what to do next."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import worlds
from lamina.core import Array
from lamina.examples import Examples, read
from lamina.examples.doctor import look
from lamina.examples.findings import Finding
from lamina.examples.screen import render

ROWS = 120


def found(source: Any, target: str | None = "y") -> dict[str, Finding]:
    """The findings by kind (the first of each)."""
    targets = () if target is None else (target,)
    examples = source if isinstance(source, Examples) else read(source, target=targets)
    findings: dict[str, Finding] = {}
    for each in look(examples, targets):
        findings.setdefault(each.kind, each)
    return findings


def healthy(rows: int = ROWS, seed: int = 0) -> dict[str, Any]:
    """A table with nothing wrong but its size."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 2))
    return {
        "a": x[:, 0],
        "b": x[:, 1],
        "y": np.where(x[:, 0] + rng.standard_normal(rows) > 0, "yes", "no"),
    }


def test_nothing_is_found_in_healthy_data() -> None:
    assert set(found(healthy())) == {"few_rows"}
    assert "every row is used" in found(healthy())["few_rows"].detail
    assert set(found(healthy(3000))) == set()


def test_labels_are_counted() -> None:
    findings = look(read({"x": [k / 4 for k in range(9)], "y": ["a"] * 6 + ["b"] * 3}, target="y"), ["y"])
    assert findings.labels == {"y": {"a": 6, "b": 3}}


def test_without_a_target_one_is_proposed() -> None:
    findings = found(healthy(), None)
    assert "--target y" in findings["no_target"].advice
    assert "folder per label" in found({"image": noise(3)}, None)["no_target"].advice


def test_missing_values_are_counted() -> None:
    data = healthy()
    data["a"][:30] = np.nan
    assert "'a' 25.0%" in found(data)["missing"].detail
    assert found(data)["missing"].level == "info"
    data["a"][:100] = np.nan
    assert found(data)["missing"].level == "warn"
    assert "mostly empty: 'a'" in found(data)["missing"].title


def test_rows_without_a_label_are_counted() -> None:
    data = healthy()
    data["y"][:12] = ""
    assert "12 rows (10%) without 'y'" in found(data)["unlabelled"].title


def test_a_class_with_too_few_examples() -> None:
    data = healthy()
    data["y"][:3] = "odd"
    finding = found(data)["few_in_class"]
    assert "'odd' 3" in finding.detail
    assert "merge" in finding.advice


def test_transcripts_are_no_classes() -> None:
    lines = [f"one line of text {k}" for k in range(30)]
    shapes = np.random.default_rng(0).integers(0, 255, (30, 8, 40), np.uint8)
    findings = found({"image": shapes, "y": lines})
    assert not {"few_in_class", "one_class", "imbalance", "label_variants"} & set(findings)


def test_uneven_classes() -> None:
    data = healthy()
    data["y"] = np.where(np.arange(ROWS) < 8, "ill", "well")
    assert "'well' is 93.3%" in found(data)["imbalance"].title


def test_labels_that_are_nearly_the_same_word() -> None:
    data = healthy()
    data["y"] = np.where(np.arange(ROWS) % 3, "Cat", "cat ")
    assert "'Cat', 'cat'" in found(data)["label_variants"].title


def test_one_class_is_refused_where_it_was_not_before() -> None:
    finding = found(read({**healthy(), "y": ["a"] * ROWS}))["one_class"]
    assert finding.level == "stop"


def test_rows_that_repeat_and_rows_that_disagree() -> None:
    data = healthy()
    for name in ("a", "b"):
        data[name][100:] = data[name][:20]
    data["y"][100:110], data["y"][:10] = "yes", "no"
    findings = found(data)
    assert "20 rows (16.7%) repeat another exactly" in findings["duplicates"].title
    assert findings["conflicts"].level == "warn"
    assert "different labels in 'y'" in findings["conflicts"].title


def test_a_number_that_stands_for_unknown() -> None:
    data = healthy()
    data["a"][:5] = -999
    assert "'a' is -999 in 5 rows" in found(data)["sentinel"].title


@pytest.mark.parametrize("form", ["word", "number", "nearly"])
def test_a_column_that_gives_the_target_away(form: str) -> None:
    data = healthy(400)
    yes = data["y"] == "yes"
    rng = np.random.default_rng(1)
    match form:
        case "word":
            data["leak"] = np.where(yes, "granted", "refused")
        case "number":
            data["leak"] = yes + 0.4 * rng.random(400)
        case "nearly":
            data["leak"] = np.where(yes ^ (np.arange(400) == 7), "granted", "refused")
    finding = found(data)["giveaway"]
    assert finding.title == "'leak' alone gives 'y' away."
    assert "--drop leak" in finding.advice


def test_a_number_that_gives_a_number_away() -> None:
    data = healthy(400)
    data["y"] = data["a"] * 3 + data["b"]
    data["pounds"] = data["y"] * 2.2 + 1e-6 * data["b"]
    assert found(data)["giveaway"].title == "'pounds' alone gives 'y' away."


def test_good_columns_do_not_give_the_target_away() -> None:
    assert "giveaway" not in found(healthy(400))


def test_train_and_test_that_overlap(tmp_path: Path) -> None:
    data = healthy()
    rows = [f"{a},{b},{y}" for a, b, y in zip(data["a"], data["b"], data["y"], strict=True)]
    (tmp_path / "train.csv").write_text("a,b,y\n" + "\n".join(rows[:100]), encoding="utf-8")
    (tmp_path / "test.csv").write_text("a,b,y\n" + "\n".join(rows[95:]), encoding="utf-8")
    findings = found(tmp_path)
    assert "5 rows of the test set (20.0%) also in the training set" in findings["overlap"].title
    assert findings["parts"].title == "The parts are given: 100 to learn from, 25 of your own test set."
    assert findings["few_rows"].detail == "Five folds share the others, and your own test set judges too."


# --------------------------------------------------------------------------------------------- pictures


def noise(rows: int, side: int = 20, seed: int = 0) -> Array:
    """Pictures of large soft spots: no two alike."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (rows, 5, 5, 3), np.uint8)
    return np.stack([np.asarray(Image.fromarray(each).resize((side, side))) for each in small])


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Twenty pictures of cats and of dogs."""
    for k, pixels in enumerate(noise(40, 80)):
        place = tmp_path / ("cat" if k % 2 else "dog") / f"{k}.png"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(worlds.png(pixels))
    return tmp_path


def test_nothing_is_found_in_a_healthy_album(album: Path) -> None:
    findings = found(album, "label")
    assert set(findings) == {"few_rows", "sizes"}
    assert findings["sizes"].title == "All images are 80 × 80 pixels."


def test_unreadable_pictures_are_counted_and_named(album: Path) -> None:
    (album / "cat" / "torn.jpg").write_bytes(worlds.png(noise(1, 80, 7)[0], "JPEG")[:900])
    (album / "cat" / "words.png").write_text("this is no picture", encoding="utf-8")
    (album / "dog" / "empty.gif").write_bytes(b"")
    (album / "dog" / "gone.jpg").symlink_to(album / "nowhere.jpg")
    (album / "dog" / "folder.png").mkdir()
    finding = found(album, "label")["unreadable"]
    assert finding.title == "4 images cannot be read."
    assert "cat/torn.jpg" in finding.detail
    assert "skipped" in finding.advice


def test_an_album_without_one_readable_picture_stops(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_text("no", encoding="utf-8")
    assert any(each.level == "stop" for each in look(read(tmp_path), ["label"]) if each.kind == "unreadable")


def test_the_same_file_twice(album: Path) -> None:
    (album / "cat" / "copy.png").write_bytes((album / "cat" / "1.png").read_bytes())
    assert "1 image (2.4%) repeats another exactly" in found(album, "label")["duplicates"].title


@pytest.mark.parametrize("change", ["smaller", "jpeg", "brighter"])
def test_pictures_that_are_nearly_the_same(album: Path, change: str) -> None:
    picture = Image.open(album / "cat" / "1.png")
    buffer = io.BytesIO()
    match change:
        case "smaller":
            picture.resize((66, 66)).save(buffer, "PNG")
        case "jpeg":
            picture.save(buffer, "JPEG", quality=60)
        case "brighter":
            picture.point([min(255, k + 2) for k in range(256)] * 3).save(buffer, "PNG")
    picture.close()
    (album / "dog" / "again.png").write_bytes(buffer.getvalue())
    findings = found(album, "label")
    assert "1 pair of images nearly the same" in findings["near_duplicates"].title
    assert "cat/1.png" in findings["near_duplicates"].detail
    assert "dog/again.png" in findings["near_duplicates"].detail
    assert findings["near_conflicts"].level == "warn"  # one is called cat, the other dog


def test_the_same_picture_in_train_and_test(tmp_path: Path) -> None:
    for k, pixels in enumerate(noise(24, 80)):
        place = tmp_path / ("train" if k < 16 else "test") / ("cat" if k % 2 else "dog") / f"{k}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(worlds.png(pixels))
    (tmp_path / "test" / "dog" / "seen.png").write_bytes((tmp_path / "train" / "dog" / "0.png").read_bytes())
    finding = found(tmp_path, "label")["overlap"]
    assert finding.level == "warn"
    assert "1 image of the test set (11.1%) also in the training set" in finding.title


def test_pictures_of_wildly_different_sizes(album: Path) -> None:
    (album / "dog" / "large.png").write_bytes(worlds.png(noise(1, 800, 9)[0]))
    (album / "dog" / "dot.png").write_bytes(worlds.png(np.zeros((1, 1, 3), np.uint8)))
    findings = found(album, "label")
    assert "from 1 × 1 to 800 × 800 pixels" in findings["sizes"].title
    assert "scaled to one size" in findings["sizes"].advice
    assert findings["tiny"].level == "warn"


def test_a_size_that_gives_the_label_away(tmp_path: Path) -> None:
    for k, pixels in enumerate(noise(60, 80)):
        place = tmp_path / ("cat" if k % 2 else "dog") / f"{k}.png"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(worlds.png(pixels if k % 2 else pixels[:70]))
    assert found(tmp_path, "label")["giveaway"].title == "The size of the images in 'image' gives 'label' away."


# ---------------------------------------------------------------------------------------------- on screen


def test_every_warning_says_what_to_do(album: Path) -> None:
    data = healthy()
    data["y"][:3], data["a"][:5], data["b"][:100] = "odd", -999, np.nan
    data["leak"] = data["y"]
    (album / "cat" / "words.png").write_text("this is no picture", encoding="utf-8")
    for source, target in ((data, "y"), (album, "label")):
        findings = look(read(source, target=target), [target])
        assert findings.worst == "warn"
        assert [each.title for each in findings if each.level != "info" and not each.advice] == []


def test_it_is_readable_on_a_narrow_screen(album: Path) -> None:
    from rich.console import Console

    examples = read(album, target="label")
    console = Console(width=60, file=io.StringIO(), force_terminal=False)
    console.print(render(look(examples, ["label"])))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "40 examples" in said
    assert "(target)" in said
    assert all(len(line) <= 60 for line in said.splitlines())


def test_ten_thousand_columns_are_looked_at() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((60, 10_000)).astype(np.float32)
    data = {f"gene{k}": values[:, k] for k in range(10_000)}
    findings = look(read({**data, "y": np.where(values[:, 77] > 0, "ill", "well")}, target="y"), ["y"])
    assert [each.title for each in findings if each.kind == "giveaway"] == ["'gene77' alone gives 'y' away."]
