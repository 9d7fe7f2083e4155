"""An exported folder in a process of its own, in which nothing can be imported that the folder should not need."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FENCE = """
import sys
class Fence:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("lamina", "torch", "polars", "safetensors", "sklearn", "scipy", "onnx", "rich", "typer", "pydantic"):
            raise ImportError(f"{name} is not needed here")
sys.meta_path.insert(0, Fence())
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
import runpy
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def command(script: Path, *words: str) -> list[str]:
    return [sys.executable, "-c", FENCE, str(script), *words]


def ran(script: Path, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """A command that ended with this exit status."""
    done = subprocess.run(command(script, *words), capture_output=True, text=True, cwd=script.parent, env={}, check=False)  # fmt: skip
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@contextlib.contextmanager
def served(script: Path) -> Iterator[Callable[[Any], Any]]:
    """`with served(script) as ask:` asks a folder that serves: JSON to the opened response."""
    with subprocess.Popen(command(script, "--serve", "0"), stdout=subprocess.PIPE, text=True, env={}) as serving:
        try:
            assert serving.stdout is not None
            url = serving.stdout.readline().split()[1]
            yield lambda content: urllib.request.urlopen(urllib.request.Request(url, json.dumps(content).encode()))
        finally:
            serving.terminate()
