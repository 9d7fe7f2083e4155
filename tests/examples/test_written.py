"""What `lamina look` says of a text, and which files are texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamina.examples import prose, written
from terminal import run


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("book.txt", "Once upon a time, there was a hill.\nNobody lived there, so far.\n\nThe end.\n" * 9, True),
        ("table.txt", "height\tweight\n1.2\t3\n1.4\t4\n", False),
        ("reviews.txt", "text,stars\nI liked it a lot and more,4\nI did not like it at all,1\n", False),
        ("column.csv", "word\none\ntwo\n", False),
        ("notes.md", "# Notes\n\nA line.\n", True),
    ],
)
def test_what_is_a_text(name: str, content: str, text: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert written.is_text(tmp_path / name) == text


def test_letters_words_and_lines_are_counted() -> None:
    found = written.look(prose.read(["One line.\n\nOne more line.\n"]))
    letters, words, lines = found.columns
    assert found.rows == len("One line.\n\nOne more line.\n")
    assert letters.distinct == len(set("One line.\n\nOne more line.\n"))
    assert (words.distinct, lines.distinct) == (3, 2)
    assert lines.missing == pytest.approx(1 / 3)
    assert words.shown.startswith("one 40%, line 40%")


def test_copies_and_rare_letters_are_said() -> None:
    copied = "This line, which is longer than any accident, stands in every chapter.\n"
    text = "".join(f"{copied}Chapter {n} tells of something else altogether.\n" for n in range(40)) + "ß"
    kinds = {each.kind: each for each in written.look(prose.read([text]))}
    assert "58%" in kinds["repeated"].title
    assert "40 times" in kinds["repeated"].detail
    assert kinds["rare_letters"].detail == "'ß'"
    assert "too_short" not in kinds
    assert "too_short" in {each.kind for each in written.look(prose.read(["Too short."]))}


def test_a_text_in_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("Once upon a time, there was a hill.\n" * 60, encoding="utf-8")
    said = " ".join(run("look", str(tmp_path / "book.txt")).split())
    assert "letters from" in said
    assert "--generate text" in said
    assert "column_1" not in said
    assert "column_1" in run("look", str(tmp_path / "book.txt"), "--kind", "column_1=text"), (
        "as a table, where somebody says so"
    )
