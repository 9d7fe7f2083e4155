"""What every request passes: who may ask, how long it took, and a line in the log that tells no contents."""

from __future__ import annotations

import asyncio
import hmac
import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from pydantic_core import to_json
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lamina.core import Json
from lamina.serving.metrics import OTHER, Metrics
from lamina.serving.settings import Refused, Serving

FILES = (
    "page.css",
    "page.js",
    "docs.js",
    "make.js",
    "shared.js",
    "why.js",
    "record.js",
    "worklet.js",
)  # of the start page
OPEN = frozenset({"/", "/docs", "/livez", "/readyz", *(f"/{name}" for name in FILES)})  # tell nothing of a model
HEADERS = [
    (b"content-security-policy", b"default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]  # fmt: skip

PREDICT = re.compile("/v1/models/([^/]+)/predict")

Log = Callable[[Json], None]


class Lines:
    """The access log on standard error: a line of JSON a request, written several at once because writing costs."""

    def __init__(self, out: TextIO | None = None, every: float = 0.2) -> None:
        self.out, self.every = out or sys.stderr, every
        self._records: list[Json] = []

    def __call__(self, record: Json) -> None:
        if not self._records:
            asyncio.get_running_loop().call_later(self.every, self.flush)
        self._records.append(record)

    def flush(self) -> None:
        if self._records:
            self.out.write(b"".join(to_json(each) + b"\n" for each in self._records).decode())
            self.out.flush()
            self._records.clear()


class Gate:
    """Refuses strangers before anything is read; counts and logs what passes.

    busy: what answers POST /v1/models/NAME/predict, past the router, which would take a good part of its time.
    """

    def __init__(self, app: ASGIApp, busy: ASGIApp, serving: Serving, metrics: Metrics, log: Log | None) -> None:
        self.app, self.busy, self.serving, self.metrics, self.log = app, busy, serving, metrics, log
        self.token = serving.token.encode() if serving.token else None
        self.hosts: set[bytes] = set()  # that were found to be this service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, status = time.perf_counter(), 500
        note: Json = {"model": OTHER, "rows": 0, "bytes": 0, "headers": {}}
        scope["lamina"] = note

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        try:
            self._check(scope)
            asked = PREDICT.fullmatch(scope["path"]) if scope["method"] == "POST" else None
            if asked is None:
                await self.app(scope, receive, sending)
            else:
                scope["path_params"] = {"name": asked[1]}
                await self.busy(scope, receive, sending)
        except Refused as error:
            await refusal(error)(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - start
            self.metrics.request(note["model"], status, seconds)
            if self.log is not None:
                self.log(self._record(scope, note, status, seconds))
        return None

    def _check(self, scope: Scope) -> None:
        headers = dict(scope["headers"])
        scope["lamina"]["headers"] = headers
        host = headers.get(b"host", b"")
        if host not in self.hosts:
            check_host(host, self.serving)
            if len(self.hosts) < 100:
                self.hosts.add(host)
        check_origin(headers, linked=scope["path"] in OPEN)
        if self.token is None or scope["path"] in OPEN:
            return
        shown = headers.get(b"authorization", b"")
        kind, _, token = shown.partition(b" ")
        if kind.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self.token):
            seen = "another token was shown" if shown else "no token was shown"
            raise Refused(
                401, f"This service asks for a token, and {seen}. Send the header 'Authorization: Bearer TOKEN'."
            )

    def _record(self, scope: Scope, note: Json, status: int, seconds: float) -> Json:
        client = scope.get("client")
        return {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": client[0] if client else "",
            "method": scope["method"],
            "route": note.get("route", "unknown"),
            "model": note["model"],
            "status": status,
            "ms": round(1000 * seconds, 2),
            "rows": note["rows"],
            "bytes": note["bytes"],
        }


def check_host(host: bytes, serving: Serving) -> None:
    """Refuse what was sent to another name: a page elsewhere may have had its name pointed here (DNS rebinding)."""
    if not serving.knows(host.decode("latin-1")):
        raise Refused(
            403,
            "The Host header names another machine. Expected is this one's address, localhost, or a name said with --name.",
        )


def check_origin(headers: Mapping[bytes, bytes], linked: bool) -> None:
    """Refuse what a page of another origin asks. linked: a link from elsewhere is no harm."""
    origin, foreign = headers.get(b"origin"), headers.get(b"sec-fetch-site") == b"cross-site" and not linked
    if foreign or (origin is not None and origin.rpartition(b"//")[2] != headers.get(b"host", b"")):
        raise Refused(403, "A page of another origin asked. Expected is the service's own page, or a program.")


def refusal(error: Refused) -> JSONResponse:
    """A refusal as every route gives it."""
    headers: dict[str, Any] = {"retry-after": str(error.later)} if error.later else {}
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    if error.status in (408, 413):
        headers["connection"] = "close"  # the rest of the body is not read
    return JSONResponse({"error": error.error, "problems": error.problems}, error.status, headers)
