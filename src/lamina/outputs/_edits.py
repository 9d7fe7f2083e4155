"""How many insertions, deletions and replacements lead from one sequence to another (Levenshtein 1966), and which."""

from __future__ import annotations

from collections.abc import Sequence


def edits(said: Sequence[object], truth: Sequence[object]) -> int:
    """`edits("kitten", "sitting") == 3`."""
    before = list(range(len(truth) + 1))
    for row, one in enumerate(said, 1):
        now = [row]
        for place, other in enumerate(truth, 1):
            now.append(min(before[place] + 1, now[-1] + 1, before[place - 1] + (one != other)))
        before = now
    return before[-1]


def aligned(said: Sequence[str], truth: Sequence[str]) -> list[tuple[str, str]]:
    """Both side by side, "" where one has nothing: `aligned("ab", "b") == [("a", ""), ("b", "b")]`."""
    table = [list(range(len(truth) + 1))]
    for row, one in enumerate(said, 1):
        now = [row]
        for place, other in enumerate(truth, 1):
            now.append(min(table[-1][place] + 1, now[-1] + 1, table[-1][place - 1] + (one != other)))
        table.append(now)
    found: list[tuple[str, str]] = []
    row, place = len(said), len(truth)
    while row or place:
        if row and place and table[row][place] == table[row - 1][place - 1] + (said[row - 1] != truth[place - 1]):
            row, place = row - 1, place - 1
            found.append((said[row], truth[place]))
        elif row and table[row][place] == table[row - 1][place] + 1:
            row -= 1
            found.append((said[row], ""))
        else:
            place -= 1
            found.append(("", truth[place]))
    return found[::-1]
