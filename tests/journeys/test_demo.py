"""The first thing that a newcomer runs, as its own process: what `make demo` does after the install."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from lamina.cli.main import main; main()"]


def test_the_demo_goes_the_whole_way(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    ended = subprocess.run(
        [*COMMAND, "demo", "--quick", "--out", str(out)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ended.returncode == 0, ended.stderr
    for shown in ("look", "learn", "predict"):
        assert ended.stdout.count(f"$ lamina {shown} ") == 2
    for name in ("digits", "breast_cancer"):
        model = out / f"{name}.lamina"
        assert (model / "report.html").stat().st_size > 10_000
        assert json.loads((model / "card.json").read_text())["outputs"]
    assert str(out / "digits.lamina" / "report.html") in ended.stdout
    assert ended.stdout.splitlines()[-1] == f"$ lamina open {out / 'digits.lamina'}"
