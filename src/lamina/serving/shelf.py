"""The models that are served, by name: read into memory, warmed up, and read again when their folder is replaced."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from lamina.core import Json, LaminaError, PlanError
from lamina.model.bundle import CARD
from lamina.model.cells import Cells
from lamina.model.model import Model
from lamina.model.predictions import records
from lamina.model.usual import usual
from lamina.serving import pictures, sounds, videos
from lamina.serving.allowance import Allowance, allowance
from lamina.serving.batcher import Batcher
from lamina.serving.contract import Contract
from lamina.serving.making import Maker
from lamina.serving.metrics import Metrics
from lamina.serving.settings import Refused, Serving

EVERY = 1.0  # seconds between looks at the folders
QUICK = 0.005  # seconds: a run this short is done on the event loop, for threads would cost more than they gain
CALLED = {"image": "picture"}  # kinds that people call otherwise
DECODED = 16  # files that one thread decodes in one go
HANDFUL = 64  # small pictures of one request that are decoded on the event loop


class Served:
    """One model that answers. A replaced model gets a new one, while this one finishes what it has taken."""

    def __init__(
        self, name: str, model: Model, serving: Serving, metrics: Metrics, threads: ThreadPoolExecutor
    ) -> None:
        self.name, self.model, self.metrics = name, model, metrics
        self.fingerprint = model.fingerprint
        self.contract = Contract(name, model, serving.rows)
        model.open(threads=1, spin=False)
        self.example = usual(model)
        self.seconds = self._warm_up(serving.batch)
        if self.seconds > QUICK:
            model.open(threads_of(serving), spin=False)
        self._head = b'{"model":%s,"fingerprint":%s,"answers":[' % (to_json(name), to_json(self.fingerprint))
        wait = serving.wait / 1000
        # What an example without a sound took says nothing of one that is long; and where files are decoded, another core
        # answers meanwhile.
        aside = any(form.timed for form in model.intake.forms.values())
        aside = aside or bool(self.contract.files and threads_of(serving) > 1)
        self.batcher: Batcher[Mapping[str, Any], bytes] = Batcher(
            self._answer, most=serving.batch, wait=wait, queue=serving.queue,
            executor=threads if aside or self.seconds > QUICK else None, seen=lambda rows: metrics.batch(name, rows),
        )  # fmt: skip
        self.serving = serving
        self.decoders: dict[str, Batcher[tuple[bytes, Allowance], Any]] = {
            column: Batcher(
                _decoder(model.intake.inputs[column]), most=DECODED, wait=0, queue=serving.queue,
                executor=threads, workers=threads_of(serving),
            )
            for column in self.contract.files
        }  # fmt: skip
        self.small = {
            column: decode
            for column in self.contract.files
            if self.contract.kinds[column] == "image"
            and (decode := pictures.at_once(model.intake.inputs[column], serving.pixels))
        }

    async def answer(self, rows: list[Json]) -> bytes:
        """The response to these rows.

        Raises:
            Refused: a file cannot be read, or too many rows are in line.
        """
        if self.decoders:
            self.batcher.room(len(rows))
            self.batcher.coming += len(rows)
            try:
                await self.decode(rows)
            finally:
                self.batcher.coming -= len(rows)
                self.batcher.arrange()
        return self._head + b",".join(await self.batcher.ask(rows)) + b"]}"

    async def decode(self, rows: list[Json]) -> None:
        """Put pixels in the place of the files of pictures, samples in that of sounds, and frames in that of videos.

        Raises:
            Refused: a file cannot be read, or they are too large together.
        """
        kinds = self.contract.kinds
        allowances = {kinds[column]: allowance(kinds[column], self.serving) for column in self.decoders}
        for column, decoding in self.decoders.items():
            await self._decode(rows, column, decoding, allowances[kinds[column]])

    async def _decode(
        self, rows: list[Json], column: str, decoding: Batcher[tuple[bytes, Allowance], Any], allowed: Allowance
    ) -> None:
        there = [(number, row) for number, row in enumerate(rows) if row[column] is not None]
        files = [row[column] for _, row in there]
        small = self.small.get(column) if len(files) <= HANDFUL else None
        found = [small(file) for file in files] if small else [None] * len(files)
        late = [place for place, each in enumerate(found) if each is None]
        if late:
            decoded = await decoding.ask([(files[place], allowed) for place in late])
            for place, each in zip(late, decoded, strict=True):
                found[place] = each
        problems = []
        expected = f"a {CALLED.get(self.contract.kinds[column], self.contract.kinds[column])}"
        for (number, row), each in zip(there, found, strict=True):
            if isinstance(each, str):
                problems.append({"where": f"rows[{number}].{column}", "seen": each, "expected": expected})
            row[column] = each
        if problems:
            more = f" And {len(problems) - 1} more such files." if len(problems) > 1 else ""
            raise Refused(422, f"{problems[0]['where']} {problems[0]['seen']}.{more}", problems[:20])

    def _answer(self, rows: Sequence[Mapping[str, Any]]) -> list[bytes]:
        """An answer a row, as JSON."""
        answers = self.model.answer(Cells.settle(rows, self.contract.kinds))
        unlike = next(iter(answers.values())).unlike
        self.metrics.answered(self.name, len(rows), 0 if unlike is None else int(unlike.sum()))
        return [to_json(each, inf_nan_mode="null") for each in records(answers)]

    def _warm_up(self, rows: int) -> float:
        """Seconds of a full run, once everything is in memory."""
        some = Cells.settle([self.example] * rows, self.contract.kinds)
        best = 1e9
        for _ in range(3):
            start = time.thread_time()  # not the clock: other programs may be busy
            records(self.model.answer(some))
            best = min(best, time.thread_time() - start)
        return best


def _decoder(each: Any) -> Callable[[Sequence[tuple[bytes, Allowance]]], list[Any]]:
    """What turns files into what an input takes, or into why they are refused."""
    match each.holds:
        case "sound":
            return sounds.decoder(each)
        case "video":
            return videos.decoder(each)
        case _:
            return pictures.decoder(each)


class Shelf:
    """Models by name. places: where each lies, or the model itself when it is only in memory."""

    def __init__(self, places: Mapping[str, Path | Model], serving: Serving, metrics: Metrics) -> None:
        self.places, self.serving, self.metrics = dict(places), serving, metrics
        self.threads = ThreadPoolExecutor(threads_of(serving) + 1, "lamina")
        self.marks = {name: _mark(place) for name, place in self.places.items()}
        self.making = ThreadPoolExecutor(threads_of(serving), "lamina-making")
        self.models = {name: self._load(place, name) for name, place in self.places.items()}
        self.problems: dict[str, str] = {}  # of folders that changed and cannot be read: the old model goes on

    def find(self, name: str) -> Served:
        """One model that answers.

        Raises:
            Refused: no such model.
        """
        found = self.any(name)
        if isinstance(found, Maker):
            raise Refused(
                422, f"This model makes {found.made.called} and answers nothing. POST to /v1/models/{name}/generate."
            )
        return found

    def maker(self, name: str) -> Maker:
        """One model that makes something.

        Raises:
            Refused: no such model.
        """
        found = self.any(name)
        if isinstance(found, Served):
            raise Refused(422, f"This model answers, and makes nothing. POST to /v1/models/{name}/predict.")
        return found

    def any(self, name: str) -> Served | Maker:
        """One model of either sort.

        Raises:
            Refused: no such model.
        """
        found = self.models.get(name)
        if found is None:
            raise Refused(404, f"There is no model of that name. There are: {', '.join(self.models)}.")
        return found

    @property
    def answering(self) -> list[Served]:
        return [each for each in self.models.values() if isinstance(each, Served)]

    @property
    def makers(self) -> list[Maker]:
        return [each for each in self.models.values() if isinstance(each, Maker)]

    async def watch(self) -> None:
        """Look at the folders for ever."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    async def look(self) -> None:
        """Read again what was replaced. What is there but cannot be read leaves the old model in place, and says so."""
        for name, place in self.places.items():
            mark = _mark(place)
            if mark == self.marks[name] and name not in self.problems:
                continue
            try:
                found = await asyncio.get_running_loop().run_in_executor(self.threads, self._load, place, name)
            except (LaminaError, OSError) as error:
                self.problems[name] = f"The model that was read before answers. {error}"
                continue  # and look again: it may be in the middle of being copied
            self.marks[name] = mark
            self.problems.pop(name, None)
            self.models[name] = found

    def close(self) -> None:
        self.threads.shutdown()
        self.making.shutdown(wait=False, cancel_futures=True)

    def _load(self, place: Path | Model, name: str) -> Served | Maker:
        model = place if isinstance(place, Model) else Model.load(place)
        if model.card.makes:
            return Maker(name, model, self.serving, self.making)
        return Served(name, model, self.serving, self.metrics, self.threads)


def named(models: Sequence[str | Path | Model]) -> dict[str, Path | Model]:
    """Models by the name of their address: `cats=a/b.lamina` says it, else it is the folder's own name."""
    found: dict[str, Path | Model] = {}
    for each in models:
        place: Path | Model
        if isinstance(each, Model):
            name, place = each.files.name if isinstance(each.files, Path) else "model", each
        else:
            name, sign, path = str(each).partition("=")
            if not sign or Path(each).exists():  # a folder's own name may hold the sign
                name, path = Path(each).absolute().name, str(each)
            place = Path(path)
        name = re.sub(r"[^A-Za-z0-9._~-]+", "-", name.removesuffix(".lamina")).strip("-.") or "model"
        if name in found:
            raise PlanError(f"Two models are called '{name}'. Give one another name: NAME=PATH.")
        found[name] = place
    if not found:
        raise PlanError("No model was given. Say which: lamina serve MODEL")
    return found


def _mark(place: Path | Model) -> tuple[int, ...]:
    """What changes when a folder is replaced."""
    if isinstance(place, Model):
        return ()
    try:
        stat = (place / CARD).stat()
    except OSError:
        return (0,)
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size)


def threads_of(serving: Serving) -> int:
    """Threads of one process: the cores, shared."""
    return max(1, (os.cpu_count() or 1) // serving.workers)
