"""A model that writes, over HTTP: whole, as it is written, and refused where too much or nothing sensible is asked."""

from __future__ import annotations

import json
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
        said = ask.get("/v1/models/told").json()
        assert said["example"]["text"] in said["snippets"]["curl"]
        found = ask.post("/v1/models/told/generate", json=said["example"])
        assert "has the words 'say'" in found.json()["error"]  # its own words only: a private model tells none of them
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
