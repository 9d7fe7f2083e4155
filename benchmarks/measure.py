"""A child process and what it took: seconds on the clock and of the processors."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import lamina

PACKAGES = (
    "lamina", "torch", "numpy", "scikit-learn", "onnxruntime", "polars",
    "lightgbm", "catboost", "pandas", "pytabkit", "keras", "jax", "fasttext-wheel", "aeon", "pyod",
)  # fmt: skip


class Failed(Exception):
    """A run that gave no figure, and why: it is recorded, not hidden."""


@dataclass(frozen=True)
class Child:
    """A process that ended well.

    seconds: from start to end on the clock. cpu: user and system, with those of its own children. peak: largest
    resident memory, in megabytes. out: its standard output.
    """

    seconds: float
    cpu: float
    out: str

    @property
    def took(self) -> dict[str, float]:
        return {"seconds": round(self.seconds, 3), "cpu": round(self.cpu, 3)}

    @property
    def last(self) -> Any:
        """The JSON of the last line."""
        return json.loads(self.out.rstrip().rsplit("\n", 1)[-1])


def child(command: Sequence[object], *, limit: float = 1800, **environment: str) -> Child:
    """Run a command, alone, from start to end. limit: seconds after which it is ended.

    Raises:
        Failed: it ended with an error, or did not end in time.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(words, stdout=out, stderr=err, env=os.environ | environment, start_new_session=True)
        late = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
        late.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:  # interrupted: nothing is left running
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            late.cancel()
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said, complaint = out.read(), err.read().strip()
    if process.returncode and seconds >= limit:
        raise Failed(f"did not end within {limit:,.0f} s")
    if process.returncode:
        said = re.sub(r"(/[^\s/'\"]+)+/", "", complaint.rsplit("\n", 1)[-1])  # folders are nobody's business
        raise Failed(f"ended with status {process.returncode}: {said[-300:]}")
    return Child(seconds, used.ru_utime + used.ru_stime, said)


@cache
def versions(interpreter: Path) -> dict[str, str]:
    """Python's and the installed packages' versions in an environment."""
    program = (
        "import json, platform; from importlib.metadata import distributions; "
        "print(json.dumps({'python': platform.python_version()} | {d.name.lower(): d.version for d in distributions()}))"
    )
    found = child([interpreter, "-c", program]).last
    return {name: found[name] for name in ("python", *PACKAGES) if name in found}


@cache
def machine() -> str:
    """What the figures hold for, without names."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    pinned = "".join(f", {name}={os.environ[name]}" for name in ("OMP_NUM_THREADS",) if name in os.environ)
    return f"{cores} cores of {_processor()}, {platform.system()} {platform.machine()}{pinned}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "an unknown processor"


@cache
def code() -> str:
    """A fingerprint of Lamina's source, as it is imported: figures of other code are measured again."""
    place = Path(lamina.__file__).parent
    found = hashlib.sha256()
    for path in sorted(place.rglob("*.py")):
        found.update(path.relative_to(place).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:12]
