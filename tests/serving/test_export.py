"""An exported folder answers as Lamina does, with NumPy, ONNX Runtime and Pillow alone."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import lamina
from lamina.core import ModelError
from worlds import CUSTOMER, png, stripes

# What nothing in the folder may import, refused where it is asked for.
FENCE = """
import sys
class Fence:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("lamina", "torch", "polars", "safetensors", "sklearn", "scipy", "onnx", "rich", "typer"):
            raise ImportError(f"{name} is not needed here")
sys.meta_path.insert(0, Fence())
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
import runpy
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(folder: Path, *words: str) -> list[Any]:
    command = [sys.executable, "-c", FENCE, str(folder / "predict.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={}, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def close(found: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            close(found[key], expected[key])
    elif isinstance(expected, list):
        for a, b in zip(found, expected, strict=True):
            close(a, b)
    else:
        assert found == (pytest.approx(expected, rel=1e-4, abs=1e-4) if isinstance(expected, float) else expected)


def test_a_table_is_answered_alike(shop: Path, tmp_path: Path) -> None:
    folder = lamina.export(shop, tmp_path / "out")
    rows = [CUSTOMER, CUSTOMER | {"money spent": None, "region": "moon"}, CUSTOMER | {"money spent": 3.5, "when": None}]
    expected = list(lamina.load(shop).predict({name: [row[name] for row in rows] for name in CUSTOMER}).records())
    (tmp_path / "rows.json").write_text(json.dumps({"rows": rows}))
    close(run(folder, str(tmp_path / "rows.json")), expected)
    cells = [",".join("" if cell is None else str(cell) for cell in row.values()) for row in rows]
    (tmp_path / "rows.csv").write_text("\n".join([",".join(CUSTOMER), *cells]) + "\n")
    close(run(folder, str(tmp_path / "rows.csv")), expected)


def test_pictures_are_answered_alike(pictures: Path, tmp_path: Path) -> None:
    folder = lamina.export(lamina.load(pictures), tmp_path / "out")
    places = [tmp_path / f"{number}.png" for number in range(2)]
    for place, picture in zip(places, stripes(2, 7)["image"][:, :, :, 0], strict=True):
        place.write_bytes(png(picture))
    expected = list(lamina.load(pictures).predict([str(place) for place in places], names=False).records())
    close(run(folder, *map(str, places)), expected)


def test_the_folder_serves_by_itself(shop: Path, tmp_path: Path) -> None:
    folder = lamina.export(shop, tmp_path / "out")
    command = [sys.executable, "-c", FENCE, str(folder / "predict.py"), "--serve", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={}) as serving:
        try:
            assert serving.stdout is not None
            url = serving.stdout.readline().split()[1]

            def ask(content: Any) -> Any:
                body = json.dumps(content).encode()
                return json.load(urllib.request.urlopen(urllib.request.Request(url, body)))

            expected = list(lamina.load(shop).predict(CUSTOMER).records())
            close(ask({"rows": [CUSTOMER]})["answers"], expected)
            for wrong in ({"rows": [{}]}, {"rows": []}, [], {"rows": [CUSTOMER | {"when": "soon"}]}):
                with pytest.raises(urllib.error.HTTPError) as refused:
                    ask(wrong)
                assert refused.value.code == 422
                refused.value.close()
        finally:
            serving.terminate()


def test_the_recipe_names_what_it_needs(shop: Path, pictures: Path, tmp_path: Path) -> None:
    table, shown = lamina.export(shop, tmp_path / "a"), lamina.export(pictures, tmp_path / "b")
    names = [line.partition("==")[0] for line in (table / "requirements.txt").read_text().splitlines()]
    assert names == ["numpy", "onnxruntime"]
    assert "pillow==" in (shown / "requirements.txt").read_text()
    assert "torch" not in (table / "Dockerfile").read_text()
    readme = (table / "README.md").read_text()
    for word in ("```python", "```sh\ncurl", "```javascript", "`money spent` | number"):
        assert word in readme


def test_nothing_is_overwritten_unasked(shop: Path, tmp_path: Path) -> None:
    folder = lamina.export(shop, tmp_path / "out")
    with pytest.raises(ModelError, match="--overwrite"):
        lamina.export(shop, folder)
    lamina.export(shop, folder, overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ModelError, match="not an exported model"):
        lamina.export(shop, tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()
