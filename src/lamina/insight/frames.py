"""Which frames of a film: each is hidden, or all the others are, and the network answers again (as Zeiler & Fergus 2014 do
with parts of a picture)."""

from __future__ import annotations

from torch import Tensor

from lamina.core import Array
from lamina.insight.question import Question
from lamina.insight.spans import Span


def blank(question: Question, array: str) -> Tensor:
    """The film [1, T, H, W, C] with nothing to be seen: its own median colour, since any other would add something that was
    not there."""
    film = question.inputs[array].values
    colour: Tensor = film.flatten(1, 3).median(1).values
    return colour[:, None, None, None].expand_as(film).clone()


def hidden(question: Question, array: str, parts: list[Span]) -> Array:
    """[parts]: by how much the score falls when the frames of each are hidden."""
    film, nothing = question.inputs[array].values, blank(question, array)
    changed = film.repeat(len(parts), 1, 1, 1, 1)
    for number, (start, end) in enumerate(parts):
        changed[number, start:end] = nothing[0, start:end]
    found: Array = question.now() - question.scores({array: changed})
    return found


def alone(question: Question, array: str, parts: list[Span]) -> Array:
    """[parts]: the score when all frames but those of each are hidden."""
    film = question.inputs[array].values
    changed = blank(question, array).repeat(len(parts), 1, 1, 1, 1)
    for number, (start, end) in enumerate(parts):
        changed[number, start:end] = film[0, start:end]
    return question.scores({array: changed})
