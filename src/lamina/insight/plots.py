"""Plots as inline SVG: no library, no script; readable on a phone, in the dark, in print and without colour.

Places across are shares of the width, places up are pixels: a plot takes whatever room there is, and its letters keep
their size. Words that belong beside a plot (names, values, legends) are HTML, so that they wrap and can be selected.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence

import numpy as np

from lamina.insight.metrics import percent, short

HEIGHT = 230
INKS = ("#2f7fbf", "#d9730d", "#2e9e6b", "#a45ac9", "#c9453f", "#8a8a2a")  # of signals: seen on light and on dark
Point = tuple[float, float]


def figure(title: str, description: str, body: str, height: int = HEIGHT, legend: str = "", kind: str = "") -> str:
    """An SVG with a title and a description for those who cannot see it, and a legend for those who can."""
    return (
        f'<figure class="plot {kind}"><figcaption>{html.escape(title)}</figcaption><div class="area">'
        f'<svg width="100%" height="{height}" role="img"><title>{html.escape(title)}</title>'
        f"<desc>{html.escape(description)}</desc>{body}</svg></div>"
        + (f'<div class="legend">{legend}</div>' if legend else "")
        + "</figure>"
    )


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from low to high: `ticks(0, 1) == [0, .2, .4, .6, .8, 1]`."""
    if not high > low:
        return [low]
    step = 10 ** math.floor(math.log10((high - low) / count))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= count + 0.5)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


class Axes:
    """A plotting area with its scales: `x` gives a share of the width, `y` pixels; `grid` draws lines and words."""

    def __init__(self, xs: Point, ys: Point, height: int = HEIGHT) -> None:
        self.xs, self.ys, self.height = _wide(xs), _wide(ys), height

    def across(self, value: float) -> float:
        return round(100 * (value - self.xs[0]) / (self.xs[1] - self.xs[0]), 2)

    def x(self, value: float) -> str:
        return f"{self.across(value)}%"

    def y(self, value: float) -> float:
        return round(self.height * (1 - (value - self.ys[0]) / (self.ys[1] - self.ys[0])), 1)

    def grid(self, below: str, shown: Callable[[float], str] | None = None, count: int = 4) -> str:
        parts = []
        for value in ticks(*self.ys, count):
            y = self.y(value)
            parts.append(f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
            parts.append(f'<text x="-8" y="{y + 4}" text-anchor="end">{(shown or short)(value)}</text>')
        for value in ticks(*self.xs, count):
            parts.append(
                f'<text x="{self.x(value)}" y="{self.height + 18}" text-anchor="middle">{(shown or short)(value)}</text>'
            )
        parts.append(
            f'<text class="axis" x="50%" y="{self.height + 36}" text-anchor="middle">{html.escape(below)}</text>'
        )
        return "".join(parts)

    def line(self, points: Sequence[Point], style: str) -> str:
        """A line through the points, cut off at the edges."""
        where = " ".join(f"{10 * self.across(a):g},{self.y(b)}" for a, b in points if math.isfinite(b))
        return self._stretched(f'<polyline class="{style}" points="{where}"/>')

    def band(self, low: Sequence[Point], high: Sequence[Point]) -> str:
        """The area between two lines."""
        where = " ".join(f"{10 * self.across(a):g},{self.y(b)}" for a, b in [*low, *reversed(high)])
        return self._stretched(f'<polygon class="band" points="{where}"/>')

    def _stretched(self, body: str) -> str:
        size = f'width="100%" height="{self.height}" viewBox="0 0 1000 {self.height}"'
        return f'<svg {size} preserveAspectRatio="none">{body}</svg>'


def curves(history: Sequence[Sequence[dict[str, float]]], key: str, label: str, best: Sequence[int]) -> str:
    """A figure against steps, one line per training; the best point of each is ringed."""
    lines = [[(each["step"], each[key]) for each in one if math.isfinite(each[key])] for one in history]
    values = [b for one in lines for _, b in one]
    if not values:
        return ""
    low, high = _room(min(values), max(values))
    axes = Axes((0, max(a for one in lines for a, _ in one)), (low, high))
    body = axes.grid("step")
    for number, one in enumerate(lines):
        body += axes.line(one, "line" if len(lines) == 1 else f"line thin dash{number % 4}")
        for a, b in one:
            if best and a == best[number]:
                body += f'<circle class="ring" cx="{axes.x(a)}" cy="{axes.y(b)}" r="6"/>'
    many = f"{len(lines)} trainings, one line each" if len(lines) > 1 else ""
    legend = mark('<circle class="ring" cx="8" cy="8" r="5"/>', "weights that were kept") if best else ""
    legend += f"<span>{many}</span>" if many else ""
    said = f"{label} against steps, from {short(values[0])} to {short(values[-1])}."
    return figure(label, said, body, legend=legend)


def dots(
    rows: Sequence[tuple[str, float, float | None, float | None]],
    label: str,
    shown: Callable[[float], str] | None = None,
) -> str:
    """A named value per row with its interval: the first row is the network's, its interval goes through all rows."""
    known = [v for row in rows for v in row[1:] if v is not None and math.isfinite(v)]
    if not known:
        return ""
    say, axes = shown or short, Axes(_room(min(known), max(known), 0.06), (0, 1))
    first = rows[0]
    lines = []
    for number, (name, value, down, up) in enumerate(rows):
        kind = "own" if number == 0 else "other"
        body = ""
        if first[2] is not None and first[3] is not None:
            start, end = axes.across(first[2]), axes.across(first[3])
            body += f'<rect class="reach" x="{start}%" width="{end - start:.2f}%" y="0" height="100%"/>'
        body += '<line class="grid" x1="0" x2="100%" y1="17" y2="17"/>'
        if down is not None and up is not None:
            body += f'<line class="span" x1="{axes.x(down)}" x2="{axes.x(up)}" y1="17" y2="17"/>'
        if math.isfinite(value):
            shape = (
                '<circle class="own" r="7"/>'
                if number == 0
                else '<rect class="other" x="-5" y="-5" width="10" height="10"/>'
            )
            body += f'<svg x="{axes.x(value)}" y="17" overflow="visible">{shape}</svg>'
        lines.append(_row(name, body, say(value), kind))
    words = "; ".join(f"{name} {say(value)}" for name, value, _, _ in rows)
    return _rows(label, words, lines, _scale(axes, say))


def bars(rows: Sequence[tuple[str, float, float, float]], label: str) -> str:
    """A bar per name, with the interval of its length; below nothing it is hatched, not only of another colour."""
    if not rows:
        return ""
    low, high = min(0.0, *(row[2] for row in rows)), max(max(row[3] for row in rows), 1e-9)
    axes = Axes((low, high), (0, 1))
    lines = []
    for name, value, down, up in rows:
        start, end = sorted((axes.across(0), axes.across(value)))
        sure = down > 0
        body = f'<rect class="bar{"" if sure else " unsure"}" x="{start}%" width="{max(end - start, 0.3):.2f}%" y="9" height="16"/>'
        body += f'<line class="span" x1="{axes.x(down)}" x2="{axes.x(up)}" y1="17" y2="17"/>'
        body += f'<line class="zero" x1="{axes.x(0)}" x2="{axes.x(0)}" y1="0" y2="100%"/>'
        lines.append(_row(name, body, short(value), "" if sure else "other"))
    legend = mark('<line class="span" x1="0" x2="16" y1="8" y2="8"/>', "95 % interval")
    legend += mark('<rect class="bar unsure" x="1" y="3" width="14" height="10"/>', "could be nothing")
    return _rows(label, "; ".join(f"{row[0]} {short(row[1])}" for row in rows), lines, "", legend)


def pushes(rows: Sequence[tuple[str, float, str]], label: str) -> str:
    """A bar per name to the right (it adds) or, hollow, to the left (it takes away); at its end, words."""
    if not rows:
        return ""
    low, high = min(0.0, *(value for _, value, _ in rows)), max(0.0, *(value for _, value, _ in rows))
    axes = Axes(_room(low, high), (0, 1))
    lines = []
    for name, value, words in rows:
        start, end = sorted((axes.across(0), axes.across(value)))
        kind = "bar" if value >= 0 else "bar minus"
        body = f'<rect class="{kind}" x="{start}%" width="{max(end - start, 0.3):.2f}%" y="9" height="16"/>'
        body += f'<line class="zero" x1="{axes.x(0)}" x2="{axes.x(0)}" y1="0" y2="100%"/>'
        lines.append(_row(name, body, words, ""))
    legend = mark('<rect class="bar" x="1" y="3" width="14" height="10"/>', "speaks for it")
    legend += mark('<rect class="bar minus" x="1" y="3" width="14" height="10"/>', "speaks against it")
    return _rows(label, "; ".join(f"{name} {value:+.3g}" for name, value, _ in rows), lines, "", legend)


def reliability(before: Sequence[dict[str, float]], after: Sequence[dict[str, float]]) -> str:
    """How often answers of each confidence were right, before (where there is any) and after the temperature; the diagonal is ideal."""
    places = [each[key] for each in [*before, *after] for key in ("confidence", "right")]
    low = max(0.0, min([*places, *(each["low"] for each in after), 0.95]) - 0.03)
    axes = Axes((low, 1), (low, 1), 300)
    body = axes.grid("how sure it was", lambda share: percent(share, ".0f")) + axes.line([(low, low), (1, 1)], "ideal")
    for each in after:
        x = axes.x(each["confidence"])
        body += f'<line class="span" x1="{x}" x2="{x}" y1="{axes.y(each["low"])}" y2="{axes.y(each["high"])}"/>'
    for each in before:
        square = '<rect class="other" x="-4" y="-4" width="8" height="8"/>'
        body += f'<svg x="{axes.x(each["confidence"])}" y="{axes.y(each["right"])}" overflow="visible">{square}</svg>'
    body += axes.line([(each["confidence"], each["right"]) for each in after], "line")
    for each in after:
        body += f'<circle class="own" cx="{axes.x(each["confidence"])}" cy="{axes.y(each["right"])}" r="5"/>'
    legend = mark('<circle class="own" cx="8" cy="8" r="5"/>', "calibrated, with its interval")
    if before:
        legend += mark('<rect class="other" x="4" y="4" width="8" height="8"/>', "before calibration")
    legend += mark('<line class="ideal" x1="0" x2="16" y1="8" y2="8"/>', "ideal")
    said = "Share of right answers at each confidence" + (
        "; squares before, circles after calibration." if before else ", after calibration."
    )
    return figure("How often it was right", said, body, 300, legend, "square")


def scatter(points: Sequence[Sequence[float]], radius: float | None) -> str:
    """Answers (up) against the truth (across), and how the errors spread; the diagonal is ideal."""
    values = [value for point in points for value in point]
    if not values:
        return ""
    axes = Axes(_room(min(values), max(values)), _room(min(values), max(values)), 300)
    low, high = axes.xs
    body = axes.grid("truth", count=3)
    legend = mark('<circle class="dot" cx="8" cy="8" r="4"/>', "one example")
    legend += mark('<line class="ideal" x1="0" x2="16" y1="8" y2="8"/>', "ideal")
    if radius is not None:
        body += axes.band([(low, low - radius), (high, high - radius)], [(low, low + radius), (high, high + radius)])
        legend += mark('<rect class="band" x="0" y="2" width="16" height="12"/>', "its interval")
    body += axes.line([(low, low), (high, high)], "ideal")
    body += "".join(f'<circle class="dot" cx="{axes.x(truth)}" cy="{axes.y(said)}" r="3"/>' for said, truth in points)
    first = figure("Answer, against the truth", f"{len(points)} held-out examples.", body, 300, legend, "square")
    return f'<div class="pair">{first}{_errors(points)}</div>'


def _errors(points: Sequence[Sequence[float]]) -> str:
    """How many answers were too low and too high, and by how much; the farthest hundredth at either end is left out."""
    errors = np.array([said - truth for said, truth in points])
    widest = float(np.quantile(np.abs(errors), 0.99)) or 1.0
    counts, edges = np.histogram(errors, bins=21, range=(-widest, widest))
    axes = Axes((-widest, widest), (0, max(1, int(counts.max())) * 1.05), 300)
    body = axes.grid("answer less truth", count=3) + _columns(axes, counts.tolist(), edges.tolist())
    body += f'<line class="zero" x1="50%" x2="50%" y1="0" y2="{axes.height}"/>'
    low = float((errors < 0).mean())
    said = f"{percent(low, '.0f')} of the answers were too low, {percent(1 - low, '.0f')} too high."
    return figure("Errors: too low, too high", said, body, 300, f"<span>{said}</span>", "square")


def histogram(
    counts: Sequence[float], edges: Sequence[float], limit: float, beyond: int, title: str, below: str
) -> str:
    """How many lie where, and a line at the limit, beyond which so many lie; heights by their square roots, so that few are seen beside many."""
    heights = [math.sqrt(count) for count in counts]
    axes = Axes((edges[0], edges[-1]), (0, max(1.0, *heights) * 1.05), HEIGHT)
    body = _across(axes, below) + _columns(axes, heights, edges)
    body += f'<line class="span" x1="{axes.x(limit)}" x2="{axes.x(limit)}" y1="0" y2="{axes.height}"/>'
    said = f"{sum(counts):,} examples, {beyond:,} of them beyond the line"
    return figure(title, said, body, HEIGHT, f"<span>{said}; heights by square roots, so that few can be seen</span>")


def both(
    one: tuple[str, Sequence[float]],
    other: tuple[str, Sequence[float]],
    edges: Sequence[float],
    title: str,
    below: str,
    limit: float | None = None,
) -> str:
    """Shares of two groups between each two edges, those of `one` drawn within those of `other`; and a line at a threshold."""
    axes = Axes((edges[0], edges[-1]), (0, 1.05 * max(*one[1], *other[1])), 260)
    body = axes.grid(below, count=3)
    for (_, heights), kind in ((other, "bar unsure"), (one, "bar")):
        for height, low, high in zip(heights, edges[:-1], edges[1:], strict=True):
            start, end = axes.across(low), axes.across(high)
            inset = 0.0 if kind != "bar" else (end - start) / 4
            body += (
                f'<rect class="{kind}" x="{start + inset:.2f}%" width="{end - start - 2 * inset:.2f}%" '
                f'y="{axes.y(height)}" height="{max(axes.height - axes.y(height), 0):.1f}"/>'
            )
    legend = mark('<rect class="bar" x="4" y="3" width="8" height="10"/>', one[0])
    legend += mark('<rect class="bar unsure" x="1" y="3" width="14" height="10"/>', other[0])
    if limit is not None:
        body += f'<line class="ideal" x1="{axes.x(limit)}" x2="{axes.x(limit)}" y1="0" y2="{axes.height}"/>'
        legend += mark('<line class="ideal" x1="0" x2="16" y1="8" y2="8"/>', "threshold")
    said = f"{title}: the share at each {below}, {one[0]} and {other[0]}."
    return figure(title, said, body, 260, legend, "square")


def places(points: Sequence[Sequence[float]], names: Sequence[str]) -> str:
    """Points (x, y, group) on a plane; each group has its colour, and its name in its middle; -1: in no group."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    axes = Axes(_room(min(xs), max(xs)), _room(min(ys), max(ys)), 420)
    body = ""
    for x, y, group in points:
        hue = "fill:var(--soft)" if group < 0 else f"fill:hsl({round(137.5 * group) % 360} 65% 50%)"
        body += f'<circle cx="{axes.x(x)}" cy="{axes.y(y)}" r="2.5" style="{hue}" opacity=".65"/>'
    for group, name in enumerate(names):
        own = [(x, y) for x, y, k in points if k == group]
        if own and len(names) <= 40:
            x, y = (float(np.median(each)) for each in zip(*own, strict=True))
            body += (
                f'<text x="{axes.x(x)}" y="{axes.y(y)}" text-anchor="middle" style="fill:var(--ink);font-weight:600;'
                f'paint-order:stroke;stroke:var(--paper);stroke-width:3px">{html.escape(name.removeprefix("cluster "))}</text>'
            )
    said = f"{len(points):,} examples; numbers are those of the clusters"
    return figure("Where the examples lie", said, body, 420, f"<span>{said}</span>")


def _across(axes: Axes, below: str) -> str:
    """The scale below alone."""
    texts = "".join(
        f'<text x="{axes.x(value)}" y="{axes.height + 18}" text-anchor="middle">{short(value)}</text>'
        for value in ticks(*axes.xs, 5)
    )
    return f'{texts}<text class="axis" x="50%" y="{axes.height + 36}" text-anchor="middle">{html.escape(below)}</text>'


def _columns(axes: Axes, heights: Sequence[float], edges: Sequence[float]) -> str:
    """A bar between each two edges."""
    body = ""
    for height, start, end in zip(heights, edges[:-1], edges[1:], strict=True):
        across, top = axes.across(start), axes.y(height)
        width = max(axes.across(end) - across - 0.5, 0.5)
        body += f'<rect class="bar" x="{across}%" width="{width:.2f}%" y="{top}" height="{axes.height - top:.1f}"/>'
    return body


def mark(shape: str, word: str) -> str:
    """A sign of a legend."""
    return f'<span><svg width="16" height="16" aria-hidden="true">{shape}</svg> {html.escape(word)}</span>'


def _row(name: str, body: str, value: str, kind: str) -> str:
    track = f'<svg width="100%" height="34" aria-hidden="true">{body}</svg>'
    return (
        f'<div class="row {kind}"><span>{html.escape(name)}</span><div>{track}</div><b>{html.escape(value)}</b></div>'
    )


def _rows(label: str, words: str, lines: Sequence[str], scale: str, legend: str = "") -> str:
    said = f'aria-label="{html.escape(label)}: {html.escape(words)}"'
    foot = f'<div class="legend">{legend}</div>' if legend else ""
    return f'<figure class="plot rows" {said}><figcaption>{html.escape(label)}</figcaption>{"".join(lines)}{scale}{foot}</figure>'


def _scale(axes: Axes, say: Callable[[float], str]) -> str:
    texts = "".join(
        f'<text x="{axes.x(value)}" y="13" text-anchor="middle">{html.escape(say(value))}</text>'
        for value in ticks(*axes.xs, 3)
    )
    track = f'<svg width="100%" height="16" aria-hidden="true">{texts}</svg>'
    return f'<div class="row scale"><span></span><div>{track}</div><b></b></div>'


def _room(low: float, high: float, share: float = 0.04) -> Point:
    """The ends with some room beyond."""
    margin = (high - low) * share or abs(high) * 0.05 or 1.0
    return (low - margin, high + margin)


def _wide(ends: Point) -> Point:
    low, high = ends
    return (low, high) if high > low else (low - 0.5, high + 0.5)
