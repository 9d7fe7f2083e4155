"""A request's body to rows: JSON, files as a form, one picture, sound or video, or a Parquet table. Read up to a limit of bytes."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from lamina.core import Json, nearest
from lamina.serving import parquet
from lamina.serving.contract import EXPECTED, Contract
from lamina.serving.settings import MIB, Refused, Serving

JSON, FORM = "application/json", "multipart/form-data"
FILE = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4"}
PARQUET = ("application/vnd.apache.parquet", "application/x-parquet", "application/parquet")


class Bodies:
    """Bodies on their way into this process; together they may not fill its memory."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.most = 8 * serving.largest
        self.held = 0

    async def rows(self, scope: Scope, receive: Receive, contract: Contract) -> list[Json]:
        """What is asked.

        Raises:
            Refused: it is too large, of another type, or not what the model takes.
        """
        headers: dict[bytes, bytes] = scope["lamina"]["headers"]
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise Refused(415, "The body is compressed. Expected is a plain one: leave out Content-Encoding.")
        said = headers.get(b"content-length", b"")
        if said.isdigit() and int(said) > self.serving.largest:
            raise self.too_large(int(said))
        loop = asyncio.get_running_loop()
        counted = _Counted(scope, receive, self)
        try:
            if kind == JSON:
                body = await _whole(counted)
                return contract.read(body) if len(body) < MIB else await loop.run_in_executor(None, contract.read, body)
            if kind == FORM:
                return await _form(scope, counted, contract)
            if contract.lone_file and kind.startswith(f"{contract.media}/"):
                return [{contract.lone_file: await _whole(counted)}]
            if kind in PARQUET:
                body = await _whole(counted)
                found = await loop.run_in_executor(
                    None, parquet.to_json, body, contract.most, self.most, self.serving.seconds
                )
                return await loop.run_in_executor(None, contract.read, found)
        finally:
            self.held -= counted.size
        file = f", {FILE[contract.media]} and the like" if contract.lone_file else ""
        raise Refused(
            415,
            f"The content type is {kind[:80] or 'not said'}. Expected is {JSON}, {FORM} (files){file} or {PARQUET[0]}.",
        )

    async def json(self, scope: Scope, receive: Receive) -> bytes:
        """A small body of JSON, as it is.

        Raises:
            Refused: it is of another type, or too large.
        """
        kind = scope["lamina"]["headers"].get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
        if kind != JSON:
            raise Refused(415, f"The content type is {kind[:80] or 'not said'}. Expected is {JSON}.")
        counted = _Counted(scope, receive, self)
        try:
            return await _whole(counted)
        finally:
            self.held -= counted.size

    def too_large(self, size: int) -> Refused:
        return Refused(
            413,
            f"The body has {size:,} bytes or more; expected are at most {self.serving.largest:,}. Send less at once.",
        )


class _Counted:
    """`receive`, up to the limit."""

    def __init__(self, scope: Scope, receive: Receive, bodies: Bodies) -> None:
        self.note: Json = scope["lamina"]
        self.receive, self.bodies, self.size = receive, bodies, 0

    async def __call__(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The caller left before the body was whole.")
        size = len(message.get("body", b""))
        self.size += size
        self.bodies.held += size
        self.note["bytes"] = self.size
        if self.size > self.bodies.serving.largest:
            raise self.bodies.too_large(self.size)
        if self.bodies.held > self.bodies.most:
            raise Refused(429, "Too many large requests arrive at once. Ask again in a second.", later=1)
        return message


async def _whole(receive: Receive) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _form(scope: Scope, receive: Receive, contract: Contract) -> list[Json]:
    request = Request(scope, receive)
    fields = len(contract.kinds) + 1
    try:
        form = await MultiPartParser(
            request.headers, request.stream(), max_files=contract.most, max_fields=fields, max_part_size=MIB
        ).parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise Refused(
            400, f"The form cannot be read: {error}. Send multipart/form-data with a field per column."
        ) from None
    try:
        return await _form_rows(form.multi_items(), contract)
    finally:
        await form.close()


async def _form_rows(items: list[tuple[str, UploadFile | str]], contract: Contract) -> list[Json]:
    """One row of fields, or a row per file where the model takes nothing but one picture, sound or video."""
    if contract.lone_file:
        column = contract.lone_file
        rows: list[Json] = []
        for name, value in items:
            if name not in (column, "file", "files"):
                raise Refused(422, f"The form has a field '{name[:80]}'; expected are files in the field '{column}'.")
            rows.append({column: await _bytes(name, value)})
        if not rows:
            raise Refused(422, f"The form is empty; expected are files in the field '{column}'.")
        return rows
    row: Json = {}
    for name, value in items:
        if name not in contract.kinds:
            raise Refused(422, f"The form has a field '{name[:80]}'. {nearest(name, contract.kinds)}")
        if name in row:
            raise Refused(422, f"The form has '{name}' twice; a form says one row. Send several rows as JSON.")
        file = name in contract.files or contract.kinds[name] == "series"
        row[name] = await _bytes(name, value) if file else _typed(name, value, contract)
    for column, kind in contract.kinds.items():
        if column not in row:
            raise Refused(422, f"The form lacks '{column}'; expected is {EXPECTED[kind]}. An empty field says unknown.")
    return [row]


async def _bytes(name: str, value: UploadFile | str) -> bytes | None:
    if isinstance(value, str):
        if value.strip():
            raise Refused(
                422, f"'{name[:80]}' is a text of {len(value):,} characters; expected is a file. Send it as one."
            )
        return None
    found = await value.read()
    return found if found or value.filename else None


def _typed(name: str, value: UploadFile | str, contract: Contract) -> Any:
    """A form's text as the value that JSON would hold."""
    kind = contract.kinds[name]
    if not isinstance(value, str):
        raise Refused(422, f"'{name}' is a file; expected is {EXPECTED[kind]}.")
    word = value.strip()
    if not word:
        return None
    try:
        return contract.checked(name, float(word) if kind == "number" else word)
    except ValueError:
        raise Refused(422, f"'{name}' is '{word[:80]}'; expected is {EXPECTED[kind]}.") from None
