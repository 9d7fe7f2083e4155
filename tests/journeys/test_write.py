"""Learning to write and writing, on the command line, as a person would."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from terminal import interrupted, refused, run
from worlds import verses


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentences of a small grammar, learned from a file."""
    book = tmp_path_factory.mktemp("write") / "book.txt"
    book.write_text(verses(4_000, 0), encoding="utf-8")
    place = book.with_suffix(".lamina")
    words = ("--steps", "30", "--network", "rnn width=24", "--out", place)
    said = run("learn", book, "--generate", "text", *words)
    assert "nats a letter" in said
    assert "in a row need" in said
    assert "The counts are better" in said
    assert "The network is behind it by " in (place / "report.html").read_text(encoding="utf-8")
    assert f"lamina generate {place}" in said
    return place


def test_it_writes_on_and_the_same_seed_writes_the_same(writer: Path, tmp_path: Path) -> None:
    wish = ("generate", writer, "--prompt", "The cat", "--length", "60", "--temperature", "0.8", "--top-p", "0.95")
    text = run(*wish, "--seed", "7")
    assert text.startswith("The cat")
    assert len(text.rstrip("\n")) >= 60
    assert run(*wish, "--seed", "7") == text
    several = [json.loads(line) for line in run(*wish, "--json", "-n", "2").splitlines() if line.startswith("{")]
    assert [each["number"] for each in several] == [0, 1]
    assert all(len(each["text"]) == 7 + 60 for each in several)
    run(*wish, "--seed", "7", "--out", tmp_path / "one.txt")
    assert (tmp_path / "one.txt").read_text(encoding="utf-8").strip() == text.strip()
    run(*wish, "--seed", "7", "--out", tmp_path / "far" / "away" / "one.txt")  # folders are made
    assert "cannot be written" in refused(*wish, "--out", tmp_path / "one.txt" / "more")
    run(*wish, "-n", "3", "--out", tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["1.txt", "2.txt", "3.txt"]


def test_letters_show_as_they_are_made_and_an_interrupt_ends_it_cleanly(writer: Path) -> None:
    words = [
        sys.executable,
        "-c",
        "from lamina.cli.main import main; main()",
        "generate",
        str(writer),
        "--length",
        "1000000",
    ]
    said = interrupted(words, {**os.environ, "OMP_NUM_THREADS": "1"})
    assert "interrupted" in said
    assert "learn" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--prompt", ""), "The prompt is empty"),
        (("--prompt", "Ünlike"), "'Ü'"),
        (("--given", "label=cat"), "means nothing"),
        (("--length", "0"), "such as --length 500"),
        (("--top-p", "1.5"), "1 at most"),
        (("-n", "0"), "such as -n 8"),
    ],
)
def test_a_wish_that_cannot_be_met(writer: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused("generate", writer, *words)


def test_a_model_that_cannot_make_says_what_it_can(writer: Path, small_model: Path) -> None:
    assert "lamina predict asks it" in refused("generate", small_model)
    for words in (("predict", writer, "x.csv"), ("score", writer, "x.csv")):
        assert "lamina generate" in refused(*words)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no text"),
        (b"Too short.", "has 10 letters"),
        (b"a" * 5_000, "hardly more than one letter"),
        (bytes(range(256)) * 40, "is no text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5_000), "is no text"),
    ],
    ids=["empty", "short", "one letter", "binary", "a picture's head"],
)
def test_what_cannot_be_learned_from(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "book.txt").write_bytes(content)
    found = refused("learn", tmp_path / "book.txt", "--generate", "text", "--out", tmp_path / "m.lamina")
    assert said in found
    assert not (tmp_path / "m.lamina").exists()


@pytest.mark.parametrize("option", ["width=0", "depth=0", "depth=-1", "embedded=0", "drop=2"])
def test_a_network_that_cannot_be_is_refused(tmp_path: Path, option: str) -> None:
    (tmp_path / "book.txt").write_text(verses(2_000, 0), encoding="utf-8")
    words = ("--generate", "text", "--steps", "1", "--network", f"rnn {option}", "--out", tmp_path / "m.lamina")
    assert f"{option.split('=')[0]} was" in refused("learn", tmp_path / "book.txt", *words)


def test_words_beside_pictures_are_labels_and_no_text(tmp_path: Path) -> None:
    from PIL import Image

    for k in range(60):
        place = tmp_path / ("abc"[k % 3] * 30)
        place.mkdir(exist_ok=True)
        Image.new("L", (8, 8), k).save(place / f"{k}.png")
    said = refused("learn", tmp_path, "--generate", "text", "--out", tmp_path / "m.lamina")
    assert "no column of texts" in said


def test_other_encodings_are_read(tmp_path: Path) -> None:
    from lamina.examples import prose

    text = "naïve café in Zürich.\n" * 5
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        (tmp_path / "book.txt").write_bytes(text.replace("\n", "\r\n").encode(encoding))
        found = prose.read(tmp_path / "book.txt")
        assert found.texts == [text]
        assert bool(found.notes) == (encoding == "cp1252")


def test_folders_and_columns_of_texts(tmp_path: Path) -> None:
    from lamina.examples import prose

    for name, text in (("b.txt", "second"), ("a.txt", "first"), ("c.txt", "  ")):
        (tmp_path / name).write_text(text)
    assert prose.read(tmp_path).texts == ["first", "second"]
    table = tmp_path / "table.csv"
    table.write_text("name,said\n" + "".join(f"n{k},Some words that are said the {k}th time.\n" for k in range(40)))
    assert len(prose.read(table)) == 40
    for wrong, words in (("--target", "said"), ("--find", "clusters")):
        refused("learn", table, "--generate", "text", wrong, words, "--out", tmp_path / "m.lamina")
