"""The page of a report: nothing from outside, nobody breaks in, everybody is told who won."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from lamina.insight.report import render
from lamina.insight.verdict import verdict

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
BINS = [{"confidence": 0.6, "right": 0.55, "low": 0.4, "high": 0.7, "count": 50}, {"confidence": 0.95, "right": 0.9, "low": 0.8, "high": 0.97, "count": 50}]  # fmt: skip
SURE = {"bins": BINS, "error": 0.05, "chance": 0.04, "debiased": 0.02, "count": 100}
PIXEL = "data:image/png;base64,iVBORw0KGgo="
CLICK = "data:audio/wav;base64,UklGRg=="


def target(classes: tuple[str, ...] = ("cat", "dog"), rival: float = 0.7) -> dict[str, Any]:
    size = len(classes)
    mistake = {"said": classes[0], "truth": classes[1], "confidence": 0.99, "cells": {"age": "7"}, "picture": PIXEL}
    return {
        "column": "label", "kind": "category", "metric": "accuracy", "better": {"accuracy": 1, "log_loss": -1}, "rows": 200,
        "figures": {"accuracy": {"value": 0.9, "low": 0.85, "high": 0.94}, "log_loss": {"value": 0.3, "low": 0.2, "high": 0.4}},
        "baselines": [
            {"name": "most common label", "seconds": 0.0, "rows": 800, "note": "", "figures": {"accuracy": 0.5, "log_loss": 0.69}},
            {"name": "linear", "seconds": 0.1, "rows": 500, "note": "learned from 500 of 800 training rows", "figures": {"accuracy": rival}},
            {"name": "gradient boosting", "seconds": 0.0, "rows": 0, "note": "left out: no time"},
        ],
        "classes": list(classes), "confusion": [[20 if i == j else 1 for j in range(size)] for i in range(size)],
        "temperature": 1.2, "threshold": 0.5, "calibration": {"before": SURE, "after": SURE}, "mistakes": [mistake],
        "suspects": {"count": 3, "rows": [{"given": classes[0], "likely": classes[1], "confidence": 0.9, "doubt": 0.02, "cells": {"age": classes[0]}, "picture": PIXEL}]},
        "slices": {"unit": "wrong", "looked": ["age", classes[0]], "groups": [{
            "column": classes[0], "group": classes[1], "rows": 40, "loss": 0.4, "low": 0.27, "high": 0.55, "rest": 0.1, "chance": 0.001,
        }]},
    }  # fmt: skip


def number() -> dict[str, Any]:
    figures = {"rmse": {"value": 3.0, "low": 2.5, "high": 3.5}, "r2": {"value": 0.8, "low": 0.7, "high": 0.9}}
    mistake = {"said": 9.0, "truth": 2.0, "error": 7.0, "cells": {}, "picture": None}
    held = {"promised": 0.9, "share": 0.91, "low": 0.88, "high": 0.94, "count": 200, "width": 8.0}
    return {
        "column": "price", "kind": "number", "metric": "rmse", "better": {"rmse": -1, "r2": 1}, "rows": 200, "figures": figures,
        "baselines": [{"name": "mean", "seconds": 0.0, "rows": 800, "note": "", "figures": {"rmse": 6.0, "r2": 0.0}}],
        "radius": 4.0, "promised": 0.9, "coverage": held, "points": [[1.0, 1.2], [5.0, 4.0], [9.0, 9.5]], "mistakes": [mistake],
    }  # fmt: skip


def content(*targets: dict[str, Any], folds: int = 1, word: str = "label") -> dict[str, Any]:
    history = [{"step": 10, "loss": 1.0, "value": 0.6}, {"step": 20, "loss": 0.5, "value": 0.9}]
    return {
        "made": "2026-01-02T03:04:05+00:00", "targets": list(targets), "decisions": [word], "stopped": False,
        "importance": [{"name": word, "mean": 0.1, "low": 0.05, "high": 0.15}, {"name": "b", "mean": 0.0, "low": -0.01, "high": 0.01}],
        "data": {
            "source": word, "rows": 1000, "parts": {"train": [800] * folds, "validation": [100] * folds, "test": [100] * folds},
            "folds": folds, "own_test": False, "split": "parted by content",
            "columns": [{"name": word, "kind": "category", "reason": word, "use": "input"}], "notes": [{"level": "warn", "text": word}],
        },
        "learning": {
            "curves": [history] * folds, "best": [20] * folds, "steps": [20] * folds, "planned": [20] * folds,
            "shortened": [[]] * folds, "batch": 32, "seconds": 3.0, "threads": 2,
        },
        "network": {
            "kinds": {"table": "mlp"}, "members": folds, "parameters": 1000, "learned": 1000, "depth": 3, "recipe": {},
            "layers": [{"name": "a", "layer": "Linear", "parameters": 1000}], "reasons": [word],
            "tried": [{"name": word, "value": 0.9, "seconds": 1.0}],
        },
        "plan": {"target": word}, "versions": {"lamina": "0.1.0"}, "command": f"lamina learn {word}",
    }  # fmt: skip


class Elements(HTMLParser):
    """What a browser would make of a page: open elements, and what refers to somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.places: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "img", "br", "line", "rect", "circle"):
            self.open.append(tag)
        self.places += [value or "" for key, value in attrs if key in ("src", "href")]
        self.handlers += [key for key, _ in attrs if key.startswith("on")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def parsed(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    return found


PAGES = {
    "category": content(target()),
    "number": content(number(), folds=5),
    "both": content(target(tuple(f"class {k}" for k in range(30))), number()),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_reaches_nowhere(name: str) -> None:
    page = render(PAGES[name])
    found = parsed(page)
    assert found.open == []
    assert {"svg", "title", "desc", "table", "nav"} <= set(found.seen)
    assert all(place.startswith(("#", "data:image/")) for place in found.places)
    assert "http" not in page.replace("http-equiv", "")
    assert not re.search(r"url\(|@import", page)
    assert len(page) < 300_000


@pytest.mark.parametrize("name", PAGES)
def test_the_contents_lead_somewhere(name: str) -> None:
    page = render(PAGES[name])
    links = re.findall(r'href="#(\w+)"', page)
    assert len(links) > 4
    assert all(f'id="{link}"' in page for link in links)


def test_hostile_words_stay_words() -> None:
    found = parsed(render(content(target((EVIL, "dog")), number() | {"column": EVIL}, word=EVIL)))
    assert found.seen.count("script") == 1
    assert found.handlers == []
    assert found.open == []


def test_only_embedded_pictures_are_shown() -> None:
    wrong = target()
    wrong["mistakes"][0]["picture"] = "https://example.org/track.png"
    assert "example.org" not in render(content(wrong))
    assert PIXEL in render(content(target()))


def test_what_is_not_in_the_content_is_not_in_the_page() -> None:
    without = {key: value for key, value in number().items() if key not in ("mistakes", "points")}
    page = render(content(without))
    assert "most wrong" not in page
    assert "too low" not in page


@pytest.mark.parametrize(
    ("rival", "odd", "said"),
    [(0.7, False, "90.0"), (0.91, True, "within the uncertainty"), (0.97, True, "simple model is better")],
)
def test_the_verdict_says_who_won(rival: float, odd: bool, said: str) -> None:
    words, warn = verdict(target(rival=rival), content(target())["data"])
    assert warn is odd
    assert said in words


def test_folds_and_what_was_left_out_are_said() -> None:
    assert "never saw it" in render(PAGES["number"])
    assert "left out: no time" in render(PAGES["category"])
    assert "learned from 500 of 800 training rows" in render(PAGES["category"])


def test_labels_that_look_wrong_and_groups_that_fail_are_told() -> None:
    page = render(content(target()))
    assert "3 labels look wrong" in page
    assert "called cat" in page
    assert "27.0\u00a0% to 55.0\u00a0%" in page
    none = target() | {
        "slices": {"unit": "wrong", "looked": ["age"], "groups": []},
        "suspects": {"count": 0, "rows": []},
    }
    page = render(content(none))
    assert "No group of rows gets clearly worse answers than the others. Looked at: age." in page
    assert "Labels that may be wrong" not in page
    weak = target() | {"suspects": {"count": 0, "weak": True, "rows": []}}
    assert "too seldom to tell wrong labels from hard examples" in render(content(weak))
    assert "Where it fails" not in render(content(number()))  # of a report of an earlier version


def transcript(sound: str | None) -> dict[str, Any]:
    worst = {
        "said": "cat",
        "pairs": [["c", "c"], ["a", "u"], ["t", "t"]],
        "cells": {},
        "picture": PIXEL,
        "sound": sound,
    }
    figures = {"cer": {"value": 0.1, "low": 0.05, "high": 0.2}}
    return {
        "column": "text", "kind": "transcript", "metric": "cer", "better": {"cer": -1}, "rows": 200, "figures": figures,
        "baselines": [], "words": 300, "heed": 0.0, "calibration": SURE, "worst": [worst],
    }  # fmt: skip


def test_sounds_that_were_written_down_worst_or_look_wrong_can_be_played() -> None:
    page = render(content(transcript(CLICK)))
    assert parsed(page).seen.count("audio") == 1
    assert f'src="{CLICK}"' in page
    assert parsed(render(content(transcript(None)))).seen.count("audio") == 0  # a line of text
    doubted = target()
    doubted["suspects"]["rows"][0]["sound"] = CLICK
    assert parsed(render(content(doubted))).seen.count("audio") == 1
    assert "example.org" not in render(content(transcript("https://example.org/call.wav")))


@pytest.mark.parametrize(
    ("moves", "steps", "said"),
    [
        ([[10, 960], [624, 780]], 780, "after 780 of 900 steps, as was settled at step 624"),
        ([[300, 500]], 500, "after 500 of 900 steps, as was settled at step 300"),
        ([[10, 960]], 960, ""),
        ([[10, 960]], 400, ""),
        ([[10, 800], [400, 920]], 920, ""),
        ([], 400, ""),
    ],
    ids=["longer, then shorter", "shorter", "longer", "by hand", "shorter, then longer", "by hand, not moved"],
)
def test_only_an_end_that_was_brought_forward_is_told(moves: list[list[int]], steps: int, said: str) -> None:
    made = content(target())
    made["learning"] |= {"shortened": [moves], "steps": [steps], "planned": [900]}
    page = render(made)
    assert said in page
    assert ("end early" in page) == bool(said)


@pytest.mark.parametrize(
    ("measured", "said"), [(3, ""), (2, "Not measured, as there was no time: 'c3'."), (1, "no time: 'c2', 'c3'.")]
)
def test_columns_that_were_not_measured_are_named(measured: int, said: str) -> None:
    made = content(target())
    made["data"]["columns"] = [
        {"name": f"c{k}", "kind": "number", "reason": "", "use": use}
        for k, use in enumerate(("left out", "input", "input", "input", "answer"))
    ]
    made["importance"] = [{"name": f"c{k}", "mean": 0.1, "low": 0.0, "high": 0.2} for k in range(1, measured + 1)]
    page = html.unescape(render(made))
    assert said in page
    assert ("Not measured" in page) == bool(said)


def test_that_only_the_most_important_columns_are_shown_is_said() -> None:
    made = content(target())
    made["importance"] = [{"name": f"c{k}", "mean": 0.1, "low": 0.0, "high": 0.2} for k in range(23)]
    assert "Of 23 columns measured, the 20 that matter most are shown." in render(made)
