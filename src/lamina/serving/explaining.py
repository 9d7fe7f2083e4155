"""Why an answer is what it is, over HTTP: worked out in a process of its own, which imports torch when first asked.

Answering goes on meanwhile, and needs no torch. `python -m lamina.serving.explaining` takes a line of JSON a question on
standard input and gives a line of JSON back; whoever asks ends it when it takes too long.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from lamina.core import Json, MissingExtra
from lamina.examples.reading import FILES
from lamina.inputs._recording import Samples
from lamina.model.cells import Cells
from lamina.model.model import Model
from lamina.serving.settings import Refused, Serving
from lamina.serving.worker import Worker, answered, work

if TYPE_CHECKING:
    from lamina.insight.explain import Explainer, Explanation

MOST = 8  # rows explained in one request
LINE = 8  # requests that may wait


class Explaining:
    """The worker: started by the first question, one question at a time, started anew after one that took too long."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.waiting = 0
        self._threads = ThreadPoolExecutor(1, "lamina-explaining")
        self._worker = Worker("lamina.serving.explaining", serving.seconds)

    async def ask(self, model: Model, rows: Sequence[Json], asked: Mapping[str, str]) -> list[Json]:
        """An explanation a row. rows: checked, files decoded. asked: `target`, `about`, `thorough`, as far as said.

        Raises:
            Refused: it cannot be explained, too many wait, or it took too long.
        """
        if len(rows) > MOST:
            raise Refused(413, f"{len(rows):,} rows; expected are at most {MOST} to explain at once. Ask about fewer.")
        if self.waiting >= LINE:
            raise Refused(429, f"{self.waiting} explanations are in line. Ask again in a few seconds.", later=5)
        place = str(model.files.absolute()) if isinstance(model.files, Path) else ""
        question = {
            "model": place,
            "content": "" if place else base64.b64encode(model.to_bytes()).decode(),
            "seal": model.card.seal,
            "rows": [{column: _sent(value) for column, value in row.items()} for row in rows],
            **asked,
        }
        self.waiting += 1
        try:
            said: Json = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, question)
        finally:
            self.waiting -= 1
        if "error" in said:
            raise Refused(said["status"], said["error"])
        found: list[Json] = said["explanations"]
        return found

    def close(self) -> None:
        """End the worker."""
        self._worker.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, question: Json) -> Json:
        late = f"No explanation within {self.serving.seconds:g} s, or the worker was ended. Ask again later."
        return self._worker.ask(question) or {"status": 503, "error": late}


def _sent(value: Any) -> Any:
    """A cell as JSON: pixels, frames and samples with their shape and type, a file as its bytes."""
    if isinstance(value, Samples):
        return {**_sent(value.read(0, value.frames)), "rate": value.rate}
    if isinstance(value, np.ndarray):
        return {
            "shape": list(value.shape),
            "type": value.dtype.name,
            "array": base64.b64encode(value.tobytes()).decode(),
        }
    if isinstance(value, bytes):
        return {"file": base64.b64encode(value).decode()}
    return value


# ------------------------------------------------------------------------------------------- the worker


def main(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer line by line until there are no more."""
    made: dict[str, Explainer] = {}
    for line in questions:
        said = answered(lambda question: {"explanations": _answered(question, made)}, json.loads(line))
        answers.write(json.dumps(said).encode() + b"\n")
        answers.flush()


def _answered(question: Json, made: dict[str, Explainer]) -> list[Json]:
    try:
        from lamina.insight.explain import Explainer
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise MissingExtra("Explaining", "learn") from error
        raise
    key = f"{question['seal']} {question.get('target', '')}"
    if key not in made:
        made.clear()  # one model at a time is kept: a service may have many
        place = question["model"]
        model = Model.load(place) if place else Model.from_bytes(base64.b64decode(question["content"]))
        made[key] = Explainer(model, question.get("target"))
    explainer = made[key]
    holds = explainer.model.intake.holds
    found = []
    for number, row in enumerate(question["rows"], 1):
        cells = {column: _received(value) for column, value in row.items()}
        shown = {column: None if holds[column] in FILES else cell for column, cell in cells.items()}
        each = explainer.explain(
            Cells.settle([cells], holds), shown, str(number), question.get("about"), thorough="thorough" in question
        )
        found.append(each.json() | {"drawn": _drawn(each), "checked": _checked(each)})
    return found


def _drawn(each: Explanation) -> list[Json]:
    """The maps of pictures, and of films a frame a part, as data URLs, for a page."""
    from lamina.insight import heat
    from lamina.insight.explained import key_frame
    from lamina.insight.why import Frames, Places

    found: list[Json] = []
    for part in each.parts:
        if isinstance(part, Places):
            maps = {"evidence": part.evidence, "covered": part.covered}
            drawn = {name: heat.over(part.pixels, kept.values) for name, kept in maps.items() if kept is not None}
            found.append({"column": part.name, **drawn})
        elif isinstance(part, Frames):
            found.append({"column": part.name, "frames": [key_frame(part, place) for place in part.shown]})
    return found


def _checked(each: Explanation) -> list[str | None]:
    """Of each part in words how much random weights give the same; None where there is too little to tell."""
    from lamina.insight.twin import said
    from lamina.insight.why import compared

    maps = [compared(part) for part in each.parts]
    return [None if kept is None or kept.alike is None else said(kept.alike) for kept in maps]


def _received(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "file" in value:
        return base64.b64decode(value["file"])
    if "array" not in value:
        return value  # a series as signals by name
    array = np.frombuffer(base64.b64decode(value["array"]), value["type"]).reshape(value["shape"])
    return Samples(array, value["rate"]) if "rate" in value else array


if __name__ == "__main__":
    work(main)
