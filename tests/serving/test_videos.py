"""Videos, series and pictures of lines over HTTP, and why they are answered as they are: by what their cells hold."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from starlette.testclient import TestClient

import lamina
import worlds
from lamina.model.model import Model


def film(path: Path, dark: bool, frames: int = 8, rate: int = 4) -> bytes:
    """Frames that grow lighter or darker."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        for place in range(frames):
            light = 40 + 160 * place // frames
            pixels = np.full((16, 16, 3), 240 - light if dark else light, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("films")
    paths = [place / f"{k}.mp4" for k in range(24)]
    for k, path in enumerate(paths):
        film(path, bool(k % 2), 8 + k % 3)
    words = ["darker" if k % 2 else "lighter" for k in range(len(paths))]
    return worlds.learned({"video": [str(path) for path in paths], "label": words}, "label", 3).save(
        place / "films.lamina"
    )


@pytest.fixture(scope="module")
def films(model: Path) -> list[bytes]:
    return [(model.parent / f"{k}.mp4").read_bytes() for k in range(3)]


def test_videos_come_as_files_as_base64_and_one_by_one(model: Path, films: list[bytes], service: Any) -> None:
    expected = [answer.confidence for answer in lamina.load(model).predict(films)]
    with service({"films": model}) as ask:
        predict = "/v1/models/films/predict"
        several = ask.post(predict, files=[("video", (f"{n}.mp4", each)) for n, each in enumerate(films)])
        coded = ask.post(predict, json={"rows": [{"video": base64.b64encode(each).decode()} for each in films]})
        alone = ask.post(predict, content=films[0], headers={"content-type": "video/mp4"})
        shown = ask.get("/v1/models/films").json()["snippets"]
    assert confidences(several) == pytest.approx(expected, abs=1e-4)
    assert confidences(coded) == pytest.approx(expected, abs=1e-4)
    assert confidences(alone) == pytest.approx(expected[:1], abs=1e-4)
    assert "video.mp4" in shown["curl"]


def test_what_cannot_be_seen_is_refused(model: Path, films: list[bytes], service: Any, tmp_path: Path) -> None:
    long = film(tmp_path / "long.mp4", False, frames=30)
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"
    with service({"films": model}, video=5.0) as ask:
        for file, words in (
            (long, "lasts 8 seconds; expected are at most 5"),
            (film(tmp_path / "quick.mp4", False, frames=1001, rate=2000), "1,001 frames in 0.5 seconds"),
            (films[0][: len(films[0]) // 3], ""),
            (playlist, "Invalid data"),
            (b"no video at all", "Invalid data"),
        ):
            found = ask.post("/v1/models/films/predict", files={"video": ("a.mp4", file)})
            assert found.status_code == 422, found.text
            assert words in found.json()["error"]
        together = ask.post("/v1/models/films/predict", files=[("video", ("a.mp4", each)) for each in films])
        assert together.status_code == 200
    with service({"films": model}, video=5.0, videos=5.5) as ask:
        together = ask.post("/v1/models/films/predict", files=[("video", ("a.mp4", each)) for each in films])
        assert "more than 5.5 seconds of video together" in together.json()["error"]


def confidences(found: Any) -> list[float]:
    assert found.status_code == 200, found.text
    return [each["label"]["confidence"] for each in found.json()["answers"]]


def explained(ask: TestClient, name: str, **body: Any) -> dict[str, Any]:
    found = ask.post(f"/v1/models/{name}/explain", **body)
    assert found.status_code == 200, found.text
    one: dict[str, Any] = found.json()["explanations"][0]
    return one


def test_sounds_and_series_are_explained_over_time(sounds: Path, service: Any, tmp_path: Path) -> None:
    world = worlds.wobbles(60, 1)
    series = worlds.learned(world, "label", 3).save(tmp_path / "wobbles.lamina")
    steps = [[None if np.isnan(value) else value for value in step] for step in world["series"][0].tolist()]
    with service({"beeps": sounds, "wobbles": series}) as ask:
        heard = worlds.beeps(1, 3)["sound"][0]
        sound = explained(ask, "beeps", files={"sound": ("a.wav", heard)})
        line = explained(ask, "wobbles", json={"rows": [{"series": steps}]})
    assert sound["share"] == pytest.approx(lamina.explain(sounds, [heard])[0].json()["share"], abs=1e-4)
    for each in (sound, line):
        assert [part["kind"] for part in each["parts"]] == ["steps"]


def test_films_are_explained_frame_by_frame(model: Path, films: list[bytes], service: Any) -> None:
    with service({"films": model}) as ask:
        found = explained(ask, "films", files={"video": ("a.mp4", films[0])})
    expected = lamina.explain(model, [films[0]])[0].json()["parts"][0]
    part = found["parts"][0]
    assert part["kind"] == "frames"
    assert [each["part"] for each in part["parts"]] == [f"frame {n}" for n in range(1, 9)]
    assert [each["without"] for each in part["parts"]] == pytest.approx(
        [each["without"] for each in expected["parts"]], abs=1e-4
    )
    assert len(part["evidence"]["values"]) == 8


def test_pictures_of_lines_are_read(service: Any, tmp_path: Path) -> None:
    world = worlds.lines(60, 1)
    place = worlds.learned(world, "text", 3).save(tmp_path / "lines.lamina")
    assert Model.load(place).intake.holds == {"image": "image"}
    expected = [answer.value for answer in lamina.load(place).predict(list(world["image"][:2]))]
    with service({"lines": place}) as ask:
        found = ask.post(
            "/v1/models/lines/predict",
            files=[("image", (f"{n}.png", each)) for n, each in enumerate(world["image"][:2])],
        )
        assert found.status_code == 200, found.text
        assert [each["text"]["value"] for each in found.json()["answers"]] == expected
        refused = ask.post("/v1/models/lines/predict", files={"image": ("a.png", b"no picture")})
        assert refused.status_code == 422
