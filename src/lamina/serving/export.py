"""A model as a folder that answers by itself: its graph, what it knows as JSON, and copies of the files that answer.

The files are Lamina's own, so that the folder answers as Lamina does; none of them needs more than NumPy, ONNX Runtime,
Pillow for pictures, and soundfile and soxr for sounds.
"""

from __future__ import annotations

import ast
import json
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np

from lamina.core import Json, ModelError
from lamina.machine.files import new_folder
from lamina.model.bundle import NETWORK
from lamina.model.model import Model
from lamina.model.usual import usual
from lamina.serving import snippets, standalone

SOURCE = Path(__file__).parents[1]
PARTS = "parts"
PORT = 8000
SHOWN = {"curl": "sh"}  # language to its name in Markdown
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
    if model.card.makes:
        raise ModelError(
            f"The model makes {model.maker.kind}, which an exported folder cannot do yet; lamina generate can, without torch."
        )
    used = [("inputs", kind) for kind in model.intake.kinds.values()]
    used += [(each.get("room", "outputs"), each["kind"]) for each in model.card.outputs]
    used_kinds = set(model.intake.kinds.values())
    card = model.card
    for column, output in model.outputs.items():
        if output.kind == "identity":
            raise ModelError(
                f"The model compares by '{column}', which an exported folder cannot do yet; lamina compare can."
            )
    said: Json = {
        "inputs": card.inputs, "outputs": card.outputs, "novelty": card.novelty, "fingerprint": card.seal[:16],
    }  # fmt: skip
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
        _write_parts(aside, used)
        needs = [
            "numpy",
            "onnxruntime",
            *dict.fromkeys(each for kind in sorted(used_kinds & NEEDS.keys()) for each in NEEDS[kind]),
        ]
        (aside / "requirements.txt").write_text("".join(f"{each}=={version(each)}\n" for each in needs))
        (aside / "Dockerfile").write_text(DOCKERFILE)
        (aside / "README.md").write_text(_readme(model), encoding="utf-8")
    return to


def check_place(to: Path, overwrite: bool) -> None:
    if not to.exists():
        return
    if not to.is_dir() or (any(to.iterdir()) and not (to / standalone.MODEL).is_file()):
        raise ModelError(f"'{to}' exists and is not an exported model. Choose another place with --to.")
    if not overwrite and any(to.iterdir()):
        raise ModelError(f"'{to}' exists. Say --overwrite to replace it, or choose another place with --to.")


def _write_parts(folder: Path, used: list[tuple[str, str]]) -> None:
    for room, kind in used:
        if not (SOURCE / room / f"{kind}.py").is_file():
            raise ModelError(f"'{kind}' comes from another package, and only Lamina's own kinds can be exported.")
    files = needed([SOURCE / "serving" / "standalone.py", *(SOURCE / room / f"{kind}.py" for room, kind in used)])
    for file in files:
        place = folder / "predict.py" if file.name == "standalone.py" else folder / PARTS / file.relative_to(SOURCE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_renamed(file.read_text(encoding="utf-8")), encoding="utf-8")
    for package in {file.parent for file in (folder / PARTS).rglob("*.py")} | {folder / PARTS}:
        (package / "__init__.py").write_text("")


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
                line += [each for each in within if each.is_file()] or [inside.with_suffix(".py")]
    return sorted(found)


def _renamed(code: str) -> str:
    code = re.sub(r"^(\s*from )lamina\b", rf"\1{PARTS}", code, flags=re.MULTILINE)
    return code.replace('f"lamina.{', f'f"{PARTS}.{{')


def _readme(model: Model) -> str:
    row = usual(model)
    columns = "\n".join(f"| `{column}` | {kind} |" for column, kind in model.intake.kinds.items())
    address, kinds = f"http://127.0.0.1:{PORT}/predict", model.intake.kinds
    alone = next(iter(kinds)) if len(kinds) == 1 and next(iter(kinds.values())) in snippets.NAMES else None
    lines = (
        snippets.rows({"rows": [row]}, address, token=False)
        if alone is None
        else snippets.files(alone, kinds[alone], address, token=False, forms=False)
    )
    shown = "\n\n".join(f"```{SHOWN.get(language, language)}\n{code}\n```" for language, code in lines.items())
    shape = "{" + ", ".join(f'"{column}": …' for column in model.intake.kinds) + "}"
    return README.format(
        targets=", ".join([*model.outputs, *model.found]),
        columns=columns,
        snippets=shown,
        port=PORT,
        row=shape,
        file="rows.csv" if alone is None else snippets.NAMES[kinds[alone]],
    )


DOCKERFILE = f"""FROM python:3.12-slim
WORKDIR /model
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --no-create-home model
USER model
EXPOSE {PORT}
# It asks for no token: publish the port to this machine alone, or put what checks callers in front.
CMD ["python", "predict.py", "--serve", "{PORT}", "--host", "0.0.0.0"]
"""

README = """# A learned model, by itself

It answers {targets}. It needs neither Lamina nor torch:

```sh
pip install -r requirements.txt
python predict.py {file}
python predict.py --serve {port}
```

As a container:

```sh
docker build -t model . && docker run -p 127.0.0.1:{port}:{port} model
```

A row holds (`null`, or an empty cell of a CSV, is unknown; dates are ISO 8601; pictures and sounds are base64 in JSON):

| column | kind |
|---|---|
{columns}

Ask the running one:

{snippets}

From Python without HTTP: `from predict import Folder; Folder(path).answer([{row}])`. There a picture is the bytes of
its file.
"""
