"""A run that was killed goes on where it stood, and ends with the very same weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys, os, signal
import lamina
import lamina.learning.loop as loop
import worlds
loop.SAVE_EVERY = 0.0
kill, out, world = int(sys.argv[1]), sys.argv[2], sys.argv[3]
if world == "table":
    rows, target = {"x": [float(k % 101) for k in range(1500)], "y": [float((k % 101) ** 2) for k in range(1500)]}, "y"
elif "pictures" in world:
    rows, target = worlds.stripes(200, 0), "label"
else:
    rows, target = worlds.blobs(200, 0), ()
find = None if target or "made" in world else world
more = {"folds": 0}
if world == "pictures, without sending errors back":  # whose filters learn before the rest
    more |= {"network": "hebbian width=8"}
if world == "larger pictures":  # whose passes leave out easy rows
    more |= {"size": 1, "batch": 32}
if world == "made pictures":  # two networks, and what each asks of its optimiser
    rows, target = worlds.stripes(60, 0, side=8), ()
    more = {"generate": "image", "given": "label", "size": 0, "batch": 8, "looks": 3}
if world == "made text":  # whose memory of what it read is carried on
    rows, target = {"text": [worlds.verses(3000, 0)]}, ()
    more = {"generate": "text", "network": "rnn cell=lstm width=24 depth=2"}
running = lamina.training(rows, target, find=find, steps=40, seed=3, out=out, overwrite=True, **more)
for progress in running:
    if progress.stage == "resuming":
        print("resuming")
    if progress.stage in ("learning", "mapping") and progress.step >= kill:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run(kill: int, out: Path, world: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    words = [sys.executable, "-c", RUN, str(kill), str(out), world]
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize(
    "world",
    [
        "table",
        "pictures",
        "pictures, without sending errors back",
        "larger pictures",
        "anomalies",
        "clusters",
        "made pictures",
        "made text",
    ],
)
def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path: Path, world: str) -> None:
    whole, cut = tmp_path / "whole.lamina", tmp_path / "cut.lamina"
    assert run(10**6, whole, world).returncode == 0
    assert run(17, cut, world).returncode == -signal.SIGKILL
    assert not cut.exists()
    again = run(10**6, cut, world)
    assert again.returncode == 0, again.stderr
    assert "resuming" in again.stdout
    assert (whole / "weights.safetensors").read_bytes() == (cut / "weights.safetensors").read_bytes()
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
