"""A command line in its plainest form, read without the machinery of Typer, which takes longer than predicting."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin


def plainly(command: Callable[..., Any], words: Sequence[str]) -> dict[str, Any] | None:
    """The arguments that words give a command, or None where Typer should have its say: help, mistakes, odd forms.

    Read from the same signature that Typer reads: flags, options with a word or a path, and arguments, the last of
    which may be a list.

    >>> def greet(who: Annotated[list[str], Argument()], loud: Annotated[bool, Option("--loud")] = False): ...
    >>> plainly(greet, ["Ada", "--loud"])                                      # doctest: +SKIP
    {'loud': True, 'who': ['Ada']}
    """
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    options = {name: p for p in parameters for name in _names(p)}
    places = [p for p in parameters if not _names(p)]
    found: dict[str, Any] = {p.name: p.default for p in options.values()}
    loose: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or word == "-":
            loose.append(word)
        elif word not in options:
            return None
        elif _kind(options[word]) is bool:
            found[options[word].name] = True
        elif left and not left[0].startswith("-"):
            found[options[word].name] = _kind(options[word])(left.pop(0))
        else:
            return None
    if len(loose) < len(places):
        return None
    for place in places:
        many = get_origin(_kind(place)) is list
        found[place.name] = loose if many else _kind(place)(loose.pop(0))
    return found if get_origin(_kind(places[-1])) is list or not loose else None


def _names(parameter: inspect.Parameter) -> list[str]:
    """Of an option; none for an argument. Within `Annotated`, Typer keeps the first name as if it were a default."""
    said: Any = get_args(parameter.annotation)[1]
    return [name for name in (said.default, *(said.param_decls or ())) if isinstance(name, str)]


def _kind(parameter: inspect.Parameter) -> Any:
    """str, bool, Path or list[str]; an optional path is a path."""
    kind = get_args(parameter.annotation)[0]
    return Path if Path in get_args(kind) else kind
