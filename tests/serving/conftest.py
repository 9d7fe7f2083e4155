"""Two models learned once, and services around them that a test asks without a network."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import lamina
import worlds
from lamina.serving.app import application
from lamina.serving.settings import Serving

Service = Callable[..., contextlib.AbstractContextManager[TestClient]]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Numbers, words and dates to a class and a number."""
    place = tmp_path_factory.mktemp("serving") / "shop.lamina"
    return lamina.learn(worlds.shop(240, 0), ["returns", "visits"], steps=40, folds=0).save(place)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Level and upright stripes."""
    place = tmp_path_factory.mktemp("serving") / "stripes.lamina"
    return lamina.learn(worlds.stripes(160, 0), "label", steps=20, folds=0, network="cnn").save(place)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones that rise or fall."""
    place = tmp_path_factory.mktemp("serving") / "beeps.lamina"
    return lamina.learn(worlds.beeps(120, 0), "label", steps=20, folds=0).save(place)


@pytest.fixture(scope="session")
def picture() -> bytes:
    return worlds.png(worlds.stripes(1, 5)["image"][0, :, :, 0])


@pytest.fixture(scope="session")
def service(shop: Path, pictures: Path) -> Service:
    """`with service(queue=1) as ask:` asks a service with these settings."""

    @contextlib.contextmanager
    def start(
        places: dict[str, Any] | None = None, *, log: Any = None, base: str = "http://127.0.0.1:8000", **said: Any
    ) -> Iterator[TestClient]:
        models = places or {"shop": shop, "stripes": pictures}
        with TestClient(
            application(models, Serving(**said), log=log), base_url=base, raise_server_exceptions=False
        ) as ask:
            yield ask

    return start


@pytest.fixture(scope="module")
def ask(service: Service) -> Iterator[TestClient]:
    with service() as found:
        yield found
