"""A model with its examples, opened: what the views answer from. What is slow is begun once, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from lamina import __version__
from lamina.core import Coded, LaminaError
from lamina.model.model import Model
from lamina.page import answering
from lamina.page.answering import Kept
from lamina.page.atlas import Atlas, atlas
from lamina.page.course import Course
from lamina.page.data import Data
from lamina.page.fails import Fails
from lamina.page.judged import judge
from lamina.page.listing import Listing
from lamina.page.makes import Makes
from lamina.page.schema import shared
from lamina.page.shell import about
from lamina.page.way import Way
from lamina.page.working import Here, Insider, insider
from lamina.page.works import PATIENCE, Told, Works, outcome
from lamina.serving.settings import Refused

QUICK, SLOW, JUDGING, MAPPING = "quick", "slow", "judging", "mapping"  # lanes
ANSWERING, DRAWING = "answering", "drawing"
PICTURES, AWAITED = ("unit_sprite",), 60.0  # a browser that asks for a picture does not ask again: it waits, in seconds
WORDS = {
    "network": "Opening the network",
    "layer": "Looking at what this layer gives",
    "trace": "Following the example",
    "unit_sum": "Following the example",
    "layers": "Looking for the examples that excite each neuron: one pass over the examples, kept for the next time",
    "units": "Looking for the examples that excite each neuron: one pass over the examples, kept for the next time",
    "unit_sprite": "Cutting out what excites these neurons",
    "explain": "Working out why",
    "neighbours": "Looking for the examples that speak most for this answer",
}
VIEWS = {
    "network": "network",
    "layer": "network",
    "trace": "follow",
    "unit_sum": "follow",
    "layers": "learned",
    "units": "learned",
    "unit_sprite": "learned",
    "neighbours": "why",
}
NOTHING = "It answers, and makes nothing new. lamina learn PATH --generate image learns what does."
LANES = {"layers": SLOW, "units": SLOW, "unit_sprite": SLOW, "neighbours": SLOW}  # the others are quick


class Opened:
    """name: of the model, for people. inside: what looks inside; by default a process of its own, where it can read the same."""

    def __init__(self, name: str, model: Model, data: Data, inside: Insider | None = None) -> None:
        self.model, self.data = model, data
        self.course = Course.kept(model.card.results)
        self.way = Way.kept(model.card.results)
        self.about = about(name, model, data, self.course, self.way)
        self.makes = Makes(name, model)
        self.listing = Listing(model, data)
        self.works = Works()
        self.mark = model.mark  # once: it is a hash of the whole graph
        quick = inside or insider(model, data)
        # two who look into one network at once would see each other's examples: in this process they share one, and its turn
        self._insiders = {QUICK: quick, SLOW: quick if isinstance(quick, Here) else insider(model, data)}

    def need(self, view: str) -> None:
        """Refuse what is asked of a view that says nothing about this model."""
        why_not = next((each.why_not for each in self.about.views if each.view == view), NOTHING)
        if why_not:
            raise Refused(409, why_not)

    def warm(self) -> None:
        """Begin what a person looks at first."""
        if not next(each.applies for each in self.about.views if each.view == "network"):
            return
        self.works.begin("network {}", WORDS["network"], lambda told: self._insiders[QUICK].ask("network"), QUICK)

    @property
    def shown(self) -> str:
        """Which examples are shown, in words."""
        if self.data.examples is None:
            return self.data.why_not
        judge = f"{len(self.data.held):,} of them judge" if len(self.data.held) else "none of them judges"
        return f"{len(self.data):,} examples of {self.data.examples.source}; {judge}"

    async def inside(self, name: str, **said: Any) -> Any:
        """What needs torch, by name."""
        self.need(VIEWS[name])
        lane = LANES.get(name, QUICK)
        return await self.works.get(
            f"{name} {said}",
            WORDS[name],
            lambda told: self._insiders[lane].ask(name, **said),
            lane,
            AWAITED if name in PICTURES else PATIENCE,
        )

    def explaining(self, **said: Any) -> str:
        """Begin an explanation; the key to ask for it."""
        self.need("why")
        key = f"explain {said}"
        self.works.begin(key, WORDS["explain"], lambda told: self._insiders[QUICK].ask("explain", **said), QUICK)
        return key

    async def fails(self, target: str) -> Fails:
        """Where one target's answers fail."""
        return await self.works.get(  # type: ignore[no-any-return]
            f"fails {target}",
            f"Answering the {len(self.data.held):,} examples that judge it",
            lambda told: self._judged(target, told),
            JUDGING,
        )

    def _judged(self, target: str, told: Told) -> Fails:
        judged, why_not = None, ""
        try:
            judged = judge(self.model, self.data, target, self._insiders[QUICK], told)
            self.listing.known[target] = judged.known()
        except LaminaError as error:
            why_not = str(error)
        except Refused as error:
            why_not = error.error
        return Fails(self.model, self.data, target, judged, why_not)

    async def atlas(self) -> Atlas:
        """The map of the examples."""
        return await self.works.get(  # type: ignore[no-any-return]
            "atlas",
            "Laying out the examples on a plane: kept for the next time",
            lambda told: atlas(self.model, self.data, told),
            MAPPING,
        )

    async def worked(self, key: str, words: str, make: Callable[[], Kept], gives: type[Kept]) -> Kept:
        """What may take a moment, and is kept with the model's and the data's hash."""
        place = hashlib.blake2b(f"{__version__} {self.mark} {self.data.key} {key}".encode(), digest_size=12).hexdigest()
        found: Kept = await self.works.get(
            key, words, lambda told: answering.remembered(f"page-{place}", gives, make), JUDGING
        )
        return found

    def job(self, key: str) -> tuple[str, str, Any, str]:
        """State, words, answer and error of an explanation."""
        work = self.works.known(key)
        if work is None:
            raise Refused(404, "There is no such job, or it was long ago. Ask again.")
        if not work.future.done():
            return ("running" if work.future.running() else "waiting"), work.words, None, ""
        try:
            return "done", "", outcome(work), ""
        except Refused as error:
            return "failed", "", None, error.error

    async def answers(self, row: int) -> list[shared.Answer]:
        """The answers to one example."""
        examples = self.data.examples
        assert examples is not None
        return await self.works.get(  # type: ignore[no-any-return]
            f"answers {row}",
            "Answering",
            lambda told: answering.answers(self.model, examples.take([row]))[0],
            ANSWERING,
        )

    def row(self, row: int) -> int:
        """A row's number, checked.

        Raises:
            Refused: there is no such example.
        """
        if self.data.examples is None:
            raise Refused(409, self.data.why_not)
        if not 0 <= row < len(self.data):
            raise Refused(404, f"There are examples 0 to {len(self.data) - 1:,}; {row:,} is none of them.")
        return row

    def found(self, part: str | None, label: str | None, search: str | None, target: str | None) -> tuple[Any, str]:
        """The rows that fit, and how they were chosen."""
        if self.data.examples is None:
            raise Refused(409, self.data.why_not)
        target = target or next(iter(self.model.outputs), None)
        rows = np.arange(len(self.data))
        if part not in (None, "all"):
            rows = rows[self.data.parts[rows] == {"train": 0, "validation": 1, "test": 2}[str(part)]]
        if label is not None and target is not None:
            labels = np.array([each or "" for each in self.data.labels(target, rows)], object)
            rows = rows[labels == label]
        if search:
            return self._matching(rows, search.casefold(), target), "Those that hold these letters."
        return rows, ""

    def _matching(self, rows: Any, letters: str, target: str | None) -> Any:
        """Rows whose name, label, text or words hold some letters."""
        fits = np.array([letters in each.casefold() for each in self.data.names(rows)], bool)
        columns = [target] if target is not None else []
        columns += [c for c, each in self.model.intake.inputs.items() if each.holds in ("text", "category")]
        assert self.data.examples is not None
        for column in columns:
            if column not in self.data.examples.kinds:
                continue
            stored: Any = self.data.examples.stored(column, rows)
            if isinstance(stored, Coded):  # each word is looked at once
                holds = np.array([letters in word.casefold() for word in stored.words] + [False], bool)
                fits |= holds[stored.codes]
        return rows[fits]

    def close(self) -> None:
        self.makes.close()
        for each in self._insiders.values():
            each.close()
        self.works.close()
