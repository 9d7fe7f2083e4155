"""The benchmarks run without peers and with tiny data, keep what they measured, and render their page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def python(*words: object, **environment: str) -> str:
    command = [sys.executable, *map(str, words)]
    return subprocess.run(
        command, env=os.environ | environment, check=True, capture_output=True, text=True, timeout=300
    ).stdout


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder whose one table (no header, target last) is easy."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(90, 2))
    rows = [f"{a:.4f},{b:.4f},{'M' if a + b > 0 else 'R'}" for a, b in numbers]
    folder = tmp_path / "data" / "small_tables"
    folder.mkdir(parents=True)
    (folder / "sonar.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "data"


def test_a_quick_run_without_peers_is_kept_and_rendered(data: Path, tmp_path: Path) -> None:
    results, page = tmp_path / "results", tmp_path / "benchmarks.md"
    command = [BENCHMARKS / "run.py", "tables", "--quick", "--data", data, "--results", results]
    said = python(*command, LAMINA_PEERS=str(tmp_path / "none"))
    assert "missing: catboost (python benchmarks/peers/make.py trees)" in said
    [run] = json.loads((results / "tables.json").read_text())["runs"]
    assert (run["method"], run["set"], run["seed"]) == ("lamina", "sonar", 0)
    assert run["error"] < 0.3
    assert run["auc"] > 0.8
    assert run["versions"]["lamina"]
    again = python(*command, LAMINA_PEERS=str(tmp_path / "none"))
    assert "seed 0" not in again, "what was measured is not measured again"
    python(BENCHMARKS / "table.py", "--results", results, "--out", page)
    text = page.read_text()
    assert f"| sonar | {100 * run['error']:.1f} |" in text
    assert "Not yet measured: MNIST" in text


def test_an_unknown_name_and_a_missing_folder_are_said(tmp_path: Path) -> None:
    for words, message in (
        (("tabels",), "There is no benchmark 'tabels'"),
        (("tables", "--data", tmp_path / "none"), "Say --data DIR"),
    ):
        ended = subprocess.run(
            [sys.executable, str(BENCHMARKS / "run.py"), *map(str, words)], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 1
        assert message in ended.stderr
