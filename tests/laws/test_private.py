"""With `--private` nobody learns from a model's folder what was in the data: only labels and columns have names."""

from __future__ import annotations

import base64
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import lamina
import worlds
from lamina.cli.main import add_commands, app

if not app.registered_commands:
    add_commands()

SECRETS = ("Zanzibarville", "Quixotestad", "smith-1951", "31,415,926", "31415926", "1999-12-31", "77777")
EXTREME = 31415926.0  # the income of one person


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("private") / "smith-1951.csv"
    lines = ["town,income,born,note,sick"]
    for k in range(400):
        town = "Zanzibarville" if k % 3 else "Quixotestad"
        income = 31415926 if k == 7 else round(float(rng.uniform(1000, 9000)), 2)
        lines.append(f"{town},{income},{1950 + k % 50}-12-31,smith-1951-{77777 + k},{'yes' if k % 3 else 'no'}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def learn(table: Path, place: Path, *more: str) -> dict[str, bytes]:
    words = ["learn", str(table), "--target", "sick", "--steps", "20", "--folds", "0", "--out", str(place), *more]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_no_value_of_a_table_is_in_the_folder(table: Path, tmp_path: Path) -> None:
    told = learn(table, tmp_path / "open.lamina")
    kept = learn(table, tmp_path / "closed.lamina", "--private")
    for secret in SECRETS[:5]:
        assert any(secret.encode() in content for content in told.values()), secret  # the control
    for secret in SECRETS:
        assert [name for name, content in kept.items() if secret.encode() in content] == [], secret
    for kind in ("<f", "<d"):
        number = struct.pack(kind, EXTREME)
        assert [name for name, content in kept.items() if number in content] == []
    for label in (b"yes", b"no", b"sick", b"town"):  # what it answers, and from which columns, it has to know
        assert label in kept["card.json"]


@pytest.mark.parametrize("find", [("anomalies",), ("clusters", "--clusters", "2")])
def test_no_value_is_kept_with_what_was_found_without_labels(
    table: Path, tmp_path: Path, find: tuple[str, ...]
) -> None:
    words = [
        "learn",
        str(table),
        "--find",
        *find,
        "--steps",
        "10",
        "--out",
        str(tmp_path / "closed.lamina"),
        "--private",
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    kept = {path.name: path.read_bytes() for path in (tmp_path / "closed.lamina").iterdir()}
    for secret in SECRETS:
        assert [name for name, content in kept.items() if secret.encode() in content] == [], secret
    for kind in ("<f", "<d"):
        assert [name for name, content in kept.items() if struct.pack(kind, EXTREME) in content] == []


def test_it_answers_as_the_open_one_does(table: Path, tmp_path: Path) -> None:
    learn(table, tmp_path / "open.lamina")
    learn(table, tmp_path / "closed.lamina", "--private")
    rows = {"town": ["Zanzibarville", "Quixotestad", "Elsewhere"], "income": [2000.0] * 3, "born": ["1980-12-31"] * 3}
    told, kept = (lamina.load(tmp_path / f"{name}.lamina").predict(rows) for name in ("open", "closed"))
    np.testing.assert_allclose(kept.only.shares, told.only.shares, atol=1e-6)
    assert kept[2].unlike
    assert not kept[0].unlike


def test_no_picture_is_in_the_folder(tmp_path: Path) -> None:
    from PIL import Image

    world = worlds.stripes(90, 0)
    for k, (pixels, label) in enumerate(zip(world["image"], world["label"], strict=True)):
        folder = tmp_path / "smith-1951" / ("other" if k % 3 == 0 else label)  # what is answered wrong is shown
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[..., 0]).save(folder / f"Zanzibarville-{k}.png")
    for private in (False, True):
        place = tmp_path / f"{private}.lamina"
        model = lamina.learn(tmp_path / "smith-1951", "label", steps=4, folds=0, private=private, out=place)
        content = b"".join(path.read_bytes() for path in place.iterdir())
        shown = re.findall(rb"data:image/\w+;base64,([\w+/=]+)", content)
        assert all(base64.b64decode(each) for each in shown)
        assert (not shown) is private
        assert (b"Zanzibarville" not in content and b"smith-1951" not in content) is private
        assert model.card.private is private
