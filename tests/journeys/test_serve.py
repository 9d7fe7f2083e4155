"""Serving as a person does it: the command in a process of its own, asked over the network."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import lamina
from lamina.core import LaminaError

MAIN = "import sys; from lamina.cli import main; main()"


@contextmanager
def served(*words: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`lamina serve …` on a free port, and its address."""
    command = [sys.executable, "-c", MAIN, "serve", *words, "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env}
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("answers"), process.stderr.read() if process.stderr else ""
            yield process, line.split()[2].rpartition("/v1")[0]
        finally:
            if process.poll() is None:
                process.kill()


def ask(url: str, content: Any = None, **headers: str) -> Any:
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=60) as found:
        return json.load(found)


def test_serve_answers_and_stops_when_told(small_model: Path) -> None:
    with served(str(small_model)) as (process, url):
        assert ask(f"{url}/readyz")["ready"]
        found = ask(f"{url}/v1/models/small/predict", {"rows": [{"x": 190.0}, {"x": 3}]})
        assert [each["size"]["value"] for each in found["answers"]] == ["high", "low"]
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["route"] for line in lines] == ["/readyz", "/v1/models/{name}/predict"]
    assert lines[1]["rows"] == 2


def test_stopping_finishes_what_was_taken(small_model: Path) -> None:
    """A caller whose body is still arriving when the service is told to stop gets its answer; no new caller is taken."""
    body = json.dumps({"rows": [{"x": 190.0}]}).encode()
    with served(str(small_model)) as (process, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            head = f"POST /v1/models/small/predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            caller.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body[:5])
            ask(f"{url}/livez")  # it has taken the caller by now
            process.send_signal(signal.SIGTERM)
            refused = threading.Event()
            for _ in range(600):
                try:
                    socket.create_connection((host, int(port)), timeout=5).close()
                except OSError:
                    refused.set()
                    break
                time.sleep(0.05)
            assert refused.is_set()
            caller.sendall(body[5:])
            answer = b""
            while b"high" not in answer:
                part = caller.recv(65536)
                assert part, answer
                answer += part
        process.wait(60)
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_slow_caller_is_told_so(small_model: Path) -> None:
    with served(str(small_model), "--seconds", "0.3") as (_, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            head = f"POST /v1/models/small/predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            caller.sendall(head.encode() + b"Content-Length: 1000\r\n\r\n{")
            assert caller.recv(65536).startswith(b"HTTP/1.1 408")
        assert ask(f"{url}/livez")["live"]  # and others are answered meanwhile


def test_a_connection_that_asks_nothing_is_closed(small_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lamina.serving.run.PATIENCE", 0.1)
    with lamina.serve(small_model, wait=False, port=0) as service:  # type: ignore[union-attr]
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            caller.sendall(b"GET /livez HTTP/1.1\r\nHost: ")
            assert caller.recv(100) == b""


def test_connections_that_say_nothing_make_room(small_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lamina.serving.run.CONNECTIONS", 8)
    monkeypatch.setattr("lamina.serving.run.ROOM", 4)
    with lamina.serve(small_model, wait=False, port=0) as service, contextlib.ExitStack() as kept:  # type: ignore[union-attr]
        host, port = service.url.removeprefix("http://").split(":")

        def caller(content: bytes) -> socket.socket:
            found = kept.enter_context(socket.create_connection((host, int(port)), timeout=60))
            found.sendall(content)
            return found

        asks = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
        body = b'{"rows": [{"x": 190.0}]}'
        busy = caller(  # it has begun, and is not silent
            b"POST /v1/models/small/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        first = caller(asks + b"\r\n")
        assert first.recv(4096).startswith(b"HTTP/1.1 200")  # and is silent from then on
        silent = [caller(asks) for _ in range(20)]  # headers that do not end
        assert ask(f"{service.url}/livez")["live"]
        assert [first.recv(100), silent[0].recv(100)] == [b"", b""]
        busy.sendall(body)
        assert busy.recv(4096).startswith(b"HTTP/1.1 200")


def test_headers_have_an_end(small_model: Path) -> None:
    with lamina.serve(small_model, wait=False, port=0) as service:  # type: ignore[union-attr]
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            answer = b""
            caller.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ")
            with contextlib.suppress(ConnectionError):  # it is closed while we write
                for _ in range(1000):
                    caller.sendall(b"a" * 100_000)
            with contextlib.suppress(ConnectionError):
                answer = caller.recv(100)
            assert not answer or answer.startswith(b"HTTP/1.1 400")
        assert ask(f"{service.url}/livez")["live"]


def test_several_workers_answer_and_add_up(small_model: Path) -> None:
    with served(str(small_model), "--workers", "2") as (process, url):
        for _ in range(6):
            ask(f"{url}/v1/models/small/predict", {"rows": [{"x": 190.0}]})
        with urllib.request.urlopen(f"{url}/metrics", timeout=60) as found:
            assert 'lamina_rows_total{model="small"} 6' in found.read().decode().splitlines()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="which process holds a connection is read from /proc")
def test_workers_share_what_comes_at_once(small_model: Path) -> None:
    with served(str(small_model), "--workers", "2") as (process, url), contextlib.ExitStack() as held:
        for _ in range(6):
            ask(f"{url}/livez")  # so that both are there
        port, until = int(url.rpartition(":")[2]), time.monotonic() + 60
        ours = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(32)]
        callers, shared = {each.getsockname()[1] for each in ours}, [0]
        while sum(shared) < 32 and time.monotonic() < until:  # what waits at a door is nobody's yet
            with contextlib.suppress(OSError):  # a file was closed while it was looked at
                shared = connections(process.pid, port, callers)
            time.sleep(0.05)
        assert sum(shared) == 32, shared
        assert len(shared) == 2
        assert min(shared) >= 3, shared


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all workers wait at one door")
def test_what_waits_at_the_door_of_a_worker_that_died_is_answered(small_model: Path) -> None:
    with served(str(small_model), "--workers", "2") as (process, url):
        ask(f"{url}/livez")
        os.kill(next(iter(workers(process.pid))), signal.SIGKILL)
        for _ in range(16):
            assert ask(f"{url}/livez")["live"]


def connections(parent: int, port: int, callers: set[int]) -> list[int]:
    """How many of the connections from these ports each worker of the service at `port` has taken in."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = [(*(int(place.split(":")[1], 16) for place in row[1:3]), f"socket:[{row[9]}]") for row in rows]
    theirs = {name for here, there, name in ends if here == port and there in callers}
    return [
        sum(os.readlink(each) in theirs for each in Path(f"/proc/{worker}/fd").iterdir()) for worker in workers(parent)
    ]


def workers(parent: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_text().split("\0")
            if f"\nPPid:\t{parent}\n" in (place / "status").read_text() and "--multiprocessing-fork" in words:
                found.append(int(place.name))
    return sorted(found)


def test_a_token_from_the_environment(small_model: Path) -> None:
    with served(str(small_model), LAMINA_TOKEN="correct horse") as (_, url):
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            ask(f"{url}/models")
        refused.value.close()
        assert ask(f"{url}/models", Authorization="Bearer correct horse")["models"]


def test_serving_imports_no_torch(small_model: Path) -> None:
    code = f"""
import sys, json, urllib.request, lamina
with lamina.serve({str(small_model)!r}, wait=False, port=0) as service:
    body = json.dumps({{"rows": [{{"x": 190.0}}]}}).encode()
    request = urllib.request.Request(service.url + "/v1/models/small/predict", body, {{"Content-Type": "application/json"}})
    assert b"high" in urllib.request.urlopen(request).read()
print(" ".join(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {name.partition(".")[0] for name in done.stdout.split()}
    assert "onnxruntime" in names
    assert not {"torch", "sklearn", "scipy", "polars"} & names


def test_a_model_in_memory_is_served(small_model: Path) -> None:
    model = lamina.load(small_model)
    with lamina.serve(type(model).from_bytes(model.to_bytes()), wait=False, port=0) as service:  # type: ignore[union-attr]
        assert ask(f"{service.url}/models")["models"][0]["name"] == "model"


def test_without_the_extra_it_says_what_to_install(small_model: Path) -> None:
    code = f"import sys; sys.modules['starlette'] = None; import lamina; lamina.serve({str(small_model)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'lamina[serve]'" in done.stderr


def test_what_cannot_be_served_is_said(tmp_path: Path) -> None:
    with pytest.raises(LaminaError, match="does not exist"):
        lamina.serve(tmp_path / "nothing.lamina", port=0)
    with pytest.raises(LaminaError, match=r"There is no option 'prot'\. Did you mean 'port'"):
        lamina.serve(tmp_path, prot=1)
    with pytest.raises(LaminaError, match="LAMINA_TOKEN"):
        lamina.serve(tmp_path, host="0.0.0.0", token="")
