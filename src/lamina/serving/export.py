"""A model as a folder that answers, or makes, by itself: its graph, what it knows as JSON, and copies of the files that do it.

The files are Lamina's own, so that the folder answers as Lamina does; none of them needs more than NumPy, ONNX Runtime,
Pillow for pictures, soundfile and soxr for sounds, and tokenizers where a published network reads texts.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from lamina.core import Input, Json, ModelError
from lamina.inputs.text import Text
from lamina.machine.files import new_folder
from lamina.model.bundle import NETWORK
from lamina.model.model import Model
from lamina.serving import readme, standalone
from lamina.serving.readme import PORT

SOURCE = Path(__file__).parents[1]
PARTS = "parts"
PREDICT, GENERATE = "predict.py", "generate.py"  # what a folder is asked with
SCRIPTS = {PREDICT: "standalone.py", GENERATE: "standalone_maker.py"}  # to the file that it is a copy of
NEEDS = {
    "image": ["pillow"],
    "line": ["pillow"],
    "video": ["pillow", "av"],
    "sound": ["soundfile", "soxr"],
}  # what reads the files of a kind


def export(model: Model, to: Path, *, overwrite: bool = False) -> Path:
    """Write the folder; whole or not at all.

    Raises:
        ModelError: something is there already, or a kind comes from another package.
    """
    check_place(to, overwrite)
    card = model.card
    for column, output in model.outputs.items():
        if output.kind == "identity":
            raise ModelError(
                f"The model compares by '{column}', which an exported folder cannot do yet; lamina compare can."
            )
    inputs: list[Input] = [*model.intake.inputs.values()]
    if card.makes:
        inputs += model.maker.inputs
    used = [("inputs", each.kind) for each in inputs]
    used += [(each.get("room", "outputs"), each["kind"]) for each in card.outputs]
    said: Json = {
        "inputs": card.inputs, "outputs": card.outputs, "novelty": card.novelty, "fingerprint": model.fingerprint,
    }  # fmt: skip
    script = GENERATE if card.makes else PREDICT
    with new_folder(to) as aside:
        graph = model.network_file
        (aside / NETWORK).write_bytes(graph.read_bytes() if isinstance(graph, Path) else graph)
        (aside / standalone.MODEL).write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
        if model.novelty is not None:
            found = model.novelty
            np.savez(aside / standalone.NOVELTY, center=found.center, scale=found.scale, groups=found.groups)
        if model.found:
            arrays = {
                f"found.{c}.{name}": a
                for c, each in model.found.items()
                for name, a in (each.arrays() | each.large()).items()
            }
            np.savez(aside / standalone.FOUND, **arrays)  # type: ignore[arg-type]  # no array is called allow_pickle
        _write_parts(aside, used, script)
        (aside / "requirements.txt").write_text("".join(f"{each}=={version(each)}\n" for each in packages(inputs)))
        (aside / "Dockerfile").write_text(DOCKERFILE.format(script=script))
        text = readme.makes(model.maker) if card.makes else readme.answers(model)
        (aside / "README.md").write_text(text, encoding="utf-8")
    return to


def packages(inputs: Iterable[Input]) -> list[str]:
    """What has to be installed for a folder that reads these."""
    found = ["numpy", "onnxruntime"]
    for each in sorted(inputs, key=lambda each: each.kind):
        found += NEEDS.get(each.kind, [])
        found += ["tokenizers"] if isinstance(each, Text) and each.tokenizer else []
    return list(dict.fromkeys(found))


def check_place(to: Path, overwrite: bool) -> None:
    if not to.exists():
        return
    if not to.is_dir() or (any(to.iterdir()) and not (to / standalone.MODEL).is_file()):
        raise ModelError(f"'{to}' exists and is not an exported model. Choose another place with --to.")
    if not overwrite and any(to.iterdir()):
        raise ModelError(f"'{to}' exists. Say --overwrite to replace it, or choose another place with --to.")


def _write_parts(folder: Path, used: list[tuple[str, str]], script: str) -> None:
    for room, kind in used:
        if not (SOURCE / room / f"{kind}.py").is_file():
            raise ModelError(f"'{kind}' comes from another package, and only Lamina's own kinds can be exported.")
    begins = SOURCE / "serving" / SCRIPTS[script]
    for file in needed([begins, *(SOURCE / room / f"{kind}.py" for room, kind in used)]):
        place = folder / script if file == begins else folder / PARTS / file.relative_to(SOURCE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_renamed(file.read_text(encoding="utf-8")), encoding="utf-8")
    for package in {file.parent for file in (folder / PARTS).rglob("*.py")} | {folder / PARTS}:
        (package / "__init__.py").touch()


def needed(files: list[Path]) -> list[Path]:
    """These files and those that they import when they are imported; what a function imports later is for learning."""
    found: list[Path] = []
    line = list(files)
    while line:
        file = line.pop()
        if file in found:
            continue
        found.append(file)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "lamina":
                inside = SOURCE.joinpath(*(node.module or "").split(".")[1:])
                within = [inside / f"{each.name}.py" for each in node.names]
                line += [each for each in within if each.is_file()] or [_file(inside)]
    return sorted(found)


def _file(module: Path) -> Path:
    """Where a module is written: in a file, or in its folder."""
    return module / "__init__.py" if module.is_dir() else module.with_suffix(".py")


def _renamed(code: str) -> str:
    code = re.sub(r"^(\s*from )lamina\b", rf"\1{PARTS}", code, flags=re.MULTILINE)
    return code.replace('f"lamina.{', f'f"{PARTS}.{{')


DOCKERFILE = f"""FROM python:3.12-slim
WORKDIR /model
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --no-create-home model
USER model
EXPOSE {PORT}
# It asks for no token: publish the port to this machine alone, or put what checks callers in front.
CMD ["python", "{{script}}", "--serve", "{PORT}", "--host", "0.0.0.0"]
"""
