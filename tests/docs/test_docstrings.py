"""What docstrings show runs, and what is public says what it means."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import lamina


def modules() -> list[str]:
    return [each.name for each in pkgutil.walk_packages(lamina.__path__, "lamina.") if ".cli" not in each.name]


def shown(name: str) -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [each for each in finder.find(importlib.import_module(name)) if each.examples]


@pytest.mark.parametrize("name", ["lamina", *modules()])
def test_every_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for each in shown(name):
        each.globs = dict(each.globs)
        assert not any(doctest.SKIP in example.options for example in each.examples), (
            f"{each.name} shows what never runs"
        )
        runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        said: list[str] = []
        runner.run(each, out=said.append)
        assert runner.failures == 0, "".join(said)


def doors() -> list[tuple[str, Any]]:
    return [(name, getattr(lamina, name)) for name in lamina.__all__]


@pytest.mark.parametrize(("name", "door"), doors(), ids=[name for name, _ in doors()])
def test_every_door_says_what_it_means(name: str, door: Any) -> None:
    said = inspect.getdoc(door)
    assert said
    if name in ("read", "learn", "load", "training", "Plan", "Examples", "Model", "Training", "Answer", "Answers"):
        assert ">>>" in said, f"{name} shows no line that runs"
    if inspect.isclass(door) and not issubclass(door, Exception):
        for word, method in vars(door).items():
            if not word.startswith("_") and (inspect.isfunction(method) or isinstance(method, property)):
                assert inspect.getdoc(method), f"{name}.{word} says nothing"


def test_there_are_enough_examples() -> None:
    assert sum(len(each.examples) for name in ["lamina", *modules()] for each in shown(name)) > 40
