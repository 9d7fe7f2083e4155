"""What is wrong with the sounds of a column, heard from outside: which can be read, how long, how loud, in which form."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.core import Array, Coded, Unreadable
from lamina.examples.examples import Examples
from lamina.examples.findings import Finding, named, unreadable
from lamina.examples.reading import count, listed
from lamina.inputs._recording import opened
from lamina.inputs.sound import LONGEST

MOST = 3_000  # sounds that are listened to; of the others only the header is read
LISTENED = 60.0  # seconds of each
FULL = 0.999  # of the largest amplitude: at or above it, waves are cut off
CLIPPED = 1e-3  # share of samples at full scale above which a clip sounds distorted


@dataclass(frozen=True)
class Survey:
    """problems: [N] str, "" where readable. rates: [N] Hz. channels: [N]. seconds: [N]. clipped: [N] bool, of the sounds that
    were listened to (heard: [N] bool)."""

    problems: Array
    rates: Array
    channels: Array
    seconds: Array
    clipped: Array
    heard: Array


def survey(values: Array | Coded) -> Survey:
    """Look at all sounds of a column; files are decoded by several threads."""
    assert isinstance(values, np.ndarray)
    n = len(values)
    heard = np.arange(n) % max(1, -(-n // MOST)) == 0
    found = Survey(np.full(n, "", object), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, bool), heard)
    with ThreadPoolExecutor(4) as pool:
        for row, (problem, form, clipped) in enumerate(pool.map(_one, values, heard, chunksize=16)):
            found.problems[row], found.clipped[row] = problem, clipped
            found.rates[row], found.channels[row], found.seconds[row] = form
    return found


def _one(value: Any, listen: bool) -> tuple[str, tuple[int, int, float], bool]:
    form = (0, 0, 0.0)
    try:
        with opened(value) as sound:
            form = (sound.rate, sound.channels, sound.seconds)
            if not listen:
                return "", form, False
            samples = sound.read(0, min(sound.frames, round(LISTENED * sound.rate)))
            return "", form, bool((np.abs(samples) >= FULL).mean() > CLIPPED)
    except Unreadable as error:
        return str(error), form, False


def check(examples: Examples, name: str, survey: Survey) -> Iterator[Finding]:
    """Unreadable and silent files, rates, channels, lengths, distortion."""
    bad = np.flatnonzero(survey.problems != "")
    silent = np.array([row for row in bad if "silent" in survey.problems[row]], np.int64)
    broken = np.setdiff1d(bad, silent)
    for rows, what in ((broken, "cannot be read"), (silent, "is silent" if len(silent) == 1 else "are silent")):
        if len(rows):
            yield unreadable(examples, rows, survey.problems, f"{count(len(rows), 'sound')} {what}.")
    good = survey.seconds > 0
    good[bad] = False
    if not good.any():
        yield Finding("stop", "unreadable", f"Not one sound in '{name}' can be read.", "", "Check the files.")
        return
    yield _lengths(survey.seconds[good])
    yield from _forms(survey, good)
    if survey.clipped.any():
        rows = np.flatnonzero(survey.clipped)
        text = f"{count(len(rows), 'sound')} ({len(rows) / survey.heard.sum():.0%}) too loud: waves are cut off."
        yield Finding(
            "warn" if len(rows) > 0.05 * survey.heard.sum() else "info",
            "clipped",
            text,
            f"First: {named(examples, rows[:1])}.",
            "Record with less gain, if you can.",
        )


def _lengths(seconds: Array) -> Finding:
    shortest, median, longest = float(seconds.min()), float(np.median(seconds)), float(seconds.max())
    total = float(seconds.sum())
    amount = f"{total / 3600:,.1f} hours" if total >= 3600 else f"{total / 60:,.1f} minutes"
    text = f"Sounds from {_seconds(shortest)} to {_seconds(longest)}, median {_seconds(median)}, {amount} in all."
    long = int((seconds > LONGEST).sum())
    detail = f"{count(long, 'sound')} longer than {LONGEST:.0f} seconds: the middle is learned from." if long else ""
    return Finding("info", "lengths", text, detail, "Cut recordings of several things apart." if long else "")


def _forms(survey: Survey, good: Array) -> Iterator[Finding]:
    rates, counts = np.unique(survey.rates[good].astype(int), return_counts=True)
    channels = np.unique(survey.channels[good].astype(int))
    wide = "mono" if channels.tolist() == [1] else f"{' or '.join(map(str, channels))} channels"
    if len(rates) == 1:
        yield Finding("info", "rates", f"All at {rates[0]:,} Hz, {wide}.")
        return
    said = listed((f"{rates[k]:,} Hz {counts[k]:,}" for k in np.argsort(-counts)), 4).replace("'", "")
    advice = "All are brought to one rate; what was recorded at a low rate lacks its high pitches."
    yield Finding("info", "rates", f"Sounds at {count(len(rates), 'rate')}, {wide}: {said}.", "", advice)


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 100 else f"{value / 60:.1f} min"


def traits(survey: Survey) -> dict[str, Array]:
    """Form instead of content, by its name: what must not tell the label."""
    return {"rate": survey.rates, "number of channels": survey.channels}
