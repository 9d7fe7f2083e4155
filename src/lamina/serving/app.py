"""The HTTP application: models by name that answer, say what they are, and are measured."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from lamina.core import Json
from lamina.model.model import Model
from lamina.serving import openapi, snippets
from lamina.serving.explaining import Explaining
from lamina.serving.gate import FILES, Gate, Lines, Log, refusal
from lamina.serving.intake import Bodies
from lamina.serving.making import Maker
from lamina.serving.metrics import Metrics
from lamina.serving.settings import Refused, Serving
from lamina.serving.shelf import Served, Shelf, threads_of

PAGE = Path(__file__).with_name("page")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
SERVING, MODELS, SHARED = "LAMINA_SERVING", "LAMINA_SERVING_MODELS", "LAMINA_SERVING_SHARED"  # what workers are told
BLAS = "OPENBLAS_NUM_THREADS"  # read when NumPy is imported


def application(
    places: Mapping[str, Path | Model], serving: Serving, *, shared: Path | None = None, log: Log | None = None
) -> Starlette:
    """The service as an ASGI application. shared: a folder where the processes add up their figures.

    Raises:
        ModelError: a model cannot be read or served.
    """
    metrics = Metrics(list(places), shared)
    shelf = Shelf(places, serving, metrics)
    api = Api(shelf, serving, metrics)

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(shelf.watch())
        yield
        watching.cancel()
        api.explaining.close()
        shelf.close()
        if isinstance(log, Lines):
            log.flush()

    return Starlette(
        routes=api.routes(),
        middleware=[Middleware(Gate, busy=Predict(api), serving=serving, metrics=metrics, log=log)],
        exception_handlers={Refused: _refused, HTTPException: _unrouted, Exception: _failed},
        lifespan=life,
    )


def from_environment() -> Starlette:
    """The application of a worker process; `run` says in the environment what it serves."""
    models = {name: Path(place) for name, place in json.loads(os.environ[MODELS]).items()}
    said = json.loads(os.environ[SERVING])
    return application(
        models, Serving(**said | {"name": tuple(said["name"])}), shared=Path(os.environ[SHARED]), log=Lines()
    )


def environment(places: Mapping[str, Path], serving: Serving, shared: Path) -> dict[str, str]:
    """What `from_environment` reads; and NumPy's threads, which wait busily: more of them than cores take from each other."""
    threads = os.environ.get(BLAS, str(threads_of(serving)))
    models = {name: str(place.absolute()) for name, place in places.items()}
    return {SERVING: json.dumps(asdict(serving)), MODELS: json.dumps(models), SHARED: str(shared), BLAS: threads}


class Api:
    """The routes."""

    def __init__(self, shelf: Shelf, serving: Serving, metrics: Metrics) -> None:
        self.shelf, self.serving, self.metrics = shelf, serving, metrics
        self.bodies = Bodies(serving)
        self.explaining = Explaining(serving)

    def routes(self) -> list[Route]:
        pages = {"/": "index.html", "/docs": "docs.html"}
        pages |= {f"/{name}": name for name in FILES}
        return [
            Route("/v1/models/{name}/predict", Predict(self), methods=["POST"]),
            Route("/v1/models/{name}/explain", self.explain, methods=["POST"]),
            Route("/v1/models/{name}/generate", self.generate, methods=["POST"]),
            Route("/v1/models/{name}", self.model),
            Route("/v1/models", self.models),
            Route("/models", self.models),
            Route("/livez", self.live),
            Route("/readyz", self.ready),
            Route("/metrics", self.figures),
            Route("/openapi.json", self.openapi),
            *(Route(path, _page((PAGE / file).read_bytes(), TYPES[Path(file).suffix])) for path, file in pages.items()),
        ]

    async def predict(self, scope: Scope, receive: Receive) -> bytes:
        note: Json = scope["lamina"]
        name = scope["path_params"]["name"]
        note["route"] = "/v1/models/{name}/predict"
        served = self.shelf.find(name)
        note["model"] = name
        try:
            async with asyncio.timeout(self.serving.seconds):
                rows = await self.bodies.rows(scope, receive, served.contract)
                note["rows"] = len(rows)
                return await served.answer(rows)
        except TimeoutError:
            limit = f"{self.serving.seconds:g} s"
            if not note["rows"]:
                raise Refused(
                    408, f"The body did not arrive within {limit}. Send it faster, or less at once."
                ) from None
            raise Refused(
                503, f"No answer within {limit}: too much is asked at once. Ask again later.", later=2
            ) from None

    async def explain(self, request: Request) -> Response:
        """Why the answers to these rows are what they are."""
        note: Json = request.scope["lamina"]
        note["route"] = "/v1/models/{name}/explain"
        served = self.shelf.find(request.path_params["name"])
        note["model"] = served.name
        asked = openapi.asked(request.query_params)
        try:
            async with asyncio.timeout(self.serving.seconds):
                rows = await self.bodies.rows(request.scope, request.receive, served.contract)
                note["rows"] = len(rows)
                await served.decode(rows)
        except TimeoutError:
            limit = f"{self.serving.seconds:g} s"
            raise Refused(408, f"The body did not arrive within {limit}. Send it faster, or less at once.") from None
        found = await self.explaining.ask(served.model, rows, asked)
        return JSONResponse({"model": served.name, "fingerprint": served.fingerprint, "explanations": found})

    async def generate(self, request: Request) -> Response:
        """Something new: whole as JSON, or a text as it is written."""
        note: Json = request.scope["lamina"]
        note["route"] = "/v1/models/{name}/generate"
        maker = self.shelf.maker(request.path_params["name"])
        note["model"] = maker.name
        try:
            async with asyncio.timeout(self.serving.seconds):
                body = await self.bodies.json(request.scope, request.receive)
        except TimeoutError:
            raise Refused(408, f"The body did not arrive within {self.serving.seconds:g} s. Send it faster.") from None
        wish, stream = maker.read(body)
        note["rows"] = wish.count
        if not stream:
            return JSONResponse(await _unless_left(request, maker.whole(wish)))
        maker.room()
        kind = "text/plain; charset=utf-8"
        return StreamingResponse(maker.stream(wish), media_type=kind, headers={"x-seed": str(wish.seed)})

    async def models(self, request: Request) -> Response:
        _route(request, "/models")
        return JSONResponse({"models": [self._about(each) for each in self.shelf.models.values()]})

    async def model(self, request: Request) -> Response:
        _route(request, "/v1/models/{name}")
        served = self.shelf.any(request.path_params["name"])
        address = f"{request.url.scheme}://{request.url.netloc}/v1/models/{served.name}"
        token = bool(self.serving.token)
        if isinstance(served, Maker):
            said = snippets.wish(served.example, f"{address}/generate", token, served.made)
        else:
            said = snippets.all_of(served.contract, served.example, f"{address}/predict", token)
        return JSONResponse(self._about(served) | {"snippets": said})

    async def live(self, request: Request) -> Response:
        _route(request, "/livez")
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> Response:
        _route(request, "/readyz")
        return JSONResponse({"ready": True, "models": len(self.shelf.models)})

    async def figures(self, request: Request) -> Response:
        _route(request, "/metrics")
        waiting = {each.name: each.batcher.waiting for each in self.shelf.answering}
        waiting |= {each.name: each.waiting for each in self.shelf.makers}
        return PlainTextResponse(self.metrics.text(waiting), media_type="text/plain; version=0.0.4")

    async def openapi(self, request: Request) -> Response:
        _route(request, "/openapi.json")
        return JSONResponse(openapi.document(self.shelf.answering, self.shelf.makers, bool(self.serving.token)))

    def _about(self, served: Served | Maker) -> Json:
        found: Json = {"name": served.name, "fingerprint": served.fingerprint, "made": served.model.card.made}
        if isinstance(served, Maker):
            found |= {"makes": served.made.kind, "asks": served.asks, "streams": served.made.shown}
            found |= {"inputs": [], "outputs": []}
        else:
            outputs = [{"column": column, "kind": kind} for column, (kind, _) in served.contract.outputs.items()]
            found |= {"inputs": served.contract.inputs(), "outputs": outputs}
        found["example"] = served.example
        problem = self.shelf.problems.get(served.name)
        return found | ({"problem": problem} if problem else {})


class Predict:
    """The busy route, as a plain ASGI application: it answers with bytes that are JSON already."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self.api.predict(scope, receive)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _unless_left(request: Request, working: Coroutine[Any, Any, Json]) -> Json:
    """What is worked on; it is ended when the caller leaves.

    Raises:
        Refused: the caller left.
    """
    work, leave = asyncio.ensure_future(working), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((work, leave), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Refused(400, "The caller left before it was made.")
        return work.result()
    finally:
        work.cancel()
        leave.cancel()


def _page(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        _route(request, request.url.path)
        return Response(content, media_type=kind)

    return show


def _route(request: Request, route: str) -> None:
    request.scope["lamina"]["route"] = route


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        found = refusal(Refused(405, f"{request.method} was asked; this address takes {allowed}."))
        found.headers["allow"] = allowed
        return found
    return refusal(Refused(404, "Nothing is at this address. /docs lists what there is."))


async def _failed(request: Request, error: Exception) -> Response:
    return refusal(Refused(500, "Something went wrong inside the service. Its log says what."))
