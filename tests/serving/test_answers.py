"""What is sent well is answered as `lamina predict` answers it, in every form that is taken."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import lamina
from lamina.model.model import Model
from lamina.serving.contract import Contract
from lamina.serving.snippets import all_of
from worlds import CUSTOMER as ROW
from worlds import png, stripes

SHOP, STRIPES = "/v1/models/shop/predict", "/v1/models/stripes/predict"


def same(found: Any, expected: Any) -> None:
    """Equal, numbers within 1e-4."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            same(found[key], expected[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            same(a, b)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-4, rel=1e-4)
    else:
        assert found == expected


def test_rows_are_answered_in_order_as_predict_does(ask: TestClient, shop: Path) -> None:
    rows = [ROW, ROW | {"money spent": 5, "region": None}, ROW | {"money spent": None, "region": "moon"}]
    found = ask.post(SHOP, json={"rows": rows})
    assert found.status_code == 200
    model = lamina.load(shop)
    assert found.json()["fingerprint"] == model.card.seal[:16]
    columns = {name: [row[name] for row in rows] for name in ROW}
    same(found.json()["answers"], list(model.predict(columns).records()))
    assert found.json()["answers"][2]["returns"]["unlike"]
    assert "moon" in found.json()["answers"][2]["returns"]["reasons"][0]


def test_answers_fit_the_type_that_is_promised(ask: TestClient, shop: Path) -> None:
    contract = Contract("shop", Model.load(shop), 10)
    body = ask.post(SHOP, json={"rows": [ROW]}).content
    contract.response.validate_json(body)
    assert set(contract.response.validate_json(body)["answers"][0]) == {"returns", "visits"}


def test_a_form_says_one_row(ask: TestClient) -> None:
    fields = {"money spent": "80", "region": "north", "when": "2024-03-01"}
    found = ask.post(SHOP, files={name: (None, value) for name, value in fields.items()})
    same(found.json(), ask.post(SHOP, json={"rows": [ROW]}).json())


def test_a_parquet_table_is_answered(ask: TestClient) -> None:
    import polars as pl

    buffer = io.BytesIO()
    frame = pl.DataFrame([ROW, ROW | {"money spent": None}]).with_columns(pl.col("when").str.to_date())
    frame.write_parquet(buffer)
    found = ask.post(SHOP, content=buffer.getvalue(), headers={"content-type": "application/vnd.apache.parquet"})
    assert found.status_code == 200, found.text
    same(found.json(), ask.post(SHOP, json={"rows": [ROW, ROW | {"money spent": None}]}).json())


def test_pictures_come_as_files_base64_or_in_a_table(ask: TestClient, pictures: Path) -> None:
    import polars as pl

    files = [png(each) for each in stripes(3, 9)["image"][:, :, :, 0]]
    sent = [("image", (f'<b>"{number}".png', file)) for number, file in enumerate(files)]
    found = ask.post(STRIPES, files=sent)
    assert found.status_code == 200, found.text
    for file, answer in zip(files, found.json()["answers"], strict=True):
        one = ask.post(STRIPES, content=file, headers={"content-type": "image/png"})
        same(one.json()["answers"], [answer])
    rows = [{"image": base64.b64encode(file).decode()} for file in files]
    same(ask.post(STRIPES, json={"rows": rows}).json(), found.json())
    buffer = io.BytesIO()
    pl.DataFrame({"image": files}).write_parquet(buffer)
    table = ask.post(STRIPES, content=buffer.getvalue(), headers={"content-type": "application/vnd.apache.parquet"})
    same(table.json(), found.json())
    cells = np.empty(3, object)
    cells[:] = files
    expected = lamina.load(pictures).predict({"image": cells}, names=False)
    same(found.json()["answers"], list(expected.records()))


def test_models_say_what_they_take(ask: TestClient) -> None:
    found = ask.get("/models").json()["models"]
    assert [each["name"] for each in found] == ["shop", "stripes"]
    shop = found[0]
    assert {each["column"]: each["kind"] for each in shop["inputs"]} == {
        "money spent": "number", "region": "category", "when": "date",
    }  # fmt: skip
    assert ask.post(SHOP, json={"rows": [shop["example"]]}).status_code == 200


def test_figures_count_what_was_asked(service: Any) -> None:
    with service() as ask:
        for _ in range(3):
            ask.post(SHOP, json={"rows": [ROW, ROW]})
        ask.post(SHOP, json={"rows": []})
        said = ask.get("/metrics").text.splitlines()
    assert 'lamina_requests_total{model="shop",status="200"} 3' in said
    assert 'lamina_requests_total{model="shop",status="422"} 1' in said
    assert 'lamina_batch_rows_sum{model="shop"} 6' in said
    assert 'lamina_request_seconds_count{model="shop"} 4' in said
    assert 'lamina_rows_total{model="shop"} 6' in said


def test_the_document_describes_every_model(ask: TestClient) -> None:
    found = ask.get("/openapi.json").json()
    body = found["paths"][SHOP]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    rows = found["components"]["schemas"][body.rpartition("/")[2]]["properties"]["rows"]["items"]["$ref"]
    row = found["components"]["schemas"][rows.rpartition("/")[2]]
    assert set(row["properties"]) == set(ROW)
    assert row["additionalProperties"] is False
    assert (
        "north, south" in row["properties"]["region"]["description"]
        or "south, north" in row["properties"]["region"]["description"]
    )


@pytest.mark.parametrize("path", ["/", "/docs", "/page.js", "/docs.js", "/shared.js", "/page.css"])
def test_pages_reach_nothing_outside(ask: TestClient, path: str) -> None:
    found = ask.get(path)
    assert found.status_code == 200
    assert "http://" not in found.text
    assert "https://" not in found.text
    assert "innerHTML" not in found.text
    assert found.headers["content-security-policy"].startswith("default-src 'self'")


def test_python_lines_can_be_compiled_and_hold_the_row(shop: Path) -> None:
    contract = Contract("shop", Model.load(shop), 10)
    lines = all_of(contract, {"money spent": 'it\'s "odd"'}, "http://127.0.0.1:8000/x", token=True)
    compile(lines["python"], "snippet", "exec")
    assert "LAMINA_TOKEN" in lines["curl"]
    assert "'\\''" in lines["curl"]  # a quote cannot end the shell's
