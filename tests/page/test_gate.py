"""Who may look, what may be asked: strangers and mistakes get a clear refusal, and no path comes from a request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lamina.core import PlanError
from lamina.page.app import application
from lamina.page.course import Course
from lamina.page.opening import Opening
from lamina.page.views import Views
from page.conftest import PORT, TOKEN, Asker

MODEL = "/api/v1/model"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A front end of two files, beside something that is nobody's business."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "built" / "assets").mkdir(parents=True)
    (tmp_path / "built" / "index.html").write_text("<!doctype html><title>page</title>")
    (tmp_path / "built" / "assets" / "app.js").write_text("1")
    return tmp_path / "built"


@pytest.fixture
def stranger(built: Path) -> Iterator[TestClient]:
    """A browser that was never here."""
    app = application(Views("later", course=Course()), TOKEN, PORT, built)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False) as client:
        yield client


def test_the_token_opens_once_and_is_then_a_cookie(stranger: TestClient) -> None:
    assert stranger.get(MODEL).status_code == 401
    assert stranger.get("/assets/app.js").status_code == 401
    closed = stranger.get("/")
    assert closed.status_code == 401
    assert "in the terminal" in closed.text
    assert stranger.get("/?token=another").status_code == 401
    entered = stranger.get(f"/?token={TOKEN}")
    assert entered.status_code == 303
    assert entered.headers["location"] == "/"  # it does not stay in the address
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert stranger.get("/").text.endswith("<title>page</title>")
    assert stranger.get("/assets/app.js").headers["content-type"].startswith("text/javascript")
    assert stranger.get(MODEL).json()["learning"]
    stranger.cookies.clear()
    assert stranger.get(MODEL, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert stranger.get(MODEL, headers={"cookie": "lamina-8765=x; ===;"}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),  # its name was pointed at this machine
        ({"host": f"evil.example:{PORT}"}, 403),
        ({"host": f"localhost:{PORT}"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": f"http://127.0.0.1:{PORT}"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_pages_elsewhere_get_nothing(stranger: TestClient, headers: dict[str, str], status: int) -> None:
    found = stranger.get(MODEL, headers={"authorization": f"Bearer {TOKEN}", **headers})
    assert found.status_code == status
    assert "default-src 'self'" in found.headers["content-security-policy"]
    assert found.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("what", ["stop", "pause", "go-on"])
def test_nobody_else_ends_or_pauses_learning(stranger: TestClient, what: str) -> None:
    path, mine = f"/api/v1/training/{what}", {"authorization": f"Bearer {TOKEN}"}
    assert stranger.post(path).status_code == 401
    assert stranger.post(path, headers={**mine, "origin": "http://evil.example"}).status_code == 403
    assert stranger.post(path, headers={**mine, "host": "evil.example"}).status_code == 403
    assert stranger.get(path, headers=mine).status_code == 405  # a link or a picture does not do it
    assert stranger.post(path, headers=mine).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
     "//etc/passwd", "/api/v1/examples/..%2f..%2fsecret.txt/picture", "/assets/"],
)  # fmt: skip
def test_no_path_comes_from_a_request(stranger: TestClient, path: str) -> None:
    found = stranger.get(path, headers={"authorization": f"Bearer {TOKEN}"})
    assert found.status_code in (404, 422)
    assert "secret" not in found.text.replace("secret.txt", "")


def test_a_file_that_comes_later_is_no_address(stranger: TestClient, built: Path) -> None:
    (built / "later.html").write_text("later")
    assert stranger.get("/later.html", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 404


def test_without_a_front_end_it_is_said_how_to_build_one(tmp_path: Path) -> None:
    app = application(Views("later", course=Course()), TOKEN, PORT, tmp_path)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}") as client:
        assert "hatch_build.py" in client.get("/", headers={"authorization": f"Bearer {TOKEN}"}).text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/v1/examples?limit=61", 422, "1 to 60"),
        ("/api/v1/examples?limit=many", 422, "whole number"),
        ("/api/v1/examples?limt=3", 422, "Did you mean 'limit'"),
        ("/api/v1/examples?part=best", 422, "train"),
        ("/api/v1/examples/-1", 422, "whole number"),
        ("/api/v1/examples/400/trace", 404, "0 to 399"),
        ("/api/v1/jobs/none", 404, "no such job"),
        ("/api/v1/nothing", 404, "openapi.json"),
        ("/api/v1/sprite?ids=1,x", 422, "such as 3,5,8"),
    ],
)
def test_a_mistake_gets_a_sentence(tabled: Asker, path: str, status: int, said: str) -> None:
    found = tabled.client.get(path)
    assert found.status_code == status
    assert said in found.json()["error"]


def test_bodies_are_checked(tabled: Asker) -> None:
    post = tabled.client.post
    assert post("/api/v1/explain", content=b"{}").status_code == 415
    wrong = post("/api/v1/explain", json={"example": -1, "path": "/etc/passwd"})
    assert wrong.status_code == 422
    assert {each["where"] for each in wrong.json()["problems"]} == {"example", "path"}
    large = post("/api/v1/explain", content=b" " * (5 * 2**20), headers={"content-type": "application/json"})
    assert large.status_code == 413
    assert tabled.client.get("/api/v1/explain").status_code == 405


def test_no_port_beyond_ports() -> None:
    with pytest.raises(PlanError, match="0 to 65535"):
        Opening(port=70_000)


def test_a_path_is_no_picture(pictured: Asker, tmp_path: Path) -> None:
    """A word where a picture is expected would be opened as a file."""
    place = tmp_path / "mine.png"
    place.write_bytes(pictured("picture", id=1))
    asked = pictured("predict", {"example": 0, "changes": {"image": str(place)}})
    assert asked["after"] == asked["before"]
    assert "cannot be changed here" in asked["problems"][0]
    assert pictured.raw("what_if", {"example": 0, "column": "image", "values": [str(place)]}).status_code == 422
    assert pictured.why(example=0, changes={"image": str(place)})["state"] == "failed"
