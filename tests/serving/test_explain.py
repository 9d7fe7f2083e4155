"""Explanations over HTTP: by a worker that imports torch when it is first asked, and never by the service itself."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import lamina
from lamina.model.model import Model
from lamina.serving import explaining
from lamina.serving.explaining import Explaining, main
from lamina.serving.settings import Serving
from worlds import CUSTOMER as ROW
from worlds import learned, png, stripes

SHOP, STRIPES = "/v1/models/shop/explain", "/v1/models/stripes/explain"


def test_a_row_is_explained_as_lamina_explain_does(ask: TestClient, shop: Path) -> None:
    found = ask.post(f"{SHOP}?target=visits", json={"rows": [ROW]})
    assert found.status_code == 200, found.text
    expected = lamina.explain(shop, ROW, target="visits")[0].json()
    body = found.json()
    assert body["fingerprint"] == Model.load(shop).card.seal[:16]
    one = body["explanations"][0]
    assert one["target"] == "visits"
    assert one["share"] == pytest.approx(expected["share"], rel=1e-4)
    effects = {each["column"]: each["effect"] for each in one["parts"][0]["columns"]}
    for each in expected["parts"][0]["columns"]:
        assert effects[each["column"]] == pytest.approx(each["effect"], rel=1e-3, abs=1e-4)


def test_a_picture_comes_back_with_its_map(ask: TestClient, picture: bytes) -> None:
    found = ask.post(STRIPES, files={"image": ("a.png", picture)}).json()["explanations"][0]
    assert found["about"] in ("level", "upright")
    drawn = found["drawn"][0]
    assert list(drawn) == ["column", "evidence"]  # covering the parts takes longer, and is asked for
    assert drawn["evidence"].startswith("data:image/webp;base64,")
    assert found["parts"][0]["covered"] is None
    found = ask.post(f"{STRIPES}?thorough=true&about=level", files={"image": ("a.png", picture)}).json()[
        "explanations"
    ][0]
    assert found["about"] == "level"
    assert len(found["parts"][0]["covered"]["values"]) == 6


@pytest.mark.parametrize(
    ("query", "rows", "status", "said"),
    [
        ("?target=visit", 1, 422, "Did you mean 'visits'"),
        ("?about=maybe", 1, 422, "'returns' has no answer 'maybe'"),
        ("?thorough=perhaps", 1, 422, "expected is true or false"),
        ("?abuot=yes", 1, 422, "Did you mean 'about'"),
        ("", 9, 413, "at most 8"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask: TestClient, query: str, rows: int, status: int, said: str) -> None:
    found = ask.post(f"{SHOP}{query}", json={"rows": [ROW] * rows})
    assert found.status_code == status
    assert said in found.json()["error"]
    assert ask.post("/v1/models/none/explain", json={"rows": [ROW]}).status_code == 404
    assert ask.get(SHOP).status_code == 405


def test_too_many_wait(ask: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "LINE", 0)
    found = ask.post(SHOP, json={"rows": [ROW]})
    assert found.status_code == 429
    assert found.headers["retry-after"] == "5"


def test_a_worker_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next question starts another one."""
    asked = Explaining(Serving(seconds=0.1))
    silent = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = subprocess.Popen(silent, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    monkeypatch.setattr(asked._worker, "_process", process)
    found = asked._ask({})
    assert found["status"] == 503
    assert "No explanation within 0.1 s" in found["error"]
    assert process.poll() is not None
    assert asked._worker._process is None
    asked.close()


def worker(*questions: Any) -> list[Any]:
    """The worker in this process."""
    answers = io.BytesIO()
    main(io.BytesIO("".join(json.dumps(each) + "\n" for each in questions).encode()), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def question(model: Path, **said: Any) -> dict[str, Any]:
    return {"model": str(model), "content": "", "seal": "a", "rows": [ROW], **said}


def test_without_torch_the_install_line_is_said(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("lamina.insight.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]  # as if it were not installed
    assert worker(question(shop)) == [
        {
            "status": 501,
            "error": "Explaining needs a library that is not installed. Install it: pip install 'lamina[learn]'",
        }
    ]


def test_a_model_in_memory_and_one_with_an_own_module(shop: Path, tmp_path: Path) -> None:
    from torch import nn

    content = base64.b64encode(Model.load(shop).to_bytes()).decode()
    own = learned(stripes(40, 0), "label", 2, network=nn.Conv2d(1, 1, 3)).save(tmp_path / "own.lamina")
    pixels = stripes(1, 1)["image"][0]
    sent = {
        "image": {"shape": list(pixels.shape), "type": "uint8", "array": base64.b64encode(pixels.tobytes()).decode()}
    }
    first, second, third = worker(
        {"model": "", "content": content, "seal": "b", "rows": [ROW, ROW]},
        question(own, seal="c", rows=[sent]),
        question(shop, seal="d"),
    )
    assert [each["input"] for each in first["explanations"]] == ["1", "2"]
    assert second["status"] == 501
    assert "own module" in second["error"]
    assert len(third["explanations"]) == 1  # a question that failed harms none after it


def test_the_service_itself_never_imports_torch(shop: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from starlette.testclient import TestClient
from lamina.serving.app import application
from lamina.serving.settings import Serving
with TestClient(application({{"shop": Path({str(shop)!r})}}, Serving()), base_url="http://127.0.0.1:8000") as ask:
    found = ask.post("/v1/models/shop/explain", json={{"rows": [{ROW!r}]}})
    assert found.status_code == 200, found.text
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bad_pictures_are_refused_before_the_worker(ask: TestClient) -> None:
    found = ask.post(STRIPES, files={"image": ("a.png", b"no picture")})
    assert found.status_code == 422
    assert "is not a picture" in found.json()["error"]
    assert (
        ask.post(STRIPES, files=[("image", ("a.png", png(stripes(1, 1)["image"][0, :, :, 0])))] * 9).status_code == 413
    )
