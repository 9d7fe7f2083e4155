"""Every view on a table, on pictures and on numbers: what is told is what the network, the report and the data say."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import lamina
import worlds
from lamina.page.data import nothing, parted
from lamina.page.opened import Opened
from lamina.page.views import Views
from page.conftest import Asker, asked


def test_the_frame_says_what_there_is_and_why_something_is_not(tabled: Asker, pictured: Asker, numbered: Asker) -> None:
    found = tabled("model")
    assert found["name"] == "blobs"
    assert not found["learning"]
    assert [each["column"] for each in found["inputs"]] == ["east", "north", "colour"]
    assert found["targets"][0]["classes"] == ["inside", "outside"]
    assert found["data"]["same"]
    assert found["data"]["rows"] == 400
    assert 40 < found["data"]["held"] < 80
    assert all(each["applies"] for each in found["views"])
    assert pictured("model")["inputs"][0]["shape"] == [12, 12, 1]
    assert "networks were learned" in numbered("model")["data"]["how"]


def test_the_course_of_learning_is_as_the_report_kept_it(tabled: Asker, numbered: Asker) -> None:
    found = tabled("training_metrics")
    assert not found["live"]
    assert found["curves"][0]["steps"] == 60
    assert found["curves"][0]["points"][-1]["step"] == 60
    assert tabled("training_metrics", since=found["next"])["curves"] == []
    assert [each["name"] for each in numbered("training_metrics")["curves"]] == [f"fold {k} of 3" for k in range(1, 4)]


@pytest.mark.parametrize("which", ["tabled", "pictured", "numbered"])
def test_the_map_of_the_network_leads_from_inputs_to_answers(which: str, request: pytest.FixtureRequest) -> None:
    ask: Asker = request.getfixturevalue(which)
    found = ask("network")
    stage = {each["id"]: each["stage"] for each in found["nodes"]}
    assert len(stage) == len(found["nodes"])
    assert all(stage[one] < stage[other] for one, other in found["edges"])
    reached = {each["id"] for each in found["nodes"] if each["kind"] == "input"}
    for one, other in sorted(found["edges"], key=lambda edge: stage[edge[1]]):
        reached |= {other} if one in reached else set()
    assert reached == set(stage)  # nothing hangs in the air
    for node in found["nodes"]:
        assert node["does"]
        if node["kind"] not in ("input", "output"):
            assert ask("layer", layer=node["id"])["parameters"] == node["parameters"]


def test_blocks_that_repeat_are_told_once() -> None:
    from lamina.page.wiring import repeats

    kinds = ["in", *["conv", "norm", "act"] * 4, "out"]
    assert repeats([str(k) for k in range(len(kinds))], kinds) == [(1, 3, 4)]
    assert repeats(["a", "b"], ["conv", "act"]) == []


def test_joined_ways_are_seen_also_where_no_layer_adds_them() -> None:
    import torch
    from torch import nn

    from lamina.core import Encoded
    from lamina.page.wiring import wire

    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.last = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)

        def forward(self, inputs):  # type: ignore[no-untyped-def]
            first = self.first(inputs["x"].values)
            return {"y": self.last(first + self.second(first).relu())}, first

    member, row = Around(), {"x": Encoded(torch.ones(1, 3), torch.ones(1, dtype=torch.bool))}
    found = wire(member, {"x": row["x"].values}, lambda: member(row))
    assert set(found.edges) == {
        ("input.x", "first"), ("first", "second"), ("first", "last"), ("second", "last"),
    }  # fmt: skip
    assert found.ends == {"y": ["last"]}


@pytest.mark.parametrize("which", ["tabled", "pictured", "numbered"])
def test_an_example_is_followed_and_its_sums_come_out(which: str, request: pytest.FixtureRequest) -> None:
    ask: Asker = request.getfixturevalue(which)
    example = ask("examples", part="test")["items"][0]
    found = ask("trace", id=example["id"])
    assert [each["id"] for each in found["layers"] if each["tiles"] is None] == []
    summing = [each for each in found["layers"] if each["sums"]]
    assert summing
    for layer in summing:
        one = ask("unit_sum", id=example["id"], layer=layer["id"], unit=layer["units"] - 1)
        told = sum(term["product"] for term in one["terms"]) + one["rest"] + one["bias"]
        assert told == pytest.approx(one["total"], rel=1e-4, abs=1e-4)
    assert ask.raw("unit_sum", id=example["id"], layer=summing[0]["id"], unit=10**6).status_code == 422
    assert ask.raw("unit_sum", id=example["id"], layer="nowhere", unit=0).status_code == 422
    held = ask("example", id=example["id"])
    assert held["answers"] == found["answers"]


def test_letters_that_say_none_are_looked_for(tabled: Asker) -> None:
    assert tabled("examples", limit=5)["total"] == 400
    assert tabled("examples", limit=5, search="None")["total"] == 0


def test_examples_are_found_by_part_label_and_letters(tabled: Asker, pictured: Asker) -> None:
    every = tabled("examples", limit=5)
    assert every["total"] == 400
    assert len(every["items"]) == 5
    assert {each["label"] for each in tabled("examples")["items"]} == {"inside", "outside"}  # not just the first ones
    parts = [tabled("examples", part=part)["total"] for part in ("train", "validation", "test")]
    assert sum(parts) == 400
    inside = tabled("examples", label="inside")
    assert {each["label"] for each in inside["items"]} == {"inside"}
    assert tabled("examples", search="blu")["total"] == 200
    assert tabled("examples", search="nothing like it")["total"] == 0
    assert tabled.raw("example", id=400).status_code == 404
    assert tabled.raw("picture", id=0).status_code == 409
    assert pictured("picture", id=3, size=64).startswith(b"\x89PNG")
    assert pictured("sprite", ids="0,1,2", size=32, across=3).startswith(b"\x89PNG")


@pytest.mark.parametrize("which", ["tabled", "pictured"])
def test_units_come_with_what_excites_them(which: str, request: pytest.FixtureRequest) -> None:
    ask: Asker = request.getfixturevalue(which)
    layers = ask("layers")["layers"]
    found = ask("units", layer=layers[0]["id"], limit=4, order="strength")
    assert len(found["units"]) == min(4, found["total"])
    strengths = [each["strength"] for each in found["units"] if not each["dead"]]
    assert strengths == sorted(strengths, reverse=True)
    unit = next(each for each in found["units"] if not each["dead"])
    values = [each["value"] for each in unit["top"]]
    assert values == sorted(values, reverse=True)
    if which == "pictured":
        assert ask("unit_sprite", layer=layers[0]["id"], units="0,1").startswith(b"\x89PNG")
        assert all(0 <= side <= 1 for each in unit["top"] for side in each["box"])
    assert ask.raw("units", layer="nowhere").status_code == 422
    assert {each["dead"] for each in ask("network")["nodes"] if each["id"] == layers[0]["id"]} != {None}


def test_why_and_what_if_on_a_table(tabled: Asker) -> None:
    job = tabled.why(example=7)
    assert job["state"] == "done", job["error"]
    [part] = job["explanation"]["parts"]
    assert part["kind"] == "columns"
    assert {each["column"] for each in part["effects"]} == {"east", "north", "colour"}
    assert all(each["random"] is not None for each in part["effects"])
    assert part["alike"] is None or -1 <= part["alike"] <= 1
    moved = tabled("predict", {"example": 7, "changes": {"east": 50.0, "nowhere": 1}})
    assert moved["before"] == tabled("example", id=7)["answers"]
    assert moved["after"] != moved["before"]
    assert "nowhere" in moved["problems"][0]
    tried = tabled("what_if", {"example": 7, "column": "east", "values": [-9.0, 0.0, 9.0]})
    assert [each["value"] for each in tried["tried"]] == [-9.0, 0.0, 9.0]
    changed = tabled("predict", {"example": 7, "changes": {"east": 9.0}})["after"][0]
    assert changed["value"] == tried["tried"][2]["answer"]["value"]
    assert tabled.raw("what_if", {"example": 7, "column": "nowhere"}).status_code == 409
    assert tabled.why(example=7, about="nobody")["state"] == "failed"


def test_why_on_a_picture_has_the_random_brain_beside(pictured: Asker) -> None:
    [part] = pictured.why(example=5)["explanation"]["parts"]
    assert part["kind"] == "places"
    assert part["evidence"]["map"].startswith("data:image/")
    assert part["evidence"]["map"] != part["evidence"]["random"]
    assert part["covered"] is None
    assert pictured.why(example=5, thorough=True)["explanation"]["parts"][0]["covered"] is not None
    found = pictured("neighbours", id=5)
    assert found["speaks_for"][0]["cosine"] > 0
    assert all(each["example"]["part"] == "train" for each in found["speaks_for"])


@pytest.mark.parametrize("which", ["tabled", "pictured"])
def test_where_it_fails_is_judged_on_held_out_rows_alone(which: str, request: pytest.FixtureRequest) -> None:
    ask: Asker = request.getfixturevalue(which)
    summary = ask("fails")
    assert summary["live"]
    assert "The counts are those of its report." in summary["how"]
    confusion = ask("confusion")
    counts = np.array(confusion["counts"])
    assert counts.sum() == summary["rows"] == ask("model")["data"]["held"]
    for truth, name in enumerate(confusion["classes"]):
        for said, other in enumerate(confusion["classes"]):
            found = ask("confused", truth=name, said=other)
            assert found["total"] == counts[truth, said]
            assert all(
                (each["label"], each["answer"], each["part"]) == (name, other, "test") for each in found["items"]
            )
    wrong = int(counts.sum() - np.trace(counts))
    assert ask("mistakes")["total"] == wrong
    rows = list(csv.DictReader(io.StringIO(ask("fails_csv").decode())))
    assert len(rows) == summary["rows"]
    assert sum(each["label"] != each["answer"] for each in rows) == wrong
    assert ask("slices")["looked"]
    assert sum(each["count"] for each in ask("calibration")["bins"]) == summary["rows"]
    assert ask("suspects")["total"] <= wrong
    assert ask.raw("scatter").status_code == 409
    assert ask.raw("fails", target="nobody").status_code == 409


def test_of_folds_each_row_is_judged_by_the_network_that_never_saw_it(numbered: Asker) -> None:
    summary = numbered("fails")
    assert summary["live"]
    assert summary["rows"] == 120
    told = {each["name"]: each["value"] for each in summary["figures"]}
    found = numbered("scatter")
    assert len(found["dots"]) == 120
    error = np.sqrt(np.mean([(each["said"] - each["truth"]) ** 2 for each in found["dots"]]))
    assert error == pytest.approx(told["rmse"], rel=1e-3)
    far = [abs(each["error"]) for each in numbered("mistakes")["items"]]
    assert far == sorted(far, reverse=True)
    assert numbered.raw("confusion").status_code == 409


@pytest.mark.parametrize("which", ["tabled", "pictured", "numbered"])
def test_the_map_holds_every_example_once(which: str, request: pytest.FixtureRequest) -> None:
    ask: Asker = request.getfixturevalue(which)
    about, content = ask("map"), ask("map_bin")
    n = about["points"]
    assert len(content) == 10 * n
    ids = np.frombuffer(content, "<u4", n)
    x, y = (np.frombuffer(content, "<u2", n, 4 * n + 2 * n * k) for k in range(2))
    codes, flags = (np.frombuffer(content, np.uint8, n, (8 + k) * n) for k in range(2))
    assert sorted(ids.tolist()) == list(range(about["of"]))
    assert np.bincount(codes, minlength=len(about["classes"])).tolist() == about["counts"]
    assert int((flags & 4 > 0).sum()) == ask("model")["data"]["held"]
    assert x.std() > 1000
    assert y.std() > 1000
    clusters = ask("clusters")["clusters"]
    assert [each["count"] for each in clusters] == [each for each in about["counts"] if each]
    chosen = ask("selection", {"ids": [*ids[:7].tolist(), 10**6]})
    assert chosen["count"] == 7
    assert {each["id"] for each in chosen["examples"]["items"]} == set(ids[:7].tolist())


def test_right_tags_are_right_in_any_order_and_where_there_are_none() -> None:
    world = worlds.tagged(200, 0)
    model = lamina.learn(lamina.read(world), "weather", steps=60, folds=0)
    with asked(Views("tags", Opened("tags", model, parted(model, lamina.read(world))))) as ask:
        assert ask("fails")["live"]
        items = ask("examples", part="test", limit=60)["items"]
        told = [each for each in items if each["answer"] is not None]
        assert {("wet, cold", "cold, wet"), ("", "none")} <= {(each["label"], each["answer"]) for each in told}
        for each in told:
            said = set() if each["answer"] == "none" else set(each["answer"].split(", "))
            assert each["right"] == (said == set(filter(None, each["label"].split(", "))))
        assert sum(each["right"] for each in told) > len(told) / 2


def test_what_the_report_says_of_other_rows_is_said_to_be_the_reports(table: tuple[Path, Path], tabled: Asker) -> None:
    model = lamina.load(table[0])
    rows = lamina.read(table[1])
    some = rows.take(np.arange(40, 400))  # rows are missing: the thresholds of these would be others
    data = parted(model, some)
    assert not data.same
    assert len(data.held)
    with asked(Views("some", Opened("some", model, data))) as ask:
        assert ask("fails")["verdict"] == f"Its report says: {tabled('fails')['verdict']}"
    assert tabled("fails")["verdict"].startswith("Right on")


def test_what_finds_without_labels_says_which_views_are_not_about_it() -> None:
    examples = lamina.read(worlds.blobs(120, 0)).without("label")
    model = lamina.learn(examples, find="anomalies", steps=10)
    with asked(Views("odd", Opened("odd", model, parted(model, examples)))) as ask:
        views = {each["view"]: each for each in ask("model")["views"]}
        assert [name for name, each in views.items() if not each["applies"]] == ["why", "fails"]
        assert "without labels" in views["why"]["why_not"]
        refused = ask.raw("neighbours", id=3)
        assert refused.status_code == 409
        assert refused.json()["error"] == views["why"]["why_not"]
        assert ask("layers")["layers"]
        assert ask("example", id=3)["answers"][0]["kind"] == "anomalies"
        about, content = ask("map"), ask("map_bin")
        assert about["by"] == "cluster"
        assert len(content) == 10 * 120


def test_without_examples_the_network_and_the_report_are_left(table: tuple[Path, Path]) -> None:
    model = lamina.Model.from_bytes(lamina.load(table[0]).to_bytes())
    with asked(Views("bare", Opened("bare", model, nothing("They are gone.")))) as ask:
        views = {each["view"]: each for each in ask("model")["views"]}
        assert [name for name, each in views.items() if each["applies"]] == ["report", "training", "network", "fails"]
        assert ask("network")["nodes"]
        summary = ask("fails")
        assert not summary["live"]
        assert "They are gone." in summary["how"]
        kept = model.card.results["targets"][0]
        assert ask("confusion")["counts"] == kept["confusion"]
        assert [each["example"] for each in ask("mistakes")["items"]] == [None] * len(kept["mistakes"])
        assert ask.raw("examples").status_code == 409
        assert ask.raw("map").status_code == 409
        assert ask.raw("fails_csv").status_code == 409


def test_sounds_are_seen_and_heard_and_a_broken_one_stays_grey() -> None:
    rows = worlds.beeps(40, 0)
    model = lamina.learn(rows, "label", steps=2, folds=0)
    rows["sound"][3] = b"no sound"
    data = parted(model, model.read(rows, target=True))
    with asked(Views("beeps", Opened("beeps", model, data))) as ask:
        sheet = np.asarray(Pillow.open(io.BytesIO(ask("sprite", ids="2,3", size=32, across=2))))
        assert sheet.shape == (32, 64, 3)
        assert sheet[:, :32].std() > 5
        assert (sheet[:, 32:] == 127).all()
        assert ask("sound", id=2).startswith(b"RIFF")
        assert ask("picture", id=2).startswith(b"\x89PNG")
        assert ask.raw("picture", id=3).status_code == 409
        assert "is not a sound" in ask.raw("sound", id=3).json()["error"]
        [part] = ask.why(example=2)["explanation"]["parts"]
        assert (part["kind"], part["unit"]) == ("moments", "second")
        assert part["picture"].startswith("data:image/png")
        assert 0 < part["steps"][-1]["end"] < 1
        assert part["steps"][-1]["text"].endswith(f"to {part['steps'][-1]['end']:.2f} s"), "in seconds"
