"""A model that writes, over HTTP: whole, as it is written, and refused where too much or nothing sensible is asked."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import lamina
from lamina.serving import making
from worlds import stripes, verses

PLACE = "/v1/models/writer/generate"


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("serving") / "writer.lamina"
    return lamina.learn({"text": [verses(1_500, 0)]}, generate="text", steps=2, network="rnn width=8").save(place)


@pytest.fixture(scope="module")
def ask(service: Any, writer: Path, small_model: Path) -> Iterator[TestClient]:
    with service({"writer": writer, "small": small_model}) as found:
        yield found


def test_what_is_made_is_what_the_model_makes(ask: TestClient, writer: Path) -> None:
    wish = {"prompt": "The cat", "length": 30, "temperature": 0.7, "top_p": 0.9, "seed": 4}
    body = ask.post(PLACE, json={**wish, "count": 2}).json()
    assert [each["text"] for each in body["made"]] == lamina.load(writer).generate(2, **wish)
    assert body["seed"] == 4
    assert body["fingerprint"] == lamina.load(writer).card.seal[:16]


def test_a_stream_is_the_same_text(ask: TestClient, writer: Path) -> None:
    with ask.stream("POST", PLACE, json={"length": 300, "seed": 4, "stream": True}) as found:
        assert found.headers["content-type"].startswith("text/plain")
        assert found.headers["x-seed"] == "4"
        text = "".join(found.iter_text())
    assert text == lamina.load(writer).generate(1, length=300, seed=4)[0]


def test_without_a_seed_one_is_drawn_and_told(ask: TestClient) -> None:
    one, other = (ask.post(PLACE, json={"length": 40}).json() for _ in range(2))
    assert one["made"] != other["made"]
    assert ask.post(PLACE, json={"length": 40, "seed": one["seed"]}).json()["made"] == one["made"]


@pytest.mark.parametrize(
    ("wish", "status", "word"),
    [
        ({"prompt": ""}, 422, "prompt"),
        ({"prompt": "Ünlike"}, 422, "Ü"),
        ({"promt": "a"}, 422, "prompt, length"),
        ({"length": 1_000_000}, 422, "length"),
        ({"count": 64, "length": 50_000}, 413, "letters in all"),
        ({"prompt": "The cat " * 1_000, "count": 64, "length": 1}, 413, "with the prompt"),
        ({"prompt": "The cat " * 12_500, "length": 1}, 413, "with the prompt"),
        ({"temperature": -1}, 422, "temperature"),
        ({"given": {"label": "cat"}}, 422, "given"),
        ({"count": 2, "stream": True}, 422, "stream"),
        ([1], 422, "object"),
    ],
)
def test_what_cannot_be_made_is_refused(ask: TestClient, wish: Any, status: int, word: str) -> None:
    found = ask.post(PLACE, json=wish)
    assert found.status_code == status, found.text
    assert word in json.dumps(found.json(), ensure_ascii=False)


def test_each_model_says_what_it_can_do(ask: TestClient) -> None:
    row = {"rows": [{"x": 1.0}]}
    assert "generate" in ask.post("/v1/models/writer/predict", json=row).json()["error"]
    assert "predict" in ask.post("/v1/models/small/generate", json={}).json()["error"]
    assert ask.post("/v1/models/small/predict", json=row).status_code == 200
    about = {each["name"]: each for each in ask.get("/models").json()["models"]}
    assert about["writer"]["makes"] == "text"
    assert [each["name"] for each in about["writer"]["asks"]] == [
        "prompt",
        "length",
        "temperature",
        "top_p",
        "count",
        "seed",
    ]
    assert about["writer"]["streams"]
    assert "makes" not in about["small"]
    said = ask.get("/v1/models/writer").json()
    assert "/generate" in said["snippets"]["curl"]
    assert ask.post(PLACE, json=said["example"]).status_code == 200
    assert PLACE in ask.get("/openapi.json").json()["paths"]
    assert ask.post(PLACE, content=b"length=3").status_code == 415


def test_a_private_model_of_captions_says_what_to_ask_for(service: Any, tmp_path: Path) -> None:
    """It keeps no caption of its own, so that a wish must say one."""
    world = stripes(60, 0, side=8)
    world["caption"] = np.array([f"{name} stripes, number {k}" for k, name in enumerate(world.pop("label"))])
    plan: dict[str, Any] = {"given": "caption", "steps": 2, "looks": 1, "size": 0, "batch": 8, "side": 8}
    place = lamina.learn(world, generate="image", private=True, **plan).save(tmp_path / "told.lamina")
    with service({"told": place}) as ask:
        asks = {each["name"]: each for each in ask.get("/models").json()["models"][0]["asks"]}
        assert list(asks) == ["text", "count", "seed"]
        assert (asks["text"]["column"], asks["count"]["kind"]) == ("caption", "number")
        said = ask.get("/v1/models/told").json()
        assert said["example"]["text"] in said["snippets"]["curl"]
        found = ask.post("/v1/models/told/generate", json=said["example"])
        assert found.status_code == 200, found.text  # of words that anybody might know
        found = ask.post("/v1/models/told/generate", json={"text": "diagonal stripes"})
        assert "has the word 'diagonal'" in found.json()["error"]  # it tells none of its own words
        assert "upright" not in found.json()["error"]
        found = ask.post("/v1/models/told/generate", json=said["example"] | {"text": "upright stripes"})
        assert found.status_code == 200, found.text
        assert len(found.json()["made"]) == said["example"]["count"]


def test_beyond_a_line_callers_are_asked_to_come_later(ask: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "LINE", 0)
    found = ask.post(PLACE, json={"length": 10})
    assert found.status_code == 429
    assert found.headers["retry-after"] == "5"


def test_what_takes_too_long_is_ended(service: Any, writer: Path) -> None:
    with service({"writer": writer}, seconds=0.2) as slow:
        found = slow.post(PLACE, json={"length": 100_000})
        assert found.status_code == 503
        assert "stream" in found.json()["error"]
        assert slow.post(PLACE, json={"length": 5}).status_code == 200  # the thread is free again


@pytest.mark.parametrize("stream", [True, False])
def test_a_caller_that_leaves_ends_the_reading_of_a_long_prompt(
    writer: Path, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is asked no more, though it has not said a letter yet."""
    model = lamina.load(writer)
    reads, seen = threading.Semaphore(0), []

    def slowly(arrays: Any) -> Any:
        seen.append(len(seen))
        reads.acquire(timeout=60)
        return real(arrays)

    real = model.graph
    monkeypatch.setattr(model, "graph", slowly)
    body = json.dumps({"prompt": "The cat " * 1_000, "length": 50, "stream": stream}).encode()
    head = f"POST /v1/models/{writer.stem}/generate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with lamina.serve(model, wait=False, port=0) as service:  # type: ignore[union-attr]
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            caller.sendall(head.encode() + body)
            while not seen:
                time.sleep(0.01)
        figures = f"{service.url}/metrics"
        while b'lamina_waiting_rows{model="writer"} 0' not in urllib.request.urlopen(figures, timeout=60).read():
            time.sleep(0.01)
        reads.release(1000)
        time.sleep(0.1)
    assert len(seen) == 1, "of more than thirty"
