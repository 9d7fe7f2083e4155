"""HTTP of an exported folder: JSON to JSON, or to a text as it comes, with Python's own library."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple

from lamina.core import Json, LaminaError

LARGEST = 32 * 2**20  # bytes of one request
AT_ONCE = 16  # requests that are read and answered; the next one is told to come again


class Streamed(NamedTuple):
    """A text that is sent as it comes."""

    parts: Iterator[str]
    headers: dict[str, str]


def serve(
    host: str, port: int, place: str, read: Callable[[Any], Any], answer: Callable[[Any], Json | Streamed]
) -> None:
    """Answer POST at `place` until it is stopped, as `listening` says."""
    with listening(host, port, place, read, answer) as server:
        print(f"POST http://{host}:{server.server_port}{place}", flush=True)
        server.serve_forever()


class Server(ThreadingHTTPServer):
    """One thread for each request. Of a burst of callers none is kept waiting at the door: five is Python's own room there."""

    request_queue_size = 128


def listening(
    host: str, port: int, place: str, read: Callable[[Any], Any], answer: Callable[[Any], Json | Streamed]
) -> ThreadingHTTPServer:
    """A server that answers POST at `place`. read: what a body says, to what can be answered; a ValueError, LookupError,
    TypeError or LaminaError says why it cannot.

    Raises:
        LaminaError: the port is taken.
    """
    room = threading.BoundedSemaphore(AT_ONCE)

    class Asked(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            self.say(200 if self.path == "/livez" else 404, {"live": True} if self.path == "/livez" else {})

        def do_POST(self) -> None:
            size = self.headers.get("content-length", "")
            if self.path != place:
                return self.say(404, {"error": f"There is no {self.path[:80]}. POST to {place}."})
            if not size.isdigit() or int(size) > LARGEST:
                return self.say(
                    413 if size.isdigit() else 411, {"error": f"POST at most {LARGEST:,} bytes to {place}."}
                )
            if not room.acquire(blocking=False):
                return self.say(
                    503, {"error": f"{AT_ONCE} requests are being answered. Ask again."}, {"retry-after": "1"}
                )
            try:
                return self.answered(int(size))
            finally:
                room.release()

        def answered(self, size: int) -> None:
            try:
                body = json.loads(self.rfile.read(size))
            except ValueError as error:
                return self.say(422, {"error": f"The body is no JSON: {error}."})
            try:
                wanted = read(body)
            except (ValueError, LookupError, TypeError, LaminaError) as error:
                return self.say(422, {"error": str(error)})
            found = answer(wanted)
            return self.stream(found) if isinstance(found, Streamed) else self.say(200, found)

        def say(self, status: int, content: Json, headers: Mapping[str, str] = MappingProxyType({})) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            said = {"content-type": "application/json", "content-length": str(len(body)), **headers}
            for name, value in said.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def stream(self, found: Streamed) -> None:
            """Until it is whole, or until nobody listens any more. The connection's end is the text's."""
            self.send_response(200)
            for name, value in {"content-type": "text/plain; charset=utf-8", **found.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for part in found.parts:
                    self.wfile.write(part.encode())
            except ConnectionError:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """No log: it would hold addresses."""

    try:
        return Server((host, port), Asked)
    except OSError as error:
        raise LaminaError(
            f"It cannot listen at {host}:{port}: {error.strerror}. Choose another port, such as --serve 8001."
        ) from None
