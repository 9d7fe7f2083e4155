"""Laws of files: a model is whole, or absent, or refused with the reason."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lamina
import worlds
from lamina.core import LaminaError, ModelError
from lamina.machine.files import new_file, new_folder
from lamina.model import bundle
from lamina.model.bundle import CARD, FILES, NETWORK, REPORT, WEIGHTS
from lamina.model.card import digest, seal
from lamina.model.model import Model

WORLDS = {
    "pictures": (worlds.stripes, "label"),
    "table": (worlds.line, "price"),
    "tags": (worlds.tagged, "weather"),
    "both": (worlds.mixed, "label"),
}


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("folds", [0, 3])
def test_saved_loaded_or_carried_it_answers_the_same(name: str, folds: int, tmp_path: Path) -> None:
    world, target = WORLDS[name]
    model = lamina.learn(world(120, 0), target, steps=8, folds=folds)
    new = world(40, 1)
    before = model.predict(new)[target]
    model.save(tmp_path / "one.lamina")
    loaded = lamina.load(tmp_path / "one.lamina")
    again = Model.from_bytes(loaded.to_bytes())
    again.save(tmp_path / "two.lamina")
    for each in (loaded, again, lamina.load(tmp_path / "two.lamina")):
        found = each.predict(new)[target]
        assert found.values.tolist() == before.values.tolist()
        for field in ("confidence", "shares", "low", "high", "unlike"):
            np.testing.assert_array_equal(getattr(found, field), getattr(before, field), err_msg=field)
        assert found.reasons == before.reasons
        assert {k: v.tolist() for k, v in each.network.state_dict().items()} == {
            k: v.tolist() for k, v in model.network.state_dict().items()
        }
    assert sorted(path.name for path in (tmp_path / "one.lamina").iterdir()) == sorted([CARD, *FILES])
    assert digest(tmp_path / "one.lamina" / WEIGHTS) == digest(tmp_path / "two.lamina" / WEIGHTS)


def changed(small: Path, place: Path, edit: Any) -> Path:
    """A copy of a model whose card was edited, and sealed again as somebody who means it would."""
    shutil.copytree(small, place)
    card = json.loads((place / CARD).read_text())
    edited = edit(card)
    (place / CARD).write_text(json.dumps(card | {"seal": seal(card)} if edited is None else edited))
    return place


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda card: card.update(format=99), "format 99.*Upgrade"),
        (lambda card: card.update(format="1"), "no format number"),
        (lambda card: card.pop("outputs") and None, "lacks: outputs"),
        (lambda card: card.update(code="os.system"), "unknown fields: code"),
        (lambda card: card.update(inputs={}), "'inputs' holds a dict"),
        (lambda card: card.update(members=True), "'members' holds a bool"),
        (lambda card: card["inputs"][0].update(kind="../../evil"), "evil"),
        (lambda card: card["outputs"][0].update(kind="pickle"), "pickle"),
        (lambda card: card["inputs"][0].pop("state") and None, "damaged.*state"),
        (lambda card: card["outputs"][0].update(state=[]), "damaged"),
        (lambda card: [1, 2], "no format number"),
        (lambda card: card.update(files={}), "was changed"),
    ],
)
def test_a_foreign_card_is_refused_by_name(small_model: Path, tmp_path: Path, edit: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said) as refused:
        lamina.load(changed(small_model, tmp_path / "foreign.lamina", edit))
    assert "foreign.lamina" in str(refused.value)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["missing", "empty", "truncated", "changed"])
def test_a_harmed_file_is_refused_by_name(small_model: Path, tmp_path: Path, name: str, harm: str) -> None:
    place = tmp_path / "harmed.lamina"
    shutil.copytree(small_model, place)
    content = (place / name).read_bytes()
    match harm:
        case "missing":
            (place / name).unlink()
        case "empty":
            (place / name).write_bytes(b"")
        case "truncated":
            (place / name).write_bytes(content[: len(content) // 2])
        case "changed":
            (place / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelError, match=name):
        lamina.load(place)


def test_weights_of_another_copy_answer_on_and_say_what_to_do(small_model: Path) -> None:
    """Networks of the same name may have had other sizes: what is answered is in the ONNX."""
    from safetensors.torch import load, save

    whole = lamina.load(small_model)
    weights = load((small_model / WEIGHTS).read_bytes())
    name = next(name for name, each in weights.items() if name.startswith("members.") and each.ndim == 2)
    files = {each: (small_model / each).read_bytes() for each in (NETWORK, REPORT)}
    for changed in (weights | {name: weights[name][:-1].clone()}, weights | {f"{name}s": weights[name].clone()}):
        model = Model(whole.card, files | {WEIGHTS: save(changed)})
        assert model.predict({"x": 3.0})[0].value == whole.predict({"x": 3.0})[0].value
        with pytest.raises(ModelError, match=r"do not fit the network .* still answers.* Learn it again"):
            _ = model.network
        with pytest.raises(ModelError, match="Learn it again"):
            list(lamina.explain(model, {"x": 3.0}))


def test_an_edited_card_is_refused(small_model: Path, tmp_path: Path) -> None:
    def warmer(card: Any) -> Any:
        card["outputs"][0]["state"]["temperature"] = 9.0
        return card

    with pytest.raises(ModelError, match=r"card.*was changed"):
        lamina.load(changed(small_model, tmp_path / "edited.lamina", warmer))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_whatever_a_card_says_it_loads_or_is_refused(small_model: Path, data: st.DataObject) -> None:
    """Values replaced and keys removed anywhere, and sealed again: never another kind of error."""
    card = json.loads((small_model / CARD).read_text())
    spots: list[tuple[Any, Any]] = []

    def walk(inside: Any) -> None:
        for key in inside if isinstance(inside, dict) else range(len(inside)) if isinstance(inside, list) else ():
            spots.append((inside, key))
            walk(inside[key])

    walk({name: value for name, value in card.items() if name not in ("results", "data", "versions")})
    inside, key = data.draw(st.sampled_from(range(len(spots))).map(lambda place: spots[place]))
    if isinstance(inside, dict) and data.draw(st.booleans()):
        del inside[key]
    else:
        odd = (st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}))
        inside[key] = data.draw(st.one_of(odd))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(small_model, copy := Path(folder) / "odd.lamina")
        (copy / CARD).write_text(json.dumps(card))
        intact = json.dumps(card) == json.dumps(json.loads((small_model / CARD).read_text()))
        with contextlib.nullcontext() if intact else pytest.raises(ModelError):
            lamina.load(copy)
        (copy / CARD).write_text(json.dumps(card | {"seal": seal(card)}))
        with contextlib.suppress(ModelError):
            lamina.load(copy)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(at=st.floats(0, 1), byte=st.integers(0, 255), cut=st.booleans())
def test_whatever_happens_to_its_bytes_it_is_refused(small_model: Path, at: float, byte: int, cut: bool) -> None:
    content = bytearray((small_model / CARD).read_bytes())
    place = int(at * (len(content) - 1))
    content[place:] = content[place:][:0] if cut else bytes([byte]) + content[place + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "odd.lamina"
        shutil.copytree(small_model, copy)
        (copy / CARD).write_bytes(content)
        intact = bytes(content) == (small_model / CARD).read_bytes()
        with contextlib.nullcontext() if intact else pytest.raises(ModelError):
            lamina.load(copy)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 torn"])
def test_bytes_that_are_no_model_are_refused(content: bytes, small_model: Path) -> None:
    whole = lamina.load(small_model).to_bytes()
    for odd in (content, whole[: len(whole) // 2]):
        with pytest.raises(ModelError):
            Model.from_bytes(odd)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(at=st.floats(0, 1), end=st.booleans(), byte=st.integers(0, 255), cut=st.booleans())
def test_whatever_happens_to_a_carried_model_it_is_refused(
    small_model: Path, at: float, end: bool, byte: int, cut: bool
) -> None:
    whole = lamina.load(small_model).to_bytes()
    span = min(600, len(whole)) if end else len(whole)  # the names and places of files lie at the end
    place = len(whole) - span + int(at * (span - 1))
    content = whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :]
    try:
        found = Model.from_bytes(content)
    except ModelError:
        return
    assert {name: bundle.content(found.files, name) for name in FILES} == {
        name: (small_model / name).read_bytes() for name in FILES
    }


def test_nothing_that_is_no_model_is_overwritten(small_model: Path, tmp_path: Path) -> None:
    model = lamina.load(small_model)
    (tmp_path / "diary.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(ModelError, match="not a Lamina model"):
            model.save(tmp_path, overwrite=overwrite)
    assert (tmp_path / "diary.txt").read_text() == "mine"
    model.save(tmp_path / "a.lamina")
    with pytest.raises(ModelError, match="--overwrite"):
        model.save(tmp_path / "a.lamina")
    loaded = lamina.load(tmp_path / "a.lamina")
    loaded.save(tmp_path / "a.lamina", overwrite=True)  # onto itself
    assert loaded.predict({"x": 3.0})[0].value == "low"


# ------------------------------------------------------------------------------------ written whole or not at all


class Crash(Exception):
    pass


def crash(*_: Any) -> None:
    raise Crash


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    place = tmp_path / "file"
    with new_file(place) as aside:
        aside.write_text("old")
    with pytest.raises(Crash), new_file(place) as aside:
        crash(aside.write_text("ne"))
    assert place.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("fails", ["writing", "flushing", "renaming"])
def test_a_folder_that_fails_half_way_leaves_the_old_one(
    tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "folder"
    with new_folder(place) as aside:
        (aside / "a").write_text("old")

    def write() -> None:
        with new_folder(place) as aside:
            (aside / "a").write_text("new")
            if fails == "writing":
                raise Crash

    real, calls = os.replace, iter(range(9))

    def second(source: Any, target: Any) -> None:
        if next(calls) == 1:
            raise Crash
        real(source, target)

    if fails == "flushing":
        monkeypatch.setattr(os, "fsync", crash)
    if fails == "renaming":
        monkeypatch.setattr(os, "replace", second)
    with pytest.raises(Crash):
        write()
    assert (place / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "permission")])
def test_a_full_disk_is_said_in_words(tmp_path: Path, number: int, said: str) -> None:
    for made in (new_file, new_folder):
        with pytest.raises(LaminaError, match=said), made(tmp_path / "place"):
            raise OSError(number, "no")
    assert list(tmp_path.iterdir()) == []


def test_a_model_whose_saving_fails_leaves_the_old_one(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.lamina"
    model = lamina.load(small_model)
    model.save(place)
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    written = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        if self.name == NETWORK:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(LaminaError, match="disk is full"):
        model.save(place, overwrite=True)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before
    assert lamina.load(place).report == model.report == (small_model / REPORT).read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["a.lamina"]
