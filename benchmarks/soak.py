"""Good and bad requests at once, for a long time: does the service stay up, answer what is good, and keep its memory?

    python benchmarks/soak.py [--seconds 1800] [--clients 8]

A table (adult, where LAMINA_DATA holds it, else breast cancer) and pictures of digits in one service, asked by threads of this
process: to answer, and one time in thirty to explain, which torch does in a process of its own. Bad are wrong and missing fields, broken
JSON, files that are no pictures or break off, a picture that claims 900 megapixels, a Parquet file of zeros, a body beyond the
limit, another Host, a path that climbs, plain noise, and callers that begin a request and leave. Prints JSON: what was
answered with which status, and the memory of the service (all its processes) in the first and the last fifth.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import serving
from lamina.core import Coded

ADULT = Path(os.environ.get("LAMINA_DATA") or "data") / "adult"
JSON = "application/json"
TABLE, PICTURES = "/v1/models/table/predict", "/v1/models/pictures/predict"
WHY = ("/v1/models/table/explain", "/v1/models/pictures/explain")
GOOD = {200, 429}
# How a connection may end that is not answered: a body beyond the limit, noise, and a caller that leaves first.
CLOSED = ("closed", "ConnectionResetError", "BrokenPipeError")
Good = tuple[str, bytes, str]  # path, body and its type
Bad = Callable[[int], int | str]  # from the port to the status, or how the connection ended
KEPT = 20  # answers that should not have been
IDLE = 200  # connections that are opened and say nothing
WARM = 0.2  # of the time, in which memory may still grow


@dataclass
class Tally:
    """What was seen. wrong: the first answers that should not have been. memory: seconds and MiB."""

    good: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)

    def note(self, text: str) -> None:
        if len(self.wrong) < KEPT:
            self.wrong.append(text)


def main() -> None:
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--seconds", type=float, default=1800.0)
    asking.add_argument("--clients", type=int, default=8)
    asking.add_argument("--quick", action="store_true", help="to see that all works")
    asked = asking.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = [Path(folder) / "table.lamina", Path(folder) / "pictures.lamina"]
        serving.learn(*models)
        if ADULT.is_dir():
            learn_adult(models[0])
        print(json.dumps(soak(models, 10.0 if asked.quick else asked.seconds, asked.clients)))


def learn_adult(place: Path) -> None:
    """A table of numbers and words, some of them missing, instead of one of numbers alone."""
    import lamina

    lamina.learn(ADULT / "train.csv", "income", steps=200, folds=0).save(place, overwrite=True)


def soak(models: Sequence[Path], seconds: float, clients: int) -> dict[str, Any]:
    port = serving.free()
    command = [sys.executable, "-c", "from lamina.cli import main; main()", "serve", *map(str, models)]
    with subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as service:
        try:
            rows = table_rows(models[0])
            good, bad, tally = good_bodies(rows), bad_requests(rows[0]), Tally()
            serving.first_answer(port, TABLE, good[0][1])
            start = time.monotonic()
            idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(IDLE)]
            threads = [
                threading.Thread(target=client, args=(port, good, bad, k, start + seconds, tally), daemon=True)
                for k in range(clients)
            ]
            for thread in threads:
                thread.start()
            while time.monotonic() < start + seconds and service.poll() is None:
                tally.memory.append((time.monotonic() - start, memory(service.pid)))
                time.sleep(min(1.0, seconds / 50))
            for thread in threads:
                thread.join(60)
            for each in idle:
                each.close()
            alive = service.poll() is None
        finally:
            service.terminate()
    settled = [mib for at, mib in tally.memory if at >= WARM * seconds]
    fifth = max(1, len(settled) // 5)
    early, late = median(settled[:fifth]), median(settled[-fifth:])
    answered = sum(tally.good.values())
    return {
        "seconds": seconds,
        "clients": clients,
        "alive": alive,
        "good": dict(tally.good),
        "bad": dict(tally.bad),
        "wrong": tally.wrong,
        "turned_away": tally.good["429"] / max(answered, 1),
        "memory_mib": [round(early, 1), round(late, 1)],
        "share": {
            "requests": answered + sum(tally.bad.values()),
            "good_answered": sum(tally.good[str(status)] for status in GOOD) / max(answered, 1),
            "growth": late / early,
            "crashes": int(not alive),
            "wrong": len(tally.wrong),  # the first of them
        },
    }


def client(
    port: int, good: Sequence[Good], bad: Sequence[tuple[str, Bad]], number: int, end: float, tally: Tally
) -> None:
    """Ask until the end: two good ones, then a bad one."""
    chance = random.Random(number)
    while time.monotonic() < end:
        for path, body, kind in chance.choices(good, k=2):
            status = ask(port, path, body, kind)
            tally.good[str(status)] += 1
            if status not in GOOD:
                tally.note(f"good {path}: {status}")
        name, act = chance.choice(bad)
        status = act(port)
        tally.bad[f"{name}: {status}"] += 1
        if status not in CLOSED and not (isinstance(status, int) and 400 <= status < 500):
            tally.note(f"{name}: {status}")


def ask(
    port: int, path: str, body: bytes | None, kind: str = JSON, method: str = "POST", host: str = "127.0.0.1"
) -> int | str:
    """The status, or how the connection ended."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, {"Content-Type": kind, "Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def table_rows(model: Path) -> list[dict[str, Any]]:
    """Fifty rows as the model of the table takes them."""
    if not ADULT.is_dir():
        return list(serving.rows(50))
    import lamina

    loaded = lamina.load(model)
    examples = loaded.read(ADULT / "test.csv")
    found = []
    for number in range(50):
        row = {name: examples.values(name, np.array([number])) for name in loaded.intake.kinds}
        found.append({name: _plain(value) for name, value in row.items()})
    return found


def _plain(value: Any) -> Any:
    """One cell as JSON holds it."""
    if isinstance(value, Coded):
        return value.words[value.codes[0]] if value.codes[0] >= 0 else None
    return float(value[0]) if np.isfinite(value[0]) else None


def good_bodies(rows: Sequence[dict[str, Any]]) -> list[Good]:
    files = serving.files()[:50]
    lone = [(TABLE, json.dumps({"rows": [row]}).encode(), JSON) for row in rows]
    many = [(TABLE, json.dumps({"rows": rows}).encode(), JSON)]
    forms = [(PICTURES, serving._form(files[:count]), serving.FORM) for count in (2, 8, 32)]
    why = [(WHY[0], lone[0][1], JSON), (WHY[1], files[0], "image/png")]
    return [*lone, *many * 5, *[(PICTURES, file, "image/png") for file in files], *forms * 2, *why * 2]


def bad_requests(row: dict[str, Any]) -> list[tuple[str, Bad]]:
    """Name, and what does it; each should be refused with 4xx, or the connection closed."""
    picture = serving.files()[0]
    bodies = {
        "a word for a number": json.dumps({"rows": [{**row, next(iter(row)): "many"}]}).encode(),
        "a column too few": json.dumps({"rows": [dict(list(row.items())[1:])]}).encode(),
        "a column too many": json.dumps({"rows": [{**row, "colour": "red"}]}).encode(),
        "no rows": b'{"rows": []}',
        "broken JSON": b'{"rows": [{"a": 1}',
        "nested JSON": b"[" * 20_000,
        "nothing": b"",
        "a number that is none": json.dumps({"rows": [{**row, next(iter(row)): float("nan")}]}).encode(),
    }
    found: list[tuple[str, Bad]] = [
        (name, lambda port, body=body: ask(port, TABLE, body)) for name, body in bodies.items()
    ]
    pictures = {
        "a text as a picture": b"this is no picture",
        "a picture that breaks off": picture[: len(picture) // 2],
        "a picture that claims too much": bomb(),
    }
    found += [(name, lambda port, body=body: ask(port, PICTURES, body, "image/png")) for name, body in pictures.items()]
    found += [
        ("a Parquet file of zeros", lambda port: ask(port, TABLE, b"PAR1" + bytes(100_000) + b"PAR1", PARQUET)),
        ("a body beyond the limit", lambda port: ask(port, TABLE, bytes(33 * 2**20))),
        ("another host", lambda port: ask(port, TABLE, bodies["nothing"], host="evil.example.org")),
        ("a path that climbs", lambda port: ask(port, "/../../etc/passwd", None, method="GET")),
        ("no such model", lambda port: ask(port, "/v1/models/none/predict", b"{}")),
        ("noise", lambda port: said(port, bytes(range(256)) * 8)),
        ("a caller that leaves", lambda port: said(port, LEAVES)),
    ]
    return found


PARQUET = "application/vnd.apache.parquet"
LEAVES = f"POST {TABLE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {JSON}\r\nContent-Length: 900\r\n\r\n{{".encode()


def said(port: int, content: bytes) -> int | str:
    """Say it on a plain connection, and leave: the status, or how the connection ended."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as caller:
        caller.sendall(content)
        caller.shutdown(socket.SHUT_WR)
        try:
            line = caller.recv(1024).partition(b"\r\n")[0].split()
        except OSError as error:
            return type(error).__name__
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else "closed"


def bomb() -> bytes:
    """A PNG file whose header claims 30,000 by 30,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    zeros = io.BytesIO(zlib.compress(bytes(1_000_000))).getvalue()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zeros) + chunk(b"IEND", b"")


def memory(process: int) -> float:
    """MiB that a process and those it started hold, but for what lies in files: pages of libraries are shared with other
    programs, and would count for more when one of those ends."""
    every, found = [process], 0.0
    while every:
        each = every.pop()
        try:
            kept = Path(f"/proc/{each}/smaps_rollup").read_text()
            for thread in Path(f"/proc/{each}/task").iterdir():  # any of them may have started some
                every += [int(word) for word in (thread / "children").read_text().split()]
        except OSError:
            continue
        found += int(kept.partition("\nPss_Anon:")[2].split()[0]) / 1024
    return found


if __name__ == "__main__":
    main()
