"""What is in a text that is to be learned from as it stands, and what is wrong with it. `lamina look book.txt` shows it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lamina.examples import sniff
from lamina.examples.findings import ORDER, Described, Finding, Findings
from lamina.examples.prose import LEAST, WRITTEN, Prose
from lamina.examples.reading import count, listed

RARE = 3  # times that a letter stands there, or fewer: it is hardly learned
LONG = 40  # letters of a line, from which on it is no accident that it stands there again
AGAIN = 0.02  # share of the letters in such lines, from which on that is said
SPOKEN = 3  # words between two commas, on average, from which on they are those of sentences
SHOWN = 6
SIGNS = {"\n": "new line", " ": "space", "\t": "tab"}


def is_text(path: Path) -> bool:
    """Whether a file is a text, not a table: its name says so, and nothing but the commas of sentences parts its lines."""
    if not path.is_file() or path.suffix.lower() not in WRITTEN:
        return False
    layout = sniff.look(path)
    cells = [cell for row in layout.rows for cell in row]
    spoken = not layout.named and layout.separator == "," and sum(map(_words, cells)) >= SPOKEN * len(cells)
    return len(layout.names) == 1 or spoken


def _words(cell: str) -> int:
    return len(cell.split())


def look(text: Prose) -> Findings:
    """Letters, words and lines, and what a language model will stumble over.

    >>> [each.kind for each in look(Prose("", ["Too little."]))]
    ['too_short', 'rare_letters', 'next']
    """
    letters: Counter[str] = Counter()
    words: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for each in text.texts:
        letters.update(each)
        words.update(re.findall(r"\w+", each.casefold()))
        lines.update(each.splitlines())
    filled = [line for line in lines if line.strip()]
    empty = sum(times for line, times in lines.items() if not line.strip()) / max(1, sum(lines.values()))
    columns = [
        Described("letters", "text", "", len(letters), 0.0, _commonest(letters)),
        Described("words", "text", "", len(words), 0.0, _commonest(words)),
        Described("lines", "text", "", len(filled), empty, filled[0].strip()[:48] if filled else ""),
    ]
    found = Findings(text.source, text.letters, (), columns, {}, list(_found(text, letters, lines)), "letter")
    found.found.sort(key=lambda finding: ORDER[finding.level])
    return found


def _found(text: Prose, letters: Counter[str], lines: Counter[str]) -> Iterator[Finding]:
    if text.letters < LEAST:
        yield Finding(
            "stop",
            "too_short",
            f"{count(text.letters, 'letter')} are too few.",
            "",
            f"To learn to write takes {LEAST:,} at least.",
        )
    for note in text.notes:
        yield Finding(note.level, "note", note.text, "", note.advice)
    again = [(line, times) for line, times in lines.items() if times > 1 and len(line.strip()) >= LONG]
    share = sum(len(line) * (times - 1) for line, times in again) / max(1, text.letters)
    if share >= AGAIN:
        line, times = max(again, key=lambda each: each[1])
        yield Finding(
            "warn",
            "repeated",
            f"{share:.0%} of the letters stand in long lines that were there before.",
            f"{times:,} times: '{line.strip()[:LONG]}…'",
            "It will write them again and again. Cut out headers, footers and copies.",
        )
    rare = sorted(letter for letter, times in letters.items() if times <= RARE)
    if rare:
        yield Finding(
            "info",
            "rare_letters",
            f"{count(len(rare), 'letter')} stand there {RARE} times at most.",
            listed([_shown(letter) for letter in rare]),
            "They will hardly be learned. Nothing to do, unless they should not be there.",
        )
    yield Finding(
        "info",
        "next",
        "It is a text, and no table: one learns from it to write.",
        "",
        f"lamina learn {text.source or 'TEXT'} --generate text",
    )


def _commonest(counts: Counter[str]) -> str:
    whole = max(1, counts.total())
    return ", ".join(f"{_shown(each)} {times / whole:.0%}" for each, times in counts.most_common(SHOWN))


def _shown(letter: str) -> str:
    return SIGNS.get(letter, letter if letter.isprintable() else f"U+{ord(letter):04X}")
