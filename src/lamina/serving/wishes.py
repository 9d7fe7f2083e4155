"""A wish that a maker can meet, to show how it is asked."""

from __future__ import annotations

from lamina.core import Json, Made, PlanError
from lamina.made._wish import Wish
from lamina.made.image import Image

SENTENCE = "say here what is to be seen"
# Where no sentence was kept, an example is made of such words, as far as they are known.
COMMON = (
    "a the one two three four five six seven eight nine zero 0 1 2 3 4 5 6 7 8 9 of on in with and above below left right "
    "red green blue yellow black white small large man woman dog cat"
)
WORDS = 4  # of them


def example(made: Made) -> Json:
    """As JSON says it. Where a maker keeps no sentence of its examples, one of common words, or a place for one."""
    if not isinstance(made, Image):
        return {"length": 200, "temperature": 0.8, "seed": 1}
    if made.worded:
        said = {"text": made.examples[0] if made.examples else " ".join(_known(made)) or SENTENCE}
        return {"count": 4, **said, "seed": 1}
    given = {"given": {made.asked: next(iter(made.shares))}} if made.shares else {}
    return {"count": 4, **given, "seed": 1}


def _known(made: Image) -> list[str]:
    """Common words that it may be asked with."""
    found: list[str] = []
    for word in COMMON.split():
        try:
            made.check(Wish(text=word))
        except PlanError:
            continue
        found.append(word)
    return found[:WORDS]
