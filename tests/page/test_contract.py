"""The page's contract: one document, equal to the code, with a sample of every answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamina.page.contract import ENDPOINTS, Endpoint
from lamina.page.openapi import text
from lamina.page.samples import SAMPLES

WEB = Path(__file__).parents[2] / "web" / "openapi.json"


def test_the_document_of_the_front_end_is_that_of_the_code() -> None:
    assert json.loads(WEB.read_text(encoding="utf-8")) == json.loads(text()), (
        "Write it again: python -m lamina.page.openapi > web/openapi.json"
    )


@pytest.mark.parametrize("each", ENDPOINTS, ids=lambda each: each.name)
def test_every_answer_and_question_has_a_sample_that_is_one(each: Endpoint) -> None:
    if not isinstance(each.gives, str):
        each.gives.model_validate(SAMPLES[each.name], strict=False)
    if each.takes is not None:
        each.takes.model_validate(SAMPLES[f"{each.name} takes"])


def test_no_sample_is_left_over() -> None:
    known = {each.name for each in ENDPOINTS} | {f"{each.name} takes" for each in ENDPOINTS if each.takes}
    assert set(SAMPLES) <= known
