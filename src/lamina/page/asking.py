"""What was asked for, checked by the contract: words of the address, questions, bodies. A mistake gets a sentence."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from lamina.core import nearest
from lamina.page.contract import Endpoint, Param
from lamina.serving.settings import Refused

BODY = 4 * 2**20  # bytes of a question


def said(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """The parameters by name; None where one was left out.

    Raises:
        Refused: one is unknown, or not what it should be.
    """
    known = {param.name: param for param in endpoint.params}
    asked = {name: param for name, param in known.items() if not param.path}
    for name in request.query_params:
        if name not in asked:
            raise Refused(422, f"There is no '{name}' to say here. {nearest(name, asked)}")
    found = {name: request.query_params.get(name) for name in asked}
    found |= {name: str(request.path_params[name]) for name, param in known.items() if param.path}
    return {name: None if value is None else _value(known[name], value) for name, value in found.items()}


def _value(param: Param, word: str) -> Any:
    schema = param.schema
    if schema["type"] == "integer":
        if not word.isascii() or not word.isdigit() or len(word) > 12:
            raise Refused(422, f"{param.name} is '{word[:40]}'; expected is a whole number.")
        number, low, high = int(word), schema.get("minimum", 0), schema.get("maximum")
        if number < low or (high is not None and number > high):
            raise Refused(
                422,
                f"{param.name} is {number:,}; expected is {low:,} to {high or 'any':,}."
                if high
                else f"{param.name} is {number:,}; expected is at least {low:,}.",
            )
        return number
    if "enum" in schema and word not in schema["enum"]:
        raise Refused(422, f"{param.name} is '{word[:40]}'; expected is {' or '.join(schema['enum'])}.")
    return word


async def body(request: Request, takes: type[BaseModel]) -> BaseModel:
    """The body as a model.

    Raises:
        Refused: it is too large, or not what is taken.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"The body is of type '{kind[:60]}'; expected is application/json.")
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > BODY:
                raise Refused(413, f"The body is larger than {BODY // 2**20} MiB. Ask about less.")
            parts.append(part)
    except ClientDisconnect:
        raise Refused(400, "The body broke off.") from None
    try:
        return takes.model_validate_json(b"".join(parts))
    except ValidationError as error:
        problems = [
            {"where": ".".join(str(each) for each in one["loc"]) or "body", "problem": one["msg"]}
            for one in error.errors(include_url=False, include_input=False, include_context=False)[:20]
        ]
        raise Refused(422, "The body is not what is taken here.", problems) from None


def numbers(word: str | None, what: str, most: int) -> list[int]:
    """`numbers("3,5", "examples", 10) == [3, 5]`.

    Raises:
        Refused: these are no numbers, or too many.
    """
    words = [each.strip() for each in (word or "").split(",") if each.strip()]
    if (
        not words
        or len(words) > most
        or not all(each.isascii() and each.isdigit() and len(each) < 12 for each in words)
    ):
        raise Refused(422, f"Expected are 1 to {most} numbers of {what} with commas between, such as 3,5,8.")
    return [int(each) for each in words]
