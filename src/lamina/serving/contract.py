"""What a model takes and gives, typed from its card: requests are checked with it, and it is written down as OpenAPI."""

from __future__ import annotations

import re
from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, Base64Bytes, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from lamina.core import Json, ModelError, nearest
from lamina.examples import dates
from lamina.model.model import Model
from lamina.serving.settings import Refused

LARGEST = 3e38  # float32 ends there
SHOWN = 50  # words of a column that a description lists
PROBLEMS = 20  # said in one refusal

STEPS = 100_000  # of one series in a request
MEDIA = {
    "image": "image",
    "sound": "audio",
    "video": "video",
}  # kinds that come as files: how their content types begin
EXPECTED = {
    "number": "a number, or null where it is unknown",
    "category": "a word, a number, true or false, or null where it is unknown",
    "date": "a date such as 2026-05-31 or 2026-05-31T12:30, or null where it is unknown",
    "text": "a text, or null where there is none",
    "image": "the bytes of a picture file as base64, or null where there is none",
    "video": "the bytes of a video file as base64, or null where there is none",
    "series": "its steps, each a list of numbers (null where one is missing), or an object of signal to numbers; null where there is none",
    "sound": "the bytes of a sound file (WAV, FLAC, OGG, MP3) as base64, or null where there is none",
}


class Contract:
    """Rows in, answers out. name: of the model, in its address."""

    def __init__(self, name: str, model: Model, rows: int) -> None:
        self.name, self.most = name, rows
        self.kinds = dict(model.intake.holds)
        for column, kind in self.kinds.items():
            if kind not in EXPECTED:
                raise ModelError(
                    f"The model '{name}' takes '{column}', which is {kind}. Serving takes {', '.join(EXPECTED)}; "
                    "answer with `lamina predict` instead."
                )
        self.outputs = {each["column"]: (each["kind"], each["state"]) for each in model.card.outputs}
        self.words = {
            each["column"]: [] if each["state"].get("private") else each["state"]["words"]
            for each in model.card.inputs
            if each["kind"] == "category"
        }
        self.files = [column for column, kind in self.kinds.items() if kind in MEDIA]
        self.lone_file = self.files[0] if self.files and len(self.kinds) == 1 else ""  # all that is asked for
        self.media = MEDIA[self.kinds[self.lone_file]] if self.lone_file else ""
        title = re.sub(r"\W", "", name.title()) or "Model"
        fields = {column: self._field(column) for column in self.kinds}
        self.fields: dict[str, TypeAdapter[Any]] = {column: TypeAdapter(field) for column, field in fields.items()}
        row: Any = typed(f"{title}Row", fields)
        rows_of = Annotated[
            list[row], Field(min_length=1, max_length=rows, description="What is asked about, one by one.")
        ]
        self.request: TypeAdapter[Any] = TypeAdapter(typed(f"{title}Request", {"rows": rows_of}))
        self.response: TypeAdapter[Any] = TypeAdapter(self._response(title))

    def read(self, body: bytes) -> list[Json]:
        """The rows of a JSON request.

        Raises:
            Refused: it is not what the model takes; every problem is named.
        """
        try:
            found: list[Json] = self.request.validate_json(body)["rows"]
        except ValidationError as error:
            raise self._refusal(error) from None
        return found

    def checked(self, column: str, value: Any) -> Any:
        """One cell, as `read` checks it.

        Raises:
            Refused: it is not what the column takes.
        """
        try:
            return self.fields[column].validate_python(value)
        except ValidationError:
            raise Refused(422, f"'{column}' is {_said(value)}; expected is {EXPECTED[self.kinds[column]]}.") from None

    def inputs(self) -> list[Json]:
        """What a form needs to know of each column."""
        found = []
        for column, kind in self.kinds.items():
            each: Json = {"column": column, "kind": kind, "expected": EXPECTED[kind]}
            if kind == "category":
                each["words"] = self.words[column][:SHOWN]
            found.append(each)
        return found

    def _field(self, column: str) -> Any:
        expected = EXPECTED[self.kinds[column]]
        match self.kinds[column]:
            case "number":
                kind: Any = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
            case "category":
                # A code may come as a number; what counts is how it is written.
                strict = Field(strict=True)
                whole, broken = Annotated[int, strict], Annotated[float, Field(strict=True, allow_inf_nan=False)]
                kind = Annotated[str, strict] | Annotated[bool, strict] | whole | broken
                known = self.words[column]
                more = f" and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
                expected += f". Known: {', '.join(known[:SHOWN])}{more}" if known else ""
            case "date":
                kind = Annotated[str, AfterValidator(_check_date)]
            case "text":
                kind = Annotated[str, Field(strict=True)]
            case "series":
                signal = Annotated[list[float | None], Field(min_length=1, max_length=STEPS)]
                kind = signal | Annotated[list[signal], Field(min_length=1, max_length=STEPS)] | dict[str, signal]
            case _:
                kind = Base64Bytes
        return Annotated[kind | None, Field(description=f"{column}: {expected}.")]

    def _response(self, title: str) -> Any:
        answers = {}
        for number, (column, (kind, state)) in enumerate(self.outputs.items(), 1):
            share = Annotated[float, Field(ge=0, le=1)]
            fields: Json = {
                "unlike": Annotated[bool, Field(description="It is unlike the training data: do not trust the answer.")]
            }
            if kind == "number":
                fields |= {
                    "value": float | None,
                    "interval": NotRequired[Annotated[list[float], Field(min_length=2, max_length=2)] | None],
                }
            elif kind == "transcript":
                said = Field(description="Each word with its confidence and times.")
                fields |= {
                    "value": str | None,
                    "confidence": share,
                    "words": NotRequired[Annotated[list[dict[str, str | float]], said]],
                }
            elif "classes" not in state:  # found without labels
                odd = "How odd it is; 1 is the limit."
                fields |= {
                    "value": str | None,
                    "score": Annotated[float | None, Field(description=odd)],
                    "nearest": NotRequired[list[str]],
                }
            else:
                words = ", ".join(state["classes"][:SHOWN])
                value: Any = str if kind == "category" else list[str]
                fields |= {
                    "value": Annotated[
                        value | None, Field(description=f"Out of {words}; null where nothing could be read.")
                    ],
                    "confidence": Annotated[
                        float, Field(ge=0, le=1, description="The calibrated probability that it is right.")
                    ],
                    "alternatives": dict[str, share],
                }
            fields["reasons"] = NotRequired[list[str]]
            if "sound" in self.kinds.values():
                part: Any = typed(f"{title}Window{number}", {"from": float, "to": float, **fields})
                fields["windows"] = NotRequired[
                    Annotated[
                        list[part], Field(description="Of a long recording, the answer to each part, in seconds.")
                    ]
                ]
            answers[column] = typed(f"{title}Answer{number}", fields)
        row: Any = typed(f"{title}Answers", answers)
        return typed(f"{title}Response", {"model": str, "fingerprint": str, "answers": list[row]})

    def _refusal(self, error: ValidationError) -> Refused:
        problems: dict[tuple[Any, ...], dict[str, str]] = {}
        for each in error.errors(include_url=False, include_context=True):
            place = each["loc"][:3]
            if place not in problems and len(problems) < PROBLEMS:
                problems[place] = self._problem(place, each)
        found = list(problems.values())
        first = found[0]
        more = f" And {error.error_count() - 1} more such problems." if len(found) > 1 else ""
        return Refused(422, f"{first['where']}: {first['seen']}; expected is {first['expected']}.{more}", found)

    def _problem(self, place: tuple[Any, ...], each: Any) -> dict[str, str]:
        column = str(place[2]) if len(place) > 2 else ""
        where = f"rows[{place[1]}]" if len(place) > 1 else "the request"
        expected = '{"rows": [{column: value}]}'
        match each["type"]:
            case "json_invalid":
                return {"where": where, "seen": f"no JSON ({each['ctx']['error']})", "expected": expected}
            case "missing" if column:
                return {
                    "where": where,
                    "seen": f"there is no '{column}'",
                    "expected": f"{EXPECTED[self.kinds[column]]}",
                }
            case "extra_forbidden" if column:
                return {
                    "where": where,
                    "seen": f"'{_cut(column)}' is there",
                    "expected": f"only what the model takes. {nearest(column, self.kinds)}".rstrip("."),
                }
            case "too_long" if len(place) == 1:
                return {
                    "where": "rows",
                    "seen": f"{each['ctx']['actual_length']:,} rows",
                    "expected": f"at most {self.most:,} in one request",
                }
            case "too_short" if len(place) == 1:
                return {"where": "rows", "seen": "no row", "expected": "at least one"}
        if column in self.kinds:
            return {
                "where": f"{where}.{column}",
                "seen": _said(each["input"]),
                "expected": EXPECTED[self.kinds[column]],
            }
        if len(place) == 2:
            return {"where": where, "seen": _said(each["input"]), "expected": f"an object with {', '.join(self.kinds)}"}
        return {
            "where": where,
            "seen": each["msg"] if each["type"] != "extra_forbidden" else f"a field '{_cut(place[0])}'",
            "expected": expected,
        }


def typed(name: str, fields: Json) -> Any:
    """A closed record: exactly these fields, but for those that may be left out."""
    made = TypedDict(name, fields)  # type: ignore[misc]
    made.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return made


def _check_date(word: str) -> str:
    dates.one(word)
    return word


def _said(value: Any) -> str:
    return _cut(repr(value) if not isinstance(value, (dict, list)) else f"a {type(value).__name__}")


def _cut(text: Any) -> str:
    text = str(text)
    return text if len(text) <= 80 else f"{text[:77]}…"
