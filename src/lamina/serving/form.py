"""A form (multipart/form-data, RFC 7578) to its parts. The whole body is there, so that cutting it is all there is to do."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from lamina.serving.settings import Refused

HEAD = 4096  # bytes of a part's headers
BOUNDARY = re.compile(rb"""boundary=(?:"([^"\r\n]{1,70})"|([^\s;,"]{1,70}))""", re.IGNORECASE)
FIELD = re.compile(rb"""[;\s](name|filename)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))""", re.IGNORECASE)
DISPOSITION = b"content-disposition:"


class Part(NamedTuple):
    """One field. filename: None where it is no file; browsers send an empty one where no file was chosen."""

    name: str
    filename: str | None
    content: bytes


def parts(body: bytes, kind: bytes, most: int) -> list[Part]:
    r"""The fields of a form, in order. kind: its content type; most: how many there may be.

    >>> body = b'--x\r\nContent-Disposition: form-data; name="age"\r\n\r\n7\r\n--x--'
    >>> parts(body, b"multipart/form-data; boundary=x", 10)
    [Part(name='age', filename=None, content=b'7')]

    Raises:
        Refused: it is no form, breaks off, or has too many fields.
    """
    said = BOUNDARY.search(kind)
    if said is None:
        raise _unread("its content type names no boundary")
    line = b"--" + (said[1] or said[2])
    if not body.startswith(line):
        _, _, body = body.partition(b"\r\n" + line)  # what stands before is no part of the form
        if not body:
            raise _unread("it does not begin with the boundary that its content type names")
        body = line + body
    pieces = body[len(line) :].split(b"\r\n" + line, most + 1)
    if len(pieces) > most + 1:
        raise Refused(422, f"The form has more than {most:,} fields. Send fewer at once.")
    if not pieces[-1].startswith(b"--"):
        raise _unread("it breaks off before its end")
    return [_part(piece) for piece in pieces[:-1]]


def _part(piece: bytes) -> Part:
    end = piece.find(b"\r\n\r\n", 0, HEAD)
    padding, _, head = piece[: max(end, 0)].partition(b"\r\n")
    if end < 0 or padding.strip(b" \t"):
        raise _unread("a field has no headers")
    for each in head.split(b"\r\n"):
        if each[: len(DISPOSITION)].lower() == DISPOSITION:
            found = {key.lower(): quoted or plain for key, quoted, plain in FIELD.findall(each)}
            if b"name" in found:
                filename = found.get(b"filename")
                return Part(_text(found[b"name"]), None if filename is None else _text(filename), piece[end + 4 :])
    raise _unread("a field has no name")


def _text(said: bytes) -> str:
    """A name as it was before a browser (%22) or a library (a backslash) kept its quotes apart."""
    try:
        text = said.decode()
    except UnicodeDecodeError:
        raise _unread("a field's name is not UTF-8") from None
    if "%" in text:
        text = re.sub("%(22|0D|0A)", lambda found: unquote(found[0]), text)
    return re.sub(r'\\(["\\])', r"\1", text) if "\\" in text else text


def _unread(why: str) -> Refused:
    return Refused(400, f"The form cannot be read: {why}. Send multipart/form-data with a field per column.")
