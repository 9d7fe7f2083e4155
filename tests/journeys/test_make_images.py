"""Pictures learned to be made and made on the command line, and what is refused on the way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lamina.core import Array
from terminal import ran, refused, run
from worlds import stripes

QUICK = ("--generate", "image", "--steps", "2", "--looks", "1", "--size", "0", "--batch", "8")


def folder(place: Path, pictures: Array, labels: Array) -> Path:
    """A folder of pictures in folders of their labels."""
    for number, (pixels, label) in enumerate(zip(pictures, labels, strict=True)):
        path = place / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(path)
    return place


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stripes of several sizes, one file that is none, and notes."""
    world = stripes(70, 0)
    place = folder(tmp_path_factory.mktemp("art") / "photos", world["image"], world["label"])
    large = folder(place, stripes(6, 1, side=20)["image"], np.array(["upright"] * 6))
    (large / "upright" / "broken.png").write_bytes(b"none")
    return place


@pytest.fixture(scope="module")
def model(photos: Path) -> Path:
    place = photos.with_name("photos.lamina")
    said = run("learn", photos, *QUICK, "--given", "label", "--out", place)
    assert "Fréchet distance" in said
    return place


def test_pictures_of_a_label_are_made_into_files_and_a_sheet(model: Path, tmp_path: Path) -> None:
    said = run("generate", model, "-n", "5", "--given", "label=upright", "--seed", "3", "--out", tmp_path / "new")
    files = [Path(line) for line in said.split("\n") if line.endswith(".png")]
    assert [path.name for path in files] == [*(f"{k} upright.png" for k in range(1, 6)), "sheet.png"]
    opened = [np.asarray(Image.open(path)) for path in files]
    assert all(each.shape == (12, 12) and each.dtype == np.uint8 for each in opened[:5])
    assert opened[-1].shape[0] >= 2 * 12
    run("generate", model, "-n", "2", "--given", "label=upright", "--seed", "3", "--out", tmp_path / "again")
    first = np.asarray(Image.open(tmp_path / "again" / "1 upright.png"))
    assert np.array_equal(first, opened[0])  # the same seed makes the same, however many


def test_without_a_wish_labels_come_as_often_as_they_were(model: Path, tmp_path: Path) -> None:
    run("generate", model, "-n", "40", "--seed", "1", "--out", tmp_path / "new")
    names = [path.stem.split()[1] for path in (tmp_path / "new").glob("* *.png")]
    assert {*names} == {"upright", "level"}
    assert len(names) == 40


def test_the_graph_makes_what_torch_makes(model: Path) -> None:
    import torch

    import lamina

    loaded = lamina.load(model)
    noise = np.random.default_rng(0).standard_normal((7, loaded.maker.state()["noise"])).astype(np.float32)
    given = np.array([[0], [1], [2], [1], [2], [1], [0]], np.float32)
    made = loaded.graph({"noise": noise, "given": given})["pictures"]
    network: object = loaded.network
    with torch.inference_mode():
        same = network.make(torch.from_numpy(noise), torch.from_numpy(given)).numpy()  # type: ignore[attr-defined]
    assert made.shape == same.shape
    assert np.abs(made.astype(int) - same.astype(int)).max() <= 1  # a value that lies between two bytes


def test_the_report_shows_them_and_says_what_the_figures_mean(model: Path) -> None:
    page = (model / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") >= 3
    for words in (
        "Is it copying?",
        "Coverage is the share",
        "Between two pictures",
        "Pairs told apart",
        "1 of the pictures could not be read",
        "lamina generate MODEL -n 64 --given label=level --out new/",
    ):
        assert words in page


def test_a_private_model_keeps_no_picture(photos: Path, tmp_path: Path) -> None:
    place = tmp_path / "private.lamina"
    run("learn", photos, *QUICK, "--given", "label", "--private", "--out", place)
    assert "data:image/png" not in (place / "report.html").read_text(encoding="utf-8")
    assert str(photos) not in (place / "card.json").read_text(encoding="utf-8")
    run("generate", place, "--given", "label=level", "--out", tmp_path / "new")


def test_a_sentence_says_what_is_to_be_seen(tmp_path: Path) -> None:
    world = stripes(60, 0)
    said = [f"{name} stripes, number {k}" for k, name in enumerate(world["label"])]
    np.savez(tmp_path / "told.npz", image=world["image"], caption=np.array(said))
    learned = run("learn", tmp_path / "told.npz", *QUICK, "--given", "caption", "--out", tmp_path / "told.lamina")
    assert "EfficientNet" in learned
    page = (tmp_path / "told.lamina" / "report.html").read_text(encoding="utf-8")
    for words in ("--text SENTENCE", "A line for each of these sentences", "judged what is made", "this tells little"):
        assert words in page
    assert sum(f"{each}<" in page.replace("\\u003c", "<") for each in said) == 8  # lines of the sheet
    made = ("generate", tmp_path / "told.lamina", "-n", "2", "--out", tmp_path / "new", "--text")
    assert "sheet.png" in run(*made, "Upright stripes")
    assert "'cats'" in refused(*made, "upright cats")
    assert "…" not in refused(*made, "xyzzy")  # no pieces of words among those that it knows


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--given", "label=uprigth"), "Did you mean 'upright'?"),
        (("--given", "lable=upright"), "Did you mean 'label'?"),
        (("--given", "label="), "Nothing stands in what was asked for"),
        (("--given", "upright"), "such as --given label=cat"),
        (("--given", "label=level", "--given", "label=upright"), "given twice"),
        (("--text", "some stripes"), "takes no sentence"),
        (("--prompt", "Once"), "--prompt means nothing. It takes -n, --given, --seed."),
        (("-n", "2000000"), "such as -n 64"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_and_nothing_is_written(
    model: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused("generate", model, *words, "--out", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_pictures_need_a_place(model: Path, tmp_path: Path) -> None:
    assert "--out FOLDER" in refused("generate", model)
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert "an empty folder" in refused("generate", model, "--out", tmp_path)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    for wrong in (tmp_path / "mine.txt" / "new", Path("/proc/none")):
        assert "cannot be written" in refused("generate", model, "--out", wrong)
    [line] = ran("generate", model, "--json", "--seed", "1").stdout.splitlines()
    assert json.loads(line)["type"] == "image/png"


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        ("few", ("--given", "label"), "There are 40 pictures"),
        ("plain", ("--given", "label"), "of one colour"),
        ("alone", ("--given", "label"), "there is one picture only"),
        ("each its own", ("--given", "label"), "'l0', 'l1', 'l10', 'l11', 'l12', 'l13' and 54 more"),
        ("all of one", ("--given", "label"), "'label' tells no pictures apart (always 'level')"),
        ("unsorted", ("--given", "label"), "says nothing of what its pictures show"),
        ("", ("--given", "lable"), "Did you mean 'label'?"),
        ("", ("--side", "500"), "8 to 128"),
        ("", ("--network", "cnn"), "takes no --network"),
        ("", ("--target", "label"), "--given COLUMN"),
    ],
)
def test_pictures_that_cannot_be_learned_from(tmp_path: Path, change: str, words: tuple[str, ...], said: str) -> None:
    world = stripes(40 if change == "few" else 60, 0)
    pictures, labels = world["image"], world["label"].astype(object)
    if change == "plain":
        pictures = np.broadcast_to(np.arange(60, dtype=np.uint8)[:, None, None, None], pictures.shape)
    if change == "alone":
        labels[0] = "slanted"
    if change == "each its own":
        labels[:] = [f"l{k}" for k in range(60)]
    if change in ("all of one", "unsorted"):
        labels[:] = "level" if change == "all of one" else "."
    place = folder(tmp_path / "photos", np.ascontiguousarray(pictures), labels)
    assert said in refused("learn", place, *QUICK, *words, "--out", tmp_path / "m.lamina")
    assert not (tmp_path / "m.lamina").exists()


def parted(place: Path, train: int, val: int, test: int) -> Path:
    world = stripes(train + val + test, 0)
    begin = 0
    for part, rows in (("train", train), ("val", val), ("test", test)):
        some = slice(begin, begin + rows)
        folder(place / part, world["image"][some], world["label"][some])
        begin += rows
    return place


def test_parts_of_any_size_are_learned_from_or_refused_before_learning(tmp_path: Path) -> None:
    """More pictures watch, and judge, than teach; and one that is to judge alone."""
    words = (*QUICK, "--given", "label", "--out", tmp_path / "m.lamina")
    run("learn", parted(tmp_path / "many", 40, 60, 70), *words)
    card = json.loads((tmp_path / "m.lamina" / "card.json").read_text(encoding="utf-8"))
    assert card["results"]["makes"][0]["rows"] == 40  # as many as those that are compared with
    said = refused("learn", parted(tmp_path / "one", 60, 0, 1), *words, "--overwrite")
    assert "kept apart to judge what is made" in said


def test_where_hardly_any_held_out_picture_has_a_label_nothing_is_said_of_labels(tmp_path: Path) -> None:
    world = stripes(80, 0)
    folder(tmp_path / "photos", world["image"], np.array(["."] * 80))
    lines = "".join(f"{k}.png,{world['label'][k] if k < 8 else ''}\n" for k in range(80))
    (tmp_path / "photos" / "labels.csv").write_text(f"image,label\n{lines}", encoding="utf-8")
    place = tmp_path / "m.lamina"
    run("learn", tmp_path / "photos" / "labels.csv", *QUICK, "--given", "label", "--out", place)
    json.loads((place / "card.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert "What is asked for is seen" not in (place / "report.html").read_text(encoding="utf-8")
