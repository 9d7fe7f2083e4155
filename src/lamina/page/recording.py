"""What the page answers about a model, asked beforehand: enough of it that every view of a report that is one file has something to show.

It is the page itself that answers, by the addresses of its contract; the front end looks them up instead of asking a server.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import time
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

import numpy as np
from pydantic import BaseModel

from lamina.core import Json, LaminaError
from lamina.examples import Examples
from lamina.model.model import Model
from lamina.page import answering, atlas
from lamina.page.contract import ENDPOINTS, ROOT
from lamina.page.data import Data, nothing, parted
from lamina.page.fails import Fails
from lamina.page.judged import Judged
from lamina.page.opened import JUDGING, MAPPING, Opened
from lamina.page.schema.why import Explain
from lamina.page.views import Views
from lamina.page.working import Here
from lamina.page.works import StillWorking, Told
from lamina.serving.settings import Refused

EXAMPLES = 8
TARGETS = 3  # of a model with many, those whose figures are kept
LISTED = 24  # mistakes and doubtful labels
UNITS = 12  # of a layer
LAYERS = 6  # whose units are kept
DRAWERS = 24  # layers that are kept one by one
POINTS = 5_000  # of the map
SIZE = 1_500_000  # bytes of all that is kept, pictures included
PLAIN = 3_000  # bytes of a picture that is not worth making smaller
FEWEST = 64  # rows that tell anything
PRIVATE = "The model was learned with --private, so nothing of an example stands in this file."
LATER = "To answer all rows that judge would have cost too much time after learning."
FILE = re.compile(r"(?:examples/(?P<id>\d+)/picture|layers/(?P<layer>.+)/sprite)(?:\?(?P<query>.*))?")
PATHS = {each.name: each for each in ENDPOINTS}

MAKES = "A file makes nothing by itself. Open the page of the model (lamina open MODEL), or let it make some: lamina generate MODEL"


@dataclass
class Recording:
    """answers: address below the root to JSON; files: address to data URL; examples: rows that are kept with all that goes on inside; left: what
    was left out, in words."""

    answers: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    examples: list[int] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def record(model: Model, name: str, examples: Examples | Data, seconds: float | None = None) -> Recording:
    """Ask what every view shows at first. seconds: of the processor, after which only what is cheap is still asked; None: no end.

    It runs in a thread of its own, because a notebook runs a loop in this one.
    """
    data = examples if isinstance(examples, Data) else parted(model, examples)
    asker = _Asker(model, name, nothing(PRIVATE) if model.card.private else data, seconds)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(asyncio.run, asker.all())
        try:
            return asked.result()
        except KeyboardInterrupt:
            asker.seconds = 0.0  # nothing more is asked: the thread ends soon, and is waited for
            raise


class _Asker:
    """Asks, and keeps count of time and bytes."""

    def __init__(self, model: Model, name: str, data: Data, seconds: float | None) -> None:
        self.model, self.data, self.seconds = model, data, seconds
        self.here = Here(model, data)
        self.opened = Opened(name, model, data, self.here)
        self.views = Views(name, self.opened)
        self.kept = Recording()
        self.size = 0
        self.begun = time.process_time()
        self.cost: dict[str, float] = {}  # of the last of each kind
        self.late: dict[str, int] = {}  # how many of each kind were left out
        self.rate = 0.0  # seconds to answer a row

    async def all(self) -> Recording:
        """All of it, what is looked at first before what is looked at later."""
        try:
            await self._all()
        finally:
            self.opened.close()
        kept = self.kept
        kept.left += [f"{kind}{f' ({count})' if count > 1 else ''}" for kind, count in self.late.items()]
        kept.answers["model"]["fingerprint"] = ""  # this file is a part of what it is of
        for each in kept.answers["model"]["views"]:
            if each["view"] == "make":
                each |= {"applies": False, "why_not": MAKES}
        return kept

    async def _all(self) -> None:
        await self.answer("model")
        await self.answer("training_metrics")
        if self.model.card.makes:
            await self.answer("way")
        if self.applies("network"):
            await self.step("the network", self.answer("network"))
            await self._drawers(first=True)
        if self.left() > 0 and self.data.examples is not None and len(self.data):
            self._time_a_row()
        judged = await self._fails()
        rows = self._chosen(judged) if self.data.examples is not None else []
        if rows:
            await self._listed(rows)
            await self._followed(rows[0])
            await self._why(rows[0])
            await self.step("the map of the examples", self._map())
            await self.step("what the neurons learned to see", self._learned())
            for row in rows[1:]:
                await self._followed(row)
            for row in rows[1:]:
                await self._why(row)
            for row in rows if self.applies("why") else []:
                await self.step("the examples that speak for an answer", self._neighbours(row))
        await self._drawers()

    # --------------------------------------------------------------------------------------------- asking

    def applies(self, view: str) -> bool:
        return next(each.applies for each in self.opened.about.views if each.view == view)

    def left(self) -> float:
        """Seconds of the processor."""
        return float("inf") if self.seconds is None else self.seconds - (time.process_time() - self.begun)

    async def step(self, kind: str, asked: Awaitable[Any], guess: float = 0.0) -> Any:
        """One piece, where there is time for it. guess: what the first of its kind may take."""
        if self.left() <= self.cost.get(kind, guess) or self.size > SIZE:
            self.late[kind] = self.late.get(kind, 0) + 1
            if asyncio.iscoroutine(asked):
                asked.close()
            return None
        begun = time.process_time()
        try:
            return await asked
        except (LaminaError, Refused):
            return None  # it does not apply to this model: the page says so by itself
        finally:
            self.cost[kind] = time.process_time() - begun

    async def ask(self, name: str, **said: Any) -> Any:
        """What the page answers, as plain values; waited for."""
        given = {param.name: said.get(param.name) for param in PATHS[name].params}
        while True:
            try:
                found = await getattr(self.views, name)(**given)
            except StillWorking:
                continue
            return (
                json.loads(found.model_dump_json()) if isinstance(found, BaseModel) else found
            )  # no NaN: null, as is sent

    async def answer(self, name: str, **said: Any) -> Json:
        """Ask, and keep the answer with its pictures."""
        found: Json = await self.ask(name, **said)
        if name == "fails":
            found = found | {
                "has": [part for part in found["has"] if part != "csv"]
            }  # nobody writes a table from a file
        await self.keep(address(name, **said), found)
        return found

    async def keep(self, where: str, found: Any) -> None:
        """An answer, and the pictures that it names."""
        self.kept.answers[where] = found
        self.size += len(str(found))
        for each in dict.fromkeys(_addresses(found)):
            if each not in self.kept.files and self.size < SIZE and (there := await self._file(each)):
                self.kept.files[each] = there
                self.size += len(there)

    async def _file(self, where: str) -> str | None:
        """A picture as a data URL; sounds are left out: they are large."""
        found = FILE.fullmatch(where)
        if found is None:
            return None
        query = {name: values[0] for name, values in parse_qs(found["query"] or "").items()}
        try:
            if found["id"] is not None:
                size = int(query["size"]) if "size" in query else None
                shown = await self.ask("picture", id=int(found["id"]), size=size, column=query.get("column"))
            else:
                shown = await self.ask("unit_sprite", layer=found["layer"], units=query["units"])
        except (LaminaError, Refused):
            return None
        return _url(shown.media_type, shown.body)

    # --------------------------------------------------------------------------------------------- what

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
            if self.seconds is None
            else int(min(most, max(0.0, share * self.left()) / max(times * self.rate, 1e-9)))
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
            summary = await self.step("where it fails", self.answer("fails", **said))
            if summary is None:
                continue
            for part in ("confusion", "calibration", "slices", "scatter", "mistakes", "suspects"):
                if part in summary["has"]:
                    listed = {"limit": LISTED} if part in ("mistakes", "suspects") else {}
                    await self.step("where it fails", self.answer(part, **said, **listed))
            if not number:
                judged = (await self.opened.fails(target)).judged
        return judged

    def _reported(self, target: str, told: Told) -> Fails:
        """What the report kept of a target."""
        return Fails(self.model, self.data, target, None, LATER)

    def _chosen(self, judged: Judged | None) -> list[int]:
        """Rows to be looked at: wrong and right, sure and unsure; first what is looked at first."""
        some = answering.sample(self.data, next(iter(self.model.outputs), None), 4 * EXAMPLES)
        picked = [] if judged is None else judged.rows[_telling(judged)].tolist()
        held = set(self.data.held.tolist())
        others = sorted(some.tolist(), key=lambda row: row not in held)  # those it never saw first
        return list(dict.fromkeys([*picked, *others]))[:EXAMPLES]

    async def _listed(self, rows: list[int]) -> None:
        """The examples to choose from, and what each holds."""
        target = next(iter(self.model.outputs), None)
        for number, name in enumerate(list(self.model.outputs)[:TARGETS] or [None]):
            said: Json = {"target": name} if number else {}
            for row in rows:
                await self.step("what examples hold", self.answer("example", id=row, **said))
        items = [each.model_dump(mode="json") for each in self.opened.listing.several(rows, target)]
        await self.keep("examples", {"total": len(self.data), "offset": 0, "items": items, "note": ""})

    async def _followed(self, row: int) -> None:
        """An example on its way, and the sum of the unit that it excites most in each layer."""
        if not self.applies("follow"):
            return
        trace = await self.step("examples on their way", self.answer("trace", id=row), 30 * self.rate)
        if trace is None:
            return
        self.kept.examples.append(row)
        for layer, unit in dict.fromkeys(_sums(trace)):
            await self.step("sums of units", self.answer("unit_sum", id=row, layer=layer, unit=unit))

    async def _why(self, row: int) -> None:
        if not self.applies("why"):
            return
        for number, target in enumerate(list(self.model.outputs)[:TARGETS]):
            said = {"target": target} if number else {}
            await self.step("why an answer is what it is", self._explained(row, said), 50 * self.rate)

    async def _explained(self, row: int, said: Json) -> None:
        job = await self.views.explain(Explain(example=row, **said))
        while job.state in ("waiting", "running"):
            await asyncio.sleep(0.002)
            job = await self.views.job(job.job)
        if job.explanation is not None:
            where = f"explain?{urlencode({'example': row, **said})}"
            await self.keep(where, job.explanation.model_dump(mode="json"))

    async def _neighbours(self, row: int) -> None:
        if self.seconds is not None:
            self.here.inside.taught = rows = self.affordable(0.5, self.here.inside.taught, 4.0)
            if rows < FEWEST:
                self.late["the examples that speak for an answer"] = EXAMPLES
                return
        await self.answer("neighbours", id=row)

    async def _learned(self) -> None:
        """The layers, and those units of some of them that have the clearest favourites."""
        if not self.applies("learned"):
            return
        if self.seconds is not None:
            self.here.inside.looked = rows = self.affordable(0.4, self.here.inside.looked, 4.0)
            if rows < FEWEST:
                self.late["what the neurons learned to see"] = 1
                return
        layers = (await self.answer("layers"))["layers"]
        reach = [each for each in layers if each["reach"] < 0.7]
        usual = reach[-1:] or layers[-1:]  # what the view shows first
        some = (
            [layers[k] for k in np.unique(np.linspace(0, len(layers) - 1, LAYERS).round().astype(int))]
            if layers
            else []
        )
        for each in {one["id"]: one for one in [*usual, *some]}:
            await self.step("what the neurons learned to see", self.answer("units", layer=each, limit=UNITS))

    async def _map(self) -> None:
        """The map; where time is short of some rows, and without laying them out anew."""
        if not self.applies("map"):
            return
        most = self.affordable(0.4, POINTS, 1.5)
        if most < min(FEWEST, len(self.data)):
            self.late["the map of the examples"] = 1
            return
        quick = self.seconds is not None
        self.opened.works.begin(
            "atlas", "", lambda told: atlas.atlas(self.model, self.data, told, most, quick=quick), MAPPING
        )
        await self.answer("map")
        points = await self.ask("map_bin")
        await self.keep("map.bin", base64.b64encode(points.body).decode())
        await self.answer("clusters")

    async def _drawers(self, first: bool = False) -> None:
        """Layers one by one, as the map of the network opens them. first: those two of which it opens one by itself."""
        network = self.kept.answers.get("network", {"nodes": []})
        layers = [each["id"] for each in network["nodes"] if each["kind"] not in ("input", "output")]
        if first:
            weighing = [each["id"] for each in network["nodes"] if each["parameters"]]
            layers = list(dict.fromkeys([*weighing[:1], *weighing[-1:]]))
        for layer in layers[:DRAWERS]:
            if address("layer", layer=layer) in self.kept.answers:
                continue
            await self.step("single layers of the network", self.answer("layer", layer=layer))


def address(name: str, **said: Any) -> str:
    """Where the front end asks for it, below the root: `address("trace", id=3) == "examples/3/trace"`."""
    each = PATHS[name]
    path = each.path.format(**{p.name: quote(str(said[p.name]), safe="") for p in each.params if p.path})
    query = {p.name: said[p.name] for p in each.params if not p.path and p.name in said and p.name != "limit"}
    return f"{path}?{urlencode(query)}"[1:].rstrip("?")


def _addresses(found: Any) -> Iterator[str]:
    """The addresses of files in an answer, below the root."""
    if isinstance(found, str):
        if found.startswith(f"{ROOT}/"):
            yield found.removeprefix(f"{ROOT}/")
    elif isinstance(found, (list, tuple)):
        for each in found:
            yield from _addresses(each)
    elif isinstance(found, dict):
        yield from _addresses(list(found.values()))


def _telling(judged: Judged) -> list[int]:
    """Places among the rows that judge: the worst, the best, and what lies between."""
    if judged.holds == "number":
        order = np.argsort(-np.abs(judged.said - judged.truth), kind="stable")
        return list(dict.fromkeys([*order[:3].tolist(), *order[-2:].tolist(), *order[len(order) // 2 :][:2].tolist()]))
    order = np.argsort(-judged.sure, kind="stable")
    wrong, right = order[judged.wrong[order]], order[~judged.wrong[order]]
    return list(dict.fromkeys([*wrong[:2].tolist(), *right[:2].tolist(), *wrong[-1:].tolist(), *right[-2:].tolist()]))


def _sums(trace: Json) -> Iterator[tuple[str, int]]:
    """As the view asks: of each layer the unit that is shown as most excited, and the layer in which its sum is made."""
    last: Json | None = None
    for each in trace["layers"]:
        last = each if each["sums"] else last
        tiles = each["tiles"]
        if last is None or tiles is None or not tiles["count"] or last["units"] != each["units"]:
            continue
        grey = np.frombuffer(base64.b64decode(tiles["data"]), np.uint8).reshape(tiles["count"], -1)
        values = tiles["low"] + (tiles["high"] - tiles["low"]) * grey.astype(np.float64) / 255
        yield last["id"], int(np.abs(values).max(1).argmax())


def _url(kind: str, content: bytes) -> str:
    """A data URL; a large picture as JPEG, where that is smaller."""
    if kind == "image/png" and len(content) > PLAIN:
        from PIL import Image

        buffer = io.BytesIO()
        Image.open(io.BytesIO(content)).convert("RGB").save(buffer, "JPEG", quality=72, optimize=True)
        if len(buffer.getvalue()) < len(content):
            kind, content = "image/jpeg", buffer.getvalue()
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
