"""The answers of every address, each a method that is called as the contract names it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from starlette.responses import Response, StreamingResponse

from lamina.core import Json
from lamina.examples.reading import FILES
from lamina.insight.page import STYLE
from lamina.insight.sections import sections
from lamina.insight.what_if import what_if
from lamina.page import answering, pictures
from lamina.page.asking import numbers
from lamina.page.contract import PAGE, UNITS
from lamina.page.course import Course
from lamina.page.fails import Fails
from lamina.page.judged import the_target
from lamina.page.opened import AWAITED, DRAWING, Opened
from lamina.page.schema import fails as failing
from lamina.page.schema import inside, making, shared, shell, training, why
from lamina.page.schema import map as plane
from lamina.page.shell import LATER, learning
from lamina.serving.settings import Refused

TILES = 400  # pictures of one sprite
EVERY = 0.25  # seconds between two messages about learning
QUIET = 10.0  # seconds after which a message is sent though nothing is new: then both ends know that the other is there
CHOSEN = "Some of each label, and not simply the first."


class Views:
    """opened: the model; None while it is being learned. course: of learning. makes: what is learned to be made, if anything."""

    def __init__(
        self, name: str, opened: Opened | None = None, course: Course | None = None, makes: str | None = None
    ) -> None:
        self.name = name
        self._opened = opened
        self.live = course
        self.makes = makes or ""
        self.closing = False  # then streams end
        self._keys: dict[str, str] = {}
        self._orders: dict[tuple[str | None, ...], Any] = {}

    @property
    def opened(self) -> Opened:
        if self._opened is None:
            raise Refused(409, LATER)
        return self._opened

    @opened.setter
    def opened(self, opened: Opened) -> None:
        self._opened = opened

    @property
    def course(self) -> Course:
        return self.live or self.opened.course

    # -------------------------------------------------------------------------------------- the frame

    async def model(self) -> shell.Model:
        return learning(self.name, self.makes) if self._opened is None else self._opened.about

    async def report(self) -> shell.Report:
        found = sections(self.opened.model.card.results)
        # In the sections a `style` is always one of our attributes: what examples say is escaped.
        html = found.body.replace(' style="', ' data-style="')
        return shell.Report(title=found.title, html=html, style=STYLE + found.style)

    async def training_metrics(self, since: int | None) -> training.Metrics:
        return self.course.metrics(since or 0)

    async def training_events(self, since: int | None) -> Response:
        return StreamingResponse(self._events(since or 0), media_type="text/event-stream")

    async def _events(self, since: int) -> AsyncIterator[str]:
        before, waited = "", 0.0
        while not self.closing:
            found = self.course.metrics(since)
            since, told = found.next, found.model_dump_json()
            if told != before or waited >= QUIET:
                yield f"event: metrics\ndata: {told}\n\n"
                before, waited = told, 0.0
            if not found.live:
                yield "event: end\ndata: {}\n\n"
                return
            await asyncio.sleep(EVERY)
            waited += EVERY

    async def training_stop(self) -> training.Stopped:
        return self.course.stop()

    async def way(self, since: int | None) -> making.Way:
        if self._opened is not None:
            return self._opened.way.told(since or 0, live=False)
        return self.course.way.told(since or 0, live=True)

    async def make_about(self) -> making.Makes:
        self.opened.need("make")
        return self.opened.makes.about()

    async def make(self, body: making.Wish) -> making.Made | Response:
        self.opened.need("make")
        return await self.opened.makes.make(body)

    async def training_pause(self) -> training.Paused:
        return self.course.pause()

    async def training_go_on(self) -> training.Paused:
        return self.course.go_on()

    # ------------------------------------------------------------------------------------ the network

    async def network(self) -> Json:
        found: Json = await self.opened.inside("network")
        units = self.opened.works.known("layers {}")
        if units is not None and units.future.done() and not units.future.exception():
            dead = {each["id"]: each["dead"] for each in units.future.result()["layers"]}
            found = found | {"nodes": [each | {"dead": dead.get(each["id"])} for each in found["nodes"]]}
        return found

    async def layer(self, layer: str) -> Any:
        return await self.opened.inside("layer", layer=layer)

    # ----------------------------------------------------------------------------------- the examples

    async def examples(
        self,
        part: str | None,
        label: str | None,
        search: str | None,
        target: str | None,
        offset: int | None,
        limit: int | None,
    ) -> shared.Examples:
        target = the_target(self.opened.model, target) if self.opened.model.outputs else None
        key = part, label, search, target
        if key not in self._orders:
            rows, note = self.opened.found(part, label, search, target)
            if not note and label is None and len(rows):
                place = np.zeros(len(self.opened.data), np.int64)
                mixed = answering.sample(self.opened.data, target, len(self.opened.data) - 1)
                place[mixed] = np.arange(len(mixed))
                rows, note = rows[np.argsort(place[rows], kind="stable")], CHOSEN
            while len(self._orders) >= 50:
                self._orders.pop(next(iter(self._orders)))
            self._orders[key] = rows, note
        rows, note = self._orders[key]
        start = offset or 0
        items = self.opened.listing.several(rows[start : start + (limit or PAGE)], target)
        return shared.Examples(total=len(rows), offset=start, items=items, note=note)

    async def example(self, id: int, target: str | None) -> inside.Held:
        row = self.opened.row(id)
        rows = np.array([row])
        answers = await self.opened.answers(row)
        target = the_target(self.opened.model, target) if self.opened.model.outputs else None
        return inside.Held(
            example=self.opened.listing.several(rows, target)[0],
            cells=self.opened.listing.cells(rows)[0],
            answers=answers,
        )

    async def picture(self, id: int, size: int | None, column: str | None) -> Response:
        row = self.opened.row(id)
        inputs, examples = self.opened.model.intake.inputs, self.opened.data.examples
        assert examples is not None
        kind, found = await asyncio.to_thread(pictures.picture, inputs, examples, row, column, size or 256)
        return kept(found, kind)

    async def sound(self, id: int, column: str | None) -> Response:
        row = self.opened.row(id)
        inputs, examples = self.opened.model.intake.inputs, self.opened.data.examples
        assert examples is not None
        return kept(await asyncio.to_thread(pictures.sound, inputs, examples, row, column), "audio/wav")

    async def sprite(self, ids: str | None, size: int | None, across: int | None) -> Response:
        rows = [self.opened.row(each) for each in numbers(ids, "examples", TILES)]
        key = f"sprite {rows} {size} {across}"
        found = await self.opened.works.get(
            key,
            "Drawing",
            lambda told: pictures.sprite(self.opened.model, self.opened.data, rows, size or 64, across or 20),
            DRAWING,
            AWAITED,
        )
        return kept(found, "image/png")

    async def trace(self, id: int, frame: int | None) -> Any:
        return await self.opened.inside("trace", example=self.opened.row(id), frame=frame)

    async def unit_sum(self, id: int, layer: str, unit: int | None, at: str | None, frame: int | None) -> Any:
        said = {"example": self.opened.row(id), "layer": layer, "unit": unit or 0, "at": at or "", "frame": frame}
        return await self.opened.inside("unit_sum", **said)

    # --------------------------------------------------------------------------------------- learned

    async def layers(self) -> Any:
        return await self.opened.inside("layers")

    async def units(self, layer: str, order: str | None, offset: int | None, limit: int | None) -> Any:
        return await self.opened.inside(
            "units", layer=layer, order=order or "strength", offset=offset or 0, limit=limit or UNITS // 2
        )

    async def unit_sprite(self, layer: str, units: str | None) -> Response:
        found = await self.opened.inside("unit_sprite", layer=layer, units=numbers(units, "units", UNITS))
        return kept(base64.b64decode(found["png"]), "image/png")

    # ------------------------------------------------------------------------------------------- why

    async def explain(self, body: why.Explain) -> why.Job:
        self.opened.row(body.example)
        key = self.opened.explaining(
            example=body.example, target=body.target, about=body.about, thorough=body.thorough, changes=body.changes
        )
        job = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
        while len(self._keys) >= 5_000:
            self._keys.pop(next(iter(self._keys)))
        self._keys[job] = key
        return await self.job(job)

    async def job(self, job: str) -> why.Job:
        state, words, found, error = self.opened.job(self._keys.get(job, ""))
        return why.Job(job=job, state=state, working=words, explanation=found, error=error)  # type: ignore[arg-type]

    async def neighbours(self, id: int, target: str | None, about: str | None) -> Any:
        return await self.opened.inside("neighbours", example=self.opened.row(id), target=target, about=about)

    async def predict(self, body: why.Ask) -> why.Asked:
        row, model, data = self.opened.row(body.example), self.opened.model, self.opened.data
        examples = data.examples
        assert examples is not None
        before = await asyncio.to_thread(lambda: answering.answers(model, examples.take([row]))[0])
        cells, _, problems = answering.cells_of(model, data, row, body.changes)
        after = await asyncio.to_thread(answering.answers, model, cells) if body.changes else [before]
        return why.Asked(before=before, after=after[0], problems=problems)

    async def what_if(self, body: why.WhatIf) -> why.WhatIfs:
        row, model = self.opened.row(body.example), self.opened.model
        target = the_target(model, body.target)
        if (read := model.intake.inputs.get(body.column)) is not None and read.holds in FILES:
            raise Refused(422, f"'{body.column}' is {read.kind}: it cannot be changed here.")
        _, plain, problems = answering.cells_of(model, self.opened.data, row, body.changes)
        if problems:
            raise Refused(422, " ".join(problems))
        try:
            found = what_if(model, plain, body.column, body.values, target)
        except (ValueError, TypeError):
            raise Refused(422, f"These are no values of '{body.column}'.") from None
        output: Any = model.outputs[target]
        here = answering.answers(model, answering.cells_of(model, self.opened.data, row, body.changes)[0])[0]
        mine = next(each for each in here if each.target == target)
        about = None if output.holds == "number" else str(mine.alternatives[0].value) if mine.alternatives else None
        place = None if about is None else list(found.answers.classes).index(about)
        tried = []
        for at, value in enumerate(found.values):
            answer = answering.told(model, target, found.answers[at])
            share = answer.value if place is None else found.answers.shares[at, place]  # type: ignore[index]
            tried.append(why.Tried(value=value, share=None if share is None else float(share), answer=answer))  # type: ignore[arg-type]
        kind = model.intake.kinds[body.column]
        return why.WhatIfs(column=body.column, kind=kind, target=target, about=about, now=found.here, tried=tried)

    # ----------------------------------------------------------------------------------------- fails

    async def _fails(self, target: str | None) -> Fails:
        return await self.opened.fails(the_target(self.opened.model, target))

    async def fails(self, target: str | None) -> Any:
        found = await self._fails(target)
        return await self.opened.worked(f"summary {found.key}", "Working out intervals", found.summary, failing.Summary)

    async def confusion(self, target: str | None) -> Any:
        return (await self._fails(target)).confusion()

    async def confused(
        self, truth: str | None, said: str | None, target: str | None, offset: int | None, limit: int | None
    ) -> shared.Examples:
        return (await self._fails(target)).confused(truth, said, offset or 0, limit or PAGE)

    async def slices(self, target: str | None) -> Any:
        found = await self._fails(target)
        return await self.opened.worked(
            f"slices {found.key}", "Looking for groups that do worse", found.slices, failing.Slices
        )

    async def calibration(self, target: str | None) -> Any:
        return (await self._fails(target)).calibration()

    async def scatter(self, target: str | None) -> Any:
        found = await self._fails(target)
        return await self.opened.worked(f"scatter {found.key}", "Drawing", found.scatter, failing.Scatter)

    async def mistakes(self, target: str | None, offset: int | None, limit: int | None) -> Any:
        return (await self._fails(target)).mistakes(offset or 0, limit or PAGE)

    async def suspects(self, target: str | None, offset: int | None, limit: int | None) -> Any:
        return (await self._fails(target)).suspects(offset or 0, limit or PAGE)

    async def fails_csv(self, target: str | None, which: str | None) -> Response:
        found = (await self._fails(target)).csv(which or "all")
        return Response(
            found, media_type="text/csv", headers={"content-disposition": 'attachment; filename="judged.csv"'}
        )

    # ------------------------------------------------------------------------------------------- map

    async def map(self) -> plane.Map:
        return (await self.opened.atlas()).about()

    async def map_bin(self) -> Response:
        return Response((await self.opened.atlas()).binary(), media_type="application/octet-stream")

    async def clusters(self) -> plane.Clusters:
        return (await self.opened.atlas()).clusters(self.opened.listing)

    async def selection(self, body: plane.Lasso) -> plane.Selection:
        return (await self.opened.atlas()).selection(body, self.opened.listing)


def kept(content: bytes, kind: str) -> Response:
    """A file that never changes while this page is open."""
    return Response(content, media_type=kind, headers={"cache-control": "private, max-age=3600"})
