"""Digit strings out of single spoken digits: three to six of one speaker after each other, as telephone numbers are said."""

from __future__ import annotations

import csv
import wave
from pathlib import Path

import numpy as np

RATE = 8_000  # Hz, of the FSDD recordings
DIGITS = 3, 6  # least and most of a string
GAP = 0.03, 0.25  # seconds between two


def make(data: Path, out: Path, speaker: str, train: int, test: int, seed: int = 0) -> Path:
    """Write WAV files and `strings.csv` (file, text, split): `train` strings of the other speakers, `test` of this one.

    data: the folder `fsdd`. Returns the table.
    """
    rng = np.random.default_rng(seed)
    takes: dict[str, dict[str, list[np.ndarray]]] = {}
    with (data / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            takes.setdefault(row["speaker"], {}).setdefault(row["digit"], []).append(_samples(data / row["file"]))
    others = sorted(set(takes) - {speaker})
    out.mkdir(parents=True, exist_ok=True)
    table = out / "strings.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "text", "split"])
        for number in range(train + test):
            who = speaker if number >= train else others[number % len(others)]
            text = "".join(str(k) for k in rng.integers(0, 10, rng.integers(DIGITS[0], DIGITS[1] + 1)))
            name = f"{number:05d}.wav"
            _write(out / name, _said(takes[who], text, rng))
            writer.writerow([name, text, "test" if number >= train else "train"])
    return table


def _said(takes: dict[str, list[np.ndarray]], text: str, rng: np.random.Generator) -> np.ndarray:
    """The digits one after the other, quiet noise between them."""
    parts = []
    for digit in text:
        some = takes[digit]
        pause = int(RATE * rng.uniform(*GAP))
        parts += [some[int(rng.integers(len(some)))], 20 * rng.standard_normal(pause)]
    return np.concatenate(parts)


def _samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float64)


def _write(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(samples, -32768, 32767).astype(np.int16).tobytes())
