"""Models that make something new, over HTTP: whole as JSON, or a text as it is written."""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, ValidationError

from lamina.core import Array, Json, PlanError
from lamina.made._wish import EVERY, SEEDS, Wish
from lamina.made.image import Image
from lamina.model.model import Model
from lamina.serving import limits, wishes
from lamina.serving.contract import typed
from lamina.serving.limits import LETTERS, MOST
from lamina.serving.settings import Refused, Serving

LINE = 8  # requests that may wait for a thread
BEAT = 0.05  # seconds between the parts of a stream
NUMBERS = frozenset({"count", "length", "temperature", "top_p", "seed"})
HINTS: Mapping[str, Any] = {
    "count": Annotated[int, Field(strict=True, ge=1, le=MOST)],
    "given": dict[str, str],
    "text": Annotated[str, Field(strict=True, min_length=1)],
    "prompt": Annotated[str, Field(strict=True, min_length=1)],
    "length": Annotated[int, Field(strict=True, ge=1, le=LETTERS)],
    "temperature": Annotated[float, Field(strict=True, ge=0, le=10)],
    "top_p": Annotated[float, Field(strict=True, gt=0, le=1)],
    "seed": Annotated[int, Field(strict=True, ge=0, lt=2**53)],
}


class Gone(Exception):
    """Nobody waits for it any more."""


class Maker:
    """One model that makes something. A replaced model gets a new one, while this one finishes what it has begun."""

    def __init__(self, name: str, model: Model, serving: Serving, threads: ThreadPoolExecutor) -> None:
        self.name, self.model, self.serving, self.threads = name, model, serving, threads
        self.made = model.maker
        self.fingerprint = model.fingerprint
        self.waiting = 0
        model.open(threads=1, spin=False)
        asked = {
            each.name: NotRequired[Annotated[HINTS[each.name], Field(description=f"{each.metadata['help']}.")]]
            for each in fields(Wish)
            if each.name in EVERY | self.made.takes
        }
        if self.made.shown:
            said = "Send it as it is written, as plain text, instead of whole as JSON."
            asked["stream"] = NotRequired[Annotated[bool, Field(strict=True, description=said)]]
        title = re.sub(r"\W", "", name.title()) or "Model"
        self.request: TypeAdapter[Any] = TypeAdapter(typed(f"{title}Wish", asked))

    @property
    def example(self) -> Json:
        """A request that it takes."""
        return wishes.example(self.made)

    @property
    def asks(self) -> list[Json]:
        """What a form needs to know of each thing that may be said."""
        found: list[Json] = []
        for each in sorted(fields(Wish), key=lambda each: each.name in EVERY):  # what is said of each comes first
            if each.name not in self.made.hears:
                continue
            kind = "number" if each.name in NUMBERS else "text"
            said: Json = {"name": each.name, "kind": kind, "help": f"{each.metadata['help']}."}
            if isinstance(self.made, Image) and each.name in ("given", "text"):
                said |= {"column": self.made.asked, "help": f"What {self.made.asked} it is to have."}
                if not self.made.worded:
                    said["words"] = list(self.made.shares)
            found.append(said)
        return found

    def read(self, body: bytes) -> tuple[Wish, bool]:
        """What is wanted, and whether as a stream.

        Raises:
            Refused: it is not what the model takes, or too much at once.
        """
        try:
            found = self.request.validate_json(body or b"{}")
        except ValidationError as error:
            problems = [
                {
                    "where": ".".join(map(str, each["loc"])) or "body",
                    "seen": str(each["input"])[:80],
                    "expected": each["msg"],
                }
                for each in error.errors(include_url=False)[:20]
            ]
            first = problems[0]
            known = ", ".join(self.request.json_schema()["properties"])
            raise Refused(
                422, f"{first['where']}: {first['expected']} (seen: {first['seen']}). It takes {known}.", problems
            ) from None
        stream = found.pop("stream", False)
        try:
            wish = Wish(**{"seed": secrets.randbelow(SEEDS), **found})
            self.made.check(wish)
            limits.check(self.made, wish, stream)
        except PlanError as error:
            raise Refused(413 if isinstance(error, limits.TooMuch) else 422, str(error)) from None
        return wish, stream

    async def whole(self, wish: Wish) -> Json:
        """All that is wanted.

        Raises:
            Refused: too many wait, or it takes too long.
        """
        found: list[list[Any]] = [[] for _ in range(wish.count)]
        try:
            async with asyncio.timeout(self.serving.seconds):
                async for piece in self._pieces(wish):
                    found[piece.number].append(piece.value)
        except TimeoutError:
            raise Refused(
                503, f"It was not made within {self.serving.seconds:g} s. Ask for less, or for a stream.", later=2
            ) from None
        made = [self.made.record(self.made.whole(each)) for each in found]
        return {"model": self.name, "fingerprint": self.fingerprint, "seed": wish.seed, "made": made}

    async def stream(self, wish: Wish) -> AsyncIterator[str]:
        """A text, some letters at a time."""
        held, sent = "", time.monotonic()
        async for piece in self._pieces(wish):
            held += piece.value
            if time.monotonic() - sent > BEAT:
                yield held
                held, sent = "", time.monotonic()
        yield held

    def room(self) -> None:
        """Raises:
        Refused: too many wait.
        """
        if self.waiting >= LINE:
            raise Refused(429, f"{self.waiting} requests are in line. Ask again in a few seconds.", later=5)

    async def _pieces(self, wish: Wish) -> AsyncIterator[Any]:
        """What a thread makes; it ends when nobody listens any more."""
        self.room()
        loop, line, gone = asyncio.get_running_loop(), asyncio.Queue[Any](), threading.Event()

        def graph(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
            if gone.is_set():  # also while a long prompt is read, of which nothing comes
                raise Gone
            return self.model.graph(arrays)

        def put(value: Any) -> None:
            if not gone.is_set():
                loop.call_soon_threadsafe(line.put_nowait, value)

        def make() -> None:
            try:
                for piece in self.made.make(graph, wish):
                    put(piece)
                put(None)
            except Exception as error:  # handed to whoever waits for it
                put(error)

        self.waiting += 1
        try:
            working = loop.run_in_executor(self.threads, make)
            while (piece := await line.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
            await working
        finally:
            gone.set()
            self.waiting -= 1
