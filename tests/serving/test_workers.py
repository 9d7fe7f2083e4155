"""Several workers: what each is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamina.serving.app import environment
from lamina.serving.settings import Serving


def test_workers_share_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    told = [environment({}, Serving(workers=count), tmp_path)["OPENBLAS_NUM_THREADS"] for count in (2, 4, 9)]
    assert told == ["2", "1", "1"]
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert environment({}, Serving(workers=4), tmp_path)["OPENBLAS_NUM_THREADS"] == "3", (
        "whoever says it himself is heard"
    )
