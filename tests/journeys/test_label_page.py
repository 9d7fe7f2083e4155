"""Labelling in a browser: what is asked, what is kept, who may ask, and that it can be done by keyboard alone."""

from __future__ import annotations

import json
import math
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import polars as pl
import pytest
from PIL import Image
from starlette.testclient import TestClient

import lamina
from lamina.core import PlanError
from lamina.door import Sitting
from lamina.examples.reading import Reading
from lamina.page.labelling import ALIKE, Desk
from lamina.page.local import listening
from lamina.page.opening import Opening
from tabs import barriers


def desk(source: Path, out: Path, count: int = 4) -> Desk:
    sitting = Sitting.of(str(source), Reading(), "label", out, count)
    seen = sitting.landscape()
    interview = sitting.interview(seen)
    interview.alike = ALIKE
    return Desk(interview, seen.inputs, out, listening(Opening(port=0)))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty dark ones, twenty bright ones."""
    place = tmp_path_factory.mktemp("photos")
    for number in range(40):
        Image.new("L", (8, 8), 30 + number + 150 * (number % 2)).save(place / f"{number:02}.png")
    return place


@pytest.fixture
def asked(photos: Path, tmp_path: Path) -> Iterator[tuple[Desk, TestClient]]:
    with (
        desk(photos, tmp_path / "labels.csv") as opened,
        TestClient(opened_app(opened), base_url=opened.url.split("/?")[0]) as client,
    ):
        client.headers["authorization"] = f"Bearer {opened.token}"
        yield opened, client


def opened_app(opened: Desk) -> Any:
    from lamina.page.labelling import application

    return application(opened, opened.token, int(opened.socket.getsockname()[1]))


def labels(place: Path) -> dict[str, str]:
    return {Path(name).name: word for name, word in pl.read_csv(place).select("image", "label").rows() if word}


def test_the_verb_asks_in_the_browser_and_gives_the_table(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lamina.page import local

    def somebody(url: str) -> None:
        begin, token = url.split("/?")[0], url.split("=")[1]

        def asks(path: str, body: object = None) -> Any:
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            content = None if body is None else json.dumps(body).encode()
            with urlopen(Request(f"{begin}/api/v1/{path}", content, headers)) as answer:
                return json.load(answer)

        rows = asks("question")["rows"]
        assert asks("answer", {"number": 1, "label": "dark"})["labelled"] == len(rows)
        assert asks("end", {})["over"]

    monkeypatch.setattr(local, "show_in_browser", somebody)
    found = lamina.label(photos, out=tmp_path / "named.csv", count=3)
    assert found == tmp_path / "named.csv"
    assert set(labels(found).values()) == {"dark"}
    with pytest.raises(PlanError, match="At least 1"):
        lamina.label(photos, out=tmp_path / "other.csv", count=0)


def test_a_sheet_of_a_group_gets_one_label_but_for_what_is_clicked_away(asked: tuple[Desk, TestClient]) -> None:
    opened, client = asked
    first = client.get("/api/v1/question").json()
    rows = [each["row"] for each in first["rows"]]
    assert len(rows) > 2
    assert len({row % 2 for row in rows}) == 1  # they are alike
    found = client.post("/api/v1/answer", json={"number": 1, "label": " dark ", "rows": rows[1:]}).json()
    assert found["known"] == [{"label": "dark", "count": len(rows) - 1}]
    assert set(labels(opened.place)) == {f"{row:02}.png" for row in rows[1:]}  # on disk, as it was said
    assert client.post("/api/v1/answer", json={"number": 1, "label": "again"}).status_code == 409  # a key that stuck
    taken = client.post("/api/v1/back", json={}).json()
    assert (taken["number"], taken["labelled"], taken["rows"]) == (1, 0, first["rows"])
    client.post("/api/v1/answer", json={"number": 1, "label": ""})
    assert client.post("/api/v1/answer", json={"number": 2, "label": "d*"}).json()["labelled"] > 0
    over = client.post("/api/v1/end", json={}).json()
    assert over["over"]
    assert opened.over.is_set()
    assert len(labels(opened.place)) == over["labelled"]


def test_when_all_is_asked_more_can_be(asked: tuple[Desk, TestClient]) -> None:
    _, client = asked
    for number in range(1, 5):
        found = client.post("/api/v1/answer", json={"number": number, "label": "thing"}).json()
    assert found["rows"] == []
    assert client.post("/api/v1/answer", json={"number": 5, "label": "thing"}).status_code == 422
    found = client.post("/api/v1/more", json={}).json()
    assert found["count"] == 8


def test_nothing_but_the_examples_is_shown_and_to_nobody_else(asked: tuple[Desk, TestClient]) -> None:
    _, client = asked
    shown = client.get("/api/v1/question").json()["rows"][0]
    picture = client.get(shown["pictures"][0])
    assert picture.headers["content-type"] == "image/png"
    assert client.get("/api/v1/examples/4000/picture?column=image").status_code == 404
    assert client.get("/api/v1/examples/0/picture?column=nothing").status_code == 404
    assert client.get("/api/v1/examples/../../etc/passwd").status_code == 404
    for wrong in (
        {"number": 1, "label": "x", "rows": [4000]},
        {"number": 0, "label": "x"},
        {"number": 1, "label": "x" * 3000},
    ):
        assert client.post("/api/v1/answer", json=wrong).status_code == 422
    del client.headers["authorization"]
    assert client.get("/api/v1/question").status_code == 401
    assert client.get(shown["pictures"][0]).status_code == 401


def test_sounds_are_heard_and_cells_are_read(tmp_path: Path) -> None:
    for number in range(30):
        tone = np.sin(np.arange(1600) * 2 * math.pi * (300 + 900 * (number % 2)) / 8000)
        with wave.open(str(tmp_path / f"{number:02}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes((tone * 9000).astype("<i2").tobytes())
    table = pl.DataFrame(
        {"sound": [f"{k:02}.wav" for k in range(30)], "pitch": [300 + 900 * (k % 2) for k in range(30)]}
    )
    table.with_columns(label=pl.lit(None, pl.String)).write_csv(tmp_path / "sounds.csv")
    with (
        desk(tmp_path / "sounds.csv", tmp_path / "sounds.csv") as opened,
        TestClient(opened_app(opened), base_url=opened.url.split("/?")[0]) as client,
    ):
        client.headers["authorization"] = f"Bearer {opened.token}"
        row = client.get("/api/v1/question").json()["rows"][0]
        assert row["cells"]["pitch"] in ("300", "1200")
        assert client.get(row["sounds"][0]).content.startswith(b"RIFF")
        assert client.get(row["pictures"][0]).headers["content-type"] == "image/png"
        client.post("/api/v1/answer", json={"number": 1, "label": "low"})
        opened.interview.end()
        assert pl.read_csv(tmp_path / "sounds.csv")["label"].count() > 0
        client.post("/api/v1/back", json={})
        opened.interview.end()
        assert (
            pl.read_csv(tmp_path / "sounds.csv")["label"].count() == 0
        )  # what was taken back is not in the table either


def test_by_keyboard_in_a_browser(photos: Path, tmp_path: Path, browser: Any) -> None:
    with desk(photos, tmp_path / "labels.csv", 3) as opened:
        context = browser.new_context(viewport={"width": 390, "height": 800}, reduced_motion="reduce", bypass_csp=True)
        found, wrong = context.new_page(), []
        found.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        found.on("pageerror", lambda error: wrong.append(str(error)))
        found.goto(opened.url)
        found.locator("#sheet img").first.wait_for()
        assert found.evaluate("document.documentElement.scrollWidth") <= 390
        assert [barriers(found, scheme) for scheme in ("light", "dark")] == [[], []]
        found.locator("#sheet button").first.click()  # not this one
        found.fill("#label", "<b>dark</b>")
        found.keyboard.press("Enter")
        found.locator("#known button", has_text="<b>dark</b>").wait_for()
        found.keyboard.press("Alt+1")
        found.locator("#why", has_text="3 of 3").wait_for()
        found.keyboard.press("Control+z")
        found.locator("#why", has_text="2 of 3").wait_for()
        found.keyboard.press("Escape")
        found.locator("#why", has_text="3 of 3").wait_for()
        found.keyboard.press("Escape")
        found.get_by_role("heading", name="Done").wait_for()
        assert f"lamina learn {opened.place}" in found.inner_text("#learn")
        assert not found.is_visible("#label")
        assert barriers(found, "light") == []
        found.get_by_role("button", name="That is enough").click()
        assert opened.over.wait(30)
        context.close()
        assert wrong == []
    assert set(labels(tmp_path / "labels.csv").values()) == {"<b>dark</b>"}
