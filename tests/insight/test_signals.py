from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from lamina.insight import signals


def drawn(values: np.ndarray, stride: int = 1) -> tuple[list[str], list[list[tuple[float, float]]]]:
    """Its words, and the places that each line goes through."""
    root = ElementTree.fromstring(signals.wide(values.astype(np.float32), stride))
    words = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    paths = [each.attrib["d"] for each in root.iter("{http://www.w3.org/2000/svg}path")]
    return words, [[(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)] for path in paths]


def test_a_series_tells_its_ends_and_its_length() -> None:
    values = np.stack([np.linspace(-2, 5, 30), np.zeros(30)], 1)
    words, [rising, _] = drawn(values)
    assert {"5", "-2", "30 steps"} <= set(words)
    assert rising == sorted(rising, key=lambda place: (place[0], -place[1]))
    assert all(0 < x < signals.WIDE and 0 < y < signals.HIGH for x, y in rising)
    assert "about 3,000 steps" in drawn(values, 100)[0]


def test_what_is_flat_or_missing_is_drawn_all_the_same() -> None:
    words, [flat] = drawn(np.full((4, 1), 7.0))
    assert words.count("7") == 1
    assert len(flat) == 4
    assert drawn(np.full((4, 1), np.nan))[1] == [[]]
    assert len(drawn(np.zeros((1, 1)))[1][0]) == 1


def test_a_legend_names_each_kind_of_series_once() -> None:
    one, other = {"signals": ["speed", "<b>"]}, {"signals": [f"s{k}" for k in range(9)]}
    said = signals.legend([one, {"cells": {}}, one, other])
    assert said.count("speed") == 1
    assert "<b>" not in said
    assert "s5" in said
    assert "s6" not in said
    assert "3 more are not drawn" in said
    assert signals.legend([{"cells": {}}]) == ""
