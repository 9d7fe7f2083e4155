"""An exported folder answers as Lamina does, with NumPy, ONNX Runtime and Pillow alone."""

from __future__ import annotations

import json
import urllib.error
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lamina
from alone import ran, served
from lamina.core import ModelError
from lamina.inputs.text import Text
from lamina.model.model import Model
from lamina.serving.export import packages
from worlds import CUSTOMER, png, stripes


def run(folder: Path, *words: str) -> list[Any]:
    return [json.loads(line) for line in ran(folder / "predict.py", *words).stdout.splitlines()]


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
    expected = list(lamina.load(shop).predict(CUSTOMER).records())
    with served(folder / "predict.py") as ask:
        close(json.load(ask({"rows": [CUSTOMER]}))["answers"], expected)
        for wrong in ({"rows": [{}]}, {"rows": []}, [], {"rows": [CUSTOMER | {"when": "soon"}]}):
            with pytest.raises(urllib.error.HTTPError) as refused:
                ask(wrong)
            assert refused.value.code == 422
            refused.value.close()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "No such file"),
        ("short.csv", "visits\n3\n", "lacks or has too much"),
        ("list.json", "[1]", "Expected is"),
        ("torn.json", "{", "cannot be read"),
        ("latin.csv", b"\xff\xfe", "cannot be read"),
        ("letter.txt", "Dear Ada", "should be .csv or .json"),
    ],
)
def test_a_file_that_it_cannot_answer_is_said_in_one_line(
    shop: Path, tmp_path: Path, name: str, content: str | bytes | None, said: str
) -> None:
    folder = lamina.export(shop, tmp_path / "out")
    if content is not None:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    [line] = ran(folder / "predict.py", str(tmp_path / name), status=1).stderr.splitlines()
    assert said in line


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


def test_a_text_that_a_published_network_reads_needs_its_tokenizer() -> None:
    text = Text()
    assert packages([text]) == ["numpy", "onnxruntime"]
    text.adopt("{}", 8)
    assert packages([text]) == ["numpy", "onnxruntime", "tokenizers"]


def test_a_folder_names_its_model_also_where_that_was_not_saved(shop: Path, tmp_path: Path) -> None:
    saved = lamina.load(shop)
    held = Model(replace(saved.card, seal=""), shop)
    said = json.loads((lamina.export(held, tmp_path / "out") / "model.json").read_text())
    assert said["fingerprint"] == held.fingerprint == saved.mark[:16]
    assert saved.fingerprint == saved.card.seal[:16]
