"""Asking the page before anybody does, within some time and some bytes; its answers and their pictures are kept by address."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import time
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from pydantic import BaseModel

from lamina.core import Json, LaminaError
from lamina.page.contract import ENDPOINTS, ROOT
from lamina.page.views import Views
from lamina.page.works import StillWorking
from lamina.serving.settings import Refused

SIZE = 2_500_000  # bytes of all that is kept, pictures included
PLAIN = 3_000  # bytes of a picture that is not worth making smaller
FILE = re.compile(r"(?:examples/(?P<id>\d+)/picture|layers/(?P<layer>.+)/sprite)(?:\?(?P<query>.*))?")
PATHS = {each.name: each for each in ENDPOINTS}


@dataclass
class Recording:
    """answers: address below the root to JSON; files: address to data URL; examples: rows that are kept with all that goes on inside; left: what
    was left out, in words."""

    answers: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    examples: list[int] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class Asker:
    """Asks, and keeps count of time and bytes. seconds: of the processor; None: no end."""

    def __init__(self, views: Views, seconds: float | None) -> None:
        self.views, self.seconds = views, seconds
        self.kept = Recording()
        self.size = 0
        self.begun = time.process_time()
        self.cost: dict[str, float] = {}  # of the last of each kind
        self.late: dict[str, int] = {}  # how many of each kind were left out

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


def _url(kind: str, content: bytes) -> str:
    """A data URL; a large picture as JPEG, where that is smaller."""
    if kind == "image/png" and len(content) > PLAIN:
        from PIL import Image

        buffer = io.BytesIO()
        Image.open(io.BytesIO(content)).convert("RGB").save(buffer, "JPEG", quality=72, optimize=True)
        if len(buffer.getvalue()) < len(content):
            kind, content = "image/jpeg", buffer.getvalue()
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
