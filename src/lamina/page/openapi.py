"""The page's addresses in the words of OpenAPI 3.1. `python -m lamina.page.openapi > web/openapi.json` writes them for the front end."""

from __future__ import annotations

import json
import sys

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from lamina.core import Json
from lamina.page.contract import ENDPOINTS, ROOT, Endpoint
from lamina.page.samples import SAMPLES
from lamina.page.schema.shared import Problem, Working

REFUSALS = {
    401: "The token of this start was not shown.",
    403: "The Host or Origin is not this page's.",
    404: "There is no such thing.",
    409: "It does not apply to this model, or not yet; the error says why.",
    422: "What was asked for is not what is taken; every problem is named.",
}


def document() -> Json:
    """All of it."""
    asked: list[type[BaseModel]] = [each.takes for each in ENDPOINTS if each.takes is not None]
    given: list[type[BaseModel]] = [each.gives for each in ENDPOINTS if not isinstance(each.gives, str)]
    given += [Problem, Working]
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(each, "validation") for each in dict.fromkeys(asked)]
    wanted += [(each, "serialization") for each in dict.fromkeys(given)]
    _, schemas = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    paths: Json = {}
    for each in ENDPOINTS:
        paths.setdefault(f"{ROOT}{each.path}", {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lamina's page", "version": "1", "description": "What is going on inside one model."},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "responses": {f"refusal{status}": _plain(says, Problem) for status, says in REFUSALS.items()}
            | {"working": _plain("It is being worked out; ask again.", Working)},
        },
    }


def _operation(each: Endpoint) -> Json:
    content: Json = (
        {each.gives: {"schema": {"type": "string"}}}
        if isinstance(each.gives, str)
        else {"application/json": {"schema": _ref(each.gives)} | _sample(each.name)}
    )
    responses: Json = {"200": {"description": each.says, "content": content}}
    if each.slow:
        responses["202"] = {"$ref": "#/components/responses/working"}
    responses |= {str(status): {"$ref": f"#/components/responses/refusal{status}"} for status in REFUSALS}
    found: Json = {"operationId": each.name, "summary": each.says, "responses": responses}
    if each.params:
        found["parameters"] = [
            {
                "name": param.name,
                "in": "path" if param.path else "query",
                "required": param.path,
                "description": param.says,
                "schema": param.schema,
            }
            for param in each.params
        ]
    if each.takes is not None:
        body = {"application/json": {"schema": _ref(each.takes)} | _sample(f"{each.name} takes")}
        found["requestBody"] = {"required": True, "content": body}
    return found


def _sample(name: str) -> Json:
    return {"example": SAMPLES[name]} if name in SAMPLES else {}


def _plain(says: str, model: type[BaseModel]) -> Json:
    return {"description": says, "content": {"application/json": {"schema": _ref(model)}}}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def text() -> str:
    """The document as the file holds it."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
