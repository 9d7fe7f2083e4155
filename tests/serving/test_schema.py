"""Requests made at random from the OpenAPI document: the service keeps to what it promises there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    negative_data_rejection,
]  # fmt: skip
FEW = settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def ask(service: Any) -> Iterator[TestClient]:
    """A service of one's own: whoever asks it ends it."""
    with service() as found:
        yield found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_the_service_keeps_to_its_document(ask: TestClient, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_dict(ask.get("/openapi.json").json())
    document.app = ask.app
    asked = set()
    for found in document.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.method != "post":
            continue

        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def keeps(case: schemathesis.Case) -> None:
            case.call_and_validate(
                base_url="http://127.0.0.1:8000", headers={"host": "127.0.0.1"}, checks=CHECKS, timeout=60
            )

        keeps()
        asked.add(operation.path)
    assert {"/v1/models/shop/predict", "/v1/models/stripes/predict"} <= asked
