"""The line that a report gives to repeat a run: run again, it gives the very same weights."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lamina
import worlds
from lamina.learning.trial import Trial


def run(words: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    start = [sys.executable, "-c", "from lamina.cli import main; main()"]
    done = subprocess.run([*start, *words], capture_output=True, text=True, env=environment, cwd=place, check=False)
    assert done.returncode == 0, done.stderr
    return done


def learned(place: Path) -> tuple[dict[str, Any], bytes]:
    results = json.loads((place / "card.json").read_text(encoding="utf-8"))["results"]
    return results, (place / "weights.safetensors").read_bytes()


def test_the_line_repeats_the_weights(tmp_path: Path) -> None:
    world = worlds.line(300, 0)
    rows = zip(*(world[column] for column in world), strict=True)
    content = ",".join(world) + "\n" + "\n".join(",".join(map(str, row)) for row in rows)
    (tmp_path / "town's houses.csv").write_text(content, encoding="utf-8")
    said = ["--target", "price", "--steps", "30", "--looks", "7", "--folds", "0", "--seed", "7"]
    run(["learn", "town's houses.csv", *said], tmp_path)
    place = tmp_path / "town's houses.lamina"
    results, weights = learned(place)
    words = shlex.split(results["command"])
    assert words[0] == "lamina"
    assert html.escape(results["command"]) in (place / "report.html").read_text(encoding="utf-8")
    run([*words[1:], "--overwrite"], tmp_path)
    again, same = learned(place)
    assert same == weights
    assert again["learning"]["curves"] == results["learning"]["curves"]


def test_minutes_become_steps_and_looks(tmp_path: Path) -> None:
    """The clock is asked once; what it was good for stands in the line."""
    command = "lamina learn rows.csv --target label --minutes 0.05 --seed 1"
    running = lamina.training(worlds.blobs(200, 0), "label", minutes=0.05, folds=0, command=command)
    results = running.model.card.results
    steps, [[looks]] = results["learning"]["steps"][0], [re.findall(r"--looks (\d+)", results["command"])]
    assert results["command"] == f"lamina learn rows.csv --target label --steps {steps} --looks {looks} --seed 1"


def test_an_end_that_was_moved_gives_the_steps_that_were_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those first planned would stop where the run did not."""

    def learn(self: Trial, steps: int, **options: Any) -> Any:
        running = taught(self, steps, **options)
        yield next(running)
        assert self.loop is not None
        self.loop.deadline = None
        self.loop.schedule.end(self.loop.step, steps + 7)
        yield from running

    taught = Trial.learn
    monkeypatch.setattr(Trial, "learn", learn)
    command = "lamina learn rows.csv --target label --minutes 0.05"
    running = lamina.training(worlds.blobs(200, 0), "label", minutes=0.05, folds=0, command=command)
    results = running.model.card.results
    [planned], [steps] = results["learning"]["planned"], results["learning"]["steps"]
    assert steps == planned + 7
    assert f"--steps {steps} " in results["command"]
    assert results["plan"]["steps"] == steps
    assert "The end was moved on the way" in running.model.files["report.html"].decode()
