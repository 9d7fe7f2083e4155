"""How much one request may ask a maker for: what takes longer keeps others waiting."""

from __future__ import annotations

from lamina.core import Made, PlanError
from lamina.made._wish import Wish
from lamina.made.text import LENGTH

MOST = 64  # made in one request
LETTERS = 100_000  # of one request, those of its prompt among them: they are read as slowly


class TooMuch(PlanError):
    """More than one request may ask for."""


def check(made: Made, wish: Wish, stream: bool) -> None:
    """Raises:
    TooMuch: it is more than one request may ask for.
    PlanError: it cannot be streamed.
    """
    if stream and not made.shown:
        raise PlanError(f"A stream was asked for. This model makes {made.called}, which come whole: leave out stream.")
    if stream and wish.count > 1:
        raise PlanError(f"A stream of {wish.count} was asked for. Expected is one: leave out count, or stream.")
    if wish.count > MOST:
        raise TooMuch(f"{wish.count:,} were asked for; expected are at most {MOST} in one request. Ask for fewer.")
    letters = wish.count * (len(wish.prompt or "") + (wish.length or LENGTH))
    if "length" in made.takes and letters > LETTERS:
        raise TooMuch(
            f"{letters:,} letters in all, with the prompt; expected are at most {LETTERS:,} in one request. Ask for fewer."
        )
