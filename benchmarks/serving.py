"""Served answers a second, beside an endpoint that does nothing and one that calls scikit-learn for each request.

    python benchmarks/serving.py [--seconds 5] [--clients 64]

A table of 30 numbers (breast cancer) and pictures of digits, both shipped with scikit-learn. Every server is one process
on this machine (pictures are also served by two), and so is the load (`load.py`); none is bound to a core, so that on two cores
the load takes its part of them from the server. The bare loop has the machine to itself, before, between and after the served
runs: one process that decodes picture by picture, and ONNX Runtime as it comes, with a thread a core. Prints JSON; `share`
holds what `table.py` judges.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
BATCH = 32  # pictures of the bare loop
SIZES = (1, 8, 32)  # pictures of one request


def main() -> None:
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--seconds", type=float, default=5.0)
    asking.add_argument("--clients", type=int, default=64)
    asking.add_argument("--quick", action="store_true", help="to see that all works")
    asking.add_argument("server", nargs="*")
    asked = asking.parse_args()
    if asked.server:
        return serve(asked.server[0], int(asked.server[1]))
    with tempfile.TemporaryDirectory() as folder:
        table, pictures = Path(folder) / "table.lamina", Path(folder) / "pictures.lamina"
        learn(table, pictures)
        print(json.dumps(measure(table, pictures, 1.0 if asked.quick else asked.seconds, asked.clients)))
    return None


def learn(table: Path, pictures: Path) -> None:
    """Two models, learned briefly: how well they answer is not the question."""
    from sklearn.datasets import load_breast_cancer, load_digits

    import lamina

    cancer = load_breast_cancer(as_frame=True)
    rows = {name: cancer.data[name].to_numpy() for name in cancer.data} | {
        "kind": [("bad", "good")[k] for k in cancer.target]
    }
    lamina.learn(rows, "kind", steps=100, folds=0).save(table)
    digits = load_digits()
    shown = {"image": _digits(), "label": [f"digit {k}" for k in digits.target]}
    lamina.learn(shown, "label", steps=100, folds=0, network="cnn").save(pictures)


def measure(table: Path, pictures: Path, seconds: float, clients: int) -> dict[str, Any]:
    """Every figure; servers take turns, never two at once."""
    single = [json.dumps({"rows": [row]}).encode() for row in rows(200)]
    lone = [json.dumps({name.replace(" ", "_"): value for name, value in row.items()}).encode() for row in rows(200)]
    found: dict[str, Any] = {"clients": clients, "seconds": seconds, "cores": os.cpu_count()}
    with server("empty") as port:
        found["empty"] = load(port, "/", clients, seconds)
    with server("sklearn") as port:
        found["sklearn"] = load(port, "/predict", clients, seconds, lone)
    with lamina(table) as (port, first):
        path = "/v1/models/table/predict"
        found["lamina"] = load(port, path, clients, seconds, single)
        half = found["lamina"]["per_second"] / 2
        found["lamina_at_half"] = load(port, path, clients, seconds, single, rate=half)
        found["lamina_alone"] = load(port, path, 1, seconds, single)
    found["first_answer_seconds"] = first
    shown = files()
    bare = [bare_loop(pictures, shown, seconds)]
    for workers in (1, 2):
        with lamina(pictures, workers) as (port, _):
            for size in SIZES:
                many = [_form(shown[start : start + size]) for start in range(0, 20 * size, size)]
                bodies, kind = (many, FORM) if size > 1 else (shown[:200], "image/png")
                path = "/v1/models/pictures/predict"
                some = load(port, path, max(4, clients // size), seconds, bodies, kind=kind)
                some["pictures_per_second"] = size * some["per_second"]
                found[f"pictures_{size}_a_request_{workers}_processes"] = some
        bare.append(bare_loop(pictures, shown, seconds))
    found["bare_loop"] = {"per_second": bare}
    found["share"] = {
        "of_empty": found["lamina"]["per_second"] / found["empty"]["per_second"],
        "of_sklearn": found["lamina"]["per_second"] / found["sklearn"]["per_second"],
        "p99_ms_at_half": found["lamina_at_half"]["p99_ms"],
        "first_answer_seconds": first,
    }
    for workers in (1, 2):
        for size in SIZES:
            served = found[f"pictures_{size}_a_request_{workers}_processes"]["pictures_per_second"]
            found["share"][f"pictures_{size}_{workers}_of_bare_loop"] = served / float(np.median(bare))
    return found


def load(
    port: int, path: str, clients: int, seconds: float, bodies: Sequence[bytes] = (), *, rate: float | None = None,
    kind: str = "application/json",
) -> dict[str, Any]:  # fmt: skip
    asked = {"port": port, "path": path, "clients": clients, "seconds": seconds, "kind": kind, "rate": rate}
    asked["bodies"] = [base64.b64encode(body).decode() for body in bodies]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(asked, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, str(HERE / "load.py"), file.name], capture_output=True, text=True, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# ------------------------------------------------------------------------------------------------ servers


@contextmanager
def server(name: str) -> Iterator[int]:
    """One of the servers below, in a process of its own."""
    port = free()
    with subprocess.Popen([sys.executable, __file__, name, str(port)]) as running:
        try:
            first_answer(port, "/", None)
            yield port
        finally:
            running.terminate()


@contextmanager
def lamina(model: Path, workers: int = 1) -> Iterator[tuple[int, float]]:
    """A served model, and seconds from its start to its first answer."""
    port, start = free(), time.perf_counter()
    command = [sys.executable, "-c", "from lamina.cli import main; main()", "serve", str(model), "--port", str(port)]
    command += ["--workers", str(workers)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            body = json.dumps({"rows": rows(1)}).encode() if model.stem == "table" else _form(files()[:1])
            kind = "application/json" if model.stem == "table" else FORM
            for _ in range(8 * workers - 7):  # so that each worker has most likely answered
                first_answer(port, f"/v1/models/{model.stem}/predict", body, kind)
            yield port, time.perf_counter() - start
        finally:
            running.terminate()


def serve(name: str, port: int) -> None:
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def nothing() -> dict[str, str]:
        return {}

    if name == "sklearn":
        from pydantic import create_model
        from sklearn.datasets import load_breast_cancer
        from sklearn.neural_network import MLPClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        data = load_breast_cancer()
        model = make_pipeline(StandardScaler(), MLPClassifier((64,), max_iter=100, early_stopping=True)).fit(
            data.data, data.target
        )
        names = [str(each) for each in data.feature_names]
        Row: Any = create_model("Row", **{each.replace(" ", "_"): (float, ...) for each in names})

        def predict(row: Any) -> dict[str, Any]:
            shares = model.predict_proba(np.array([list(row.__dict__.values())]))[0]
            return {"value": str(data.target_names[shares.argmax()]), "confidence": float(shares.max())}

        predict.__annotations__["row"] = Row
        app.post("/predict")(predict)

    uvicorn.run(app, port=port, log_level="warning", access_log=False)


def bare_loop(model: Path, files: Sequence[bytes], seconds: float) -> float:
    """Pictures a second that a plain loop decodes and runs through ONNX Runtime."""
    import onnxruntime
    from PIL import Image

    session = onnxruntime.InferenceSession(str(model / "network.onnx"), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for at in range(0, len(files) - BATCH, BATCH):
            batch = np.stack([np.asarray(Image.open(io.BytesIO(file)))[..., None] for file in files[at : at + BATCH]])
            session.run(None, {name: batch})
            count += BATCH
    return count / (time.perf_counter() - start)


# ------------------------------------------------------------------------------------------------ data

FORM = "multipart/form-data; boundary=piece"


def rows(count: int) -> list[dict[str, float]]:
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return [
        dict(zip((str(name) for name in data.feature_names), map(float, row), strict=True)) for row in data.data[:count]
    ]


def _digits() -> np.ndarray[Any, Any]:
    """uint8 [N, 28, 28]: the 8 by 8 digits, enlarged."""
    from PIL import Image
    from sklearn.datasets import load_digits

    small = (load_digits().images * (255 / 16)).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(each).resize((28, 28))) for each in small])


def files() -> list[bytes]:
    from PIL import Image

    found = []
    for each in _digits():
        buffer = io.BytesIO()
        Image.fromarray(each).save(buffer, "PNG")
        found.append(buffer.getvalue())
    return found


def _form(files: Sequence[bytes]) -> bytes:
    head = (
        b'--piece\r\nContent-Disposition: form-data; name="image"; filename="%d.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    return b"".join(head % number + file + b"\r\n" for number, file in enumerate(files)) + b"--piece--\r\n"


def free() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def first_answer(port: int, path: str, body: bytes | None, kind: str = "application/json") -> None:
    for _ in range(2000):
        try:
            urllib.request.urlopen(
                urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": kind})
            )
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("The server gives no answer.")


if __name__ == "__main__":
    main()
