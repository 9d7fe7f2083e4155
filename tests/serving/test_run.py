"""What an answer is sent with: as few writes as there can be, in order, and nothing lost when the connection ends; and nothing
left of connections that have ended."""

from __future__ import annotations

import asyncio
import gc
import http.client
import socket
import time
from pathlib import Path

import pytest

import lamina
from lamina.serving.run import Bounded, Joined


class Wire(asyncio.Transport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")


def test_what_is_written_in_one_turn_is_sent_at_once() -> None:
    async def go() -> list[bytes]:
        wire = Wire()
        joined = Joined(wire, asyncio.get_running_loop())
        joined.write(b"head ")
        joined.write(b"content")
        await asyncio.sleep(0)
        joined.write(b"more")
        await asyncio.sleep(0)
        joined.write(b"last ")
        joined.write(b"words")
        joined.close()
        await asyncio.sleep(0)
        return wire.sent

    assert asyncio.run(go()) == [b"head content", b"more", b"last words", b"closed"]


def test_nothing_is_left_of_connections_that_have_ended(shop: Path) -> None:
    """By no timer and no cycle: what waits for the collector piles up under load, each with all that its caller had sent."""
    with lamina.serve(shop, wait=False, port=0) as service:  # type: ignore[union-attr]
        address = service.url.removeprefix("http://")

        def ask(body: bytes) -> int:
            connection = http.client.HTTPConnection(address, timeout=30)
            connection.request("POST", "/v1/models/none/predict", body, {"Content-Type": "application/json"})
            status = connection.getresponse().status
            connection.close()
            return status

        assert ask(b"{}") == 404
        gc.collect()
        gc.disable()
        try:
            assert {ask(b"{}" * 40_000) for _ in range(20)} == {404}
            until = time.monotonic() + 5
            while len(left := _connections()) > 1 and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            gc.enable()
        assert len(left) <= 1  # the loop may still hold the last one


def _sends_until_closed(caller: socket.socket) -> int:
    for number in range(500):
        try:
            caller.sendall(b"x")
        except ConnectionError:
            return number
        time.sleep(0.02)
    return 500


def _connections() -> list[Bounded]:
    return [each for each in gc.get_objects() if type(each) is Bounded]


def test_who_is_still_sending_hears_why_it_was_refused(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most callers listen only when they have sent everything; a connection that is closed with something unread takes back what
    was said. How long it is read on, into nothing, has an end."""
    head = b"POST /v1/models/shop/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with lamina.serve(shop, wait=False, port=0, body=0.1) as service:  # type: ignore[union-attr]
        host, port = service.url.removeprefix("http://").split(":")
        for length in (b"Content-Length: 16000000", b"Transfer-Encoding: chunked"):
            with socket.create_connection((host, int(port)), timeout=30) as caller:
                caller.sendall(head + length + b"\r\n\r\n" + 160 * (b"186a0\r\n" + bytes(100_000) + b"\r\n"))
                answer = b""
                while part := caller.recv(65536):
                    answer += part
            assert answer.startswith(b"HTTP/1.1 413")
            assert b"Send less at once." in answer

        monkeypatch.setattr("lamina.serving.run.REST", 0.2)
        with socket.create_connection((host, int(port)), timeout=30) as caller:
            caller.sendall(head + b"Content-Length: 16000000\r\n\r\n")
            assert _sends_until_closed(caller) < 500
