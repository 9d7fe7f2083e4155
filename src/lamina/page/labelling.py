"""Somebody is asked for labels in a browser, by pictures, players and cells."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lamina.core import Json, LaminaError
from lamina.examples.examples import show
from lamina.insight.interview import Interview, cells_of, name_of
from lamina.page import app, asking, pictures
from lamina.page.contract import ROOT
from lamina.page.gate import Gate
from lamina.page.local import Local
from lamina.page.pictures import Inputs
from lamina.serving.settings import Refused

SIDE = 320  # pixels of a picture
ALIKE = 11  # more of a group than its most typical one: a sheet of them is seen at a glance
LONG = 2_000  # characters of a cell, and of a label
FRONT = Path(__file__).with_name("labelled")
STYLE = Path(app.__file__).parents[1] / "serving" / "page" / "page.css"


class Answer(BaseModel):
    """number: of the question, from 1: an answer that comes twice is told. rows: those that it is for; by default all asked about."""

    number: int = Field(ge=1)
    label: str = Field(max_length=LONG)
    rows: list[int] | None = Field(default=None, max_length=1 + ALIKE)


class Nothing(BaseModel):
    """The body of what needs no words."""


class Desk(Local):
    """Where somebody labels. inputs: what shows the columns that can be seen or heard. place: of the table that is written."""

    def __init__(self, interview: Interview, inputs: Inputs, place: Path, taken: Any) -> None:
        self.interview, self.inputs, self.place = interview, inputs, place
        self.step = interview.count
        self.seen, self.heard = pictures.seen(inputs), pictures.heard(inputs)
        self.over = threading.Event()
        self._one = threading.Lock()  # at a time
        super().__init__(partial(application, self), taken)

    def wait(self) -> None:
        """Until somebody says that it is enough, or Ctrl-C."""
        try:
            while not self.over.wait(0.5):
                pass
        except KeyboardInterrupt:
            pass
        self.stop()

    def asked(self) -> Json:
        """What is asked now, and how far it is."""
        with self._one:
            return self._asked()

    def answered(self, answer: Answer) -> Json:
        with self._one:
            self._check(answer.number)
            try:
                self.interview.answer(self.interview.kept.completed(answer.label.strip()), answer.rows)
            except ValueError as error:
                raise Refused(422, str(error)) from None
            return self._asked()

    def back(self, body: Nothing) -> Json:
        with self._one:
            self.interview.back()
            return self._asked()

    def more(self, body: Nothing) -> Json:
        """As many questions again."""
        with self._one:
            self.interview.count = self.interview.asked + self.step
            return self._asked()

    def end(self, body: Nothing) -> Json:
        with self._one:
            self.interview.end()
            self.over.set()
            return self._asked()

    def picture(self, row: int, column: str) -> Response:
        kind, found = pictures.picture(self.inputs, self.interview.kept.examples, self._row(row), column, SIDE)
        return Response(found, media_type=kind)

    def sound(self, row: int, column: str) -> Response:
        found = pictures.sound(self.inputs, self.interview.kept.examples, self._row(row), column)
        return Response(found, media_type="audio/wav")

    def _check(self, number: int) -> None:
        if number != self.interview.asked + 1:
            raise Refused(409, f"Question {number:,} is not what is asked now. Load the page again.")

    def _row(self, row: int) -> int:
        if row >= len(self.interview.kept.examples):
            raise Refused(404, f"There is no example {row:,}.")
        return row

    def _asked(self) -> Json:
        interview, kept = self.interview, self.interview.kept
        question = interview.question
        counts = dict.fromkeys(interview.known, 0)
        for label in kept.said.values():
            counts[label] += 1
        return {
            "number": interview.asked + 1,
            "count": interview.count,
            "why": None if question is None else question.why,
            "guess": None if question is None else question.guess,
            "rows": [] if question is None else [self._shown(row) for row in question.rows],
            "known": [{"label": label, "count": count} for label, count in counts.items()],
            "labelled": len(kept.said),
            "examples": len(kept.examples),
            "back": interview.asked > 0,
            "all": question is None and interview.asked < interview.count,
            "over": self.over.is_set(),
            "place": str(self.place),
            "learn": f"lamina learn {self.place} --target {kept.target}",
        }

    def _shown(self, row: int) -> Json:
        examples = self.interview.kept.examples
        at = f"{ROOT}/examples/{row}"
        cells = {
            column: f"{cell:.6g}" if isinstance(cell, float) else str(cell)[:LONG]
            for column, cell in cells_of(examples, row).items()
        }
        cells |= {
            column: str(show(examples.values(column, np.array([row])), examples.kinds[column])[0])[:LONG]
            for column in cells
            if examples.kinds[column].held == "text"
        }
        return {
            "row": row,
            "name": name_of(examples, row),
            "cells": cells,
            "pictures": [f"{at}/picture?column={quote(column, safe='')}" for column in self.seen],
            "sounds": [f"{at}/sound?column={quote(column, safe='')}" for column in self.heard],
        }


def application(desk: Desk, token: str, port: int) -> Starlette:
    """The ASGI application."""
    files = {
        "/": FRONT / "label.html",
        "/page.css": STYLE,
        **{f"/{name}": FRONT / name for name in ("label.js", "label.css")},
    }
    return Starlette(
        routes=[
            *(Route(path, app.file(each)) for path, each in files.items()),
            Route(f"{ROOT}/question", _question(desk)),
            Route(f"{ROOT}/answer", _taking(desk.answered, Answer), methods=["POST"]),
            *(
                Route(f"{ROOT}/{each.__name__}", _taking(each, Nothing), methods=["POST"])
                for each in (desk.back, desk.more, desk.end)
            ),
            Route(f"{ROOT}/examples/{{row:int}}/picture", _file_of(desk.picture)),
            Route(f"{ROOT}/examples/{{row:int}}/sound", _file_of(desk.sound)),
        ],
        middleware=[Middleware(Gate, token=token, port=port)],
        exception_handlers=app.HANDLERS,
    )


def _question(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(desk.asked))

    return answer


def _taking(act: Callable[[Any], Json], takes: type[BaseModel]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        said = await asking.body(request, takes)
        return JSONResponse(await run_in_threadpool(act, said))

    return answer


def _file_of(read: Callable[[int, str], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        column = request.query_params.get("column", "")
        try:
            return await run_in_threadpool(read, int(request.path_params["row"]), column)
        except LaminaError as error:
            raise Refused(404, str(error)) from None

    return answer
