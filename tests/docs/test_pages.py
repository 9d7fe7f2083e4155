"""Every snippet of Python and every `lamina` command in the README and on the site runs, as a reader would run it.

Each page has a folder of its own, in which `lamina demo` has been run; its blocks run in order and share their names.
Budgets are cut to a few steps: what is tested is that the words work, not how good the models get. Output that a page
shows comes from true runs and is not compared.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lamina.cli import demo
from lamina.cli.main import add_commands, app
from lamina.learning.budget import Budget

ROOT = Path(__file__).parents[2]
HOURS = ROOT / "docs" / "benchmarks.md"  # what it names takes hours
PAGES = sorted({ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")} - {HOURS})
BLOCK = re.compile(
    r"^(?P<fence>`{3,}|:{3,})(?P<kind>\S*)[^\n]*\n(?P<text>.*?)^(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL
)
SHOWN = {"text", "json", "toml"}  # output and files; a {directive} belongs to the site
ABOUT_THE_MACHINE = ("git ", "make ", "cd ", "python3 -m venv ", "pip install ", ".venv/")  # they install or build
NOT_RUN = "# not run"
STEPS = 20
SETS = ("adult",)  # real data that a page learns from by name

add_commands()


def run(*words: str) -> None:
    """A command as the reader wrote it, but for its budget."""
    done = CliRunner().invoke(app, list(short(words)))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output


def short(words: tuple[str, ...]) -> list[str]:
    """`learn … --minutes 2` as `learn … --steps 20`."""
    found = list(words)
    if found[0] == "learn":
        for option in ("--minutes", "--steps"):
            if option in found:
                del found[found.index(option) : found.index(option) + 2]
        found += ["--steps", str(STEPS)]
    return found


def commands(text: str, prompt: str) -> list[str]:
    """The command lines of a block, long ones put together; behind a prompt, the other lines are output."""
    lines = text.replace("\\\n", " ").splitlines()
    if prompt:
        return [line.removeprefix(prompt) for line in lines if line.startswith(prompt)]
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="session", autouse=True)
def hurry() -> Iterator[None]:
    """Simple models, and what columns matter, get a second each: without a budget in minutes they would get many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Budget, "baselines", 1.0)
        yield


@pytest.fixture(scope="session")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `lamina demo` leaves behind."""
    place = tmp_path_factory.mktemp("reader") / "lamina-demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "run", run)
        demo.demo(place)
    return place


@pytest.fixture
def folder(tmp_path: Path, demonstrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the demo left, and with real data where there are any."""
    (tmp_path / "lamina-demo").mkdir()
    for each in demonstrated.iterdir():
        (tmp_path / "lamina-demo" / each.name).symlink_to(each)
    for name in SETS:
        if data := os.environ.get("LAMINA_DATA"):
            (tmp_path / name).symlink_to(Path(data) / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_runs(page: Path, folder: Path) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        kind, text = block["kind"], block["text"]
        if kind.startswith("{") or kind in SHOWN:
            continue
        line = page.read_text(encoding="utf-8")[: block.start()].count("\n")
        if kind == "python":
            code = re.sub(r"\b(minutes|steps)=[\d.]+", f"steps={STEPS}", text)
            exec(compile("\n" * (line + 1) + code, str(page), "exec"), names)
            continue
        assert kind in ("console", "sh"), f"{page.name}, line {line + 1}: a block of '{kind}' is neither run nor output"
        if text.startswith(NOT_RUN):
            assert ":" in text.splitlines()[0], f"{page.name}, line {line + 1}: say why it is not run"
            continue
        for command in commands(text, "$ " if kind == "console" else ""):
            if command.startswith(ABOUT_THE_MACHINE):
                continue
            program, *words = shlex.split(command, comments=True)
            assert program == "lamina", f"{page.name}, line {line + 1}: '{program}' is not run by this test"
            if any(word in SETS for word in words) and "LAMINA_DATA" not in os.environ:
                pytest.skip("LAMINA_DATA names no folder of real data")
            if words != ["demo"]:  # which has been run in this folder
                run(*words)
