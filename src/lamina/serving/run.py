"""Start a service, tell where it is, and stop it with everything answered that was taken."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from lamina.core import LaminaError, PlanError
from lamina.model.model import Model
from lamina.serving.app import application, environment
from lamina.serving.doors import Doors
from lamina.serving.gate import Lines
from lamina.serving.settings import Serving
from lamina.serving.shelf import named

PATIENCE = 10.0  # seconds in which a connection has to say what it asks
CONNECTIONS = 2048
ROOM = CONNECTIONS - 64  # beyond, those that ask nothing make room
HEAD = 64 * 1024  # bytes of a request's headers
REST = 20.0  # seconds in which a caller that was answered before its request was whole may go on sending, into nothing


class Joined:
    """A transport that sends at the end of a turn of the event loop what was written in it: uvicorn writes the headers and
    the content of an answer apart, and each write to the network costs more than most answers.

    A socket that is closed while its caller is still sending takes back what was said (a reset), and most callers hear no answer
    before they have sent everything. So while a request is `arriving`, closing ends what is said, and goes on reading for a while.
    """

    __slots__ = ("_loop", "_parts", "_rest", "_to", "arriving", "get_extra_info", "pause_reading", "resume_reading")

    def __init__(self, to: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._to, self._loop = to, loop
        self._parts: list[bytes] = []
        self._rest: asyncio.TimerHandle | None = None  # after which it is closed for good
        self.arriving = False  # whether a request has begun and not ended
        self.get_extra_info = to.get_extra_info
        self.pause_reading, self.resume_reading = to.pause_reading, to.resume_reading

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._to.write(b"".join(parts))

    def is_closing(self) -> bool:
        return self._rest is not None or self._to.is_closing()

    def close(self) -> None:
        if not self.arriving or self.is_closing():
            return self.end()
        self.flush()
        self._to.write_eof()
        self._rest = self._loop.call_later(REST, self.end)
        return self._to.resume_reading()

    def end(self) -> None:
        """Close it now."""
        self.flush()
        self._to.close()
        if self._rest is not None:
            self._rest.cancel()


class Bounded(HttpToolsProtocol):
    """A connection that asks nothing, or whose headers do not end, is closed: it cannot use up the service. Where there are as
    many as there may be, the one that has been silent for longest makes room for the next."""

    silent: ClassVar[dict[Bounded, None]] = {}  # those of this process that ask nothing, the longest first
    joined: Joined
    patience: asyncio.TimerHandle  # after which a connection that asked nothing is closed
    heading = False  # whether headers are arriving
    head = 0  # bytes of them so far

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.joined = Joined(transport, self.loop)
        super().connection_made(self.joined)  # type: ignore[arg-type]
        self.patience = self.loop.call_later(PATIENCE, self._asked_yet)
        self.silent[self] = None
        if len(self.connections) > ROOM:
            longest = next(iter(self.silent))
            self.silent.pop(longest)
            longest.joined.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing may hold on to it any longer: neither a timer, nor the request that it points to and that points back. A
        service that is asked by new connections all the time would keep seconds of them, with all that they had sent."""
        self.silent.pop(self, None)
        super().connection_lost(exc)
        self.joined.end()
        self.patience.cancel()
        self._unset_keepalive_if_required()
        self.cycle = None  # type: ignore[assignment]

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.joined.arriving = True
        self.heading, self.head = True, 0

    def on_headers_complete(self) -> None:
        self.silent.pop(self, None)
        super().on_headers_complete()
        self.heading = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.joined.arriving = False

    def on_response_complete(self) -> None:
        if not self.pipeline and (self.joined.arriving or not self.joined.is_closing()):
            self.silent[self] = None  # also one that sends what nobody reads
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        if self.joined.is_closing():
            return
        super().data_received(data)
        if self.heading:
            self.head += len(data)
            if self.head > HEAD and not self.transport.is_closing():
                self.send_400_response(f"The headers are longer than {HEAD:,} bytes.")

    def shutdown(self) -> None:
        super().shutdown()
        if self.joined.is_closing():
            self.joined.end()

    def _asked_yet(self) -> None:
        cycle: Any = self.cycle  # the request that is on; none yet
        if cycle is None:
            self.joined.end()


def run(models: Sequence[str | Path | Model], serving: Serving) -> None:
    """Serve until it is told to stop (Ctrl-C, SIGTERM): then what was taken is answered, and no more is taken.

    Raises:
        LaminaError: a model cannot be read, the port is in use, …
    """
    places = named(models)
    with listen(serving) as listening:
        if serving.workers == 1:
            server = uvicorn.Server(_config(application(places, serving, log=Lines()), serving))
            _tell(places, serving, listening)
            with contextlib.suppress(KeyboardInterrupt):  # it has stopped by then, as it was told
                server.run(sockets=[listening])
            return
        folders = {name: place for name, place in places.items() if isinstance(place, Path)}
        if len(folders) < len(places):
            raise PlanError("Several workers each read the model from its folder. Save it first, and serve its path.")
        for place in folders.values():
            Model.load(place)  # a mistake is said once, here, and not by every worker
        with tempfile.TemporaryDirectory(prefix="lamina-") as shared:
            os.environ |= environment(folders, serving, Path(shared))
            config = _config("lamina.serving.app:from_environment", serving)
            with Doors.instead_of(listening, serving.workers, Path(shared), CONNECTIONS) as doors:
                _tell(places, serving, doors[0])
                Multiprocess(config, sockets=doors).run()


class Background:
    """A service in a thread, for a notebook or a test: `with serve(model, wait=False) as service: service.url`."""

    def __init__(self, models: Sequence[str | Path | Model], serving: Serving) -> None:
        if serving.workers != 1:
            raise PlanError("A service in the background has one worker. Leave `workers` out, or wait for it.")
        self.socket = listen(serving)
        self.url = _url(serving, self.socket)
        self._server = uvicorn.Server(_config(application(named(models), serving), serving))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer what was taken, then end."""
        self._server.should_exit = True
        self._thread.join()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def listen(serving: Serving) -> socket.socket:
    """The port, taken.

    Raises:
        LaminaError: somebody else has it, or it cannot be had.
    """
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((serving.host, serving.port))
        found.listen(CONNECTIONS)
    except OSError as error:
        found.close()
        match error.errno:
            case errno.EADDRINUSE:
                raise LaminaError(
                    f"Port {serving.port} of {serving.host} is in use. Stop what listens there, or say another: --port {serving.port + 1}"
                ) from None
            case errno.EACCES:
                raise LaminaError(
                    f"Port {serving.port} may not be used by you. Say one above 1023: --port 8000"
                ) from None
        raise LaminaError(
            f"{serving.host} is no address of this machine ({error.strerror}). Say another: --host 127.0.0.1"
        ) from None
    found.set_inheritable(True)
    return found


def _config(app: Any, serving: Serving) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=serving.workers,
        http=Bounded,
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(serving.seconds) + 1,
    )


def _url(serving: Serving, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return f"http://{f'[{serving.host}]' if ':' in serving.host else serving.host}:{port}"


def _tell(places: Mapping[str, Path | Model], serving: Serving, listening: socket.socket) -> None:
    url = _url(serving, listening)
    for name in places:
        print(f"answers  POST {url}/v1/models/{name}/predict")
    print(f"try it   {url}/\ndocs     {url}/docs\nfigures  {url}/metrics\nstop     Ctrl-C", flush=True)
