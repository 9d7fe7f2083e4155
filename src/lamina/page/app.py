"""The page as an HTTP application: addresses by the contract, the front end's files, who may ask."""

from __future__ import annotations

import contextlib
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from lamina.core import LaminaError
from lamina.page import asking, openapi
from lamina.page.contract import ENDPOINTS, ROOT, Endpoint
from lamina.page.gate import Gate
from lamina.page.schema.shared import Working
from lamina.page.views import Views
from lamina.page.works import AGAIN, StillWorking
from lamina.serving.gate import refusal
from lamina.serving.settings import Refused

BUILT = Path(__file__).with_name("built")
UNBUILT = """<!doctype html><meta charset="utf-8"><title>Lamina</title>
<p>This copy of Lamina has no page: its front end was not built. In its sources, <code>python hatch_build.py</code> builds it;
<code>pip install .</code> does so by itself. The answers are there, at <code>/api/v1</code>.</p>"""
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


def application(views: Views, token: str, port: int, built: Path = BUILT) -> Starlette:
    """The ASGI application. built: the front end's files."""

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        yield
        with contextlib.suppress(Refused):
            views.opened.close()

    return Starlette(
        routes=[
            *(Route(f"{ROOT}{each.path}", _answering(views, each), methods=[each.method]) for each in ENDPOINTS),
            Route(f"{ROOT}/openapi.json", _openapi),
            *_files(built),
        ],
        middleware=[Middleware(Gate, token=token, port=port)],
        exception_handlers=HANDLERS,
        lifespan=life,
    )


def _answering(views: Views, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        said: dict[str, Any] = asking.said(request, endpoint)
        if endpoint.takes is not None:
            said["body"] = await asking.body(request, endpoint.takes)
        found = await getattr(views, endpoint.name)(**said)
        if isinstance(found, Response):
            return found
        if isinstance(found, BaseModel):
            return Response(await run_in_threadpool(found.model_dump_json), media_type="application/json")
        return JSONResponse(found)

    return answer


async def _openapi(request: Request) -> Response:
    return JSONResponse(openapi.document())


def _files(built: Path) -> list[Route]:
    """A route for each file of the front end: what is not there now is no address, whatever a request says."""
    found = sorted(each for each in built.rglob("*") if each.is_file()) if built.is_dir() else []
    files = {f"/{each.relative_to(built).as_posix()}": each for each in found}
    if "/index.html" not in files:
        return [Route("/", _unbuilt)]
    return [
        Route("/", file(files["/index.html"])),
        *(Route(path, file(each)) for path, each in files.items()),
    ]


def file(path: Path) -> Callable[[Request], Awaitable[Response]]:
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = path.read_bytes()

    async def show(request: Request) -> Response:
        return Response(content, media_type=kind)

    return show


async def _unbuilt(request: Request) -> Response:
    return HTMLResponse(UNBUILT)


async def _working(request: Request, error: Exception) -> Response:
    assert isinstance(error, StillWorking)
    told = Working(working=error.words, share=error.share, again=AGAIN)
    return Response(told.model_dump_json(), 202, {"retry-after": "1"}, "application/json")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)


async def _said(request: Request, error: Exception) -> Response:
    return refusal(Refused(409, str(error)))


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return refusal(Refused(405, f"{request.method} was asked, which this address does not take."))
    return refusal(Refused(404, f"Nothing is at this address. {ROOT}/openapi.json lists what there is."))


async def _failed(request: Request, error: Exception) -> Response:
    return refusal(Refused(500, "Something went wrong inside. The terminal says what."))


HANDLERS: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    StillWorking: _working,
    Refused: _refused,
    LaminaError: _said,
    HTTPException: _unrouted,
    Exception: _failed,
}  # what is said when something cannot be answered
