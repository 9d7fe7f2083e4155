"""Sounds over HTTP: as files, base64 or one by one; what is no sound, or too long, is refused before it is decoded."""

from __future__ import annotations

import base64
import io
import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import lamina
import worlds

PREDICT = "/v1/models/beeps/predict"


@pytest.fixture(scope="module")
def ask(service: Any, sounds: Path) -> Iterator[TestClient]:
    with service({"beeps": sounds}, sound=5.0) as found:
        yield found


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    return list(worlds.beeps(6, 3)["sound"])


def coded(samples: np.ndarray[Any, Any], rate: int) -> bytes:
    """As FLAC, which makes a file of some kB of hours of nothing."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="FLAC")
    assert len(buffer.getvalue()) < 100_000
    return buffer.getvalue()


def wide(channels: int) -> bytes:
    """A WAV file that claims many channels."""
    found = bytearray(worlds.wav(0.2 * np.sin(np.arange(8_000))))
    found[22:24], found[32:34] = struct.pack("<H", channels), struct.pack("<H", 2 * channels)
    return bytes(found)


def values(found: list[dict[str, dict[str, object]]]) -> list[object]:
    return [each["label"]["confidence"] for each in found]


def test_sounds_come_as_files_as_base64_and_one_by_one(ask: TestClient, files: list[bytes], sounds: Path) -> None:
    expected = [round(answer.confidence, 6) for answer in lamina.load(sounds).predict(files)]
    several = ask.post(PREDICT, files=[("sound", (f"{n}.wav", each)) for n, each in enumerate(files)]).json()["answers"]
    rows = [{"sound": base64.b64encode(each).decode()} for each in files]
    coded = ask.post(PREDICT, json={"rows": rows}).json()["answers"]
    alone = ask.post(PREDICT, content=files[0], headers={"content-type": "audio/wav"}).json()["answers"]
    assert values(several) == pytest.approx(expected, abs=1e-4)
    assert values(coded) == pytest.approx(expected, abs=1e-4)
    assert values(alone) == pytest.approx(expected[:1], abs=1e-4)


def test_a_long_sound_is_answered_part_by_part(ask: TestClient) -> None:
    long = worlds.wav(0.2 * np.sin(np.arange(3 * 8_000)))
    [answer] = ask.post(PREDICT, content=long, headers={"content-type": "audio/wav"}).json()["answers"]
    parts = answer["label"]["windows"]
    assert len(parts) > 3
    assert parts[0]["from"] == 0
    assert parts[-1]["to"] == pytest.approx(3, abs=0.05)
    assert all(set(part["alternatives"]) == {"rising", "falling"} for part in parts)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"no sound at all", "is not a sound"),
        (worlds.wav(np.zeros(4_000)), "silent"),
        (worlds.wav(0.2 * np.sin(np.arange(8_000)))[:3_000], "breaks off"),
        (worlds.wav(0.2 * np.sin(np.arange(6 * 8_000))), "lasts 6 seconds; expected are at most 5"),
        (coded(np.zeros((3_600 * 1_000, 1), np.int16), 1_000), "lasts 3,600 seconds; expected are at most 5"),
        (coded(np.zeros((5 * 3_600 * 1_000, 1), np.int16), 1_000), "lasts 5.0 hours"),
        (wide(255), "255 channels; expected are at most 32"),
    ],
    ids=["no sound", "silence", "half", "long", "tiny and an hour", "tiny and five hours", "channels"],
)
def test_what_cannot_be_heard_is_refused(ask: TestClient, file: bytes, words: str) -> None:
    found = ask.post(PREDICT, files={"sound": ("a.wav", file)})
    assert found.status_code == 422
    assert words in found.json()["error"]


def test_reasons_are_told_in_seconds(ask: TestClient, files: list[bytes]) -> None:
    found = ask.post("/v1/models/beeps/explain", files={"sound": ("a.wav", files[0])})
    assert found.status_code == 200, found.text
    parts = found.json()["explanations"][0]["parts"][0]["parts"]
    assert parts[0]["from"] == 0
    assert parts[-1]["to"] == pytest.approx(len(files[0]) / 16_000, abs=0.06), "16 bits, 8,000 a second"
    assert parts[-1]["part"] == f"{parts[-1]['from']:.2f} to {parts[-1]['to']:.2f} s"


def test_the_sounds_of_one_request_have_a_limit_together(sounds: Path, service: Any) -> None:
    second = worlds.wav(0.2 * np.sin(np.arange(8_000)))
    with service({"beeps": sounds}, sound=2.0, sounds=3.5) as ask:
        assert ask.post(PREDICT, files=[("sound", ("a.wav", second))] * 3).status_code == 200
        found = ask.post(PREDICT, files=[("sound", ("a.wav", second))] * 4)
    assert found.status_code == 422
    assert "more than 3.5 seconds of sound together" in found.json()["error"]


def test_the_page_and_the_contract_speak_of_sounds(ask: TestClient) -> None:
    [about] = ask.get("/models").json()["models"]
    assert about["inputs"][0]["kind"] == "sound"
    assert "audio/*" in json.dumps(ask.get("/openapi.json").json())
    shown = ask.get("/v1/models/beeps").json()["snippets"]
    assert "sound.wav" in shown["curl"]
    for name in ("record.js", "worklet.js"):
        assert ask.get(f"/{name}").status_code == 200


def test_an_exported_folder_hears_the_same(sounds: Path, files: list[bytes], tmp_path: Path) -> None:
    folder = lamina.export(lamina.load(sounds), tmp_path / "out")
    assert {"soundfile", "soxr"} <= {
        line.partition("==")[0] for line in (folder / "requirements.txt").read_text().split()
    }
    (tmp_path / "a.wav").write_bytes(files[0])
    done = subprocess.run(
        [sys.executable, "predict.py", str(tmp_path / "a.wav")], cwd=folder, capture_output=True, text=True, check=True
    )
    expected = lamina.load(sounds).predict(files[0])[0]
    assert json.loads(done.stdout)["label"]["value"] == expected.value
    (tmp_path / "long.wav").write_bytes(worlds.wav(0.2 * np.sin(np.arange(130 * 8_000))))
    checked = (
        "import base64, pathlib, predict\nfolder = predict.Folder(pathlib.Path('.'))\n"
        "for content in (pathlib.Path('../long.wav').read_bytes(), b'no sound'):\n"
        "    try: folder.check([{'sound': base64.b64encode(content).decode()}])\n"
        "    except ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", checked], cwd=folder, capture_output=True, text=True, check=True)
    long, none = done.stdout.splitlines()
    assert long == "rows[0].sound is not sound: 130 seconds are more than 120."
    assert none.startswith("rows[0].sound is not sound: is not a sound")
