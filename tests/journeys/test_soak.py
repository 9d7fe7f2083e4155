"""A minute of good and bad requests at once; half an hour of it is a benchmark."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_good_requests_are_answered_bad_ones_refused_and_nothing_leaks() -> None:
    done = subprocess.run(
        [sys.executable, str(SOAK), "--seconds", "60", "--clients", "4"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["alive"]
    assert found["share"]["good_answered"] == 1
    assert found["turned_away"] < 0.5
    assert len({name.rpartition(":")[0] for name in found["bad"]}) == 18, "not every kind of bad request was made"
    assert found["share"]["growth"] < 1.2, found["memory_mib"]
