"""Sensor signals over time: one file, array or list a row, of any length, with gaps, at even steps or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np

from lamina.core import Array, DataError, Encoded, Form, Json, Unreadable, nearest
from lamina.inputs import _steps
from lamina.inputs._rows import Allocate, allocated
from lamina.inputs._steps import Steps

MOST = 512  # steps that a network gets: of longer series, neighbouring steps are averaged
UNEVEN = 0.1  # share by which the time between steps may differ while it still counts as even
SINCE = "time since the step before"


class Series:
    """CSV or Parquet files (paths or bytes), arrays [T, C] or lists to float32 [B, T, C], NaN where a signal is missing.

    Signals are known by their names where the files say them, else by their place. A column that counts time is none; where
    steps are uneven, the time since the step before becomes one. Series of more than 512 steps are averaged over
    `stride` steps; one that is longer than all of training is cut at its end, which `unlike` says.

    >>> series = Series(); series.observe([np.zeros((7, 2)), np.ones((4, 2))]); series.settle()
    >>> series.form.shape, series.encode([np.ones((3, 2))]).lengths.tolist()
    ((7, 2), [3])
    """

    kind: ClassVar[str] = "series"
    holds: ClassVar[str] = "series"
    suffixes: ClassVar[frozenset[str]] = frozenset()  # of its own: .csv and .parquet are tables first

    def __init__(self) -> None:
        self.named: Counter[str] = Counter()  # signal to how many series name it
        self.widths: Counter[int] = Counter()  # signals to how many series without names have so many
        self.lengths: Counter[int] = Counter()
        self.timed = self.uneven = 0  # series with times, and with uneven ones
        self.pace = [np.inf, -np.inf]  # the smallest and the largest usual time between steps
        self.seen: dict[str, tuple[float, float]] = {}  # signal to the smallest and the largest value
        self.names: list[str] = []
        self.always: list[str] = []  # signals that no series lacked
        self.longest, self.stride, self.since = 1, 1, False

    def observe(self, values: Any) -> None:
        for _, steps in _read(values):
            if steps is None:
                continue
            self.lengths[len(steps)] += 1
            names = steps.names or _numbered(steps.values.shape[1])
            if steps.names:
                self.named.update(dict.fromkeys(names, 1))
            else:
                self.widths[len(names)] += 1
            for name, low, high in zip(names, *_range(steps.values), strict=True):
                before = self.seen.get(name, (np.inf, -np.inf))
                self.seen[name] = (min(low, before[0]), max(high, before[1]))
            if steps.times is not None:
                apart = np.diff(steps.times)
                usual = float(np.median(apart))
                self.timed += 1
                self.uneven += bool(apart.max() - apart.min() > UNEVEN * usual)
                self.pace = [min(self.pace[0], usual), max(self.pace[1], usual)]

    def merge(self, other: Self) -> None:
        for mine, others in ((self.named, other.named), (self.widths, other.widths), (self.lengths, other.lengths)):
            mine.update(others)  # type: ignore[arg-type]
        self.timed, self.uneven = self.timed + other.timed, self.uneven + other.uneven
        self.pace = [min(self.pace[0], other.pace[0]), max(self.pace[1], other.pace[1])]
        for name, (low, high) in other.seen.items():
            before = self.seen.get(name, (low, high))
            self.seen[name] = (min(low, before[0]), max(high, before[1]))

    def settle(self) -> None:
        least = sum(self.lengths.values()) / 2
        self.names = [name for name, count in self.named.items() if count >= least]
        named = sum(self.lengths.values()) - sum(self.widths.values())
        self.always = [name for name in self.names if self.named[name] == named]
        if not self.names:
            self.names = list(_numbered(max(self.widths, key=lambda width: (self.widths[width], -width), default=1)))
        whole = max(self.lengths, default=1)
        self.stride = int(np.ceil(whole / MOST))
        self.longest = int(np.ceil(whole / self.stride))
        other_paces = self.pace[1] - self.pace[0] > UNEVEN * self.pace[0]
        self.since = self.timed > 0 and (self.uneven > self.timed / 10 or other_paces)
        self.seen = {name: self.seen[name] for name in self.names if np.isfinite(self.seen.get(name, (np.nan,))[0])}

    @property
    def channels(self) -> list[str]:
        """What each number of a step is."""
        return [*self.names, SINCE] if self.since else list(self.names)

    @property
    def form(self) -> Form:
        return Form("sequence", (self.longest, len(self.channels)))

    def encode(self, values: Any, allocate: Allocate | None = None) -> Encoded:
        """values: paths, bytes, arrays, lists or dicts (None: missing), or an array [B, T, C]."""
        found = allocated(allocate, (len(values), *self.form.shape), "float32")
        present = np.zeros(len(values), bool)
        lengths = np.ones(len(values), np.int64)
        problems: list[tuple[int, str]] = []
        for row, (why, steps) in enumerate(_read(values)):
            if steps is None:
                problems += [(row, why)] if why else []
                continue
            placed = self._placed(steps)
            if placed is None:
                shown = (
                    f"the signals {', '.join(steps.names[:5])}" if steps.names else f"{steps.values.shape[1]} signals"
                )
                problems.append((row, f"has {shown}; expected: {', '.join(self.names[:5])}"))
                continue
            placed = averaged(placed, self.stride)[: self.longest]
            found[row, : len(placed)] = placed
            present[row], lengths[row] = True, len(placed)
        return Encoded(found, present, problems, lengths)

    def decode(self, x: Array) -> dict[str, list[float]]:
        """Signal to its values, from steps [T, C]."""
        return {name: x[:, place].tolist() for place, name in enumerate(self.channels)}

    def unlike(self, values: Any) -> dict[int, str]:
        """Rows that are longer than any seen, that lack a signal, or with one far outside what was seen (by more than a tenth)."""
        found: dict[int, str] = {}
        for row, (_, steps) in enumerate(_read(values)):
            placed = None if steps is None else self._placed(steps)
            if steps is None or placed is None:
                continue
            if len(placed) > self.longest * self.stride:
                found[row] = (
                    f"has {len(placed):,} steps, the longest learned from {self.longest * self.stride:,}: its end is left out"
                )
            for name, low, high in zip(self.names, *_range(placed[:, : len(self.names)]), strict=True):
                known = self.seen.get(name)
                margin = (known[1] - known[0]) / 10 if known else 0.0
                if (
                    known
                    and margin > 0
                    and not (low >= known[0] - margin and high <= known[1] + margin)
                    and low <= high
                ):
                    odd = low if low < known[0] - margin else high
                    found[row] = f"{name} reaches {odd:g}, outside {known[0]:g} to {known[1]:g}"
            if why := self.lacks(*self._amiss(steps)):
                found[row] = f"{why}; {found[row]}" if row in found else why
        return found

    def amiss(self, values: Any) -> Iterator[tuple[list[str], list[str]]]:
        """Of each series the signals that it lacks, though none that was learned from did, and its names that are no signals;
        it lacks all of them where it names every one otherwise, and has them in order."""
        for _, steps in _read(values):
            yield ([], []) if steps is None or self._placed(steps) is None else self._amiss(steps)

    def lacks(self, missing: list[str], unknown: list[str]) -> str:
        """The same in words; empty where nothing is missing."""
        if not missing:
            return ""
        if len(missing) == len(self.names) and unknown:
            return f"names its signals {', '.join(unknown[:5])}, not {', '.join(missing[:5])}: taken in their order"
        there = f" (unknown there: {', '.join(unknown[:5])})" if unknown else ""
        return f"lacks the signal{'s' if len(missing) > 1 else ''} {', '.join(missing[:5])}{there}"

    def _amiss(self, steps: Steps) -> tuple[list[str], list[str]]:
        if not steps.names or self.names == list(_numbered(len(self.names))):  # the places say which is which
            return [], []
        given, known = set(map(_key, steps.names)), set(map(_key, self.names))
        missing = [name for name in (self.always if given & known else self.names) if _key(name) not in given]
        return missing, [name for name in steps.names if _key(name) not in known and not _steps.TIMES.match(name)]

    def state(self) -> Json:
        seen = {name: list(self.seen[name]) for name in self.seen}
        lengths = {"longest": self.longest, "stride": self.stride, "since": self.since}
        return {"names": self.names, "always": self.always, "seen": seen} | lengths

    @classmethod
    def restore(cls, state: Json) -> Self:
        series = cls()
        series.names = [str(name) for name in state["names"]]
        series.always = [
            str(name) for name in (state["always"] if "always" in state else state["names"])
        ]  # earlier versions did not say it
        series.longest, series.stride = int(state["longest"]), int(state["stride"])
        series.since = bool(state["since"])
        series.seen = {str(name): (float(low), float(high)) for name, (low, high) in state["seen"].items()}
        return series

    def piece(self, value: Any, before: float | None = None) -> tuple[Array, float | None, list[str]]:
        """The steps [T, C] of a piece of a series, not averaged, the time of its last one, and the signals that it lacks.
        before: the time of the step before it.

        Raises:
            DataError: it cannot be read, or has other signals.
        """
        try:
            steps = _steps.read(value)
        except Unreadable as error:
            raise DataError(f"The piece of the series {str(error) or 'is missing'}.") from error
        missing, unknown = self._amiss(steps)
        never = [name for name in missing if _key(name) not in map(_key, steps.empty)]
        if never and unknown:
            raise DataError(
                f"The piece of the series names '{unknown[0]}', no signal of it. {nearest(unknown[0], never)}"
            )
        placed = self._placed(steps, before)
        if placed is None:
            raise DataError(f"The piece of the series has other signals. Expected: {', '.join(self.names)}.")
        return placed, None if steps.times is None else float(steps.times[-1]), missing

    def _placed(self, steps: Steps, before: float | None = None) -> Array | None:
        """[T, C] with this input's signals in their places; None where there is not one of them."""
        width = len(self.names)
        places = {_key(name): place for place, name in enumerate(steps.names)}
        wanted = [places.get(_key(name)) for name in self.names]
        found = np.full((len(steps), width), np.nan, np.float32)
        if any(place is not None for place in wanted):
            for here, there in enumerate(wanted):
                if there is not None:
                    found[:, here] = steps.values[:, there]
        elif steps.values.shape[1] == width:  # other names, or none: then the places say which is which
            found[:] = steps.values
        else:
            return None
        if not self.since:
            return found
        apart = np.full((len(steps), 1), np.nan, np.float32)
        if steps.times is not None:
            apart[:, 0] = np.diff(steps.times, prepend=np.nan if before is None else before)
        return np.concatenate([found, apart], 1)


def _read(values: Any) -> Iterator[tuple[str, Steps | None]]:
    """Each value read, or why it could not be (empty where it is missing)."""
    for value in values:
        try:
            yield "", _steps.read(value)
        except Unreadable as error:
            yield str(error), None


def averaged(values: Array, stride: int) -> Array:
    """Means [ceil(T / stride), C] of neighbouring steps [T, C], of what is known."""
    if stride == 1:
        return values
    count = -len(values) % stride
    whole = np.concatenate([values, np.full((count, values.shape[1]), np.nan, np.float32)])
    blocks = whole.reshape(-1, stride, values.shape[1])
    known = np.isfinite(blocks)
    sums, there = np.where(known, blocks, 0).sum(1), known.sum(1)
    found: Array = np.where(there > 0, sums / np.maximum(there, 1), np.nan).astype(np.float32)
    return found


def _range(values: Array) -> tuple[list[float], list[float]]:
    """The smallest and largest of each column; inf and -inf where nothing is known."""
    known = np.isfinite(values)
    return (
        np.where(known, values, np.inf).min(0, initial=np.inf).tolist(),
        np.where(known, values, -np.inf).max(0, initial=-np.inf).tolist(),
    )


def _key(name: str) -> str:
    return _steps.bare(name).casefold()


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"signal {number}" for number in range(1, count + 1))
