"""How things show themselves: lines for logs, a display for terminals, HTML for notebooks, JSON lines for machines."""

from __future__ import annotations

import io
import json
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import screen
from lamina.core import Answers, Progress
from lamina.model.predictions import Predictions
from lamina.model.score import Figure, Score

EVIL = '<script>alert("1")</script><img src=x onerror=alert(2)>'
VOID = {"br", "img", "meta", "line", "rect", "circle", "input"}


class Parsed(HTMLParser):
    """Elements that are seen, and whether each that opens is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def well_formed(page: str) -> Parsed:
    found = Parsed(page)
    assert found.open == []
    assert "script" not in found.seen
    assert "img" not in found.seen
    return found


LEARNING = Progress("learning", 300, 900, 0.213, "accuracy", 0.941, 0.944, 5120.0, 3.0, 12.0, EVIL)


def stream() -> Iterator[Progress]:
    yield Progress("reading", message="Reading 900 examples")
    yield LEARNING
    yield Progress("learning", 450, 900, 0.2, best=0.944, rate=5000.0, left=6.0)
    yield Progress("judging", message="Comparing")


class Running:
    """A training as a screen sees it."""

    learning = False

    def __iter__(self) -> Iterator[Progress]:
        return stream()


def test_examples_show_themselves() -> None:
    examples = lamina.read({EVIL: [EVIL, "b", EVIL], "x": [1.0, 2.0, 3.0]})
    assert "table" in well_formed(examples._repr_html_()).seen


def test_predictions_show_themselves() -> None:
    answers = Answers(
        np.array([EVIL, "b"] * 15, object), np.full(30, 0.9996), (EVIL, "b"), np.full((30, 2), 0.5),
        unlike=np.array([True, False] * 15), reasons={0: (EVIL,)},
    )  # fmt: skip
    page = Predictions({EVIL: answers}, [EVIL] * 30)._repr_html_()
    assert well_formed(page).seen.count("tr") == 21
    assert "10 more rows" in page
    assert "&gt;99 %" in page  # nothing is quite certain


def test_answers_in_words() -> None:
    price = Answers(np.array([231_000.0]), low=np.array([180_000.0]), high=np.array([282_000.5]))
    tags = Answers(np.array([["wet", "cold"], None], object)[:1], np.array([0.7]), ("wet", "cold", "dry"), np.array([[0.9, 0.8, 0.2]]))  # fmt: skip
    heads, lines = Predictions({"price": price, "weather": tags}).cells(range(1))
    assert heads == ["", "price", "interval", "weather", "sure", "else", ""]
    assert lines == [["1", "231,000", "180,000 to 282,000", "wet, cold", "70 %", "dry 20 %", ""]]


def test_a_score_shows_itself() -> None:
    score = Score(9, {EVIL: {"accuracy": Figure(0.5, 0.2, 0.8, 0.6)}}, 0.1)
    assert well_formed(score._repr_html_()).seen == ["pre"]


def test_a_model_shows_its_report(small_model: Any) -> None:
    page = lamina.load(small_model)._repr_html_()
    assert Parsed(page).seen == ["iframe"]
    assert "<script" not in page
    assert page.count('"') == 4  # nothing breaks out of the attribute


def test_a_notebook_gets_one_view_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Handle:
        def update(self, page: str) -> None:
            shown.append(page)

    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = type("ZMQInteractiveShell", (), {})  # type: ignore[attr-defined]
    display.HTML = str  # type: ignore[attr-defined]
    display.display = lambda *_, **__: Handle()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    screen.watch(Running())  # type: ignore[arg-type]
    assert len(shown) == 3  # reading, a look at validation rows, judging
    for page in shown:
        assert well_formed(page).seen == ["progress", "span"]
    assert 'value="0.3333"' in shown[1]
    assert "accuracy 0.9410 (kept 0.9440)" in shown[1]


def test_machines_get_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    screen.watch(Running(), json_lines=True)  # type: ignore[arg-type]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["stage"] for line in lines] == ["reading", "learning", "learning", "judging"]
    assert lines[1]["loss"] == 0.213
    assert "loss" not in lines[0]


def test_a_log_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    screen.watch(Running(), True)  # type: ignore[arg-type]
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert "step 300 of 900 · loss 0.213 · accuracy 0.9410 (kept 0.9440) · 5,120 examples/s · 12 s left" in said[1]
    assert not any("\x1b" in line for line in said)


def test_nobody_looks_and_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    screen.watch(Running())  # type: ignore[arg-type]
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    screen.watch(Running())  # type: ignore[arg-type]
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "  reading  Reading 900 examples\n" in said
    assert "learning  step 450 of 900 · loss 0.2 · accuracy 0.9410 (kept 0.9440) · 5,000 examples/s\n" in said


def test_what_a_terminal_shows_while_it_learns() -> None:
    from rich.console import Console

    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    console.print(screen._picture(replace(LEARNING, message="fold 1 of 5")))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("learning", "300 of 900 steps", "12 s left", "loss 0.213", "accuracy 0.9410", "kept 0.9440", "5,120 examples/s", "fold 1 of 5"):  # fmt: skip
        assert words in said
    assert len(said.splitlines()) == 2
