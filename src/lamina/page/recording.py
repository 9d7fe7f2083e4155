"""What the page answers about a model, asked beforehand: enough of it that every view of a report that is one file has something to show.

It is the page itself that answers, by the addresses of its contract; the front end looks them up instead of asking a server.
"""

from __future__ import annotations

import asyncio
import base64
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import urlencode

import numpy as np

from lamina.core import Json
from lamina.examples import Examples
from lamina.model.model import Model
from lamina.page import answering, atlas
from lamina.page.beforehand import Asker, Recording, address
from lamina.page.data import Data, nothing, parted
from lamina.page.fails import Fails
from lamina.page.judged import Judged
from lamina.page.opened import JUDGING, MAPPING, Opened
from lamina.page.picked import spoken_of, sums, telling
from lamina.page.schema.why import Explain
from lamina.page.views import Views
from lamina.page.working import Here
from lamina.page.works import Told

EXAMPLES = 8
TARGETS = 3  # of a model with many, those whose figures are kept
LISTED = 24  # mistakes and doubtful labels
UNITS = 12  # of a layer
LAYERS = 6  # whose units are kept
DRAWERS = 24  # layers that are kept one by one
POINTS = 5_000  # of the map
FEWEST = 64  # rows that tell anything
PRIVATE = "The model was learned with --private, so nothing of an example stands in this file."
LATER = "To answer all rows that judge would have cost too much time after learning."
MAKES = "A file makes nothing by itself. Open the page of the model (lamina open MODEL), or let it make some: lamina generate MODEL"


def record(model: Model, name: str, examples: Examples | Data, seconds: float | None = None) -> Recording:
    """Ask what every view shows at first. seconds: of the processor, after which only what is cheap is still asked; None: no end.

    It runs in a thread of its own, because a notebook runs a loop in this one.
    """
    data = examples if isinstance(examples, Data) else parted(model, examples)
    tour = _Tour(model, name, nothing(PRIVATE) if model.card.private else data, seconds)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, tour.all())
        try:
            return running.result()
        except KeyboardInterrupt:
            tour.asker.seconds = 0.0  # nothing more is asked: the thread ends soon, and is waited for
            raise


class _Tour:
    """From view to view, what is looked at first before what is looked at later."""

    def __init__(self, model: Model, name: str, data: Data, seconds: float | None) -> None:
        self.model, self.data = model, data
        self.here = Here(model, data)
        self.opened = Opened(name, model, data, self.here)
        self.views = Views(name, self.opened)
        self.asker = Asker(self.views, seconds)
        self.rate = 0.0  # seconds to answer a row

    async def all(self) -> Recording:
        """All of it, what is looked at first before what is looked at later."""
        try:
            await self._all()
        finally:
            self.opened.close()
        kept = self.asker.kept
        kept.left += [f"{kind}{f' ({count})' if count > 1 else ''}" for kind, count in self.asker.late.items()]
        kept.answers["model"]["fingerprint"] = ""  # this file is a part of what it is of
        for each in kept.answers["model"]["views"]:
            if each["view"] == "make":
                each |= {"applies": False, "why_not": MAKES}
        return kept

    async def _all(self) -> None:
        await self.asker.answer("model")
        await self.asker.answer("training_metrics")
        if self.model.card.makes:
            await self.asker.answer("way")
        if self.applies("network"):
            await self.asker.step("the network", self.asker.answer("network"))
            await self._drawers(first=True)
        if self.asker.left() > 0 and self.data.examples is not None and len(self.data):
            self._time_a_row()
        judged = await self._fails()
        rows = self._chosen(judged) if self.data.examples is not None else []
        if rows:
            await self._listed(rows)
            await self._followed(rows[0])
            await self._why(rows[0])
            await self._framed(rows[0])
            await self.asker.step("the map of the examples", self._map())
            await self.asker.step("what the neurons learned to see", self._learned())
            for row in rows[1:]:
                await self._followed(row)
                await self._why(row)
            for row in rows if self.applies("why") else []:
                await self.asker.step("the examples that speak for an answer", self._neighbours(row))
            for row in rows[1:]:
                await self._framed(row)
        await self._drawers()

    def applies(self, view: str) -> bool:
        return next(each.applies for each in self.opened.about.views if each.view == view)

    def _time_a_row(self) -> None:
        """What answering costs, from some rows; the first of them open the network."""
        rows = answering.sample(self.data, next(iter(self.model.outputs), None), FEWEST)
        assert self.data.examples is not None
        for some in np.array_split(rows, 2):
            begun = time.process_time()
            self.model.raw(self.data.examples.take(some))
            self.rate = max(time.process_time() - begun, 1e-6) / max(len(some), 1)

    def affordable(self, share: float, most: int, times: float = 1.0) -> int:
        """Rows that a share of the time left suffices for. times: what one costs, in answers."""
        return (
            most
            if self.asker.seconds is None
            else int(min(most, max(0.0, share * self.asker.left()) / max(times * self.rate, 1e-9)))
        )

    async def _fails(self) -> Judged | None:
        """The figures of the first targets, and the rows that judge the first one."""
        if not self.applies("fails"):
            return None
        judged = None
        for number, target in enumerate(list(self.model.outputs)[:TARGETS]):
            said: Json = {"target": target} if number else {}
            if self.data.examples is not None and self.affordable(0.5, len(self.data.held)) < len(self.data.held):
                self.opened.works.begin(f"fails {target}", "", partial(self._reported, target), JUDGING)
            summary = await self.asker.step("where it fails", self.asker.answer("fails", **said))
            if summary is None:
                continue
            for part in ("confusion", "calibration", "slices", "scatter", "mistakes", "suspects"):
                if part in summary["has"]:
                    listed = {"limit": LISTED} if part in ("mistakes", "suspects") else {}
                    await self.asker.step("where it fails", self.asker.answer(part, **said, **listed))
            if not number:
                judged = (await self.opened.fails(target)).judged
        return judged

    def _reported(self, target: str, told: Told) -> Fails:
        """What the report kept of a target."""
        return Fails(self.model, self.data, target, None, LATER)

    def _chosen(self, judged: Judged | None) -> list[int]:
        """Rows to be looked at: wrong and right, sure and unsure; first what is looked at first."""
        some = answering.sample(self.data, next(iter(self.model.outputs), None), 4 * EXAMPLES)
        picked = [] if judged is None else judged.rows[telling(judged)].tolist()
        held = set(self.data.held.tolist())
        others = sorted(some.tolist(), key=lambda row: row not in held)  # those it never saw first
        return list(dict.fromkeys([*picked, *others]))[:EXAMPLES]

    async def _listed(self, rows: list[int]) -> None:
        """The examples to choose from, and what each holds."""
        target = next(iter(self.model.outputs), None)
        for number, name in enumerate(list(self.model.outputs)[:TARGETS] or [None]):
            said: Json = {"target": name} if number else {}
            for row in rows:
                await self.asker.step("what examples hold", self.asker.answer("example", id=row, **said))
        items = [each.model_dump(mode="json") for each in self.opened.listing.several(rows, target)]
        await self.asker.keep("examples", {"total": len(self.data), "offset": 0, "items": items, "note": ""})

    async def _followed(self, row: int) -> None:
        """An example on its way, and the sum of the unit that it excites most in each layer."""
        if not self.applies("follow"):
            return
        trace = await self.asker.step("examples on their way", self.asker.answer("trace", id=row), 30 * self.rate)
        if trace is None:
            return
        self.asker.kept.examples.append(row)
        await self._summed(row, trace)

    async def _summed(self, row: int, trace: Json, **said: Any) -> None:
        """Of each layer the sum that is shown first. said: the frame, where it is one that was asked for: only of layers that look at it."""
        framed = {each["id"] for each in trace["layers"] if each["framed"] or not said}
        for layer, unit in dict.fromkeys(sums(trace)):
            if layer in framed:
                asked = self.asker.answer("unit_sum", id=row, layer=layer, unit=unit, **said)
                await self.asker.step("sums of units", asked)

    async def _framed(self, row: int) -> None:
        """Those frames of a film on their way that its reasons speak of most."""
        kept = self.asker.kept.answers
        why, trace = kept.get(f"explain?example={row}"), kept.get(address("trace", id=row))
        if why is None or trace is None:
            return
        for part in why["parts"]:
            if part["kind"] == "frames" and trace["frames"]:
                for frame in spoken_of(part, trace["frames"], trace["frame"]):
                    asked = self.asker.answer("trace", id=row, frame=frame)
                    found = await self.asker.step("frames on their way", asked, 30 * self.rate)
                    if found is not None:
                        await self._summed(row, found, frame=frame)

    async def _why(self, row: int) -> None:
        if not self.applies("why"):
            return
        for number, target in enumerate(list(self.model.outputs)[:TARGETS]):
            said = {"target": target} if number else {}
            await self.asker.step("why an answer is what it is", self._explained(row, said), 50 * self.rate)

    async def _explained(self, row: int, said: Json) -> None:
        job = await self.views.explain(Explain(example=row, **said))
        while job.state in ("waiting", "running"):
            await asyncio.sleep(0.002)
            job = await self.views.job(job.job)
        if job.explanation is not None:
            where = f"explain?{urlencode({'example': row, **said})}"
            await self.asker.keep(where, job.explanation.model_dump(mode="json"))

    async def _neighbours(self, row: int) -> None:
        if self.asker.seconds is not None:
            self.here.inside.taught = rows = self.affordable(0.5, self.here.inside.taught, 4.0)
            if rows < FEWEST:
                self.asker.late["the examples that speak for an answer"] = EXAMPLES
                return
        await self.asker.answer("neighbours", id=row)

    async def _learned(self) -> None:
        """The layers, and those units of some of them that have the clearest favourites."""
        if not self.applies("learned"):
            return
        if self.asker.seconds is not None:
            self.here.inside.neurons.looked = rows = self.affordable(0.4, self.here.inside.neurons.looked, 4.0)
            if rows < FEWEST:
                self.asker.late["what the neurons learned to see"] = 1
                return
        layers = (await self.asker.answer("layers"))["layers"]
        reach = [each for each in layers if each["reach"] < 0.7]
        usual = reach[-1:] or layers[-1:]  # what the view shows first
        some = (
            [layers[k] for k in np.unique(np.linspace(0, len(layers) - 1, LAYERS).round().astype(int))]
            if layers
            else []
        )
        for each in {one["id"]: one for one in [*usual, *some]}:
            await self.asker.step(
                "what the neurons learned to see", self.asker.answer("units", layer=each, limit=UNITS)
            )

    async def _map(self) -> None:
        """The map; where time is short of some rows, and without laying them out anew."""
        if not self.applies("map"):
            return
        most = self.affordable(0.4, POINTS, 1.5)
        if most < min(FEWEST, len(self.data)):
            self.asker.late["the map of the examples"] = 1
            return
        quick = self.asker.seconds is not None
        self.opened.works.begin(
            "atlas", "", lambda told: atlas.atlas(self.model, self.data, told, most, quick=quick), MAPPING
        )
        await self.asker.answer("map")
        points = await self.asker.ask("map_bin")
        await self.asker.keep("map.bin", base64.b64encode(points.body).decode())
        await self.asker.answer("clusters")

    async def _drawers(self, first: bool = False) -> None:
        """Layers one by one, as the map of the network opens them. first: those two of which it opens one by itself."""
        network = self.asker.kept.answers.get("network", {"nodes": []})
        layers = [each["id"] for each in network["nodes"] if each["kind"] not in ("input", "output")]
        if first:
            weighing = [each["id"] for each in network["nodes"] if each["parameters"]]
            layers = list(dict.fromkeys([*weighing[:1], *weighing[-1:]]))
        for layer in layers[:DRAWERS]:
            if address("layer", layer=layer) in self.asker.kept.answers:
                continue
            await self.asker.step("single layers of the network", self.asker.answer("layer", layer=layer))
