"""What went wrong, said for a person: what was seen, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Iterable


class LaminaError(Exception):
    """What was seen, what was expected, what to do: in one message, for a person."""


class DataError(LaminaError):
    """The examples cannot be read, or cannot be learned from."""


class PlanError(LaminaError):
    """What was asked for does not exist or does not fit the examples."""


class ModelError(LaminaError):
    """A saved model is damaged, foreign, or does not fit what it is given."""


class MissingExtra(LaminaError):
    """An optional library is needed: the message names its `pip install`."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs a library that is not installed. Install it: pip install 'lamina[{extra}]'")


class Unreadable(Exception):
    """Why a cell gives nothing to learn from or to answer; empty where it is merely missing."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest known word, or lists them: `nearest("labl", ["label"])`."""
    import difflib

    known = list(known)
    close = [each for each in known if each.casefold() == word.casefold()]
    close = close or difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return f"There are: {shown}." if known else "There are none."
