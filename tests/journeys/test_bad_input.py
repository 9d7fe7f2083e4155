"""Bad input gets a clear error, or a count of what was skipped, and loses nothing: on the command line, as a person meets it."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import worlds
from terminal import ran, refused


def run(*words: str | Path) -> str:
    """All that a command printed."""
    return str(ran(*words).output)


def csv(place: Path, header: str, rows: list[str], name: str = "table.csv") -> Path:
    path = place / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def customers(rows: int = 80) -> list[str]:
    return [f"{k % 17},{k % 5 / 2},{'yes' if k % 17 > 8 else 'no'}" for k in range(rows)]


def learn(path: Path, out: Path, *words: str, target: str = "y") -> str:
    return run("learn", path, "--target", target, "--steps", "3", "--folds", "0", "--out", out, *words)


# ----------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize("command", ["look", "learn"])
@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("x,z,y", [], "names 3 columns but has no rows"),
        ("x,z,y", ["1,2,yes"], "has one labelled row"),
        ("x,z,y", ["1,2,yes", "3,4,yes", "4,5,yes"], "same value in all 3 labelled rows"),
        ("x,z,y", ["1,2,", "3,4,", "4,5,"], "no label in any of 3 rows"),
        ("x,z,yy", customers(), "Did you mean 'yy'?"),
        ("x,z,Y", customers(), "Did you mean 'Y'?"),
        ("x,z,y", [*customers(), "1,2"], "Line 82 of"),
    ],
    ids=["no rows", "one row", "one class", "no label", "misspelt", "capitals", "ragged"],
)
def test_a_table_that_cannot_be_learned(tmp_path: Path, command: str, header: str, rows: list[str], said: str) -> None:
    path = csv(tmp_path, header, rows)
    words = [command, path, "--target", "y"]
    if command == "learn":
        words += ["--steps", "3", "--out", tmp_path / "m.lamina"]
    assert said in refused(*words)
    assert not (tmp_path / "m.lamina").exists()


def test_a_constant_number_to_answer(tmp_path: Path) -> None:
    path = csv(tmp_path, "x,y", [f"{k % 7},4.5" for k in range(50)])
    assert "nothing to tell apart" in refused("learn", path, "--target", "y", "--out", tmp_path / "m.lamina")


def test_without_a_target_the_columns_are_named(tmp_path: Path) -> None:
    assert "x, z, y" in refused("learn", csv(tmp_path, "x,z,y", customers()), "--out", tmp_path / "m.lamina")


def test_words_where_numbers_were_said(tmp_path: Path) -> None:
    path = csv(tmp_path, "x,z,y", [row.replace(",", " metres,", 1) for row in customers()])
    said = refused("look", path, "--kind", "x=number")
    assert "80 cells of 'x' cannot be read as a number" in said
    assert "--kind x=category" in said


def test_infinities_and_doubled_names_are_read_and_said(tmp_path: Path) -> None:
    rows = [row.replace("0,", "inf,", 1) if row.startswith("0,") else row for row in customers()]
    said = run("look", csv(tmp_path, "x,x,y", rows), "--target", "y")
    assert "5 infinite numbers in 'x': read as missing" in said
    assert "Several columns are called 'x'" in said
    assert "x_2" in said
    learn(tmp_path / "table.csv", tmp_path / "m.lamina")
    assert (tmp_path / "m.lamina" / "card.json").is_file()


def test_a_class_seen_once_is_learned_with_a_warning(tmp_path: Path) -> None:
    path = csv(tmp_path, "x,z,y", [*customers(), "3,1,perhaps"])
    assert "'perhaps' 1" in run("look", path, "--target", "y")
    learn(path, tmp_path / "m.lamina")
    answer = json.loads(run("predict", tmp_path / "m.lamina", path, "--json").splitlines()[0])
    assert set(answer["y"]["alternatives"]) == {"yes", "no", "perhaps"}


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    csv(tmp_path, "x,z,y", customers())
    assert "Did you mean 'table.csv'?" in refused("look", tmp_path / "tabel.csv")
    assert "no folder" in refused("look", tmp_path / "gone" / "table.csv")


def test_an_empty_folder_and_an_empty_file(tmp_path: Path) -> None:
    assert "is empty. Expected is a folder per label" in refused("look", tmp_path)
    (tmp_path / "a.csv").touch()
    assert "is empty. Expected is a line that names the columns" in refused("look", tmp_path / "a.csv")


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "table.csv").symlink_to(tmp_path / "gone.csv")
    assert "leads nowhere" in refused("look", tmp_path / "table.csv")


# ------------------------------------------------------------------------------------------- predicting


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models")
    rows = [f"{k % 17};{k % 5},5;{['north', 'south'][k % 2]};{'yes' if k % 17 > 8 else 'no'}" for k in range(80)]
    learn(csv(place, "x;z;side;y", rows), place / "m.lamina")
    return place / "m.lamina"


def answers(model: Path, path: Path) -> list[dict[str, object]]:
    said = run("predict", model, path, "--json")
    return [json.loads(line)["y"] for line in said.splitlines() if line.startswith("{")]


def test_a_missing_column_is_said_and_answered(model: Path, tmp_path: Path) -> None:
    path = csv(tmp_path, "x,z", ["3,1.5", "12,2.5"])
    assert len(answers(model, path)) == 2
    assert "1 column missing ('side')" in run("predict", model, path)


def test_no_column_of_the_model_is_refused(model: Path, tmp_path: Path) -> None:
    said = refused("predict", model, csv(tmp_path, "a,b", ["3,1.5"]))
    assert "it needs 'x', 'z', 'side'. There are: a, b." in said


def test_examples_without_right_answers_cannot_be_scored(model: Path, tmp_path: Path) -> None:
    said = refused("score", model, csv(tmp_path, "x,z,side", ["3,1.5,north"]))
    assert "has no column 'y', which should hold the right answers. There are: x, z, side." in said
    said = refused("score", model, csv(tmp_path, "x,z,side,y", ["3,1.5,north,perhaps", "4,2,south,perhaps"]))
    assert "No row has a known label in 'y'. It holds 'perhaps'." in said


def test_extra_columns_and_another_order_change_nothing(model: Path, tmp_path: Path) -> None:
    plain = csv(tmp_path, "x,z,side", ["3,1.5,north", "12,2.5,south"])
    more = csv(tmp_path, "extra,side,z,x", ["9,north,1.5,3", "9,south,2.5,12"], "more.csv")
    assert answers(model, plain) == answers(model, more)


def test_decimal_commas_are_understood_where_they_were_learned(model: Path, tmp_path: Path) -> None:
    points = csv(tmp_path, "x,z,side", ["3,1.5,north", "12,2.5,south"])
    commas = csv(tmp_path, "x;z;side", ["3;1,5;north", "12;2,5;south"], "commas.csv")
    assert answers(model, points) == answers(model, commas)


def test_an_unseen_category_is_marked(model: Path, tmp_path: Path) -> None:
    (answer,) = answers(model, csv(tmp_path, "x,z,side", ["3,1.5,west"]))
    assert answer["unlike"] is True
    assert any("west" in reason for reason in answer["reasons"])  # type: ignore[attr-defined]


def test_words_in_a_column_of_numbers(model: Path, tmp_path: Path) -> None:
    path = csv(tmp_path, "x,z,side", ["3,1.5,north", "many,2.5,south"])
    assert "1 cell of 'x' cannot be read as a number ('many')" in run("predict", model, path)
    all_words = csv(tmp_path, "x,z,side", ["few,1.5,north", "many,2.5,south"], "words.csv")
    assert "as it was when learning" in refused("predict", model, all_words)


def test_a_label_that_the_model_does_not_know(model: Path, tmp_path: Path) -> None:
    path = csv(tmp_path, "x,z,side,y", ["3,1.5,north,never", "12,2.5,south,always"])
    assert "No row has a known label in 'y'" in refused("score", model, path)


# --------------------------------------------------------------------------------------------- pictures


@cache
def bomb(side: int = 15_000) -> bytes:
    """A PNG of a few kilobytes that unpacks to side × side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = bytes(1 + -(-side // 8))
    rows = zlib.compress(row * side)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An album with a name that shells hate, and with all sorts of damage in it."""
    top = tmp_path_factory.mktemp("albums") / "my pets' “best” 🐱 (100%)"
    for number, name in enumerate(("cat", "dog")):
        (top / name).mkdir(parents=True)
        for k in range(12):
            pixels = np.random.default_rng(k).integers(0, 255, (24, 24, 3), np.uint8)
            pixels[..., number * 2] = 255
            (top / name / f"{k}.png").write_bytes(worlds.png(pixels))
    noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
    (top / "cat" / "torn.jpg").write_bytes(worlds.png(noise, "JPEG")[:2000])
    (top / "cat" / "words.png").write_text("no picture", encoding="utf-8")
    (top / "cat" / "gone.jpg").symlink_to(top / "nowhere.jpg")
    (top / "dog" / "bomb.png").write_bytes(bomb())
    (top / "dog" / "dot.png").write_bytes(worlds.png(np.zeros((1, 1, 3), np.uint8)))
    (top / "dog" / "wide.png").write_bytes(worlds.png(np.zeros((2, 50_000), np.uint8)))
    return top


def test_damaged_pictures_are_counted(pets: Path) -> None:
    said = " ".join(run("look", pets).split())
    assert "4 images cannot be read. First: cat/gone.jpg (No such file or directory)." in said
    assert "skipped" in said
    assert "from 1 × 1 to 50000 × 24 pixels" in said


def test_damaged_pictures_are_skipped_in_learning_and_marked_in_answers(pets: Path, tmp_path: Path) -> None:
    place = tmp_path / "pets.lamina"
    run("learn", pets, "--steps", "3", "--folds", "0", "--out", place)
    notes = json.loads((place / "card.json").read_text(encoding="utf-8"))["results"]["data"]["notes"]
    [left_out] = [each["text"] for each in notes if "unreadable" in each["text"]]
    assert left_out.startswith("4 unreadable pictures were left out: ")
    assert left_out.endswith(") and 1 more.")
    assert "cat/gone.jpg (No such file or directory)" in left_out
    lines = [json.loads(line) for line in run("predict", place, pets, "--json").splitlines() if line.startswith("{")]
    unlike = {Path(each["input"]).name: each["label"]["reasons"][0] for each in lines if each["label"]["unlike"]}
    assert unlike["gone.jpg"] == "No such file or directory"
    assert "truncated" in unlike["torn.jpg"]
    assert unlike["words.png"] == "is not a picture that can be read"
    assert unlike["bomb.png"] == "15000 × 15000 pixels are more than 200,000,000"
    assert len(lines) == 30
    silent = [each["label"] for each in lines if each["label"]["value"] is None]
    assert len(silent) == 4
    assert {each["confidence"] for each in silent} == {0.0}


def test_or_learning_stops_where_that_was_asked(pets: Path, tmp_path: Path) -> None:
    said = refused("learn", pets, "--unreadable", "stop", "--steps", "3", "--out", tmp_path / "m.lamina")
    assert "4 of 30 pictures cannot be read" in said
    assert "gone.jpg" in said
    assert not (tmp_path / "m.lamina").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """Each would fill 225 megabytes; what is taken is measured where the system tells."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell how much memory was used")
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for k in range(3):
            (tmp_path / name / f"{k}.png").write_bytes(bomb())
    code = (
        "import sys\n"
        "from lamina.inputs.image import Image\n"
        "from lamina.examples import read\n"
        "from lamina.examples.doctor import look\n"
        "examples = read(sys.argv[1])\n"
        "print([each.title for each in look(examples) if each.kind == 'unreadable'])\n"
        "image = Image()\n"
        "image.observe(examples.values('image'))\n"
        "image.settle()\n"
        "print(len(image.encode(examples.values('image')).problems))\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    found, problems, peak = done.stdout.splitlines()[-3:]
    assert "6 images cannot be read." in found
    assert problems == "6"
    assert int(peak) < 250_000  # kilobytes
