"""A series as a picture: a line for each signal on one scale, broken at gaps; small, or wide enough to be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.core import Json
from lamina.insight.metrics import short
from lamina.insight.plots import INKS, mark

WIDE, HIGH = 240, 120  # pixels of one that can be read
ABOVE, BELOW, LETTER = 6, 18, 6.4  # pixels above and below its lines, and across a digit
# Of the words and the frame: a picture in a page knows nothing of the page's own colours.
STYLE = (
    "text{fill:#566270;font:11px system-ui,-apple-system,sans-serif}line{stroke:#8a96a2;stroke-opacity:.45}"
    "@media screen and (prefers-color-scheme:dark){text{fill:#a3afbb}}"
)
Steps = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def small(values: Steps, side: int = 96) -> str:
    """Steps [T, C] as an SVG of its own, without words."""
    return _svg(side, side, _lines(values, (0, 4, side, side - 4), _ends(values)))


def wide(values: Steps, stride: int = 1) -> str:
    """Steps [T, C] as an SVG of its own: the lowest and the highest value at the side, and below how many steps there are.

    stride: of how many each of these is the mean.
    """
    low, high = _ends(values)
    words = {short(high): ABOVE, short(low): HIGH - BELOW} if high > low else {short(low): (ABOVE + HIGH - BELOW) / 2}
    left = LETTER * max(map(len, words)) + 6
    body = f"<style>{STYLE}</style>"
    for word, up in words.items():
        body += f'<line x1="{left:.1f}" x2="{WIDE}" y1="{up}" y2="{up}"/>'
        body += f'<text x="{left - 5:.1f}" y="{up + 4}" text-anchor="end">{word}</text>'
    count = f"{len(values):,} steps" if stride == 1 else f"about {len(values) * stride:,} steps"
    body += f'<text x="{WIDE - 1}" y="{HIGH - 3}" text-anchor="end">{count}</text>'
    return _svg(WIDE, HIGH, body + _lines(values, (left, ABOVE, WIDE - 2, HIGH - BELOW), (low, high)))


def legend(shown: Sequence[Json]) -> str:
    """Which line of the pictures of these examples is which signal; nothing where there are no series."""
    said = ""
    for names in dict.fromkeys(tuple(each["signals"]) for each in shown if each.get("signals")):
        marks = [
            mark(f'<line x1="0" x2="16" y1="8" y2="8" stroke="{ink}" stroke-width="2.5"/>', name)
            for name, ink in zip(names, INKS, strict=False)
        ]
        more = f"<span>{len(names) - len(INKS):,} more are not drawn</span>" if len(names) > len(INKS) else ""
        said += f'<div class="legend">{"".join(marks)}{more}</div>'
    return said


def _ends(values: Steps) -> tuple[float, float]:
    """The lowest and the highest of what is drawn."""
    drawn = values[:, : len(INKS)]
    known = drawn[np.isfinite(drawn)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)


def _lines(values: Steps, box: tuple[float, float, float, float], ends: tuple[float, float]) -> str:
    """box: left, top, right and bottom; ends: the values at the bottom and at the top."""
    (left, top, right, bottom), (low, high) = box, ends
    steps = np.unique(np.linspace(0, len(values) - 1, min(len(values), round(right - left))).astype(int))
    across = (right - left) / max(len(values) - 1, 1)
    body = ""
    for place, column in enumerate(values.T[: len(INKS)]):
        path, drawn = "", False
        for step in steps:
            there = bool(np.isfinite(column[step]))
            if there:
                share = (float(column[step]) - low) / (high - low) if high > low else 0.5
                up = bottom - (bottom - top) * share
                path += f"{'L' if drawn else 'M'}{left + step * across:.1f} {up:.1f}"
            drawn = there
        body += f'<path d="{path}" fill="none" stroke="{INKS[place]}" stroke-width="1.5"/>'
    return body


def _svg(width: int, height: int, body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>'
