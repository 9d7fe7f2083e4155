"""A form is cut into its parts as browsers and libraries write them, and refused where it is none."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx2 as httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamina.serving.form import Part, parts
from lamina.serving.settings import Refused

KIND = b"multipart/form-data; boundary=piece"
AGE = b'--piece\r\nContent-Disposition: form-data; name="age"\r\n\r\n7\r\n'


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text('abc ü"\\', min_size=1, max_size=9), st.binary(max_size=300), min_size=1, max_size=5),
    st.booleans(),
)
def test_what_a_library_writes_is_read(fields: dict[str, bytes], named: bool) -> None:
    files: dict[str, Any] = {name: ("x.png" if named else "", content) for name, content in fields.items()}
    request = httpx.Request("POST", "http://127.0.0.1/", files=files)
    found = parts(request.read(), request.headers["content-type"].encode(), 10)
    assert [(part.name, part.content) for part in found] == list(fields.items())
    assert all((part.filename == "x.png") == named for part in found)


def test_what_stands_around_the_parts_is_none_of_them() -> None:
    body = (
        b"before\r\n"
        + AGE
        + b"--piece  \r\ncontent-disposition: form-data; filename=a; name=b\r\n\r\n\r\n\r\n--piece--\r\nafter"
    )
    quoted = b'multipart/form-data; charset=utf-8; boundary="piece"'
    assert parts(body, quoted, 2) == [Part("age", None, b"7"), Part("b", "a", b"\r\n")]
    assert parts(b"--piece--", KIND, 2) == []


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (AGE + b"--piece--", b"multipart/form-data", "names no boundary"),
        (AGE + b"--piece--", b"multipart/form-data; boundary=other", "does not begin with the boundary"),
        (b"", KIND, "does not begin with the boundary"),
        (AGE, KIND, "breaks off"),
        (AGE[:30], KIND, "breaks off"),
        (b"--piece\r\n\r\n7\r\n--piece--", KIND, "no name"),
        (b"--piece\r\nContent-Type: a/b\r\n\r\n7\r\n--piece--", KIND, "no name"),
        (b"--piecemeal\r\nContent-Disposition: form-data; name=a\r\n\r\n7\r\n--piece--", KIND, "no headers"),
        (b"--piece\r\nX: " + bytes(5000) + b"\r\n\r\n7\r\n--piece--", KIND, "no headers"),
        (b"--piece\r\nContent-Disposition: form-data; name=\xff\r\n\r\n7\r\n--piece--", KIND, "UTF-8"),
        (3 * AGE + b"--piece--", KIND, "more than 2 fields"),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, kind: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        parts(body, kind, 2)
    assert refused.value.status in (400, 422)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes, kind: bytes) -> None:
    for said in (kind, KIND):
        for sent in (body, AGE + body, AGE + b"--piece" + body + b"\r\n--piece--"):
            with contextlib.suppress(Refused):
                assert all(part.content in sent for part in parts(sent, said, 5))
