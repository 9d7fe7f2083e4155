"""Command-line options from the fields of a dataclass: said once there, never written again."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

import typer

from lamina.core import PlanError


def options(*kinds: type[Any], skip: tuple[str, ...] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command `f(own arguments…, *dataclasses)`: it gains an option per field, and gets the instances."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        mine = list(signature.parameters.values())[: len(signature.parameters) - len(kinds)]
        fields = {kind: [f for f in dataclasses.fields(kind) if f.name not in skip] for kind in kinds}
        hints = {kind: typing.get_type_hints(kind) for kind in kinds}

        def run(**given: Any) -> None:
            own = {p.name: given[p.name] for p in mine}
            made = [
                kind(**{f.name: _value(given[f.name], hints[kind][f.name], f) for f in fields[kind]}) for kind in kinds
            ]
            command(*own.values(), *made)

        added = [_parameter(f, hints[kind][f.name]) for kind in kinds for f in fields[kind]]
        run.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in [*mine, *added]]
        )
        run.__annotations__ = {p.name: p.annotation for p in [*mine, *added]}
        # A paragraph is one line: the help breaks lines itself.
        parts = inspect.cleandoc(command.__doc__ or "").split("\n\n")
        run.__doc__, run.__name__ = "\n\n".join(" ".join(each.split()) for each in parts), command.__name__
        return run

    return decorate


def said(instance: Any, skip: tuple[str, ...] = ()) -> list[str]:
    """The options that give this instance: `["--minutes", "2", "--kind", "zip=category"]`."""
    words: list[str] = []
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if value == default or field.name in skip:
            continue
        name = f"--{field.name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(name)
        elif isinstance(value, Mapping):
            words += [word for key, each in value.items() for word in (name, f"{key}={each}")]
        elif isinstance(value, tuple):
            words += [word for each in value for word in (name, str(each))]
        else:
            words += [name, f"{value:g}" if isinstance(value, float) else str(value)]
    return words


def _parameter(field: dataclasses.Field[Any], hint: Any) -> inspect.Parameter:
    said: str = field.metadata.get("help", "")
    help = f"{said[:1].upper()}{said[1:]}."
    many = get_origin(hint) is tuple or _is_mapping(hint)
    kind: Any = list[str] if many else _plain(hint)
    default: Any = [] if many else field.default
    short = [name] if (name := field.metadata.get("short")) else []
    option = typer.Option(
        *short,
        f"--{field.name.replace('_', '-')}",
        help=help,
        show_default=default not in (None, [], False),
    )
    if kind is bool:
        option = typer.Option(f"--{field.name.replace('_', '-')}", help=help)
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _plain(hint: Any) -> Any:
    """What Typer understands: a Literal becomes str, an optional stays optional."""
    if get_origin(hint) is typing.Literal:
        return str
    if get_origin(hint) in (types.UnionType, typing.Union):
        inner = [each for each in get_args(hint) if each is not type(None)]
        return inner[0] | None
    return hint


def _is_mapping(hint: Any) -> bool:
    return isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping)


def _value(given: Any, hint: Any, field: dataclasses.Field[Any]) -> Any:
    """What was said, as the field holds it; a field may say itself how its words are read (`read`)."""
    if (read := field.metadata.get("read")) is not None:
        return read(given)
    if _is_mapping(hint):
        for each in given:
            if "=" not in each:
                raise PlanError(f"'{each}' was given where COLUMN=KIND was expected, such as --kind zip=category.")
        return dict(each.rsplit("=", 1) for each in given)
    if get_origin(hint) is tuple:
        return tuple(given)
    if get_origin(hint) is typing.Literal and given not in get_args(hint):
        raise PlanError(f"'{given}' was given; it can be {' or '.join(get_args(hint))}.")
    return given
