"""A page for this machine alone: a port, a token that only this start has, a server in a thread."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import uvicorn

from lamina.core import LaminaError
from lamina.page.gate import TOKEN, token
from lamina.page.opening import PORT, Opening
from lamina.serving.run import Bounded, listen
from lamina.serving.settings import Serving

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

TRIED = 20  # ports after the first, where nobody said one
WAIT = 10.0  # seconds for a server to start


class Local:
    """An application that is served, in a thread, until it is stopped.

    application: made of the token and the port; taken: the port, as `listening` gives it; url: with the token of this start,
    which nobody else has.
    """

    def __init__(self, application: Callable[[str, int], ASGIApp], taken: socket.socket) -> None:
        self.socket = taken
        port = int(self.socket.getsockname()[1])
        self.token = token()
        self.url = f"http://127.0.0.1:{port}/?{TOKEN}={self.token}"
        config = uvicorn.Config(
            application(self.token, port), http=Bounded, ws="none", access_log=False, log_level="warning",
            server_header=False, proxy_headers=False, timeout_keep_alive=30, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self._thread.start()
        end = time.monotonic() + WAIT
        while not self._server.started and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(0.01)

    def wait(self) -> None:
        """Until it is closed from elsewhere, or Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            while self._thread.is_alive():
                self._thread.join(0.5)
        self.stop()

    def stop(self) -> None:
        """Close it."""
        self._server.should_exit = True
        self._thread.join(WAIT)
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def listening(opening: Opening) -> socket.socket:
    """A port, taken: the one said, else the first free one."""
    if opening.port is not None:
        return listen(Serving(port=opening.port))
    for port in range(PORT, PORT + TRIED):
        with contextlib.suppress(LaminaError):
            return listen(Serving(port=port))
    return listen(Serving(port=0))


def show_in_browser(url: str) -> None:
    """Open an address, if there is a browser; a machine without one is no error."""
    import webbrowser

    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(url)
