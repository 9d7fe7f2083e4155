"""Sections of the page: what is made anew."""

from __future__ import annotations

from figures import Runs, Section, grid, judged, spread

FIGURES = {
    "nats": "{:.3f}",
    "bits": "{:.3f}",
    "counts": "{:.3f}",
    "steps": "{:,.0f}",
    "seconds": "{:,.0f}",
    "cpu": "{:,.0f}",
}
NATS = {"15 minutes": 1.55, "60 minutes": 1.50}  # a letter, at most


def language(runs: Runs) -> Section:
    rows = [
        judged(
            f"tiny_shakespeare, {name}, nats a letter",
            f"≤ {most:.2f}",
            runs.figures("lamina", name, "nats"),
            lambda x, most=most: x <= most,
            "{:.3f}",
        )
        for name, most in NATS.items()
    ]
    if not runs.good:
        return Section(rows)
    cells = [
        [name, str(len(found)), *(spread(runs.figures("lamina", name, each), form) for each, form in FIGURES.items())]
        for name in runs.sets
        if (found := runs.of("lamina", name))
    ]
    text = (
        "`lamina learn input.txt --generate text --minutes N --seed N`: letters, the last 10 % held out and read once, by the report. "
        "Beside it, on the same letters, the best of the counts of letters in a row (Kneser–Ney). A step reads 64 letters of each of 64 "
        "streams, 4,096 in all. Where a machine does other work, fewer steps fit into the time, and a smaller network is chosen: two "
        "free cores give 15 minutes up to 1,800 seconds of the processors (`cpu`); a fixed number of steps does not depend on it."
    )
    return Section(rows, [text, grid(["", "runs", *FIGURES.keys()], cells)])
