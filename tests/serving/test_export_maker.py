"""An exported folder makes what Lamina makes, byte for byte, with NumPy, ONNX Runtime and Pillow alone."""

from __future__ import annotations

import base64
import importlib
import json
import re
import sys
import urllib.error
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from alone import command, ran, served
from lamina.serving import readme, snippets, wishes
from terminal import interrupted, refused
from terminal import run as by_lamina
from worlds import stripes, verses

SMALL: dict[str, Any] = {"generate": "image", "steps": 2, "looks": 1, "size": 0, "batch": 8, "side": 8}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alone")


def exported(model: Path) -> tuple[Path, Path]:
    """A model and the command of its folder."""
    return model, lamina.export(model, model.with_suffix("")) / "generate.py"


@pytest.fixture(scope="module")
def writer(place: Path) -> tuple[Path, Path]:
    plan: dict[str, Any] = {"generate": "text", "steps": 2, "network": "rnn width=16"}
    model = lamina.learn({"text": [verses(1_500, 0)]}, **plan)
    return exported(model.save(place / "writer.lamina"))


@pytest.fixture(scope="module")
def painter(place: Path) -> tuple[Path, Path]:
    model = lamina.learn(stripes(60, 0, side=8), given="label", **SMALL)
    return exported(model.save(place / "painter.lamina"))


@pytest.fixture(scope="module")
def told(place: Path) -> tuple[Path, Path]:
    world = stripes(60, 0, side=8)
    world["caption"] = np.array([f"{name} stripes, number {k}" for k, name in enumerate(world.pop("label"))])
    model = lamina.learn(world, given="caption", **SMALL)
    return exported(model.save(place / "told.lamina"))


@pytest.mark.parametrize(
    "words",
    [
        ("--prompt", "The cat", "--length", "60", "--temperature", "0.8", "--top-p", "0.95", "--seed", "7"),
        ("-n", "3", "--length", "20", "--json", "--seed", "1"),
        ("--temperature", "0", "--seed", "2"),
    ],
)
def test_the_same_text_is_written(writer: tuple[Path, Path], words: tuple[str, ...]) -> None:
    model, script = writer
    assert ran(script, *words).stdout == by_lamina("generate", model, *words)


@pytest.mark.parametrize("words", [("--given", "label=upright"), ()])
def test_the_same_pictures_are_made_of_a_label(
    painter: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...]
) -> None:
    same_files(painter, tmp_path, *words)


@pytest.mark.parametrize("words", [("--text", "Upright stripes"), ()])
def test_the_same_pictures_are_made_of_a_sentence(
    told: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...]
) -> None:
    same_files(told, tmp_path, *words)


def same_files(made: tuple[Path, Path], place: Path, *words: str) -> None:
    model, script = made
    wish = ("-n", "66", "--seed", "3", *words)
    by_lamina("generate", model, *wish, "--out", place / "a")
    ran(script, *wish, "--out", str(place / "b"))
    files = {path.name: path.read_bytes() for path in (place / "a").iterdir()}
    assert len(files) == 66 + 1
    assert files == {path.name: path.read_bytes() for path in (place / "b").iterdir()}


def test_letters_show_as_they_are_made_and_an_interrupt_ends_it_cleanly(writer: tuple[Path, Path]) -> None:
    assert "interrupted" in interrupted(command(writer[1], "--length", "1000000"), env={})


def test_python_asks_the_folder_too(writer: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    model, script = writer
    for name in imported():  # of another folder
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(script.parent))
    folder = importlib.import_module("generate").Folder(script.parent)
    wish = {"prompt": "The cat", "length": 30, "seed": 4}
    assert folder.generate(2, **wish) == lamina.load(model).generate(2, **wish)
    assert list(folder.pieces(**wish)) == list(lamina.load(model).pieces(**wish))
    for name in imported():
        del sys.modules[name]


def imported() -> list[str]:
    """Modules that came with a folder."""
    return [name for name in sys.modules if name.partition(".")[0] in ("generate", "parts")]


def test_a_wish_that_cannot_be_met_is_refused_as_by_lamina(
    writer: tuple[Path, Path], painter: tuple[Path, Path], told: tuple[Path, Path]
) -> None:
    wrong: list[tuple[tuple[Path, Path], tuple[str, ...]]] = [
        (writer, ("--prompt", "")),
        (writer, ("--prompt", "Ünlike")),
        (writer, ("--given", "label=cat")),
        (painter, ("--given", "label=uprigth", "--json")),
        (painter, ()),
        (told, ("--text", "diagonal stripes", "--json")),
    ]
    for (model, script), words in wrong:
        [line] = ran(script, *words, status=1).stderr.splitlines()
        assert line == refused("generate", model, *words)
    assert "COLUMN=VALUE" in ran(painter[1], "--given", "upright", "--json", status=1).stderr
    assert "--given" in ran(painter[1], "--help").stdout
    assert "--prompt" not in ran(painter[1], "--help").stdout


def test_a_folder_serves_texts(writer: tuple[Path, Path]) -> None:
    model, script = writer
    wish = {"prompt": "The cat", "length": 30, "temperature": 0.7, "seed": 4}
    with served(script) as ask:
        body = json.load(ask({**wish, "count": 2}))
        assert [each["text"] for each in body["made"]] == lamina.load(model).generate(2, **wish)
        assert (body["seed"], body["fingerprint"]) == (4, lamina.load(model).fingerprint)
        with ask({**wish, "stream": True}) as streamed:
            assert streamed.headers["x-seed"] == "4"
            assert streamed.read().decode() == lamina.load(model).generate(1, **wish)[0]
        drawn = json.load(ask({"length": 20}))
        assert json.load(ask({"length": 20, "seed": drawn["seed"]}))["made"] == drawn["made"]
        for wrong, said in (
            ({"prompt": ""}, "empty"),
            ({"promt": "a"}, "Did you mean 'prompt'?"),
            ({"length": "30"}, "a whole number"),
            ({"length": 1_000_000}, "letters in all"),
            ({"count": 65}, "at most 64"),
            ({"count": 2, "stream": True}, "leave out count"),
            ({"stream": "yes"}, "true or false"),
            ({"given": {"label": "cat"}}, "means nothing"),
            ([1], "an object"),
        ):
            with pytest.raises(urllib.error.HTTPError) as found:
                ask(wrong)
            assert found.value.code == 422
            assert said in json.load(found.value)["error"]


def test_a_folder_serves_pictures(painter: tuple[Path, Path]) -> None:
    model, script = painter
    wish = wishes.example(lamina.load(model).maker)
    assert wish["given"].keys() == {"label"}
    with served(script) as ask:
        made = json.load(ask(wish))["made"]
    expected = lamina.load(model).generate(wish.pop("count"), **wish)
    maker = lamina.load(model).maker
    assert made == [maker.record(each) for each in expected]
    assert base64.b64decode(made[0]["image"]).startswith(b"\x89PNG")


def test_the_recipe_names_what_it_needs(
    writer: tuple[Path, Path], painter: tuple[Path, Path], told: tuple[Path, Path]
) -> None:
    for (_, script), needs, word in (
        (writer, ["numpy", "onnxruntime"], "`--top-p`"),
        (painter, ["numpy", "onnxruntime", "pillow"], "label can be: `level`, `upright`."),
        (told, ["numpy", "onnxruntime", "pillow"], "`--text`"),
    ):
        folder = script.parent
        names = [line.partition("==")[0] for line in (folder / "requirements.txt").read_text().splitlines()]
        assert names == needs
        assert '"generate.py", "--serve"' in (folder / "Dockerfile").read_text()
        page = (folder / "README.md").read_text(encoding="utf-8")
        for each in ("```python", "```sh\ncurl", "```javascript", "python generate.py --serve", word):
            assert each in page
        assert not (folder / "predict.py").exists()


def test_the_lines_of_python_that_the_folder_shows_ask_it(
    painter: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, script = painter
    [shown] = re.findall(r"```python\n(.*?)\n```", (script.parent / "README.md").read_text(), flags=re.DOTALL)
    [address] = {f"http://127.0.0.1:{readme.PORT}/generate"} & set(re.findall(r'"(http[^"]*)"', shown))
    monkeypatch.chdir(tmp_path)
    with served(script) as ask:
        exec(shown.replace(address, ask({}).url), {})
    wish = wishes.example(lamina.load(model).maker)
    expected = lamina.load(model).generate(wish.pop("count"), **wish)
    maker: Any = lamina.load(model).maker
    maker.decoded(expected[0]).save(tmp_path / "expected.png")
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "expected.png").read_bytes()
    assert snippets.wish({}, address, token=True, made=maker)["python"].startswith(
        "import base64, json, os, pathlib, urllib.request\n"
    )
