"""Who answers what needs torch: a process of its own, or, where model and examples are only here, a thread of this one.

`python -m lamina.page.working` takes a line of JSON a question on standard input and gives a line of JSON back.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from lamina.core import Json, MissingExtra
from lamina.model.model import Model
from lamina.page.data import Data, nothing, open_data
from lamina.serving.settings import Refused
from lamina.serving.worker import Worker, answered, work

if TYPE_CHECKING:
    from lamina.page.inside import Inside

SECONDS = 1800.0  # that a pass over the examples may take


class Insider(Protocol):
    """Answers a question about what is inside.

    Raises:
        Refused: it cannot be answered.
    """

    def ask(self, name: str, **said: Any) -> Json: ...
    def close(self) -> None: ...


def insider(model: Model, data: Data) -> Insider:
    """A process, where it can read the same model and examples."""
    if isinstance(model.files, Path) and (data.examples is None or data.source is not None):
        return Apart(model.files, data)
    return Here(model, data)


class Apart:
    """In a process of its own."""

    def __init__(self, place: Path, data: Data) -> None:
        self.question = {"model": str(place.absolute()), "source": data.source, "named": data.named}
        self._worker = Worker("lamina.page.working", SECONDS)

    def ask(self, name: str, **said: Any) -> Json:
        found = self._worker.ask({**self.question, "name": name, "said": said})
        return _checked(found or {"status": 503, "error": "The worker was ended, or took too long. Ask again."})

    def close(self) -> None:
        self._worker.close()


class Here:
    """In this process, one question at a time."""

    def __init__(self, model: Model, data: Data) -> None:
        self.model, self.data = model, data
        self._lock = threading.Lock()
        self._inside: Inside | None = None

    def ask(self, name: str, **said: Any) -> Json:
        with self._lock:
            return _checked(answered(lambda _: {"found": self._ask(name, said)}, {}))

    def _ask(self, name: str, said: Json) -> Json:
        found: Json = getattr(self.inside, name)(**said)
        return found

    @property
    def inside(self) -> Inside:
        """The model opened up, once somebody asks."""
        if self._inside is None:
            self._inside = _opened(self.model, self.data)
        return self._inside

    def close(self) -> None:
        self._inside = None


def _checked(found: Json) -> Json:
    if "error" in found:
        raise Refused(found["status"], found["error"])
    told: Json = found["found"]
    return told


def _opened(model: Model, data: Data) -> Inside:
    try:
        from lamina.page.inside import Inside
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise MissingExtra("Looking inside", "learn") from error
        raise
    return Inside(model, data)


def main(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer line by line until there are no more."""
    made: dict[str, Here] = {}

    def answer(question: Json) -> Json:
        key = json.dumps([question["model"], question["source"]])
        if key not in made:
            made.clear()
            model = Model.load(question["model"])
            data = (
                open_data(model, question["source"] if question["named"] else None)
                if question["source"]
                else nothing("")
            )
            made[key] = Here(model, data)
        return {"found": made[key]._ask(question["name"], question["said"])}

    for line in questions:
        answers.write(json.dumps(answered(answer, json.loads(line))).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    work(main)
