"""Plots as inline SVG: no library, no script, readable in the dark, in print and without colour."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 12, 40
Point = tuple[float, float]


def figure(title: str, description: str, body: str, height: int = HEIGHT) -> str:
    """An SVG with a title and a description for those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" class="plot"><title>{html.escape(title)}</title>'
        f"<desc>{html.escape(description)}</desc>{body}</svg>"
    )


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from low to high: `ticks(0, 1) == [0, .2, .4, .6, .8, 1]`."""
    if not high > low:
        return [low]
    step = 10 ** math.floor(math.log10((high - low) / count))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= count + 0.5)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """A number in few characters: `short(12345.6) == "12,350"`, `short(0.98765) == "0.988"`."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value)))
    if size >= 6:
        return f"{value:.3g}"
    if size >= 3:
        return f"{round(value, 3 - size):,.0f}"
    shown = f"{value:.{max(0, 2 - size)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


class Axes:
    """A plotting area with its scales: `x` and `y` turn values into places, `grid` draws the lines and words."""

    def __init__(self, xs: Point, ys: Point, height: int = HEIGHT) -> None:
        self.xs, self.ys, self.height = _wide(xs), _wide(ys), height

    def x(self, value: float) -> float:
        share = (value - self.xs[0]) / (self.xs[1] - self.xs[0])
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.ys[0]) / (self.ys[1] - self.ys[0])
        return round(self.height - BOTTOM - share * (self.height - TOP - BOTTOM), 1)

    def grid(self, across: str, up: str, shown: Callable[[float], str] = short) -> str:
        parts = []
        for value in ticks(*self.ys):
            y = self.y(value)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{shown(value)}</text>')
        for value in ticks(*self.xs, 6):
            parts.append(
                f'<text x="{self.x(value)}" y="{self.height - BOTTOM + 18}" text-anchor="middle">{short(value)}</text>'
            )
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(
            f'<text class="axis" x="{middle}" y="{self.height - 4}" text-anchor="middle">{html.escape(across)}</text>'
        )
        parts.append(
            f'<text class="axis" x="{LEFT}" y="{TOP - 2}" text-anchor="start">{html.escape(up)}</text>' if up else ""
        )
        return "".join(parts)

    def line(self, points: Sequence[Point], style: str) -> str:
        where = " ".join(f"{self.x(a)},{self.y(b)}" for a, b in points if math.isfinite(b))
        return f'<polyline class="{style}" points="{where}"/>'


def curves(history: Sequence[Sequence[dict[str, float]]], key: str, label: str, best: Sequence[int]) -> str:
    """A figure against steps, one line per training; the best point of each is ringed."""
    lines = [[(each["step"], each[key]) for each in one if math.isfinite(each[key])] for one in history]
    values = [b for one in lines for _, b in one]
    if not values:
        return ""
    axes = Axes((0, max(a for one in lines for a, _ in one)), (min(values), max(values)))
    body = axes.grid("step", label)
    for number, one in enumerate(lines):
        body += axes.line(one, "line" if len(lines) == 1 else "line thin")
        for a, b in one:
            if best and a == best[number]:
                body += f'<circle class="ring" cx="{axes.x(a)}" cy="{axes.y(b)}" r="6"/>'
    return figure(label, f"{label} against steps, from {short(values[0])} to {short(values[-1])}.", body)


def dots(rows: Sequence[tuple[str, float, float | None, float | None]], label: str) -> str:
    """A named value per row with its interval: the first row is the network's."""
    known = [v for row in rows for v in row[1:] if v is not None and math.isfinite(v)]
    if not known:
        return ""
    height, left = 34 * len(rows) + 44, 190
    low, high = min(known), max(known)
    margin = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    low, high = low - margin, high + margin

    def x(value: float) -> float:
        return round(left + (value - low) / (high - low) * (WIDTH - left - 70), 1)

    body = ""
    for number, (name, value, down, up) in enumerate(rows):
        y = 24 + 34 * number
        kind = "own" if number == 0 else "other"
        body += f'<text x="{left - 12}" y="{y + 4}" text-anchor="end" class="{kind}">{html.escape(name)}</text>'
        body += f'<line class="grid" x1="{left}" x2="{WIDTH - 70}" y1="{y}" y2="{y}"/>'
        if down is not None and up is not None:
            body += f'<line class="span" x1="{x(down)}" x2="{x(up)}" y1="{y}" y2="{y}"/>'
        mark = f'<circle class="{kind}" cx="{x(value)}" cy="{y}" r="6"/>'
        if number:
            mark = f'<rect class="{kind}" x="{x(value) - 5}" y="{y - 5}" width="10" height="10"/>'
        body += mark + f'<text x="{WIDTH - 62}" y="{y + 4}" class="{kind}">{short(value)}</text>'
    for value in ticks(low, high):
        body += f'<text x="{x(value)}" y="{height - 8}" text-anchor="middle">{short(value)}</text>'
    words = "; ".join(f"{name} {short(value)}" for name, value, _, _ in rows)
    return figure(label, f"{label}: {words}.", body, height)


def bars(rows: Sequence[tuple[str, float, float, float]], label: str) -> str:
    """A bar per name, with the interval of its length."""
    if not rows:
        return ""
    height, left = 26 * len(rows) + 20, 190
    high = max(max(row[3] for row in rows), 1e-9)

    def x(value: float) -> float:
        return round(left + max(value, 0) / high * (WIDTH - left - 80), 1)

    body = ""
    for number, (name, value, down, up) in enumerate(rows):
        y = 10 + 26 * number
        shown = name if len(name) <= 26 else name[:25] + "…"
        body += f'<text x="{left - 10}" y="{y + 13}" text-anchor="end">{html.escape(shown)}</text>'
        body += f'<rect class="bar" x="{left}" y="{y + 2}" width="{max(x(value) - left, 0.5):.1f}" height="14"/>'
        body += f'<line class="span" x1="{x(down)}" x2="{x(up)}" y1="{y + 9}" y2="{y + 9}"/>'
        body += f'<text x="{WIDTH - 70}" y="{y + 13}">{short(value)}</text>'
    return figure(label, "; ".join(f"{row[0]} {short(row[1])}" for row in rows), body, height)


def reliability(before: Sequence[dict[str, float]], after: Sequence[dict[str, float]]) -> str:
    """How often answers of each confidence were right, before and after the temperature; the diagonal is ideal."""
    low = min((each["confidence"] for each in [*before, *after]), default=0.0)
    low = min(low, *(each["right"] for each in [*before, *after])) if before or after else 0.0
    axes = Axes((max(0.0, low - 0.05), 1), (max(0.0, low - 0.05), 1))
    body = axes.grid("confidence", "share that was right")
    start = axes.xs[0]
    body += axes.line([(start, start), (1, 1)], "ideal")
    for each in after:
        x = axes.x(each["confidence"])
        body += f'<line class="span" x1="{x}" x2="{x}" y1="{axes.y(each["low"])}" y2="{axes.y(each["high"])}"/>'
    body += axes.line([(each["confidence"], each["right"]) for each in after], "line")
    for each in before:
        x, y = axes.x(each["confidence"]), axes.y(each["right"])
        body += f'<rect class="other" x="{x - 4}" y="{y - 4}" width="8" height="8"/>'
    for each in after:
        body += f'<circle class="own" cx="{axes.x(each["confidence"])}" cy="{axes.y(each["right"])}" r="5"/>'
    return figure(
        "Calibration", "Share of right answers at each confidence; squares before, circles after calibration.", body
    )


def scatter(points: Sequence[Sequence[float]], radius: float | None) -> str:
    """Answers (up) against the truth (across); the diagonal is ideal, the band is the interval."""
    values = [value for point in points for value in point]
    if not values:
        return ""
    axes = Axes((min(values), max(values)), (min(values), max(values)), 360)
    low, high = axes.xs
    body = axes.grid("truth", "answer")
    if radius is not None:
        body += axes.line([(low, low + radius), (high, high + radius)], "band")
        body += axes.line([(low, low - radius), (high, high - radius)], "band")
    body += axes.line([(low, low), (high, high)], "ideal")
    body += "".join(f'<circle class="dot" cx="{axes.x(truth)}" cy="{axes.y(said)}" r="2.5"/>' for said, truth in points)
    return figure(
        "Answers against the truth", f"{len(points)} held-out examples.", f'<g clip-path="none">{body}</g>', 360
    )


def _wide(ends: Point) -> Point:
    low, high = ends
    return (low, high) if high > low else (low - 0.5, high + 0.5)
