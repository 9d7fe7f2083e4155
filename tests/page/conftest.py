"""Three small models, opened once, and somebody who asks their pages."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import lamina
import worlds
from lamina.page.app import application
from lamina.page.contract import ENDPOINTS, ROOT
from lamina.page.data import open_data, parted
from lamina.page.opened import Opened
from lamina.page.views import Views
from lamina.page.works import PATIENCE

TOKEN, PORT = "a-token-of-this-start", 8765
GIVES = {each.name: each.gives for each in ENDPOINTS}


class Asker:
    """Asks a page as its front end does: again while something is being worked out; every answer is one of the contract's."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def raw(self, name: str, body: Any = None, **said: Any) -> Any:
        endpoint = next(each for each in ENDPOINTS if each.name == name)
        path = endpoint.path.format(**said)
        asked = {param.name: said[param.name] for param in endpoint.params if not param.path and param.name in said}
        end = time.monotonic() + 60
        while True:
            sent = {"json": body} if body is not None else {}
            found = self.client.request(endpoint.method, f"{ROOT}{path}", params=asked, **sent)
            if found.status_code != 202 or time.monotonic() > end:
                return found
            time.sleep(PATIENCE / 10)

    def __call__(self, name: str, body: Any = None, **said: Any) -> Any:
        found = self.raw(name, body, **said)
        assert found.status_code == 200, found.text
        gives = GIVES[name]
        if isinstance(gives, str):
            assert found.headers["content-type"].startswith(gives)
            return found.content
        gives.model_validate_json(found.content)
        return found.json()

    def why(self, **said: Any) -> Any:
        """An explanation, waited for."""
        job = self("explain", said)
        end = time.monotonic() + 60
        while job["state"] in ("waiting", "running") and time.monotonic() < end:
            job = self("job", job=job["job"])
        return job


@contextmanager
def asked(views: Views, built: Path | None = None) -> Iterator[Asker]:
    app = application(views, TOKEN, PORT, *([built] if built else []))
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        yield Asker(client)


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", autouse=True)
def _own_cache(cache_folder: Path) -> Iterator[None]:
    """What the page keeps is kept for all tests of it, and for no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMINA_CACHE", str(cache_folder))
        yield


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model of a table, and the table."""
    place = tmp_path_factory.mktemp("page")
    world = worlds.blobs(400, 0)
    with (place / "blobs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["east", "north", "colour", "label"])
        for k in range(400):
            writer.writerow([world["east"][k], world["north"][k], ("red", "blue")[k % 2], world["label"][k]])
    model = lamina.learn(place / "blobs.csv", "label", steps=60, folds=0)
    return model.save(place / "blobs.lamina"), place / "blobs.csv"


@pytest.fixture(scope="session")
def tabled(table: tuple[Path, Path]) -> Iterator[Asker]:
    model = lamina.load(table[0])
    data = open_data(model, table[1])
    with asked(Views("blobs", Opened("blobs", model, parted(model, data.examples)))) as asker:
        yield asker


@pytest.fixture(scope="session")
def pictured() -> Iterator[Asker]:
    """Level and upright stripes; only this process has them."""
    examples = lamina.read(worlds.stripes(200, 0))
    model = lamina.learn(examples, "label", steps=20, folds=0, network="cnn")
    with asked(Views("stripes", Opened("stripes", model, parted(model, examples)))) as asker:
        yield asker


@pytest.fixture(scope="session")
def numbered() -> Iterator[Asker]:
    """A number, from a number and a word; few rows, so there are folds."""
    examples = lamina.read(worlds.line(120, 0))
    model = lamina.learn(examples, "price", steps=10, folds=3)
    with asked(Views("line", Opened("line", model, parted(model, examples)))) as asker:
        yield asker
