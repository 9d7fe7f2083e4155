"""Ctrl-C in the middle of learning, as a person presses it: once keeps the best, twice ends at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lamina

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send to another process")
STEPS = 20_000  # nobody waits for so many


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("interrupt") / "rows.csv"
    rows = [f"{k % 41},{k % 7},{'yes' if k % 41 > 20 else 'no'}" for k in range(500)]
    path.write_text("a,b,label\n" + "\n".join(rows), encoding="utf-8")
    return path


def learn(
    table: Path, interrupts: dict[str, str], asked: tuple[str, ...] = ("--target", "label", "--folds", "0")
) -> tuple[int, list[dict[str, Any]], str]:
    """Learn with JSON lines; press Ctrl-C at the first line of each of these stages that has this field."""
    words = ["learn", str(table), *asked, "--steps", str(STEPS), "--json", "--out", str(table.with_suffix(".lamina"))]
    run = subprocess.Popen(
        [sys.executable, "-c", "from lamina.cli import main; main()", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert run.stdout is not None
    lines = []
    for line in run.stdout:
        lines.append(json.loads(line))
        if interrupts.get(lines[-1]["stage"], "no") in lines[-1]:
            del interrupts[lines[-1]["stage"]]
            run.send_signal(signal.SIGINT)
    _, said = run.communicate()
    return run.returncode, lines, said


def test_twice_ends_at_once_then_it_goes_on_and_once_keeps_the_best(table: Path) -> None:
    place = table.with_suffix(".lamina")
    status, lines, said = learn(table, {"learning": "rate", "stopping": "message"})
    assert status == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert [path.name for path in table.parent.iterdir() if path.suffix == ".lamina"] == []

    status, lines, said = learn(table, {"learning": "rate"})
    assert status == 0, said
    stages = [line["stage"] for line in lines]
    assert list(dict.fromkeys(stages)) == ["reading", "resuming", "learning", "stopping", "judging", "saving", "done"]
    assert "best so far" in lines[stages.index("stopping")]["message"]
    assert lines[-1]["results"]["stopped"] is True
    assert sorted(path.name for path in table.parent.iterdir()) == ["rows.csv", "rows.lamina"]
    model = lamina.load(place)
    assert "ended early by hand" in model.report
    assert 0 < model.card.results["learning"]["steps"][0] < STEPS
    assert len(model.predict(table)) == 500


def test_once_keeps_the_map_that_clusters_are_found_on(table: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(table.read_text())
    status, lines, said = learn(rows, {"mapping": "rate"}, ("--find", "clusters", "--clusters", "2", "--drop", "label"))
    assert status == 0, said
    assert "stopping" in [line["stage"] for line in lines]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "rows.lamina"]
    found = lamina.load(rows.with_suffix(".lamina"))
    assert found.card.results["stopped"] is True
    assert len(found.predict(table)) == 500
