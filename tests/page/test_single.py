"""The report as one file: what it keeps, what it must not, and that nothing in it can break out."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import lamina
import worlds
from lamina.core import PlanError
from lamina.door import leave_time, settle_report
from lamina.model.bundle import INSIDE, REPORT
from lamina.model.model import Model
from lamina.model.retold import retell
from lamina.page import recording, single, told
from lamina.page.beforehand import address
from lamina.page.contract import ENDPOINTS
from lamina.page.recording import record

HOSTILE = "</script><script>alert(1)</script><!--"


class Scripts(HTMLParser):
    """The scripts of a document, as a browser tells them apart."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.inside = False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script"
        if self.inside:
            self.found.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] = self.found[-1][0], self.found[-1][1] + data


def kept(document: str) -> dict[str, Any]:
    scripts = Scripts(document).found
    assert [each.get("type") for each, _ in scripts] == [None, "application/json", "module"]
    found: dict[str, Any] = json.loads(scripts[1][1])
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A front end that does nothing."""
    place = tmp_path_factory.mktemp("built")
    (place / "index.html").write_text(
        '<script type="module" crossorigin src="./assets/a.js"></script><link rel="stylesheet" crossorigin href="./assets/a.css">'
    )
    (place / "assets").mkdir()
    (place / "assets" / "a.js").write_text('const end = "</script>"')
    (place / "assets" / "a.css").write_text("body{}")
    return place


@pytest.fixture(scope="module")
def hostile() -> tuple[Model, Any]:
    columns = worlds.blobs(120, 0)
    rows = {
        HOSTILE: columns["east"],
        "north": columns["north"],
        "class": [f"{each}{HOSTILE}" for each in columns["label"]],
    }
    examples = lamina.read(rows)
    return lamina.learn(examples, "class", steps=20, folds=0), examples


def test_no_name_breaks_out_of_the_file(hostile: tuple[Model, Any], built: Path) -> None:
    model, examples = hostile
    document = single.single(model, "MODEL", examples, built=built)
    assert document is not None
    found = kept(document)
    answers = dict(found["answers"])
    assert HOSTILE in str(answers["model"]["targets"][0]["classes"]), "it is there, as it is called"
    assert HOSTILE in [each["column"] for each in answers["model"]["inputs"]]
    assert "alert(1)</script>" not in document
    assert document.count("<!--") == 1, "but for the mark where the sections end"
    assert Scripts(document).found[2][1] == 'const end = "<\\/script>"'


def test_every_view_has_something_and_every_answer_is_one_of_the_contract() -> None:
    examples = lamina.read(worlds.stripes(120, 0))
    model = lamina.learn(examples, "label", steps=20, folds=0, network="cnn")
    found = record(model, "stripes", examples)
    assert found.left == []
    assert len(found.examples) == recording.EXAMPLES
    gives = {each.name: each.gives for each in ENDPOINTS}
    one = found.examples[0]
    for name, said in (
        ("model", {}), ("training_metrics", {}), ("network", {}), ("fails", {}), ("confusion", {}), ("calibration", {}),
        ("mistakes", {}), ("suspects", {}), ("examples", {}), ("example", {"id": one}), ("trace", {"id": one}), ("neighbours", {"id": one}),
        ("layers", {}), ("map", {}), ("clusters", {}),
    ):  # fmt: skip
        model_of: Any = gives[name]
        model_of.model_validate(found.answers[address(name, **said)])
    assert found.answers[f"explain?example={one}"]["parts"]
    assert any("/units/" in each for each in found.answers)
    assert all(each.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")) for each in found.files.values())
    shown = [each["picture"].removeprefix("/api/v1/") for each in found.answers["examples"]["items"]]
    assert set(shown) <= set(found.files)
    assert "csv" not in found.answers["fails"]["has"], "nobody writes a table from a file"


def test_what_costs_too_much_is_left_out_and_named(hostile: tuple[Model, Any], built: Path) -> None:
    model, examples = hostile
    document = single.single(model, "hostile.lamina", examples, 0.0, built)
    assert document is not None
    found = kept(document)
    assert {"model", "training/metrics"} <= set(dict(found["answers"]))
    assert "trace" not in str([each for each, _ in found["answers"]])
    assert "The network." in found["left"]
    assert found["left"][-1].endswith("lamina report hostile.lamina --to report.html")
    assert "How good it is" in document.partition(INSIDE)[0]


def test_a_private_model_keeps_no_example_in_it(built: Path) -> None:
    secrets = [f"secret{k % 7}" for k in range(120)]
    rows = {"x": [float(k % 40) for k in range(120)], "who": secrets, "y": [k % 40 > 19 for k in range(120)]}
    examples = lamina.read(rows)
    model = lamina.learn(examples, "y", steps=20, folds=0, private=True)
    document = single.single(model, "people-of-ours.lamina", examples, built=built)
    assert document is not None
    found = kept(document)
    assert found["examples"] == []
    assert found["files"] == {}
    assert "secret" not in document
    assert "people-of-ours" not in document
    applies = {each["view"]: each["applies"] for each in dict(found["answers"])["model"]["views"]}
    assert [name for name, each in applies.items() if each] == ["report", "training", "network", "fails"]


def test_what_was_learned_is_never_lost_to_it(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = lamina.load(small_model).save(tmp_path / "small.lamina")
    model = lamina.load(place)

    def fails(*_: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(told, "single", fails)
    settle_report(model, place, {})
    assert "no room" in capsys.readouterr().err
    assert lamina.load(place).report == model.report


def test_the_page_of_the_report_is_part_of_the_minutes() -> None:
    hurried, patient = (lamina.training(worlds.blobs(200, 0), "label", minutes=minutes) for minutes in (2.0, None))
    before = hurried.budget.left()
    for running in (hurried, patient):
        leave_time(running)
    after = hurried.budget.left()
    assert before is not None
    assert after is not None
    assert told.allowed(120) < before - after < told.allowed(120) + 7
    assert patient.budget.left() is None


def test_another_report_leaves_the_rest_of_a_model_as_it_is(small_model: Path, tmp_path: Path) -> None:
    place = lamina.load(small_model).save(tmp_path / "small.lamina")
    before = lamina.load(place)
    (place / "notes").mkdir()
    (place / "notes" / "mine.txt").write_text("whose model this is")
    files = {each.name: each.read_bytes() for each in place.iterdir() if each.is_file()}
    retell(place, "<!doctype html>")
    after = lamina.load(place)
    assert after.report == "<!doctype html>"
    assert after.mark == before.mark, "what was kept in the cache for it is still its own"
    changed = {each.name for each in place.iterdir() if each.is_file() and each.read_bytes() != files[each.name]}
    assert changed == {REPORT, "card.json"}
    assert (place / "notes" / "mine.txt").read_text() == "whose model this is"
    assert after.predict({"x": 3.0})[0].value == before.predict({"x": 3.0})[0].value


def test_the_mark_is_the_same_before_and_after_saving(hostile: tuple[Model, Any], tmp_path: Path) -> None:
    model, _ = hostile
    before = model.mark
    assert lamina.load(model.save(tmp_path / "saved.lamina")).mark == before == model.mark


def test_without_a_front_end_the_report_stays_as_it_is(hostile: tuple[Model, Any], tmp_path: Path) -> None:
    model, examples = hostile
    assert single.single(model, "MODEL", examples, built=tmp_path / "nowhere") is None


def test_the_sections_of_the_live_page_hold_no_style_and_nothing_unescaped(tabled: Any) -> None:
    found = tabled("report")
    assert found["html"].startswith("<h1>")
    assert " style=" not in found["html"]
    assert "data-style=" in found["html"], "the shades of the confusion matrix"
    assert ".verdict" in found["style"]


def test_a_model_without_a_report_says_so() -> None:
    from lamina.insight.sections import sections

    with pytest.raises(PlanError, match="No report was made"):
        sections({})
    with pytest.raises(PlanError, match="another version"):
        sections({"targets": [{"column": "x"}]})


def test_a_notebook_shows_the_sections_alone(hostile: tuple[Model, Any], built: Path) -> None:
    model, examples = hostile
    document = single.single(model, "MODEL", examples, 0.0, built)
    assert document is not None
    whole = Model(model.card, {REPORT: document.encode()})
    assert "recorded" not in whole._repr_html_()
    assert "How good it is" in whole._repr_html_()


def test_figures_that_are_none_are_null_in_the_file(built: Path) -> None:
    """Of a column that never changes there is no R²; a browser reads no NaN."""
    rows = {"x": [float(k % 40) for k in range(120)], "y": [7.25] * 60 + [7.5 + 0.37 * (k % 31) for k in range(60)]}
    model = lamina.learn(rows, "y", steps=5, folds=0)
    model.card.results["learning"]["curves"][0][-1]["value"] = float("nan")
    document = single.single(model, "MODEL", lamina.read(rows), built=built)
    assert document is not None
    answers = dict(kept(document)["answers"])
    assert answers["training/metrics"]["curves"][0]["points"][-1]["value"] is None
