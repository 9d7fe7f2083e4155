"""What takes long is begun once, told of meanwhile, and kept for the next start."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina.machine import cache
from lamina.model.model import Model
from lamina.page import plane
from lamina.page.atlas import atlas
from lamina.page.data import open_data
from lamina.page.working import Apart, Here, insider, main
from lamina.page.works import StillWorking, Works
from lamina.serving.settings import Refused


def test_who_asks_meanwhile_is_told_and_the_work_is_done_once() -> None:
    works, go, times = Works(), threading.Event(), []

    def make(told: Any) -> int:
        times.append(1)
        told(0.25)
        go.wait(5)
        return 7

    for _ in range(2):
        with pytest.raises(StillWorking) as waiting:
            asyncio.run(works.get("key", "Counting", make))
        assert (waiting.value.words, waiting.value.share) == ("Counting", 0.25)
    go.set()
    assert asyncio.run(works.get("key", "Counting", make)) == 7
    assert len(times) == 1
    works.close()


def test_work_that_failed_says_why_and_is_tried_again() -> None:
    works, tries = Works(), []

    def make(told: Any) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise lamina.PlanError("There is no such layer.")
        return 1

    with pytest.raises(Refused, match="no such layer"):
        asyncio.run(works.get("key", "Looking", make))
    assert asyncio.run(works.get("key", "Looking", make)) == 1
    works.close()


def test_the_map_is_kept_and_a_damaged_cache_is_made_anew(
    table: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path))
    monkeypatch.setattr(plane, "LANDMARKS", 100)
    model = lamina.load(table[0])
    data = open_data(model, table[1])
    first = atlas(model, data, lambda share: None)
    with monkeypatch.context() as patch:
        patch.setattr(Model, "raw", lambda *_: pytest.fail("it was asked again"))
        assert atlas(model, data, lambda share: None).binary() == first.binary()
    for each in cache.files():
        each.write_bytes(each.read_bytes()[:40])
    assert atlas(model, data, lambda share: None).binary() == first.binary()
    for each in cache.files():
        np.save(each, np.zeros(3))  # of another model, by somebody else's hand
    assert atlas(model, data, lambda share: None).binary() == first.binary()


def test_a_worker_reads_model_and_examples_itself(table: tuple[Path, Path]) -> None:
    model = lamina.load(table[0])
    named, told = open_data(model, str(table[1])), open_data(model)
    assert isinstance(insider(model, named), Apart)
    assert isinstance(insider(lamina.Model.from_bytes(model.to_bytes()), named), Here)
    questions = [
        {**Apart(table[0], data).question, "name": name, "said": said}
        for data, name, said in (
            (named, "trace", {"example": 3}),
            (told, "trace", {"example": 3}),
            (named, "layer", {"layer": "nowhere"}),
        )
    ]
    answers = io.BytesIO()
    main(io.BytesIO("".join(json.dumps(each) + "\n" for each in questions).encode()), answers)
    first, second, third = (json.loads(line) for line in answers.getvalue().splitlines())
    assert first["found"] == second["found"] == Here(model, named).ask("trace", example=3)
    assert third["status"] == 422
    assert "nowhere" in third["error"]


def test_the_page_itself_never_imports_torch(table: tuple[Path, Path]) -> None:
    """What needs it is worked out in a process of its own: the page opens at once, and stays quick meanwhile."""
    code = f"""
import asyncio, sys, time
from lamina.page.run import opened
views = opened({str(table[0])!r}, {str(table[1])!r})
async def ask():
    await views.model()
    await views.examples("test", None, None, None, 0, 10)
    for _ in range(200):
        try:
            return await views.confusion(None)
        except Exception:
            time.sleep(0.05)
assert asyncio.run(ask()).rows
views.opened.close()
assert not {{"torch", "sklearn"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
