"""Folders as people keep them: a folder per label, parts beside each other, a table that names the files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import worlds
from lamina.core import Array, Coded, DataError
from lamina.examples import Examples, Reading, read


def put(place: Path, value: int = 0, side: int = 6, kind: str = "PNG") -> Path:
    """A picture of noise."""
    place.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(value).integers(0, 255, (side, side, 3), np.uint8)
    place.write_bytes(worlds.png(pixels, kind))
    return place


def labels(found: Examples) -> list[str | None]:
    data = found.values("label")
    assert isinstance(data, Coded)
    return data.tolist()


def test_a_folder_per_label(tmp_path: Path) -> None:
    for k in range(3):
        put(tmp_path / "cat" / f"{k}.png", k)
        put(tmp_path / "a dog's 🐕 & “friends”" / f"{k} .JPG", 10 + k, kind="JPEG")
    found = read(tmp_path)
    assert {name: kind.name for name, kind in found.kinds.items()} == {"image": "image", "label": "category"}
    assert labels(found) == ["a dog's 🐕 & “friends”"] * 3 + ["cat"] * 3
    assert found.parts is None
    assert all(Path(each).is_file() for each in found.values("image"))


def test_nested_folders_are_one_label(tmp_path: Path) -> None:
    put(tmp_path / "animals" / "cat" / "1.png")
    put(tmp_path / "animals" / "dog" / "1.png")
    put(tmp_path / "plants" / "fir" / "deep" / "1.png")
    assert labels(read(tmp_path)) == ["animals/cat", "animals/dog", "plants/fir/deep"]


def test_train_val_and_test_beside_each_other(tmp_path: Path) -> None:
    for number, part in enumerate(("train", "val", "Test")):
        for label in ("cat", "dog"):
            put(tmp_path / part / label / "1.png", number)
    found = read(tmp_path)
    assert found.parts is not None
    assert set(labels(found)) == {"cat", "dog"}
    by_part = {Path(each).parts[-3]: int(part) for each, part in zip(found.values("image"), found.parts, strict=True)}
    assert by_part == {"train": 0, "val": 1, "Test": 2}


def test_a_test_folder_without_labels_is_left_out_and_said(tmp_path: Path) -> None:
    put(tmp_path / "train" / "cat" / "1.png")
    put(tmp_path / "train" / "dog" / "1.png")
    put(tmp_path / "test" / "1.png")
    found = read(tmp_path)
    assert len(found) == 2
    assert any("1 image in test/ without labels" in note.text for note in found.notes)


def test_pictures_outside_a_labels_folder_have_no_label(tmp_path: Path) -> None:
    put(tmp_path / "cat" / "1.png")
    put(tmp_path / "dog" / "1.png")
    put(tmp_path / "unlabelled" / "1.png")
    put(tmp_path / "2.png")
    assert sorted(labels(read(tmp_path)), key=str) == [None, None, "cat", "dog"]


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    assert read(tmp_path).columns == ["image"]


@pytest.mark.parametrize("named", ["{}.png", "{}", "pictures/{}.png", "./pictures/{}.png"])
def test_a_table_names_files_and_labels(tmp_path: Path, named: str) -> None:
    for k in range(4):
        put(tmp_path / "pictures" / f"{k}.png", k)
    rows = [f"{named.format(k)},{'cat' if k % 2 else 'dog'},{k / 2 + 3}" for k in range(4)]
    (tmp_path / "labels.csv").write_text("file,pet,weight\n" + "\n".join(rows), encoding="utf-8")
    found = read(tmp_path, target="pet")
    assert {name: kind.name for name, kind in found.kinds.items()} == {
        "image": "image",
        "pet": "category",
        "weight": "number",
    }
    assert [Path(each).name for each in found.values("image")] == ["0.png", "1.png", "2.png", "3.png"]
    assert found.values("pet").tolist() == ["dog", "cat"] * 2


def test_a_table_elsewhere_names_files_beside_it(tmp_path: Path) -> None:
    put(tmp_path / "pictures" / "1.png")
    put(tmp_path / "pictures" / "2.png")
    table = tmp_path / "list.csv"
    table.write_text("photo,pet\npictures/1.png,cat\npictures/2.png,dog\n", encoding="utf-8")
    found = read(table)
    assert found.kinds["photo"].name == "image"
    assert all(Path(each).is_file() for each in found.values("photo"))


def test_rows_without_their_picture_and_pictures_without_a_row_are_counted(tmp_path: Path) -> None:
    for k in range(4):
        put(tmp_path / f"{k}.png", k)
    (tmp_path / "labels.csv").write_text("file,pet\n0.png,cat\n1.png,dog\n2.png,cat\n9.png,dog\n", encoding="utf-8")
    found = read(tmp_path)
    assert len(found) == 4
    assert found.values("image")[3] is None
    said = " ".join(note.text for note in found.notes)
    assert "1 row of labels.csv without the image named" in said
    assert "1 image not named in labels.csv" in said


def test_train_and_test_tables_are_one_table_with_parts(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("x,y\n1,a\n2,b\n3.5,a\n", encoding="utf-8")
    (tmp_path / "test.csv").write_text("y,x\nb,4\n", encoding="utf-8")
    found = read(tmp_path)
    assert found.parts is not None
    assert found.parts.tolist() == [0, 0, 0, 2]
    assert found.values("x").tolist() == [1, 2, 3.5, 4]
    assert found.values("y").tolist() == ["a", "b", "a", "b"]


def test_a_test_table_without_the_target_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("x,z,y\n1,1,a\n2,1,b\n", encoding="utf-8")
    (tmp_path / "test.csv").write_text("x,z\n4,1\n", encoding="utf-8")
    found = read(tmp_path)
    assert len(found) == 2
    assert any("test.csv has no column 'y'" in note.text for note in found.notes)


def test_a_test_set_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("x,y\n1,a\n2,b\n", encoding="utf-8")
    (tmp_path / "new.jsonl").write_text('{"y": "b", "x": 7}\n', encoding="utf-8")
    found = read(tmp_path / "old.csv", Reading(test=str(tmp_path / "new.jsonl")))
    assert found.parts is not None
    assert found.parts.tolist() == [0, 0, 2]
    assert found.values("x").tolist() == [1, 2, 7]
    (tmp_path / "other.csv").write_text("x\n1\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column 'y'"):
        read(tmp_path / "old.csv", Reading(test=str(tmp_path / "other.csv")))


@pytest.mark.parametrize("part", ["test", "unlabelled"])
def test_more_rows_hold_what_the_others_hold(part: str) -> None:
    """Ages that are numbers here and words there would be learned as words; where the kind is named, it is."""
    some = {"age": [39.0, 41.0, None], "y": ["a", "b", "a"]}
    more = {"age": ["39 years", "old", "40 years", "young"], "y": ["a", "b", "a", "b"]}
    with pytest.raises(
        DataError, match=r"'39 years' in 'age' \(category\), where .* '39.0' \(number\).*--kind age=number"
    ):
        read(some, Reading(**{part: more}), target="y")
    found = read(some, Reading(kind={"age": "number"}, **{part: more}), target="y")
    assert found.kinds["age"].name == "number"
    none = {"age": [None, None], "y": ["a", "b"]}
    assert len(read(some, Reading(**{part: none}), target="y")) == 5


def test_a_column_may_say_the_parts() -> None:
    found = read({"x": [1.0, 2.0, 4.0], "split": ["train", "test", "valid"], "y": ["a", "b", "a"]})
    assert found.columns == ["x", "y"]
    assert found.parts is not None
    assert found.parts.tolist() == [0, 2, 1]


def test_several_tables_ask_which(tmp_path: Path) -> None:
    for name in ("cats.csv", "dogs.csv"):
        (tmp_path / name).write_text("x,y\n1,a\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"2 tables \('cats\.csv', 'dogs\.csv'\)"):
        read(tmp_path)


# ------------------------------------------------------------------------------------ files of arrays


def idx(values: Array) -> bytes:
    kinds = {"uint8": 8, "int32": 12}
    head = bytes([0, 0, kinds[values.dtype.name], values.ndim])
    return head + np.array(values.shape, ">u4").tobytes() + values.astype(values.dtype.newbyteorder(">")).tobytes()


def digits(rows: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, (rows, 5, 4), np.uint8), np.arange(rows, dtype=np.uint8) % 3


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """Files named and written as those of MNIST."""
    for name, rows in (("train", 9), ("t10k", 6)):
        images, answers = digits(rows, rows)
        (tmp_path / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(answers)))
    (tmp_path / "README.md").write_text("digits", encoding="utf-8")
    return tmp_path


def test_idx_files_are_images_with_labels_and_parts(mnist: Path) -> None:
    found = read(mnist, target="label")
    assert found.parts is not None
    assert found.parts.tolist() == [0] * 9 + [2] * 6
    np.testing.assert_array_equal(found.values("image")[9:], digits(6, 6)[0])
    assert labels(found)[:4] == ["0", "1", "2", "0"]


def test_one_idx_file_finds_the_labels_beside_it(mnist: Path) -> None:
    found = read(mnist / "t10k-images-idx3-ubyte.gz")
    assert found.columns == ["image", "label"]
    assert len(found) == 6
    assert read(mnist / "t10k-images-idx3-ubyte.gz", like={"image": "image"}).columns == ["image"]


def test_idx_numbers_of_several_bytes_are_turned_round(tmp_path: Path) -> None:
    (tmp_path / "a-images-idx2-ubyte").write_bytes(idx(np.array([[1, 2], [300, 4]], np.int32)))
    found = read(tmp_path / "a-images-idx2-ubyte")
    assert found.values(found.columns[0]).tolist() == [1, 300]


def test_damaged_idx_files_are_refused(mnist: Path) -> None:
    place = mnist / "train-images-idx3-ubyte.gz"
    place.write_bytes(gzip.compress(gzip.decompress(place.read_bytes())[:-7]))
    with pytest.raises(DataError, match="promises"):
        read(mnist)
    place.write_bytes(gzip.compress(b"not an array"))
    with pytest.raises(DataError, match="IDX"):
        read(mnist)
    place.write_bytes(b"\x1f\x8bno")
    with pytest.raises(DataError, match="unpacked"):
        read(mnist)
    place.write_bytes(gzip.compress(idx(digits(8, 0)[0])))
    with pytest.raises(DataError, match=r"8 images, but .* 9 labels"):
        read(mnist)


@pytest.mark.parametrize("name", ["{part}_{what}", "{what}_{part}"])
def test_npz_with_parts(tmp_path: Path, name: str) -> None:
    arrays = {}
    for part, rows in (("train", 9), ("val", 3), ("test", 6)):
        images, answers = digits(rows, rows)
        arrays[name.format(part=part, what="images")] = images
        arrays[name.format(part=part, what="labels")] = answers[:, None]
    np.savez(tmp_path / "xray.npz", **arrays)
    for source in (tmp_path, tmp_path / "xray.npz"):
        found = read(source)
        assert found.columns == ["image", "label"]
        assert found.parts is not None
        assert found.parts.tolist() == [0] * 9 + [1] * 3 + [2] * 6


def test_npz_of_rows_and_answers(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", X=np.arange(8.0).reshape(4, 2), y=np.array([0, 1, 0, 1]))
    found = read(tmp_path / "rows.npz", target="y")
    assert found.columns == ["X_1", "X_2", "y"]
    assert found.kinds["y"].name == "category"


def test_npy_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(8.0).reshape(4, 2))
    assert read(tmp_path / "x.npy").columns == ["column_1", "column_2"]
    np.save(tmp_path / "y.npy", np.array([0, 1, 0, 1]))
    assert read(tmp_path).columns == ["x_1", "x_2", "y"]


def test_numpy_files_never_run_code(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="may run code"):
        read(tmp_path / "x.npy")
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(DataError, match="NumPy"):
        read(tmp_path / "x.npz")


# ------------------------------------------------------------------------------------- images in frames


def test_parquet_with_image_bytes_inside(tmp_path: Path) -> None:
    import polars as pl

    items = [put(tmp_path / f"{k}.png", k).read_bytes() for k in range(3)]
    pl.DataFrame({"image": items, "pet": ["cat", "dog", "cat"]}).write_parquet(tmp_path / "bytes.parquet")
    nested = [{"bytes": each, "path": "1.png"} for each in items]  # as Hugging Face writes them
    pl.DataFrame({"image": nested, "pet": ["cat", "dog", "cat"]}).write_parquet(tmp_path / "nested.parquet")
    for name in ("bytes", "nested"):
        found = read(tmp_path / f"{name}.parquet")
        assert found.kinds["image"].name == "image"
        assert found.values("image").tolist() == items


def test_parquet_shards_of_parts(tmp_path: Path) -> None:
    import polars as pl

    for name, rows in (("train-00000-of-00002", 3), ("train-00001-of-00002", 2), ("test-00000-of-00001", 2)):
        pl.DataFrame({"x": list(range(rows)), "y": ["a"] * rows}).write_parquet(tmp_path / f"{name}.parquet")
    found = read(tmp_path)
    assert found.parts is not None
    assert found.parts.tolist() == [0] * 5 + [2] * 2


@pytest.mark.parametrize("shape", [(7, 6, 5), (7, 6, 5, 1), (7, 6, 5, 3), (7, 6, 5, 4)])
def test_arrays_of_pixels_are_images(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    for found in (read(pixels), read({"image": pixels}), read({"image": pixels / 255.0})):
        assert found.kinds["image"].name == "image"
        np.testing.assert_array_equal(found.values("image"), pixels)


def test_channels_at_the_front_are_asked_to_move() -> None:
    with pytest.raises(DataError, match="transpose"):
        read(np.zeros((7, 3, 6, 5), np.uint8))


def letters(top: Path) -> Path:
    """A folder per label of text files, written in several ways."""
    said = {
        "spam": ["WIN a prize now!", "free money\n", "  "],
        "ham": ["see you at noon", "vielen Dank für gestern", "ok"],
    }
    for label, texts in said.items():
        for number, text in enumerate(texts):
            place = top / label / f"{number}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode("cp1252" if number == 1 else "utf-16" if number == 2 else "utf-8-sig"))
    return top


def test_a_folder_of_texts_per_label(tmp_path: Path) -> None:
    found = read(letters(tmp_path))
    assert {name: kind.name for name, kind in found.kinds.items()} == {"text": "text", "label": "category"}
    assert labels(found) == ["ham"] * 3 + ["spam"] * 3
    texts = ["see you at noon", "vielen Dank für gestern", "ok", "WIN a prize now!", "free money", None]
    assert found.values("text").tolist() == texts


def test_a_text_file_is_a_table_until_a_model_asks_for_texts(tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    path.write_text("letter\tsize\n" + "\n".join(f"a letter with {k}, words\t{k}" for k in range(30)), encoding="utf-8")
    assert read(path).columns == ["letter", "size"]
    assert len(read(path, like={"letter": "text"})) == 30  # it names the model's column
    note = tmp_path / "note.txt"
    note.write_text("Dear all, come at noon.\nThanks!", encoding="utf-8")
    assert read(note, like={"letter": "text"}).values("letter").tolist() == ["Dear all, come at noon.\nThanks!"]
