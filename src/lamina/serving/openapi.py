"""The service in the words of OpenAPI 3.1, each model with its own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lamina.core import Json, nearest
from lamina.serving.intake import FORM, JSON, PARQUET
from lamina.serving.making import Maker
from lamina.serving.settings import Refused
from lamina.serving.shelf import Served

REF = "#/components/schemas/{model}"
REFUSALS = {
    400: "The body cannot be read.",
    401: "No token was shown, or another one.",
    403: "The Host or Origin is not this service's.",
    404: "There is no such model.",
    408: "The body did not arrive in time.",
    413: "The body, or what it holds, is too large.",
    415: "The body is of a type that is not taken.",
    422: "The rows are not what the model takes; every problem is named.",
    429: "Too many wait. Ask again after the seconds that Retry-After says.",
    503: "No answer in time. Ask again later.",
}
CANNOT = {501: "Explaining needs torch, or a module of its maker's; the error says what to install."}
ASKED = {
    "target": "Which answer is asked about, of a model with several.",
    "about": "A class or tag to ask about; by default the one that is answered.",
    "thorough": "Whether to cover the parts of pictures as well, which takes longer.",
}
TRUTHS = ("true", "false")


def document(models: Sequence[Served], makers: Sequence[Maker], token: bool) -> Json:
    """All of it, for the models as they are now."""
    schemas: Json = {"Refusal": _REFUSAL}
    paths: Json = {}
    for served in models:
        asking = _predict(served, schemas)
        paths[f"/v1/models/{served.name}/predict"] = {"post": asking}
        paths[f"/v1/models/{served.name}/explain"] = {"post": _explain(served, asking)}
    for maker in makers:
        paths[f"/v1/models/{maker.name}/generate"] = {"post": _generate(maker, schemas)}
    for path, (said, kind, body) in _OTHERS.items():
        answer = {"description": "What was asked for.", "content": {kind: {"schema": body}}}
        refusals = {
            str(status): _refusal(status) for status in ((403,) if path in ("/livez", "/readyz") else (401, 403))
        }
        name = path.strip("/").replace("/", "_").replace("{name}", "name").replace(".", "_")
        paths[path] = {"get": {"summary": said, "operationId": name, "responses": {"200": answer, **refusals}}}
    paths["/v1/models/{name}"]["get"]["parameters"] = [
        {
            "name": "name",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "enum": [*(each.name for each in models), *(each.name for each in makers)]},
        }
    ]
    paths["/v1/models/{name}"]["get"]["responses"]["404"] = _refusal(404)
    found: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Lamina",
            "version": "1",
            "description": "Answers of learned models, with calibrated confidence.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if token:
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
    return found


def _predict(served: Served, schemas: Json) -> Json:
    contract = served.contract
    prefix = served.name.replace("~", "-")
    request, response = (
        _moved(adapter.json_schema(ref_template=REF), schemas, f"{prefix}.{what}")
        for adapter, what in ((contract.request, "request"), (contract.response, "response"))
    )
    content: Json = {JSON: {"schema": request, "example": {"rows": [served.example]}}}
    content[FORM] = {"schema": _form(contract)}
    if contract.lone_file:
        content[f"{contract.media}/*"] = {"schema": {"type": "string", "format": "binary"}}
    content[PARQUET[0]] = {"schema": {"type": "string", "format": "binary"}}
    answers = ", ".join(contract.outputs)
    return {
        "summary": f"Answer {answers} for one row or several",
        "operationId": f"predict_{served.name}",
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "An answer a row, in order.", "content": {JSON: {"schema": response}}},
            **{str(status): _refusal(status) for status in REFUSALS},
        },
    }


def _generate(maker: Maker, schemas: Json) -> Json:
    request = _moved(maker.request.json_schema(ref_template=REF), schemas, f"{maker.name.replace('~', '-')}.wish")
    content: Json = {JSON: {"schema": _MADE}}
    if maker.made.shown:
        content["text/plain"] = {"schema": {"type": "string"}}
    return {
        "summary": f"Make {maker.made.called}",
        "operationId": f"generate_{maker.name}",
        "requestBody": {"required": True, "content": {JSON: {"schema": request, "example": maker.example}}},
        "responses": {
            "200": {
                "description": "What was made, in order; as a stream where that was asked for.",
                "content": content,
            },
            **{str(status): _refusal(status) for status in REFUSALS},
        },
    }


def _explain(served: Served, asking: Json) -> Json:
    """The same body, with other questions and answers."""
    only: Json = {"target": {"enum": list(served.contract.outputs)}, "thorough": {"enum": list(TRUTHS)}}
    return asking | {
        "summary": "Say why the answers to some rows are what they are",
        "operationId": f"explain_{served.name}",
        "parameters": [
            {"name": name, "in": "query", "description": said, "schema": {"type": "string"} | only.get(name, {})}
            for name, said in ASKED.items()
        ],
        "responses": {
            "200": {"description": "An explanation a row, in order.", "content": {JSON: {"schema": _EXPLANATIONS}}},
            **{str(status): _refusal(status) for status in (*REFUSALS, *CANNOT)},
        },
    }


def asked(query: Mapping[str, str]) -> dict[str, str]:
    """What an explanation is asked for, from the address.

    Raises:
        Refused: a word that is not known, or not a truth where one is expected.
    """
    for name in query:
        if name not in ASKED:
            raise Refused(422, f"The address says '{name[:80]}'. {nearest(name, ASKED)}")
    thorough = query.get("thorough", "false")
    if thorough not in TRUTHS:
        raise Refused(422, f"thorough is '{thorough[:80]}'; expected is true or false.")
    return {name: value for name, value in query.items() if name != "thorough" or thorough == "true"}


def _form(contract: Any) -> Json:
    file = {"type": "string", "format": "binary"}
    if contract.lone_file:
        files = {"type": "array", "items": file, "minItems": 1}
        return {"type": "object", "properties": {contract.lone_file: files}, "required": [contract.lone_file]}
    fields = {column: file if column in contract.files else {"type": "string"} for column in contract.kinds}
    return {"type": "object", "properties": fields, "required": list(fields)}


def _moved(schema: Json, schemas: Json, name: str) -> Json:
    """A schema's own definitions go under the document's, and its name beside them."""
    inner = schema.pop("$defs", {})
    renamed = {each: f"{name}.{each}" for each in inner}
    for each, found in inner.items():
        schemas[renamed[each]] = _pointing(found, renamed)
    schemas[name] = _pointing(schema, renamed)
    return {"$ref": REF.format(model=name)}


def _pointing(part: Any, renamed: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_pointing(each, renamed) for each in part]
    if not isinstance(part, dict):
        return part
    found = {key: _pointing(value, renamed) for key, value in part.items()}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = REF.format(model=renamed[found["$ref"].rpartition("/")[2]])
    return found


def _refusal(status: int) -> Json:
    content = {JSON: {"schema": {"$ref": REF.format(model="Refusal")}}}
    return {"description": (REFUSALS | CANNOT)[status], "content": content}


_OBJECT: Json = {"type": "object"}
_MADE: Json = {
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "fingerprint": {"type": "string"},
        "seed": {"type": "integer", "description": "With the same one, the same is made again."},
        "made": {
            "type": "array",
            "items": _OBJECT,
            "description": "A `text` each, or an `image` (a PNG file as base64).",
        },
    },
}
_EXPLANATIONS: Json = {
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "fingerprint": {"type": "string"},
        "explanations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "target": {"type": "string"},
                    "about": {"type": ["string", "null"]},
                    "share": {"type": "number", "description": "The calibrated probability, or the number answered."},
                    "parts": {
                        "type": "array",
                        "items": _OBJECT,
                        "description": "What columns, words, moments and frames add; maps of pictures.",
                    },
                    "drawn": {
                        "type": "array",
                        "items": _OBJECT,
                        "description": "The maps and key frames as pictures (data URLs).",
                    },
                    "checked": {
                        "type": "array",
                        "items": {"type": ["string", "null"]},
                        "description": "Of each part, in words, how much random weights give the same.",
                    },
                },
            },
        },
    },
}
_OTHERS: dict[str, tuple[str, str, Json]] = {
    "/models": ("Every model: its name, fingerprint, what it takes and answers", JSON, _OBJECT),
    "/v1/models/{name}": ("One model, with lines of Python, curl and JavaScript that ask it", JSON, _OBJECT),
    "/livez": ("Whether the process runs", JSON, _OBJECT),
    "/readyz": ("Whether it can answer", JSON, _OBJECT),
    "/metrics": ("Figures for Prometheus: latency and batch sizes", "text/plain", {"type": "string"}),
    "/openapi.json": ("This document", JSON, _OBJECT),
}
_PROBLEM = {"type": "object", "properties": {each: {"type": "string"} for each in ("where", "seen", "expected")}}
_REFUSAL: Json = {
    "type": "object",
    "properties": {
        "error": {"type": "string", "description": "What was seen, what was expected, what to do."},
        "problems": {"type": "array", "items": _PROBLEM},
    },
    "required": ["error", "problems"],
}
