"""Numbers as people read them, and pages that cannot be broken into."""

from __future__ import annotations

import pytest

from lamina.insight import plots
from lamina.insight.metrics import percent, short
from lamina.insight.page import page


@pytest.mark.parametrize(
    ("value", "said"),
    [(100, "100"), (0.98765, "0.988"), (12345.6, "12,350"), (1.5, "1.5"), (0, "0"), (-20, "-20"), (2e9, "2e+09")],
)
def test_a_number_is_short(value: float, said: str) -> None:
    assert short(value) == said


def test_a_share_is_told_in_percent() -> None:
    assert [percent(0.912), percent(0.0012, ".2g"), percent(1.0, ".0f")] == ["91.2\u00a0%", "0.12\u00a0%", "100\u00a0%"]


def test_ticks_are_round_and_inside() -> None:
    assert plots.ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert all(3 <= tick <= 17 for tick in plots.ticks(3, 17))


def test_names_cannot_break_out_of_a_plot() -> None:
    drawn = plots.bars([("<script>alert(1)</script>", 1.0, 0.9, 1.1)], "columns & more")
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_a_legend_names_only_what_is_drawn() -> None:
    bins = [{"confidence": 0.8, "right": 0.7, "low": 0.6, "high": 0.8}]
    assert "before calibration" in plots.reliability(bins, bins)
    assert "before" not in plots.reliability([], bins)


def test_a_page_forbids_everything_from_outside() -> None:
    assert "default-src 'none'" in page("a", "b")
    assert "script-src 'sha256-" in page("a", "b")
