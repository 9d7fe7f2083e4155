"""Who may import whom: read from the source, imports inside functions too."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "lamina"
LEVELS = [
    {"core"},
    {"kinds"},
    {"inputs", "networks", "machine"},
    {"examples", "outputs"},
    {"found", "made"},
    {"model"},
    {"insight"},
    {"learning", "serving"},
    {"page"},
    {"estimators", "cli", "door", "screen"},
    {"__main__"},
]
ALLOWED_BESIDE = {("door", "screen"), ("estimators", "door"), ("cli", "door"), ("cli", "screen")}
LEVEL = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Rooms that a file imports, but for what only a type checker reads."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and id(node) not in typing_only
            and (node.module or "").startswith("lamina")
        ):
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names if alias.name in LEVEL}
    return found


FILES = sorted(path for path in SOURCE.rglob("*.py") if room(path) != "__init__")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    mine = room(path)
    for other in imported(path) - {mine}:
        assert LEVEL[other] < LEVEL[mine] or (mine, other) in ALLOWED_BESIDE, f"{mine} imports {other}"


def test_the_page_shows_learning_and_does_none() -> None:
    assert not any("learning" in imported(path) for path in FILES if room(path) == "page")


def loaded(code: str) -> set[str]:
    """Top-level modules that are loaded after some code ran in a fresh interpreter."""
    command = f"{code}\nimport sys\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_lamina_imports_nothing_heavy() -> None:
    assert not {"numpy", "torch", "polars", "onnxruntime"} & loaded("import lamina")


def test_predicting_needs_neither_torch_nor_scikit_learn_nor_scipy(small_model: Path) -> None:
    names = loaded(
        f"import lamina\nassert lamina.load({str(small_model)!r}).predict({{'x': 190.0}})[0].value == 'high'"
    )
    assert "onnxruntime" in names
    assert not {"torch", "sklearn", "scipy"} & names
