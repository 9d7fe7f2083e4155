"""Options by their names, and what has to be installed for what was asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from lamina.core import MissingExtra, PlanError, nearest

Options = TypeVar("Options")


def options(kind: type[Options], asked: Mapping[str, Any]) -> Options:
    """A dataclass from named options; an unknown name gets a suggestion. One word where several can stand is one of them."""
    known = {field.name: str(field.type) for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in asked:
        if name not in known:
            raise PlanError(f"There is no option '{name}'. {nearest(name, list(known))}")
    return kind(
        **{
            name: (value,) if isinstance(value, str) and known[name].startswith("tuple") else value
            for name, value in asked.items()
        }
    )


@contextmanager
def needs_serve(what: str) -> Iterator[None]:
    """What is imported here needs `lamina[serve]`: where it is not installed, that is said."""
    try:
        yield
    except ModuleNotFoundError as error:
        needed = ("starlette", "uvicorn", "httptools", "pydantic")
        if (error.name or "").partition(".")[0] in needed:
            raise MissingExtra(what, "serve") from error
        raise
