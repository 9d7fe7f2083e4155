"""The files that the pages on extending show: each is taken in as an installed package's would be, and works."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina import kinds

SHOWN = Path(__file__).parents[2] / "docs" / "extending"
ADDED = {
    "inputs": (EntryPoint("angle", "angle:Angle", "lamina.inputs"),),
    "networks": (EntryPoint("plain", "plain:Plain", "lamina.networks"),),
    "outputs": (EntryPoint("how_many", "how_many:HowMany", "lamina.outputs"),),
}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The three kinds, as if a package with their entry points were installed."""
    monkeypatch.setattr(kinds, "_added", lambda room: ADDED[room])
    monkeypatch.setattr(sys, "path", [str(SHOWN), *sys.path])
    for name in _of_the_same_names():  # the benchmarks, which other tests run, have such
        monkeypatch.delitem(sys.modules, name)
    kinds.names.cache_clear()
    yield
    kinds.names.cache_clear()
    for name in _of_the_same_names():
        del sys.modules[name]


def _of_the_same_names() -> list[str]:
    """Modules that are imported and called as the files that are shown."""
    shown = {each.stem for each in SHOWN.glob("*.py")}
    return [name for name in sys.modules if name.partition(".")[0] in shown]


def wind(rows: int, seed: int) -> dict[str, object]:
    """Northerly wind brings birds: a number cannot tell 359 from 1, an angle can."""
    rng = np.random.default_rng(seed)
    direction = rng.uniform(0, 360, rows).round()
    season = rng.choice(["spring", "autumn"], rows)
    expected = 1 + 8 * (np.cos(np.radians(direction)) > 0) * (season == "autumn")
    return {"wind": direction, "season": season, "birds": rng.poisson(expected).astype(float)}


def test_an_input_a_network_and_an_output_work_together(tmp_path: Path) -> None:
    examples = lamina.read(wind(1200, 0), kind={"wind": "angle", "birds": "how_many"})
    learned = lamina.learn(examples, "birds", network="plain", steps=300)
    assert "plain" in str(learned.card.networks)
    loaded = lamina.load(learned.save(tmp_path / "birds.lamina"))
    new = {"wind": [2.0, 358.0, 180.0, 2.0], "season": ["autumn", "autumn", "autumn", "spring"]}
    many, also, few, none = loaded.predict(new)
    assert many.value > 6
    assert also.value > 6
    assert few.value < 4
    assert none.value < 4
    assert many.interval[0] < 9 < many.interval[1]
    assert "angle" in loaded.predict({"wind": 700.0, "season": "autumn"})[0].reasons[0]
    assert loaded.score(wind(300, 1)).targets["birds"]["mae"].value < 3
    assert "birds" in loaded.report


def test_a_kind_that_does_not_exist_is_suggested() -> None:
    with pytest.raises(lamina.PlanError, match="angle"):
        lamina.read(wind(20, 0), kind={"wind": "angel"})


def test_a_method_learns_in_the_loop() -> None:
    from mixup import Mixup
    from plain import Plain

    from lamina.core import Encoded, Form
    from lamina.learning.loop import Loop
    from lamina.learning.rows import Rows
    from lamina.networks._build import join

    rng = np.random.default_rng(0)
    x = rng.standard_normal((600, 2)).astype(np.float32)
    output = kinds.find("outputs", "category")()
    column = lamina.read({"sign": ["plus" if s > 0 else "minus" for s in x.sum(1)]}).values("sign")
    output.observe(column)
    output.settle()
    target, known = output.encode(column)
    network = join({"table": {"kind": "plain"}}, {"table": Form("vector", (2,), (0, 0))}, {"sign": output}, None)
    rows = Rows.of({"table": Encoded(x, np.ones(600, bool))}, {"sign": (target, known)})

    def judge() -> tuple[float, float]:
        raws, _ = network.eval()(rows.inputs)
        right = output.metrics(output.combine(raws["sign"]).detach().numpy(), target)["accuracy"]
        return right, right

    before = judge()[0]
    loop = Loop(Mixup(network, {"sign": output}), rows, np.arange(600), Plain.recipe, steps=100, judge=judge)
    for _ in loop:
        pass
    assert before < 0.8
    assert loop.best.value > 0.95
