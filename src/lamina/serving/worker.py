"""A process of its own for what needs torch: it imports it when first asked, and answering goes on meanwhile.

It takes a line of JSON a question on standard input and gives a line of JSON back; whoever asks ends it when that takes too
long, and the next question starts another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress

from lamina.core import Json, LaminaError, MissingExtra, ModelError, PlanError

START = 120.0  # seconds more for the first question to a worker, which imports torch and reads the model


class Worker:
    """module: what is run. seconds: that an answer may take. One question at a time: whoever asks from several threads waits
    for them."""

    def __init__(self, module: str, seconds: float) -> None:
        self.module, self.seconds = module, seconds
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def ask(self, question: Json) -> Json | None:
        """The answer; None where time was up or the worker was ended."""
        with self._asking:
            return self._ask(question)

    def _ask(self, question: Json) -> Json | None:
        fresh = self._process is None or self._process.poll() is not None
        process = self._started()
        if process is None:
            return None
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(self.seconds + (START if fresh else 0.0), process.kill)
        late.start()
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            late.cancel()
        if not line:
            self._end()
            return None
        found: Json = json.loads(line)
        return found

    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._closed:
                return None
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", self.module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is for whoever asks, who then ends this one
                )
            return self._process

    def close(self) -> None:
        """End it, for good."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                for pipe in (self._process.stdin, self._process.stdout):
                    if pipe is not None:
                        with suppress(BrokenPipeError):  # of a question that nobody read to its end
                            pipe.close()
                self._process = None


def answered(answer: Callable[[Json], Json], question: Json) -> Json:
    """What a worker says to a question: what `answer` gives, or why there is none."""
    try:
        return answer(question)
    except (MissingExtra, ModelError) as error:
        return {"status": 501, "error": str(error)}
    except PlanError as error:
        return {"status": 422, "error": str(error)}
    except LaminaError as error:
        return {"status": 500, "error": str(error)}
    except (
        Exception
    ):  # a mistake of ours, or in somebody's own module: told where it can be mended, and the next question is answered
        traceback.print_exc()
        return {"status": 500, "error": "Something went wrong inside. The terminal says what."}


def work(main: Callable[..., None]) -> None:
    """Run a worker's `main(questions, answers)` on standard input and output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not taken for an answer
    main(sys.stdin.buffer, answers)
