"""The folder is the registry: a kind is a file in a room that holds a class of the same name.

Files that start with an underscore hold what several kinds share.

`inputs/image.py` holds `Image`; `find("inputs", "image")` gives it. Installed packages add kinds through the entry
point groups `lamina.inputs`, `lamina.networks` and `lamina.outputs`.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from typing import TYPE_CHECKING, Any

from lamina.core import MissingExtra, PlanError, nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ROOMS = ("inputs", "networks", "outputs", "found", "made")


@cache
def names(room: str) -> tuple[str, ...]:
    """The kinds in a room, sorted: `names("inputs")` holds "image" and "number"."""
    import pkgutil

    spec = importlib.util.find_spec(f"lamina.{room}")
    folder = list(spec.submodule_search_locations or ()) if spec else []
    found = {module.name for module in pkgutil.iter_modules(folder) if not module.name.startswith("_")}
    return tuple(sorted(found | {point.name for point in _added(room)}))


def find(room: str, name: str) -> Any:
    """The class of one kind.

    Raises:
        PlanError: no such kind; the nearest name is suggested.
        MissingExtra: its library (torch) is not installed.
    """
    if not _ours(room, name):  # installed packages are looked through only where it has to be: that takes a while
        for point in _added(room):
            if point.name == name:
                return point.load()
        raise PlanError(f"There is no {room.removesuffix('s')} called '{name}'. {nearest(name, names(room))}")
    try:
        module = importlib.import_module(f"lamina.{room}.{name}")
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise MissingExtra(f"The {room.removesuffix('s')} '{name}'", "learn") from error
        raise
    return getattr(module, class_name(name))


def class_name(name: str) -> str:
    """`class_name("semi_supervised") == "SemiSupervised"`."""
    return "".join(word.capitalize() for word in name.split("_"))


def _ours(room: str, name: str) -> bool:
    """Whether a file of Lamina's own holds this kind."""
    plain = name.isidentifier() and not name.startswith("_")
    return plain and importlib.util.find_spec(f"lamina.{room}.{name}") is not None


@cache
def _added(room: str) -> tuple[EntryPoint, ...]:
    import importlib.metadata

    return tuple(importlib.metadata.entry_points(group=f"lamina.{room}"))
