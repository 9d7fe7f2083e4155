"""A run that was killed goes on where it stood, and ends with the very same weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

RUN = """
import sys, os, signal
import lamina
import lamina.learning.loop as loop
loop.SAVE_EVERY = 0.0
kill, out = int(sys.argv[1]), sys.argv[2]
rows = {"x": [float(k % 101) for k in range(1500)], "y": [float((k % 101) ** 2) for k in range(1500)]}
running = lamina.training(rows, "y", steps=40, seed=3, out=out, overwrite=True)
for progress in running:
    if progress.stage == "resuming":
        print("resuming")
    if progress.stage == "learning" and progress.step >= kill:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run(kill: int, out: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-c", RUN, str(kill), str(out)]
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False)


def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.lamina", tmp_path / "cut.lamina"
    assert run(10**6, whole).returncode == 0
    assert run(17, cut).returncode == -signal.SIGKILL
    assert not cut.exists()
    again = run(10**6, cut)
    assert again.returncode == 0, again.stderr
    assert "resuming" in again.stdout
    assert (whole / "weights.safetensors").read_bytes() == (cut / "weights.safetensors").read_bytes()
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
