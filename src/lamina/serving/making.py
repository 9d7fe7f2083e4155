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
from lamina.made._wish import SEEDS, Wish
from lamina.made.image import Image
from lamina.made.text import LENGTH
from lamina.model.model import Model
from lamina.serving.contract import typed
from lamina.serving.settings import Refused, Serving

MOST = 64  # made in one request
LETTERS = 100_000  # of one request, those of its prompt among them: they are read as slowly
LINE = 8  # requests that may wait for a thread
BEAT = 0.05  # seconds between the parts of a stream
SENTENCE = "say here what is to be seen"
# Where no sentence was kept, an example is made of such words, as far as they are known.
COMMON = (
    "a the one two three four five six seven eight nine zero 0 1 2 3 4 5 6 7 8 9 of on in with and above below left right "
    "red green blue yellow black white small large man woman dog cat"
)
WORDS = 4  # of them
NUMBERS = frozenset({"count", "length", "temperature", "top_p", "seed"})
HINTS: Mapping[str, Any] = {
    "count": Annotated[int, Field(strict=True, ge=1, le=MOST)],
    "given": dict[str, str],
    "text": Annotated[str, Field(strict=True, min_length=1)],
    "prompt": Annotated[str, Field(strict=True, min_length=1)],
    "length": Annotated[int, Field(strict=True, ge=1, le=LETTERS)],
    "temperature": Annotated[float, Field(ge=0, le=10)],
    "top_p": Annotated[float, Field(gt=0, le=1)],
    "seed": Annotated[int, Field(strict=True, ge=0, lt=2**53)],
}


class Gone(Exception):
    """Nobody waits for it any more."""


class Maker:
    """One model that makes something. A replaced model gets a new one, while this one finishes what it has begun."""

    def __init__(self, name: str, model: Model, serving: Serving, threads: ThreadPoolExecutor) -> None:
        self.name, self.model, self.serving, self.threads = name, model, serving, threads
        self.made = model.maker
        self.fingerprint = model.card.seal[:16]
        self.waiting = 0
        model.open(threads=1, spin=False)
        asked = {
            each.name: NotRequired[Annotated[HINTS[each.name], Field(description=f"{each.metadata['help']}.")]]
            for each in fields(Wish)
            if each.name in self.made.takes | {"count", "seed"}
        }
        if self.made.shown:
            said = "Send it as it is written, as plain text, instead of whole as JSON."
            asked["stream"] = NotRequired[Annotated[bool, Field(strict=True, description=said)]]
        title = re.sub(r"\W", "", name.title()) or "Model"
        self.request: TypeAdapter[Any] = TypeAdapter(typed(f"{title}Wish", asked))

    @property
    def example(self) -> Json:
        """A request that it takes. Where it keeps no sentence of its examples, one of common words, or a place for one."""
        if "length" in self.made.takes:
            return {"length": 200, "temperature": 0.8, "seed": 1}
        try:
            self.made.check(Wish())
        except PlanError:
            return {"count": 4, "text": " ".join(self._known()) or SENTENCE, "seed": 1}
        return {"count": 4, "seed": 1}

    @property
    def asks(self) -> list[Json]:
        """What a form needs to know of each thing that may be said."""
        found: list[Json] = []
        for each in sorted(
            fields(Wish), key=lambda each: each.name in ("count", "seed")
        ):  # what is said of each comes first
            if each.name not in self.made.takes | {"count", "seed"}:
                continue
            kind = "number" if each.name in NUMBERS else "text"
            said: Json = {"name": each.name, "kind": kind, "help": f"{each.metadata['help']}."}
            if isinstance(self.made, Image) and each.name in ("given", "text"):
                if not self.made.asked or self.made.worded != (each.name == "text"):
                    continue
                said |= {"column": self.made.asked, "help": f"What {self.made.asked} it is to have."}
                if not self.made.worded:
                    said["words"] = list(self.made.shares)
            found.append(said)
        return found

    def _known(self) -> list[str]:
        """Common words that it may be asked with."""
        found: list[str] = []
        for word in COMMON.split():
            try:
                self.made.check(Wish(text=word))
            except PlanError:
                continue
            found.append(word)
        return found[:WORDS]

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
        except PlanError as error:
            raise Refused(422, str(error)) from None
        if stream and wish.count > 1:
            raise Refused(422, f"A stream of {wish.count} was asked for. Expected is one: leave out count, or stream.")
        letters = wish.count * (len(wish.prompt or "") + (wish.length or LENGTH))
        if "length" in self.made.takes and letters > LETTERS:
            raise Refused(
                413,
                f"{letters:,} letters in all, with the prompt; expected are at most {LETTERS:,} in one request. Ask for fewer.",
            )
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
