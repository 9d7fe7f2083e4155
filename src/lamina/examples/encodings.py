"""In which encoding a text is, and whether what it says then is what somebody wrote."""

from __future__ import annotations

import re

from lamina.examples.reading import Note

MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
WESTERN = "cp1252"
CONTROL = 0.01  # share of control characters from which on a file is no text
TOGETHER = re.compile(r"[^\x00-\x7f]{3,}")
BEYOND = re.compile(r"[^\x00-\x7f]")


def decoded(content: bytes) -> tuple[str, str]:
    """The text of a file, its line ends as \\n, and the encoding that it turned out to be in: by its mark, UTF-8, else as Western
    Windows writes.

    Raises:
        UnicodeError: it is nothing that people write.

    >>> decoded("naïve".encode("latin-1"))
    ('naïve', 'cp1252')
    """
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if b"\0" in content:
            raise UnicodeError("it holds bytes that no text has") from None
        encoding = WESTERN
        text = content.decode(encoding, errors="replace")
    odd = sum(text.count(chr(code)) for code in (*range(9), *range(14, 32), 127))
    if encoding != WESTERN or not foreign(text):  # bytes that Windows-1252 lacks may be letters elsewhere
        odd += text.count("\ufffd")
    if odd > CONTROL * max(1, len(text)):
        raise UnicodeError("it holds bytes that no text has")
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def foreign(text: str) -> bool:
    """Whether what was read as Western Windows writes is something else: there, letters with marks stand among plain ones.

    >>> foreign("größer, São Paulo, déjà vu"), foreign("Привет, мир".encode("koi8-r").decode("cp1252"))
    (False, True)
    """
    together = sum(len(each) for each in TOGETHER.findall(text) if len(set(each)) > 1)
    return together > len(BEYOND.findall(text)) / 2


def note(what: str, text: str) -> Note:
    """What to say of a text that was read as Western Windows writes. what: the file, for people."""
    if foreign(text):
        seen = " ".join(TOGETHER.findall(text)[:2])[:24]
        return Note(
            "warn",
            f"{what} is in an encoding that is neither UTF-8 nor Windows-1252: its letters are wrong ('{seen}').",
            "Save it as UTF-8.",
        )
    return Note(
        "info", f"{what} is not in UTF-8; it is read as Windows-1252.", "If letters look wrong, save it as UTF-8."
    )
