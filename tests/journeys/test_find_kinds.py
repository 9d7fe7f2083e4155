"""What is alike, odd, or together, without labels, in texts, sounds, series and films as in tables and pictures."""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina.serving import standalone
from terminal import run

ROWS = 80
SAID = (
    (
        "the cat sleeps on the warm sofa",
        "my cat plays with a ball of wool",
        "a kitten drinks milk",
        "cats purr and sleep",
    ),
    (
        "the engine of the car needs oil",
        "a car with a new engine",
        "the wheel of the old car",
        "oil and wheels for engines",
    ),
)


def texts() -> list[str]:
    rng = np.random.default_rng(0)
    return [f"{rng.choice(SAID[k % 2])} {rng.choice(SAID[k % 2])} {k}" for k in range(ROWS)]


def series() -> list[np.ndarray]:
    """Slow and fast waves of different length."""
    rng = np.random.default_rng(0)
    found = []
    for k in range(ROWS):
        time = np.arange(rng.integers(20, 40))[:, None] / 10
        found.append((np.sin(time * (1 if k % 2 else 5)) + rng.normal(0, 0.1, (len(time), 1))).astype(np.float32))
    return found


def films() -> list[np.ndarray]:
    """A bright spot that rests at the left, or one that moves at the right."""
    rng = np.random.default_rng(0)
    found = []
    for k in range(ROWS):
        film = rng.integers(0, 20, (5, 10, 10, 3), np.uint8)
        for step in range(5):
            high = 4 if k % 2 else 2 * step
            film[step, high : high + 2, (1 if k % 2 else 7) :][:, :2] = 220
        found.append(film)
    return found


def sounds(place: Path) -> list[str]:
    """Low and high tones, some of them longer."""
    rng = np.random.default_rng(0)
    names = []
    for k in range(ROWS):
        pitch = (300 if k % 2 else 2000) * (1 + 0.05 * rng.standard_normal())
        tone = np.sin(np.arange(int(rng.integers(2000, 4000))) * 2 * math.pi * pitch / 8000)
        names.append(str(place / f"{k:02}.wav"))
        with wave.open(names[-1], "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes((9000 * tone + rng.normal(0, 90, len(tone))).astype("<i2").tobytes())
    return names


@pytest.fixture(scope="module", params=["text", "series", "film", "large film", "sound"])
def rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two kinds, taking turns."""
    if request.param == "sound":
        return {"sound": sounds(tmp_path_factory.mktemp("sounds"))}
    if request.param == "large film":  # features of photographs can see something in it
        return {"film": [film.repeat(4, 1).repeat(4, 2) for film in films()]}
    return {request.param: {"text": texts, "series": series, "film": films}[request.param]()}


def test_what_is_alike_is_found(rows: dict[str, Any], tmp_path: Path) -> None:
    model = lamina.load(lamina.learn(rows, find="neighbours").save(tmp_path / "alike.lamina"))
    [(column, cells)] = rows.items()
    large = column == "film" and cells[0].shape[1] > 32
    assert (model.card.networks[column]["kind"] == "pretrained") == large
    found = model.search(model.read({column: cells[:20]}), 4)
    assert max(each[0].distance for each in found) < 0.05  # itself, or the same words
    assert np.mean([other.row % 2 == row % 2 for row, each in enumerate(found) for other in each]) > 0.95


def test_kinds_are_clusters(rows: dict[str, Any]) -> None:
    model = lamina.learn(rows, find="clusters", clusters=2, steps=200)
    named = np.array(model.predict(rows).only.values)
    share = np.mean((named == named[0]) == (np.arange(ROWS) % 2 == 0))
    assert max(share, 1 - share) > 0.9
    if "text" in rows:
        apart = " ".join(said for each in model.card.results["found"][0]["clusters"] for said in each["apart"])
        assert "'car' in" in apart or "'engine' in" in apart  # words set them apart


def test_what_is_odd_is_told_and_an_exported_folder_agrees(rows: dict[str, Any], tmp_path: Path) -> None:
    [(column, cells)] = rows.items()
    usual = {column: cells[1::2]}
    model = lamina.learn(usual, find="anomalies", alarms=0.1)
    scores = model.predict(rows).only.scores
    assert np.median(scores[::2]) > np.quantile(scores[1::2], 0.9)
    if column != "film":  # arrays are no JSON
        folder = standalone.Folder(lamina.export(model, tmp_path / "exported"))
        asked = [{column: Path(cell).read_bytes() if column == "sound" else cell} for cell in cells[:6]]
        told = [each["anomaly"]["score"] for each in folder.answer(asked)]
        np.testing.assert_allclose(told, scores[:6], atol=1e-4)


def test_texts_are_searched_by_words(tmp_path: Path) -> None:
    place = tmp_path / "texts.csv"
    place.write_text("text\n" + "\n".join(texts()) + "\n", encoding="utf-8")
    run("learn", place, "--find", "neighbours", "--out", tmp_path / "alike.lamina")
    shown = run("search", tmp_path / "alike.lamina", "milk for the kitten", "-n", "3")
    assert shown.splitlines()[0] == "milk for the kitten"
    assert all("cat" in line or "kitten" in line for line in shown.splitlines()[1:])
    assert "row" in run(
        "search", tmp_path / "alike.lamina", "milk for the kitten " * 300, "-n", "1"
    )  # longer than any path
