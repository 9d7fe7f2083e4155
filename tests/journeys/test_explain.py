"""`lamina explain`, as a person would use it: on digits and on a medical table."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import lamina
import worlds
from lamina.cli.demo import write_examples
from lamina.core import LaminaError, MissingExtra, ModelError, PlanError
from terminal import run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Digits and a diagnosis, learned for some steps."""
    place = tmp_path_factory.mktemp("explained")
    write_examples(place)
    worlds.learned(place / "digits", "label", 60, network="cnn").save(place / "digits.lamina")
    table = worlds.learned(place / "breast_cancer.csv", "diagnosis", 60)
    table.save(place / "table.lamina")
    return place


def test_a_table_in_the_terminal(demo: Path) -> None:
    said = run("explain", str(demo / "table.lamina"), str(demo / "new" / "breast_cancer.csv"), "--first", "1")
    assert "diagnosis: malignant" in said
    assert "A usual row gets" in said
    assert "worst_area" in said
    assert "random weights" in said
    assert "1 of 12 examples" in said


def test_a_picture_in_the_terminal(demo: Path) -> None:
    said = run("explain", str(demo / "digits.lamina"), str(demo / "new" / "digits" / "0001-is-1.png"))
    assert "label: 1" in said
    assert "██" in said
    assert "Covering the part" in said


def test_a_film_in_the_terminal_and_as_a_page(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    film = worlds.flashes(1, 3)["film"][0].repeat(4, 1).repeat(4, 2)
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.height, stream.width, stream.pix_fmt = film.shape[1], film.shape[2], "yuv420p"
        for frame in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    model = worlds.learned(worlds.flashes(40, 0), "label", 5).save(tmp_path / "films.lamina")
    said = run("explain", str(model), str(tmp_path / "film.mp4"))
    assert "with every frame hidden gets" in said
    assert [line.split()[1] for line in said.splitlines() if line.startswith("  frame ")] == [
        str(place + 1) for place in range(len(film))
    ]
    assert "and where in it the network sees" in said
    run("explain", str(model), str(tmp_path / "film.mp4"), "--out", str(tmp_path / "why.html"))
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert "Which frames" in page
    assert page.count("<img") == len(film)


def test_json_names_every_column_once_and_adds_up(demo: Path) -> None:
    words = ("explain", str(demo / "table.lamina"), str(demo / "new" / "breast_cancer.csv"))
    lines = [json.loads(line) for line in run(*words, "--json", "--row", "3", "--row", "5").splitlines()]
    assert [line["input"] for line in lines] == ["3", "5"]
    for line in lines:
        part = line["parts"][0]
        assert len({each["column"] for each in part["columns"]}) == 30
        assert line["share"] == pytest.approx(line["answer"]["confidence"], abs=1e-3)
        sizes = [abs(each["effect"]) for each in part["columns"]]
        assert sizes == sorted(sizes, reverse=True)


def test_another_answer_can_be_asked_about(demo: Path) -> None:
    words = ("explain", str(demo / "digits.lamina"), str(demo / "new" / "digits"), "--json", "--first", "1", "--about")
    found = json.loads(run(*words, "7"))
    assert found["about"] == "7"
    assert found["share"] < 0.5
    with pytest.raises(PlanError, match=r"'label' has no answer 'seven'. There are: 0, 1"):
        run(*words, "seven")


class Whole(HTMLParser):
    """Every element is closed, and nothing reaches outside."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert not str(found.get("href", "#")).startswith(("http", "//"))
        if tag == "img":
            self.pictures.append(found)
        if tag not in ("img", "meta", "br", "line", "rect", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("model", "new"), [("table", "breast_cancer.csv"), ("digits", "digits")])
def test_a_page_is_one_whole_file(demo: Path, tmp_path: Path, model: str, new: str) -> None:
    out = tmp_path / "why.html"
    run("explain", str(demo / f"{model}.lamina"), str(demo / "new" / new), "--first", "2", "--out", str(out))
    page, whole = out.read_text(encoding="utf-8"), Whole()
    whole.feed(page)
    assert whole.open == []
    assert all(str(each["src"]).startswith("data:image/") and each["alt"] for each in whole.pictures)
    assert len(whole.pictures) == (10 if model == "digits" else 0)
    assert "random weights" in page
    assert "first 2 of" not in page


def test_in_a_notebook_and_as_a_table(demo: Path) -> None:
    found = lamina.explain(demo / "table.lamina", demo / "new" / "breast_cancer.csv")
    assert len(found) == 12
    assert repr(found) == "Explanations of 12 answers to diagnosis"
    frame = found.take([0, 1]).table()
    assert frame.height == 60
    assert set(frame.columns) == {
        "input",
        "diagnosis",
        "about",
        "column",
        "value",
        "usual",
        "effect",
        "fall",
        "without",
    }
    assert "<iframe" in found[0]._repr_html_()
    assert "the first 5 of 12" in found._repr_html_()
    assert [each.name for each in found[1:3]] == ["2", "3"]
    with pytest.raises(IndexError, match="There are 12 rows"):
        found[12]


def test_mistakes_are_said(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, new = demo / "table.lamina", demo / "new" / "breast_cancer.csv"
    for words, said in (
        (("--out", "why.pdf"), r"'why.pdf' should end in .html."),
        (("--row", "13"), r"--row 13 was given; there are 12 examples"),
        (("--target", "diagnoses"), r"The model does not answer 'diagnoses'. Did you mean 'diagnosis'\?"),
    ):
        with pytest.raises(LaminaError, match=said):
            run("explain", str(model), str(new), *words)
    for name in [each for each in sys.modules if each.startswith("lamina.insight.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]  # as if it were not installed
    with pytest.raises(MissingExtra, match=re.escape("pip install 'lamina[learn]'")):
        lamina.explain(model, new)


def test_an_own_module_is_asked_for(tmp_path: Path) -> None:
    from torch import nn

    rows = {"x": [float(k) for k in range(60)], "y": [float(k % 7) for k in range(60)]}
    model = worlds.learned(rows, "y", 5, network=nn.Linear(1, 3))
    assert len(lamina.explain(model, rows)[0].parts) == 1  # it is still there
    place = model.save(tmp_path / "own.lamina")
    with pytest.raises(ModelError, match=r"lamina\.load\(path, network=Mine\(\)\)"):
        lamina.explain(place, rows)
    again = lamina.load(place, network=nn.Linear(1, 3))
    assert lamina.explain(again, rows)[0].json() == lamina.explain(model, rows)[0].json()


def test_a_private_model_tells_nothing_of_a_usual_row() -> None:
    rows = {"x": [float(k % 50) for k in range(120)], "word": ["ab"[k % 2] for k in range(120)]}
    rows["y"] = ["yes" if k % 50 > 24 else "no" for k in range(120)]
    model = worlds.learned(rows, "y", 10, private=True)
    part = lamina.explain(model, {"x": 40.0, "word": "a"})[0].json()["parts"][0]
    assert {each["usual"] for each in part["columns"]} == {None}
    assert {each["value"] for each in part["columns"]} == {40, "a"}
