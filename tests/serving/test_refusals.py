"""What is sent badly, or by whom it should not be: a clear 4xx that says what was seen and what was expected."""

from __future__ import annotations

import base64
import io
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import lamina
import worlds
from lamina.core import LaminaError, PlanError
from lamina.serving.allowance import allowance
from lamina.serving.pictures import at_once, decoder
from lamina.serving.run import listen
from lamina.serving.settings import Serving
from worlds import CUSTOMER as ROW

SHOP, STRIPES = "/v1/models/shop/predict", "/v1/models/stripes/predict"
JSON = {"content-type": "application/json"}
PARQUET = {"content-type": "application/vnd.apache.parquet"}


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def refused(found: Any, status: int, *words: str) -> None:
    assert found.status_code == status, found.text
    said = json.dumps(found.json(), ensure_ascii=False)
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([ROW | {"money spent": "much"}], ["money spent", "'much'", "a number"]),
        ([ROW | {"money spent": True}], ["money spent", "True"]),
        ([ROW | {"money spent": "1e5"}], ["money spent"]),
        ([ROW | {"money spent": 1e300}], ["money spent", "1e+300"]),
        ([ROW | {"region": ["north"]}], ["region", "a list"]),
        ([ROW | {"when": "next Tuesday"}], ["when", "2026-05-31"]),
        ([{"money spent": 1.0, "when": None}], ["there is no 'region'"]),
        ([ROW | {"regoin": 1}], ["regoin", "Did you mean 'region'?"]),
        ([ROW, ROW, ROW | {"when": 3}], ["rows[2].when"]),
        ([3], ["rows[0]", "an object with"]),
        ([], ["no row"]),
        ("north", ["rows"]),
    ],
)
def test_wrong_rows_are_named(ask: TestClient, rows: Any, words: list[str]) -> None:
    refused(ask.post(SHOP, json={"rows": rows}), 422, *words)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"rows": [NaN]}',
        b"[" * 100_000,
        b'{"rows": [{}], "path": "/etc/passwd"}',
    ],
)
def test_bodies_that_say_nothing(ask: TestClient, body: bytes) -> None:
    refused(ask.post(SHOP, content=body, headers=JSON), 422, "expected is")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_have_an_end(ask: TestClient, number: str) -> None:
    body = json.dumps({"rows": [ROW]}).replace("80.0", number).encode()
    refused(ask.post(SHOP, content=body, headers=JSON), 422, "money spent")


def test_bodies_and_rows_have_a_limit(service: Any) -> None:
    with service(body=0.01, rows=5) as ask:
        refused(ask.post(SHOP, json={"rows": [ROW] * 6}), 422, "6 rows", "at most 5")
        refused(ask.post(SHOP, content=b"x" * 20_000, headers=JSON), 413, "20,000", "10,485")
        without_length = ask.post(SHOP, content=iter([b"x" * 6_000] * 3), headers=JSON)
        refused(without_length, 413, "10,485")


def test_other_types_are_refused(ask: TestClient) -> None:
    refused(ask.post(SHOP, content=b"x", headers={"content-type": "text/plain"}), 415, "text/plain", "application/json")
    refused(ask.post(SHOP, content=b"x"), 415, "not said")
    refused(ask.post(SHOP, content=b"x", headers={"content-type": "image/png"}), 415, "image/png", "application/json")
    refused(ask.post(SHOP, content=b"x", headers=JSON | {"content-encoding": "gzip"}), 415, "compressed")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"I am a text", ["is not a picture"]),
        (b"", ["is not a picture"]),
        (b"\x89PNG\r\n\x1a\n", ["is not a picture"]),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ["is not a picture"]),
        (png_bomb(50_000, 50_000), ["50,000 × 50,000", "at most 50,000,000"]),
        (png_bomb(100, 100)[:60], ["image"]),
    ],
)
def test_files_that_are_no_pictures(ask: TestClient, file: bytes, words: list[str]) -> None:
    refused(ask.post(STRIPES, files={"image": ("cat.png", file)}), 422, *words)
    refused(ask.post(STRIPES, content=file, headers={"content-type": "image/png"}), 422, *words)
    if file:
        refused(ask.post(STRIPES, json={"rows": [{"image": base64.b64encode(file).decode()}]}), 422, *words)


def test_only_what_is_surely_quick_is_decoded_where_it_arrives(pictures: Path, picture: bytes) -> None:
    import numpy as np

    model = lamina.load(pictures)
    decode = at_once(model.intake.inputs["image"], 50_000_000)
    assert decode is not None
    found = decode(picture)
    assert isinstance(found, np.ndarray)
    assert found.shape == model.intake.forms["image"].shape
    assert isinstance(decode(picture[:60]), str)
    bomb = b"k\0\0" + zlib.compress(bytes(1_000_000))
    text = struct.pack(">I", len(bomb)) + b"zTXt" + bomb + struct.pack(">I", zlib.crc32(b"zTXt" + bomb))
    unfolding = picture[:33] + text + picture[33:]
    large = worlds.png(np.zeros((129, 128), np.uint8))
    assert [decode(each) for each in (unfolding, large, picture + bytes(20_000), b"GIF89a")] == [None] * 4
    allowed = allowance("image", Serving())
    assert np.array_equal(decoder(model.intake.inputs["image"])([(unfolding, allowed)])[0], found)


def test_what_unfolds_beside_a_picture_is_not_looked_at(pictures: Path, picture: bytes) -> None:
    """Sixty texts of a kilobyte would each become a megabyte."""
    import numpy as np

    texts = b""
    for number in range(60):
        content = b"%d\0\0" % number + zlib.compress(bytes(2**20 + 1))  # one that Pillow would call too large
        texts += struct.pack(">I", len(content)) + b"zTXt" + content + bytes(4)
    decode = decoder(lamina.load(pictures).intake.inputs["image"])
    plain, full = decode(
        [(each, allowance("image", Serving())) for each in (picture, picture[:33] + texts + picture[33:])]
    )
    assert np.array_equal(plain, full)


def test_pictures_that_take_longer_than_they_say(ask: TestClient) -> None:
    import numpy as np
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(buffer, "JPEG", progressive=True)
    whole = buffer.getvalue()
    last = whole[whole.rfind(b"\xff\xc4") : -2]  # the last pass, with its table
    for times in (200, 1000):  # few bytes, as of pictures that are decoded right away, and many
        file = whole[:-2] + times * last + whole[-2:]
        refused(ask.post(STRIPES, files={"image": ("a.jpg", file)}), 422, "at most 100 scans")
    assert ask.post(STRIPES, files={"image": ("a.jpg", whole)}).status_code == 200
    refused(ask.post(STRIPES, files={"image": ("a.tif", tiled(20_000))}), 422, "20,000 × 20,000")
    assert ask.post(STRIPES, files={"image": ("a.tif", tiled(16))}).status_code == 200


def tiled(side: int) -> bytes:
    """A TIFF of 16 × 16 pixels, cut out of a tile."""
    tile = zlib.compress(bytes(side * side))
    short, long = 3, 4
    tags = [(256, long, 16), (257, long, 16), (258, short, 8), (259, short, 8), (262, short, 1), (277, short, 1)]
    tags += [(322, long, side), (323, long, side), (324, long, 134), (325, long, len(tile))]
    return (
        struct.pack("<2sHIH", b"II", 42, 8, len(tags))
        + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        + bytes(4)
        + tile
    )


def test_the_pictures_of_one_request_have_a_limit_together(service: Any) -> None:
    import numpy as np

    file = worlds.png(np.zeros((300, 300), np.uint8))  # 90,000 pixels
    with service(megapixels=0.1, pictures=0.5) as ask:
        for count, status in ((5, 200), (6, 422), (5, 200)):
            found = ask.post(STRIPES, files=[("image", ("a.png", file))] * count)
            assert found.status_code == status, found.text
        rows = [{"image": base64.b64encode(file).decode()}] * 9
        refused(ask.post(STRIPES, json={"rows": rows}), 422, "more than 500,000 pixels together", "fewer at once")


def test_a_zip_bomb_is_no_picture(ask: TestClient) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat.png", bytes(50_000_000))
    refused(ask.post(STRIPES, files={"image": ("cat.png", buffer.getvalue())}), 422, "is not a picture", "50 4b")


def test_a_path_is_never_opened(ask: TestClient, tmp_path: Path, picture: bytes) -> None:
    place = tmp_path / "cat.png"
    place.write_bytes(picture)
    for said in (str(place), f"file://{place}", "/etc/passwd", "../cat.png", "http://127.0.0.1/cat.png"):
        refused(ask.post(STRIPES, json={"rows": [{"image": said}]}), 422, "image")
        refused(ask.post(STRIPES, files={"image": (None, said)}), 422, "expected is a file")
    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame({"image": [str(place)]}).write_parquet(buffer)
    refused(ask.post(STRIPES, content=buffer.getvalue(), headers=PARQUET), 422, "image")


def test_forms_that_do_not_fit(ask: TestClient) -> None:
    form = {name: (None, str(value)) for name, value in ROW.items()}
    refused(ask.post(SHOP, files=form | {"money spent": (None, "lots")}), 422, "money spent", "lots")
    refused(ask.post(SHOP, files=form | {"money spent": (None, "nan")}), 422, "money spent")
    refused(ask.post(SHOP, files=form | {"colour": (None, "red")}), 422, "colour")
    refused(ask.post(SHOP, files={"region": (None, "north")}), 422, "lacks 'money spent'")
    refused(ask.post(SHOP, files=form | {"region": ("a.txt", b"north")}), 422, "is a file")
    broken = {"content-type": "multipart/form-data"}
    refused(ask.post(SHOP, content=b"x", headers=broken), 400, "form cannot be read")
    refused(ask.post(STRIPES, files={"images": ("a.png", b"x")}), 422, "images", "'image'")


def test_tables_that_cannot_be_read(ask: TestClient, service: Any) -> None:
    import polars as pl

    refused(ask.post(SHOP, content=b"a,b\n1,2\n", headers=PARQUET), 422, "PAR1")
    refused(ask.post(SHOP, content=b"PAR1" + os.urandom(200) + b"PAR1", headers=PARQUET), 422, "not a Parquet table")
    buffer = io.BytesIO()
    pl.DataFrame({"money spent": [1.0] * 2_000_000}).write_parquet(buffer)  # a few bytes that unfold
    refused(ask.post(SHOP, content=buffer.getvalue(), headers=PARQUET), 413, "2,000,000 rows", "at most 10,000")
    buffer = io.BytesIO()
    pl.DataFrame({"region": ["x" * 1000] * 5000}).write_parquet(buffer)
    with service(body=0.1) as small:
        assert len(buffer.getvalue()) < 100_000
        refused(small.post(SHOP, content=buffer.getvalue(), headers=PARQUET), 413, "unfolds to more than 838,856 bytes")


def test_only_what_there_is_is_found(ask: TestClient) -> None:
    refused(ask.post("/v1/models/shop2/predict", json={"rows": [ROW]}), 404, "shop, stripes")
    refused(ask.get("/v1/models/nobody"), 404, "shop, stripes")
    refused(ask.get("/somewhere"), 404, "/docs")
    refused(ask.get(SHOP), 405, "GET", "POST")
    for path in (
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/page.css/../../app.py",
        "/v1/models/..%2f..%2fetc/predict",
    ):
        assert ask.get(path).status_code in (404, 405)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1", "2130706433"],
)
def test_another_name_for_this_machine_is_refused(ask: TestClient, host: str) -> None:
    refused(ask.get("/models", headers={"host": host}), 403, "Host")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000", "[::1]", "LOCALHOST", "192.168.1.4:80"]
)
def test_this_machine_is_known(ask: TestClient, host: str) -> None:
    assert ask.get("/models", headers={"host": host}).status_code == 200


def test_a_name_can_be_said(service: Any) -> None:
    with service(name=("cats.example",)) as ask:
        assert ask.get("/models", headers={"host": "cats.example:8000"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_pages_of_others_may_not_ask(ask: TestClient, headers: dict[str, str]) -> None:
    refused(ask.post(SHOP, json={"rows": [ROW]}, headers=headers), 403, "another origin")


def test_the_own_page_may_ask(ask: TestClient) -> None:
    assert ask.post(SHOP, json={"rows": [ROW]}, headers={"origin": "http://127.0.0.1:8000"}).status_code == 200


def test_a_token_is_asked_for(service: Any) -> None:
    with service(token="correct horse", host="0.0.0.0") as ask:
        for headers in ({}, {"authorization": "Bearer wrong horse"}, {"authorization": "Basic correct horse"}):
            found = ask.post(SHOP, json={"rows": [ROW]}, headers=headers)
            refused(found, 401, "token")
            assert found.headers["www-authenticate"] == "Bearer"
        for path in ("/models", "/metrics", "/openapi.json", "/v1/models/shop"):
            assert ask.get(path).status_code == 401
        for path in ("/", "/docs", "/livez", "/readyz"):
            assert ask.get(path).status_code == 200
        right = {"authorization": "Bearer correct horse"}
        assert ask.post(SHOP, json={"rows": [ROW]}, headers=right).status_code == 200


def test_other_machines_need_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAMINA_TOKEN", raising=False)
    with pytest.raises(PlanError, match="LAMINA_TOKEN"):
        Serving(host="0.0.0.0")
    with pytest.raises(PlanError, match="8 plain characters"):
        Serving(host="0.0.0.0", token="short")
    monkeypatch.setenv("LAMINA_TOKEN", "from the environment")
    assert Serving(host="0.0.0.0").token == "from the environment"


def test_a_port_in_use_is_said() -> None:
    with listen(Serving(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LaminaError, match=f"{port} of 127.0.0.1 is in use.*--port"):
            listen(Serving(port=port))


def test_the_log_tells_no_contents(service: Any) -> None:
    lines: list[dict[str, Any]] = []
    with service(log=lines.append) as ask:
        ask.post(SHOP + "?secret=1", json={"rows": [ROW | {"region": "private word"}]})
        ask.post(SHOP, json={"rows": [ROW | {"money spent": "private word"}]})
        ask.get("/private/word")
    assert [line["status"] for line in lines] == [200, 422, 404]
    assert lines[0]["rows"] == 1
    assert lines[0]["route"] == "/v1/models/{name}/predict"
    said = json.dumps(lines)
    assert "private" not in said
    assert "secret" not in said


def test_a_service_with_a_token_gives_away_its_start_page_and_nothing_else() -> None:
    """The page asks for the token: a browser loads it, and what it imports, without one."""
    from lamina.serving import gate
    from lamina.serving.app import PAGE

    files = {f"/{each.name}" for each in PAGE.iterdir() if each.suffix in (".js", ".css")}
    assert files <= gate.OPEN
    assert not any(path.startswith(("/v1", "/metrics", "/models")) for path in gate.OPEN)
