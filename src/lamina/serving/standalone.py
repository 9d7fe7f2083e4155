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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from lamina import kinds
from lamina.core import Json, Unreadable
from lamina.examples import dates
from lamina.examples.words import MISSING
from lamina.model.answering import answer
from lamina.model.cells import Cells
from lamina.model.intake import Intake
from lamina.model.novelty import Novelty
from lamina.model.onnx import Runner
from lamina.model.predictions import records

MODEL, NETWORK, NOVELTY, FOUND = "model.json", "network.onnx", "novelty.npz", "found.npz"
LARGEST = 32 * 2**20  # bytes of one request
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
        return folder.check(json.loads(path.read_text(encoding="utf-8"))["rows"])
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return folder.check(
            [{column: None if row[column] in MISSING else row[column] for column in folder.columns} for row in rows]
        )
    if list(folder.columns.values()) == ["text"] and path.suffix.lower() == ".txt":
        return [{column: path.read_text(encoding="utf-8-sig") for column in folder.columns}]
    if list(folder.columns.values()) not in (["image"], ["video"], ["sound"]):
        raise SystemExit(f"'{path}' should be .csv or .json: the model takes {list(folder.columns)}.")
    content = path.read_bytes()
    return [{column: _picture(content) if kind == "image" else content for column, kind in folder.columns.items()}]


def serve(folder: Folder, host: str, port: int) -> None:
    """Answer POST /predict until it is stopped."""

    class Asked(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            self.say(200 if self.path == "/livez" else 404, {"live": True} if self.path == "/livez" else {})

        def do_POST(self) -> None:
            size = self.headers.get("content-length", "")
            if self.path != "/predict" or not size.isdigit() or int(size) > LARGEST:
                return self.say(
                    413 if size.isdigit() else 411, {"error": f"POST at most {LARGEST:,} bytes to /predict."}
                )
            try:
                rows = folder.check(json.loads(self.rfile.read(int(size)))["rows"])
            except (ValueError, KeyError, TypeError) as error:
                return self.say(422, {"error": str(error)})
            return self.say(200, {"fingerprint": folder.fingerprint, "answers": folder.answer(rows)})

        def say(self, status: int, content: Json) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """No log: it would hold addresses."""

    with ThreadingHTTPServer((host, port), Asked) as server:
        print(f"POST http://{host}:{server.server_port}/predict", flush=True)
        server.serve_forever()


def main() -> None:
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("files", nargs="*", type=Path)
    asking.add_argument("--serve", type=int, metavar="PORT")
    asking.add_argument("--host", default="127.0.0.1")
    asked = asking.parse_args()
    folder = Folder(Path(__file__).parent)
    if asked.serve is not None:
        return serve(folder, asked.host, asked.serve)
    if not asked.files:
        asking.print_help(sys.stderr)
    for path in asked.files:
        for found in folder.answer(read(path, folder)):
            print(json.dumps(found, ensure_ascii=False))
    return None


if __name__ == "__main__":
    main()
