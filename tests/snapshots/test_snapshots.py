"""What people and programs rely on word for word: help texts, messages for the likeliest mistakes, saved formats.

Renew the files beside this one when a change is meant: `LAMINA_SNAPSHOTS=renew pytest tests/snapshots`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import lamina
from lamina.cli.main import COMMANDS, add_commands, app
from lamina.core import LaminaError

HERE = Path(__file__).parent
WIDTH = "100"

if not app.registered_commands:
    add_commands()


def same(name: str, said: str) -> None:
    """Whether it is what the kept file says; or keep it."""
    path = HERE / name
    said = "\n".join(line.rstrip() for line in said.strip().splitlines()) + "\n"
    if os.environ.get("LAMINA_SNAPSHOTS") == "renew":
        path.write_text(said, encoding="utf-8")
    assert path.is_file(), f"There is no {name} yet. Make it: LAMINA_SNAPSHOTS=renew pytest tests/snapshots"
    assert said == path.read_text(encoding="utf-8")


def run(*words: str) -> str:
    """Everything that a person sees, and the exit status."""
    done = CliRunner(env={"COLUMNS": WIDTH, "TERMINAL_WIDTH": WIDTH, "NO_COLOR": "1"}).invoke(
        app, list(words), prog_name="lamina"
    )
    if isinstance(done.exception, LaminaError):
        return f"lamina: {done.exception}\n(exit 1)\n"
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return f"{done.output}(exit {done.exit_code})\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str) -> None:
    """The words are ours and are kept; their frame is Typer's, and need only show them."""
    made: Any = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    lines = [made.help, ""]
    for each in made.params:
        default = "" if each.default in (None, (), [], False) or callable(each.default) else f" [{each.default}]"
        lines.append(f"{each.opts[0]}: {each.help}{default}")
    same(f"help-{command}.txt", "\n".join(lines))
    shown = run(command, "--help")
    assert shown.endswith("(exit 0)\n")
    assert all(each.opts[0] in shown for each in made.params)


def test_help_of_all() -> None:
    shown = run("--help")
    assert all(command in shown for command in COMMANDS)
    assert run("--version").startswith(f"lamina {lamina.__version__}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_model: Path) -> Path:
    """Where a person works: a table, a model, nothing else."""
    monkeypatch.chdir(tmp_path)
    rows = "\n".join(f"{k % 17},{'red' if k % 2 else 'blue'},{'yes' if k % 17 > 8 else 'no'}" for k in range(120))
    Path("shop.csv").write_text(f"spent,colour,returns\n{rows}\n", encoding="utf-8")
    Path("notes.txt").write_text("mine", encoding="utf-8")
    shutil.copytree(small_model, "shop.lamina")
    return tmp_path


LEARN = ("learn", "shop.csv", "--steps", "3")
MISTAKES = {
    "no target": LEARN,
    "a misspelt target": (*LEARN, "--target", "return", "--out", "new.lamina"),
    "a misspelt file": ("learn", "shp.csv", "--target", "returns"),
    "a model that is there": (*LEARN, "--target", "returns"),
    "a place that is no model": (*LEARN, "--target", "returns", "--out", "notes.txt", "--overwrite"),
    "minutes and steps": (*LEARN, "--minutes", "1", "--target", "returns", "--out", "new.lamina"),
    "no minutes": ("learn", "shop.csv", "--minutes", "0", "--target", "returns", "--out", "new.lamina"),
    "a metric of numbers": (*LEARN, "--target", "returns", "--metric", "rmse", "--out", "new.lamina"),
    "a misspelt cost": (*LEARN, "--target", "returns", "--cost", "yes:5", "--out", "new.lamina"),
    "a cost of no class": (*LEARN, "--target", "returns", "--cost", "yess=no:5", "--out", "new.lamina"),
    "a misspelt kind": (*LEARN, "--target", "returns", "--kind", "spent=numbr", "--out", "new.lamina"),
    "a kind without a column": (*LEARN, "--target", "returns", "--kind", "number", "--out", "new.lamina"),
    "a misspelt column": (*LEARN, "--target", "returns", "--drop", "color", "--out", "new.lamina"),
    "a misspelt network": (*LEARN, "--target", "returns", "--network", "mpl", "--out", "new.lamina"),
    "a missing device": (*LEARN, "--target", "returns", "--device", "gpu", "--out", "new.lamina"),
    "too few folds": (*LEARN, "--target", "returns", "--folds", "2", "--out", "new.lamina"),
    "predicting without a model": ("predict", "none.lamina", "shop.csv"),
    "predicting with a table as model": ("predict", "shop.csv", "shop.lamina"),
    "predicting without a column": ("predict", "shop.lamina", "shop.csv"),
    "predicting nothing": ("predict", "shop.lamina", "none.csv"),
    "answers to an unknown kind of file": ("predict", "shop.lamina", "x.csv", "--out", "answers.xls"),
    "scoring without labels": ("score", "shop.lamina", "x.csv"),
    "a report of no model": ("report", "notes.txt"),
}


def test_mistakes(folder: Path) -> None:
    Path("x.csv").write_text("x\n1\n2\n150\n", encoding="utf-8")
    said = "".join(f"# {name}\n$ lamina {' '.join(words)}\n{run(*words)}\n" for name, words in MISTAKES.items())
    assert "Traceback" not in said
    same("mistakes.txt", said)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in [each for each in sys.modules if each.startswith("lamina.learning.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]  # as if it were not installed
    same("missing_extra.txt", run(*LEARN, "--target", "returns", "--out", "new.lamina"))


def keys(value: Any, depth: int = 0) -> list[str]:
    """The names in nested JSON, with the types of what they hold."""
    if not isinstance(value, dict) or depth > 2:
        return []
    lines = []
    for name, inside in sorted(value.items()):
        kind = "number" if isinstance(inside, (int, float)) and not isinstance(inside, bool) else type(inside).__name__
        lines.append(f"{'  ' * depth}{name}: {kind}")
        first = inside[0] if isinstance(inside, list) and inside else inside
        lines += keys(first, depth + 1) if depth or name not in ("networks", "plan", "versions", "files") else []
    return lines


def test_the_card_of_a_saved_model(small_model: Path) -> None:
    import json

    card = json.loads((small_model / "card.json").read_text(encoding="utf-8"))
    assert card["format"] == lamina.load(small_model).card.format == 1
    same("card.txt", "\n".join(keys(card)))
    graph = lamina.load(small_model)._runner
    same("graph.txt", "\n".join([*(f"in {each}" for each in graph.inputs), *(f"out {each}" for each in graph.outputs)]))
