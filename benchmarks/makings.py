"""Sections of the page: what is made anew."""

from __future__ import annotations

from figures import Row, Runs, Section, grid, judged, named, spread
from senses import at_least

FIGURES = {
    "nats": "{:.3f}",
    "bits": "{:.3f}",
    "counts": "{:.3f}",
    "steps": "{:,.0f}",
    "seconds": "{:,.0f}",
    "cpu": "{:,.0f}",
}
NATS = {"15 minutes": 1.55, "60 minutes": 1.50}  # a letter, at most
MADE = {
    "frechet": "{:.2f}", "density": "{:.2f}", "coverage": "{:.2f}", "agreement": "{:.3f}", "modes": "{:.0f}",
    "close": "{:.3f}", "seconds": "{:.0f}", "cpu": "{:.0f}", "shown": "{:.3f}", "never": "{:.3f}",
}  # fmt: skip
NAMED = {
    "frechet": "Fréchet distance", "density": "density", "coverage": "coverage", "agreement": "as asked for",
    "modes": "kinds", "close": "near", "seconds": "seconds", "cpu": "processor seconds",
    "shown": "both digits right, shown", "never": "never shown",
}  # fmt: skip


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


def making(runs: Runs) -> Section:
    rows = []
    for name, words, agrees in (("mnist", "MNIST", 0.97), ("fashion_mnist", "Fashion-MNIST", 0.9)):
        half = Row(f"Made {words}, Fréchet distance", "at most half of a plain DCGAN's")
        own, rival = (runs.mean(method, name, "frechet") for method in ("lamina", "dcgan"))
        if own is not None and rival is not None:
            half.reached, half.holds = f"{own:.2f} against {rival:.2f}", own <= rival / 2
        rows += [
            half,
            at_least(f"Made {words}, seen as asked for", runs.figures("lamina", name, "agreement"), agrees),
            at_least(f"Made {words}, coverage", runs.figures("lamina", name, "coverage"), 0.8, "{:.2f}", 1),
        ]
    kinds = runs.figures("lamina", "stacked mnist", "modes")
    rows.append(at_least("Made stacked MNIST, kinds of 1,000", kinds, 990, "{:.0f}", 1))
    for part, words, least in (("shown", "shown", 0.9), ("never", "never shown", 0.75)):
        found = runs.figures("lamina", "captions", part)
        rows.append(at_least(f"Two digits from a sentence, {words}", found, least))
    if not runs.good:
        return Section(rows)
    minutes = sorted({each["minutes"] for each in runs.of("lamina") if each["set"].endswith("mnist")})
    cells = [
        [
            named(method),
            name,
            str(len(runs.of(method, name))),
            *(spread(runs.figures(method, name, figure), form) for figure, form in MADE.items()),
        ]
        for name in runs.sets
        for method in ("real", "dcgan", "lamina")
        if runs.of(method, name)
    ]
    text = (
        f"`lamina learn SET --generate image --given label --minutes N --seed N`, minutes: {', '.join(f'{m:g}' for m in minutes)} (with --times, on one core "
        "instead of two, up to twice as many). "
        "As many pictures of each label as there are among the 10,000 official test pictures, beside these, seen by a classifier that "
        "learned the training pictures (another one than that of the runs). The plain DCGAN has the published settings, and for learning alone "
        "as many seconds of the processors as the minutes hold. Below: training pictures, the best that can be reached. Near: the "
        "share that lies nearer to a training picture than all but a hundredth of the test pictures. Of cats the report's own figures."
    )
    head = ["", "set", "runs", *(NAMED[figure] for figure in MADE)]
    return Section(rows, [text, grid(head, cells)])
