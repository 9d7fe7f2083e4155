"""A request's body to rows: JSON, files as a form, one picture, sound or video, or a Parquet table. Read up to a limit of bytes."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope

from lamina.core import Json, nearest
from lamina.serving import form, parquet
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
        said = headers.get(b"content-type", b"")
        kind = said.partition(b";")[0].strip().lower().decode("latin-1")
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise Refused(415, "The body is compressed. Expected is a plain one: leave out Content-Encoding.")
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self.serving.largest:
            raise self.too_large(int(length))
        loop = asyncio.get_running_loop()
        counted = _Counted(scope, receive, self)
        try:
            if kind == JSON:
                body = await _whole(counted)
                return contract.read(body) if len(body) < MIB else await loop.run_in_executor(None, contract.read, body)
            if kind == FORM:
                body = await _whole(counted)
                if len(body) < MIB:
                    return _form_rows(body, said, contract)
                return await loop.run_in_executor(None, _form_rows, body, said, contract)
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


def _form_rows(body: bytes, kind: bytes, contract: Contract) -> list[Json]:
    """One row of fields, or a row per file where the model takes nothing but one picture, sound or video."""
    if contract.lone_file:
        column = contract.lone_file
        rows: list[Json] = []
        for part in form.parts(body, kind, contract.most):
            if part.name not in (column, "file", "files"):
                raise Refused(
                    422, f"The form has a field '{part.name[:80]}'; expected are files in the field '{column}'."
                )
            rows.append({column: _bytes(part)})
        if not rows:
            raise Refused(422, f"The form is empty; expected are files in the field '{column}'.")
        return rows
    row: Json = {}
    for part in form.parts(body, kind, len(contract.kinds) + 1):
        name = part.name
        if name not in contract.kinds:
            raise Refused(422, f"The form has a field '{name[:80]}'. {nearest(name, contract.kinds)}")
        if name in row:
            raise Refused(422, f"The form has '{name}' twice; a form says one row. Send several rows as JSON.")
        file = name in contract.files or contract.kinds[name] == "series"
        row[name] = _bytes(part) if file else _typed(part, contract)
    for column, held in contract.kinds.items():
        if column not in row:
            raise Refused(422, f"The form lacks '{column}'; expected is {EXPECTED[held]}. An empty field says unknown.")
    return [row]


def _bytes(part: form.Part) -> bytes | None:
    if part.filename is None:
        if part.content.strip():
            raise Refused(
                422,
                f"'{part.name[:80]}' is a text of {len(part.content):,} bytes; expected is a file. Send it as one.",
            )
        return None
    return part.content if part.content or part.filename else None


def _typed(part: form.Part, contract: Contract) -> Any:
    """A form's text as the value that JSON would hold."""
    name = part.name
    kind = contract.kinds[name]
    if part.filename is not None:
        raise Refused(422, f"'{name}' is a file; expected is {EXPECTED[kind]}.")
    try:
        word = part.content.decode().strip()
    except UnicodeDecodeError:
        raise Refused(422, f"'{name}' is not UTF-8; expected is {EXPECTED[kind]}.") from None
    if not word:
        return None
    try:
        return contract.checked(name, float(word) if kind == "number" else word)
    except ValueError:
        raise Refused(422, f"'{name}' is '{word[:80]}'; expected is {EXPECTED[kind]}.") from None
