"""The page on a large model: how long its views take once they are warm, and how much it slows learning while somebody looks.

`python benchmarks/page.py [--quick]` makes a table of 100,000 rows, learns a network of 100 layers on it, opens the page in this
process, asks every view over HTTP, and prints one JSON object. Then the same steps are learned with a page beside, whose events
another process reads, and without one, by turns.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections import OrderedDict
from typing import Any
from urllib.parse import quote

import httpx2 as httpx
import numpy as np
from torch import nn

import lamina
from lamina.core import Array
from lamina.learning.plan import Plan
from lamina.learning.training import Training
from lamina.page.contract import ROOT
from lamina.page.opening import Opening
from lamina.page.run import Page, beside, show

ROWS, LAYERS, ASKED, TURNS, STEPS = 100_000, 100, 15, 5, 300
READER = "import sys, urllib.request as u\nfor line in u.urlopen(u.Request(sys.argv[1], headers={'authorization': sys.argv[2]})): pass"


class Deep(nn.Module):
    """So many layers, half of them with weights."""

    def __init__(self, inputs: int, layers: int = LAYERS, width: int = 64) -> None:
        super().__init__()
        found: list[tuple[str, nn.Module]] = []
        for k in range(layers // 2):
            found += [(f"sum{k}", nn.Linear(inputs if k == 0 else width, width)), (f"act{k}", nn.ReLU())]
        self.layers = nn.Sequential(OrderedDict(found))

    def forward(self, x: Any) -> Any:
        return self.layers(x)


def main() -> None:
    quick = "--quick" in sys.argv
    rows = made(2_000 if quick else ROWS)
    model = lamina.learn(rows, "label", steps=20, folds=0, network=Deep(20))
    with show(model, lamina.read(rows), Opening(port=0)) as page:
        views = warm(page)
    print(json.dumps({"views": views, "learning": slowed(rows, 2 if quick else TURNS, 30 if quick else STEPS)}))


def made(count: int) -> dict[str, Array]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(count, 20)).astype(np.float32)
    right = values[:, 0] * values[:, 1] + values[:, 2] + 0.3 * rng.normal(size=count) > 0
    return {f"x{k}": column for k, column in enumerate(values.T)} | {"label": np.where(right, "yes", "no")}


def warm(page: Page) -> dict[str, float]:
    """Milliseconds of every view, the median of several requests after the first ones."""
    found: dict[str, float] = {}
    with httpx.Client(base_url=page.url.partition("/?")[0], timeout=600) as ask:
        ask.headers["authorization"] = f"Bearer {page.token}"

        def get(path: str, body: Any = None) -> Any:
            while True:
                said = ask.post(f"{ROOT}{path}", json=body) if body is not None else ask.get(f"{ROOT}{path}")
                if said.status_code != 202:
                    said.raise_for_status()
                    return said
                time.sleep(0.2)

        layer = quote(get("/layers").json()["layers"][20]["id"], safe="")
        paths: dict[str, Any] = dict.fromkeys(
            [
                "/model", "/training/metrics", "/network", f"/network/layers/{layer}", "/examples", "/examples?part=test",
                "/examples/7", "/examples/7/trace", "/layers", f"/layers/{layer}/units", "/examples/7/neighbours", "/fails",
                "/confusion", "/confusion/examples?truth=yes&said=no", "/slices", "/calibration", "/mistakes", "/suspects",
                "/map", "/map.bin", "/map/clusters",
            ]
        )  # fmt: skip
        paths["/what-if"] = {"example": 7, "column": "x0"}
        paths["/predict"] = {"example": 7, "changes": {"x0": 1.0}}
        paths["/map/selection"] = {"ids": list(range(0, len(page.views.opened.data), 20))}
        for path, body in paths.items():
            get(path, body)
            times = []
            for _ in range(ASKED):
                begun = time.perf_counter()
                get(path, body)
                times.append(1000 * (time.perf_counter() - begun))
            found[path.replace(layer, "LAYER")] = statistics.median(times)
    return found


def slowed(rows: dict[str, Array], turns: int, steps: int) -> dict[str, list[float]]:
    """Seconds on the clock, and of processor time of this process, that the same steps take with a page and without."""
    found: dict[str, list[float]] = {"alone": [], "beside": [], "alone_cpu": [], "beside_cpu": []}
    examples = lamina.read(rows)
    for turn in range(2 * turns):
        way = ("alone", "beside")[turn % 2]
        running = Training(examples, Plan(("label",), steps=steps, folds=0, looks=20), report=False)
        reader, page, progress = None, None, iter(running)
        if way == "beside":
            page, told = beside(running, "model", Opening(port=0))
            progress = iter(told)
            address = f"{page.url.partition('/?')[0]}{ROOT}/training/events"
            reader = subprocess.Popen([sys.executable, "-c", READER, address, f"Bearer {page.token}"])
        first: tuple[float, float] | None = None
        last = (0.0, 0.0)
        for each in progress:
            if each.stage == "learning":
                last = (time.perf_counter(), time.process_time())
                first = first or last
        assert first is not None
        found[way].append(last[0] - first[0])
        found[f"{way}_cpu"].append(last[1] - first[1])
        if page is not None and reader is not None:
            page.stop()
            reader.wait()
    return found


if __name__ == "__main__":
    main()
