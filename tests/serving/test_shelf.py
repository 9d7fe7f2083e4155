"""Models in their folders while they are served: replaced, damaged, gone; and figures of several processes."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import lamina
from lamina.core import ModelError, PlanError
from lamina.serving.metrics import Metrics
from lamina.serving.settings import Serving
from lamina.serving.shelf import Shelf, named
from worlds import CUSTOMER

PATH = "/v1/models/shop/predict"


@pytest.fixture
def shelf(shop: Path, tmp_path: Path) -> Iterator[Shelf]:
    place = tmp_path / "shop.lamina"
    shutil.copytree(shop, place)
    found = Shelf({"shop": place}, Serving(), Metrics(["shop"]))
    yield found
    found.close()


def ask(shelf: Shelf) -> Any:
    """Look at the folders, then ask."""

    async def go() -> Any:
        await shelf.look()
        return json.loads(await shelf.find("shop").answer([dict(CUSTOMER)]))

    return asyncio.run(go())


def test_a_replaced_model_answers_from_then_on(shelf: Shelf, small_model: Path) -> None:
    before = ask(shelf)
    place = shelf.places["shop"]
    assert isinstance(place, Path)
    lamina.load(small_model).save(place, overwrite=True)

    async def go() -> Any:
        await shelf.look()
        return json.loads(await shelf.find("shop").answer([{"x": 190.0}]))

    after = asyncio.run(go())
    assert after["answers"][0]["size"]["value"] == "high"
    assert after["fingerprint"] == lamina.load(small_model).card.seal[:16] != before["fingerprint"]


@pytest.mark.parametrize("harm", ["gone", "cut", "half"])
def test_a_model_that_vanishes_or_is_damaged_leaves_the_old_one(shelf: Shelf, harm: str) -> None:
    before = ask(shelf)
    place = shelf.places["shop"]
    assert isinstance(place, Path)
    match harm:
        case "gone":
            shutil.rmtree(place)
        case "cut":
            (place / "card.json").write_bytes((place / "card.json").read_bytes()[:100])
        case "half":
            (place / "network.onnx").unlink()
            (place / "card.json").touch()
    assert ask(shelf) == before
    assert "The model that was read before answers" in shelf.problems["shop"]


def test_what_was_mended_is_read(shelf: Shelf, shop: Path) -> None:
    place = shelf.places["shop"]
    assert isinstance(place, Path)
    shutil.rmtree(place)
    ask(shelf)
    shutil.copytree(shop, place)
    ask(shelf)
    assert shelf.problems == {}


def test_models_are_named_by_their_folders(tmp_path: Path) -> None:
    assert named(["a/cats.lamina", "dogs=b/cats.lamina"]) == {
        "cats": Path("a/cats.lamina"), "dogs": Path("b/cats.lamina"),
    }  # fmt: skip
    assert list(named(['a/my "cats" <b>.lamina'])) == ["my-cats-b"]
    (tmp_path / "rate=0.1.lamina").mkdir()
    assert list(named([tmp_path / "rate=0.1.lamina"]).values()) == [tmp_path / "rate=0.1.lamina"]
    with pytest.raises(PlanError, match="NAME=PATH"):
        named(["a/cats.lamina", "b/cats.lamina"])


def test_a_model_that_is_not_there_is_said_before_listening(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        Shelf({"cats": tmp_path / "cats.lamina"}, Serving(), Metrics(["cats"]))


def test_processes_add_up_their_figures(tmp_path: Path) -> None:
    ours, theirs = Metrics(["shop"], tmp_path), Metrics(["shop"], tmp_path)
    theirs.own.tofile(tmp_path / "1.numbers")
    other = Metrics(["shop"])
    for figures in (ours, other):
        figures.request("shop", 200, 0.003)
        figures.request("shop", 429, 0.003)
    other.own.tofile(tmp_path / "1.numbers")
    assert 'lamina_requests_total{model="shop",status="200"} 2' in ours.text({}).splitlines()
    assert 'lamina_request_seconds_bucket{model="shop",le="0.0025"} 0' in ours.text({}).splitlines()
    assert 'lamina_request_seconds_bucket{model="shop",le="0.005"} 4' in ours.text({}).splitlines()
    assert 'lamina_request_seconds_bucket{model="shop",le="+Inf"} 4' in ours.text({}).splitlines()


def test_time_runs_out_as_a_refusal(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that does not end within the seconds that are given."""
    from lamina.serving.shelf import Served

    async def never(self: Served, rows: Any) -> bytes:
        await asyncio.sleep(3600)
        return b""

    monkeypatch.setattr(Served, "answer", never)
    with service(seconds=0.05) as client:
        assert isinstance(client, TestClient)
        found = client.post(PATH, json={"rows": [CUSTOMER]})
    assert found.status_code == 503
    assert found.headers["retry-after"] == "2"
    assert "No answer within 0.05 s" in found.json()["error"]


def test_a_mistake_inside_tells_nothing(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lamina.serving.shelf import Served

    async def broken(self: Served, rows: Any) -> bytes:
        raise ArithmeticError("a secret of the house")

    monkeypatch.setattr(Served, "answer", broken)
    with service() as client:
        found = client.post(PATH, json={"rows": [CUSTOMER]})
    assert found.status_code == 500
    assert "secret" not in found.text
