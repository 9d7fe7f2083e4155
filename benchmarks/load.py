"""Many clients that ask at once over plain sockets: requests per second and how long each took.

    python benchmarks/load.py asked.json      where it says {"port": 8000, "path": "/", "clients": 64, "seconds": 5}

It runs in a process of its own and prints JSON. Each client sends its next request when the last one is answered; with
a `rate`, requests start at even times instead, whether or not the earlier ones are answered in time.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections import deque
from itertools import cycle
from pathlib import Path
from typing import Any


def main(asked: dict[str, Any]) -> None:
    try:
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    with runner:
        print(json.dumps(runner.run(measure(asked))))


async def measure(asked: dict[str, Any]) -> dict[str, Any]:
    """path, port, clients, seconds; bodies: base64, taken in turn; kind: their content type; rate: requests a second."""
    bodies = [base64.b64decode(body) for body in asked.get("bodies", [])]
    requests = cycle([_request(asked, body) for body in bodies] or [_request(asked, None)])
    loop = asyncio.get_running_loop()
    run = Run(requests, asked.get("rate"), asked.get("warm", 1.0), asked["seconds"])
    clients = [
        (await loop.create_connection(lambda: Client(run), "127.0.0.1", asked["port"]))[1]
        for _ in range(asked["clients"])
    ]
    await run.drive(clients)
    for client in clients:
        client.transport.close()
    took = sorted(run.took)
    return {
        "requests": len(took),
        "per_second": len(took) / asked["seconds"],
        "p50_ms": 1000 * took[len(took) // 2] if took else None,
        "p99_ms": 1000 * took[int(len(took) * 0.99)] if took else None,
        "failed": run.failed,
    }


class Run:
    """What all clients share: the clock, and what was measured after the warm-up."""

    def __init__(self, requests: Any, rate: float | None, warm: float, seconds: float) -> None:
        self.requests, self.rate = requests, rate
        now = time.perf_counter()
        self.begin, self.end = now + warm, now + warm + seconds
        self.took: list[float] = []
        self.failed = 0
        self.free: deque[Client] = deque()

    async def drive(self, clients: list[Client]) -> None:
        if self.rate is None:
            for client in clients:
                client.ask(time.perf_counter())
            await asyncio.sleep(self.end - time.perf_counter())
            return
        self.free.extend(clients)
        due = time.perf_counter()
        while due < self.end:
            now = time.perf_counter()
            if due > now:
                await asyncio.sleep(due - now)
            while not self.free:  # all are busy: what is late counts from when it was due
                await asyncio.sleep(0.0005)
            self.free.popleft().ask(due)
            due += 1 / self.rate

    def answered(self, client: Client, start: float, good: bool) -> None:
        now = time.perf_counter()
        if self.begin <= now < self.end:
            self.took.append(now - start)
            self.failed += not good
        if self.rate is not None:
            self.free.append(client)
        elif now < self.end:
            client.ask(now)


class Client(asyncio.Protocol):
    """One connection that is kept open."""

    transport: Any

    def __init__(self, run: Run) -> None:
        self.run, self.start, self.seen, self.length = run, 0.0, b"", 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, start: float) -> None:
        self.start, self.seen, self.length = start, b"", 0
        self.transport.write(next(self.run.requests))

    def data_received(self, data: bytes) -> None:
        self.seen = self.seen + data if self.seen else data
        if not self.length:
            head = self.seen.find(b"\r\n\r\n")
            if head < 0:
                return
            place = self.seen.lower().find(b"content-length:", 0, head)
            self.length = head + 4 + int(self.seen[place + 15 : self.seen.find(b"\r", place)])
        if len(self.seen) >= self.length:
            self.run.answered(self, self.start, self.seen.startswith(b"HTTP/1.1 200"))


def _request(asked: dict[str, Any], body: bytes | None) -> bytes:
    head = f"{'GET' if body is None else 'POST'} {asked['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body is not None:
        head += f"Content-Type: {asked['kind']}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + (body or b"")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
