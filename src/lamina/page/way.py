"""What was made on the way of learning to make it: live, as looks at held-out examples bring it; later, as the model kept it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from lamina.core import Json
from lamina.insight.duel import LEAD, alarm, standing
from lamina.page.schema import making

PRIVATE = "It is learned with --private: nothing that it makes is kept or shown."
GONE = "Nothing was kept of what it made on the way: it was learned by an earlier Lamina."


class Way:
    """The moments seen so far. Safe to be asked by other threads. kind: of what is made, '' of a model that answers."""

    def __init__(self, kind: str = "") -> None:
        self.kind: Any = kind
        self._lock = threading.Lock()
        self._moments: list[Json] = []
        self._best: int | None = None

    @classmethod
    def kept(cls, results: Json) -> Way:
        """Of a finished model. results: of its card."""
        made: Json = next(iter(results.get("makes") or []), {})
        found = cls(made.get("kind", ""))
        found._moments = list(made.get("course") or [])
        found._best = next(iter((results.get("learning") or {}).get("best") or []), None)
        return found

    @property
    def empty(self) -> bool:
        return not self._moments

    def add(self, moments: Sequence[Json], best: int | None) -> None:
        """What a look brought. best: the step whose weights are kept so far."""
        with self._lock:
            last = self._moments[-1]["step"] if self._moments else -1
            self._moments += [each for each in moments if each["step"] > last]
            self._best = best

    def told(self, since: int, live: bool) -> making.Way:
        """What is new since `next` of an earlier answer."""
        with self._lock:
            every, best = list(self._moments), self._best
        new = [_moment(each) for each in every[since:]]
        shown = any(each.get("sheet") or each.get("written") for each in every)
        why_not = "" if shown or not every else PRIVATE
        return making.Way(
            live=live,
            kind=self.kind,
            moments=new,
            said=_said(every, live),
            alarm=_alarm(every),
            kept=best,
            why_not=why_not or ("" if every or live else GONE),
            next=len(every),
        )


def _moment(said: Json) -> making.Moment:
    told = said.get("told")
    return making.Moment(
        step=said["step"], told=told, said="" if told is None else standing(told), diversity=said.get("diversity"),
        distance=said.get("distance"), disturbed=said.get("disturbed"), scores=said.get("scores"), sheet=said.get("sheet"),
        written=said.get("written"), failed=bool(said.get("failed")),
    )  # fmt: skip


def _alarm(every: Sequence[Json]) -> str:
    """About the last moment; what had failed before and was taken up again is told beside."""
    course = [each["diversity"] for each in every if each.get("diversity") is not None and not each.get("failed")]
    last = every[-1].get("diversity") if every else None
    if every and every[-1].get("failed") and last is not None:
        course.append(last)
    return alarm(course)


def _said(every: Sequence[Json], live: bool) -> list[str]:
    """How the duel stands, or went."""
    told = [each["told"] for each in every if each.get("told") is not None and not each.get("failed")]
    if not told:
        return []
    now = standing(told[-1])
    said = [f"{'Now' if live else 'At the end'} {now}."]
    if 1 - LEAD < told[-1] < LEAD and not live:
        said.append("That is a good end: made pictures pass for real ones about as often as real ones do.")
    failed = [each["step"] for each in every if each.get("failed")]
    if failed:
        at = ", ".join(f"{step:,}" for step in failed)
        said.append(
            f"The duel had failed at step {at}: what was made was all alike, or no numbers any more. Both networks went back to where all was "
            "well, and on with smaller steps."
        )
    return said
