"""Answer with this folder alone: NumPy, ONNX Runtime, Pillow where there are pictures, soundfile where there are sounds.

python predict.py rows.csv | rows.json | picture.png | sound.wav | letter.txt …     a line of JSON a row
python predict.py --serve 8000 [--host 0.0.0.0]            POST /predict with {"rows": [{column: value}]}
"""

from __future__ import annotations

import argparse
import base64
import binascii
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lamina import kinds
from lamina.core import DataError, Json, Unreadable
from lamina.examples import dates
from lamina.examples.words import MISSING
from lamina.model.answering import answer
from lamina.model.cells import Cells
from lamina.model.intake import Intake
from lamina.model.novelty import Novelty
from lamina.model.onnx import Runner
from lamina.model.predictions import records
from lamina.serving.standalone_http import serve
from lamina.serving.standalone_run import run

MODEL, NETWORK, NOVELTY, FOUND = "model.json", "network.onnx", "novelty.npz", "found.npz"
PIXELS = 50_000_000  # of one picture
SECONDS = 120  # of one sound or video in a request


class Folder:
    """A model that was exported. `Folder(path).answer([{"age": 39, …}])` gives a dict of answers for each row."""

    def __init__(self, folder: Path) -> None:
        said = json.loads((folder / MODEL).read_text(encoding="utf-8"))
        self.fingerprint: str = said["fingerprint"]
        self.intake = Intake.restore(said["inputs"])
        self.outputs = {
            each["column"]: kinds.find("outputs", each["kind"]).restore(each["state"])
            for each in said["outputs"]
            if each.get("room") != "found"
        }
        self.names = {each["column"]: each["name"] for each in said["outputs"] if each["column"] in self.outputs}
        self.found = {}
        for each in said["outputs"]:
            if each.get("room") == "found":
                with np.load(folder / FOUND) as arrays:
                    prefix = f"found.{each['column']}."
                    own = {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
                self.found[each["column"]] = kinds.find("found", each["kind"]).restore(each["state"], own)
        self.novelty: Novelty | None = None
        if said["novelty"] is not None:
            with np.load(folder / NOVELTY) as found:
                self.novelty = Novelty(found["center"], found["scale"], found["groups"], said["novelty"])
        self.runner = Runner(folder / NETWORK, str(folder))

    @property
    def columns(self) -> dict[str, str]:
        """Column to its kind: number, category, date (ISO 8601), text, image (the bytes of a file)."""
        return self.intake.holds

    def answer(self, rows: Sequence[Mapping[str, Any]]) -> list[Json]:
        """Answers a row: value, confidence and alternatives (or interval), and whether it is unlike the training data."""
        cells = Cells.settle(rows, self.columns)
        return records(answer(cells, self.intake, self.outputs, self.names, self.novelty, self.runner.run, self.found))

    def asked(self, body: Any) -> list[Json]:
        """The rows of a request.

        Raises:
            ValueError: it holds none that can be answered; it says why.
        """
        return self.check(body["rows"] if isinstance(body, dict) and "rows" in body else None)

    def check(self, rows: Any) -> list[Json]:
        """Rows as JSON says them, pictures and sounds as base64, to rows that can be answered.

        Raises:
            ValueError: they are not; it says why.
        """
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise ValueError('Expected is {"rows": [{column: value}]}.')
        for number, row in enumerate(rows):
            if row.keys() != self.columns.keys():
                wrong = sorted(row.keys() ^ self.columns.keys())
                raise ValueError(f"rows[{number}] lacks or has too much: {wrong}. Expected is {list(self.columns)}.")
            for column, kind in self.columns.items():
                row[column] = _checked(row[column], kind, f"rows[{number}].{column}")
        return rows


def _checked(value: Any, kind: str, where: str) -> Any:
    if value is None:
        return None
    try:
        match kind:
            case "number":
                return float(value)
            case "date":
                dates.one(value)
                return value
            case "image":
                return _picture(base64.b64decode(value, validate=True))
            case "sound" | "video":
                return _recording(base64.b64decode(value, validate=True), kind)
            case "series":  # a text is a file: never a path
                return base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except (TypeError, ValueError, AttributeError, binascii.Error, Unreadable) as error:
        raise ValueError(f"{where} is not {kind}: {error}.") from None
    if not isinstance(value, (str, int, float)):
        raise ValueError(f"{where} is a {type(value).__name__}; expected is a word or a number.")
    return value


def _picture(file: bytes) -> bytes:
    """A file whose header says that it is not too large."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(file)) as picture:
        if picture.width * picture.height > PIXELS:
            raise ValueError(f"{picture.width} × {picture.height} pixels are more than {PIXELS:,}")
    return file


def _recording(file: bytes, kind: str) -> bytes:
    """A file of a sound or a video whose header says that it is not too long."""
    if kind == "sound":
        from lamina.inputs._recording import opened

        with opened(file) as found:
            seconds = found.seconds
    else:
        from lamina.inputs.video import lasts

        seconds = lasts(file)
    if seconds > SECONDS:
        raise ValueError(f"{seconds:,.0f} seconds are more than {SECONDS:,}")
    return file


def read(path: Path, folder: Folder) -> list[Json]:
    """The rows of a file: CSV with a header, JSON as a request says it, or one picture, sound or video."""
    if path.suffix.lower() == ".json":
        return folder.asked(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return folder.check(
            [
                {column: None if cell in MISSING else cell for column, cell in row.items() if column in folder.columns}
                for row in rows
            ]
        )
    if list(folder.columns.values()) == ["text"] and path.suffix.lower() == ".txt":
        return [{column: path.read_text(encoding="utf-8-sig") for column in folder.columns}]
    if list(folder.columns.values()) not in (["image"], ["video"], ["sound"]):
        raise SystemExit(f"'{path}' should be .csv or .json: the model takes {list(folder.columns)}.")
    content = path.read_bytes()
    return [{column: _picture(content) if kind == "image" else content for column, kind in folder.columns.items()}]


def serving(folder: Folder, host: str, port: int) -> None:
    """Answer POST /predict until it is stopped."""

    def respond(rows: list[Json]) -> Json:
        return {"fingerprint": folder.fingerprint, "answers": folder.answer(rows)}

    serve(host, port, "/predict", folder.asked, respond)


def main() -> None:
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("files", nargs="*", type=Path)
    asking.add_argument("--serve", type=int, metavar="PORT")
    asking.add_argument("--host", default="127.0.0.1")
    asked = asking.parse_args()
    folder = Folder(Path(__file__).parent)
    if asked.serve is not None:
        return serving(folder, asked.host, asked.serve)
    if not asked.files:
        asking.print_help(sys.stderr)
    for path in asked.files:
        try:
            rows = read(path, folder)
        except (OSError, ValueError, Unreadable) as error:
            raise DataError(f"'{path}' cannot be read: {error}") from None
        for found in folder.answer(rows):
            print(json.dumps(found, ensure_ascii=False))
    return None


if __name__ == "__main__":
    run(main)
