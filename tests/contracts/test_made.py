"""What everything promises that makes something new."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import kinds
from lamina.core import PlanError
from lamina.made._alphabet import END, WORDS, Alphabet
from lamina.made._handing import wholes
from lamina.made._wish import Wish, pairs, wish_of
from lamina.made.text import Text
from lamina.model.model import Model
from test_rooms import loaded
from worlds import stripes, verses

each_kind = pytest.mark.parametrize("kind", kinds.names("made"))


def learned(kind: str) -> tuple[Model, dict[str, Any]]:
    """A small model that makes this kind, and a wish for something small."""
    match kind:
        case "text":
            wish = {"prompt": "The cat", "length": 20}
            return lamina.learn(
                {"text": [verses(1_500, 0)]}, generate=kind, steps=2, network="rnn width=16 depth=2"
            ), wish
        case "image":
            plan: dict[str, Any] = {"given": "label", "steps": 2, "looks": 1, "size": 0, "batch": 8, "side": 8}
            return lamina.learn(stripes(80, 0), generate=kind, **plan), {"given": {"label": "upright"}}
    raise NotImplementedError(f"Say here how '{kind}' is learned: then its contract is tested.")


@pytest.fixture(scope="module", params=kinds.names("made"))
def maker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    model, wish = learned(request.param)
    return model.save(tmp_path_factory.mktemp("made") / f"{request.param}.lamina"), wish


def same(one: list[Any], other: list[Any]) -> bool:
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(one, other, strict=True))


def test_the_same_seed_makes_the_same_and_another_one_something_else(maker: tuple[Path, dict[str, Any]]) -> None:
    place, wish = maker
    model = lamina.load(place)
    found = model.generate(2, seed=3, **wish)
    assert len(found) == 2
    assert same(found, lamina.load(place).generate(2, seed=3, **wish))
    assert not same(found, model.generate(2, seed=4, **wish))
    assert not same(found[:1], found[1:])


def test_what_is_settled_restores(maker: tuple[Path, dict[str, Any]]) -> None:
    made = lamina.load(maker[0]).maker
    back = kinds.find("made", made.kind).restore(json.loads(json.dumps(made.state(), allow_nan=False)))
    assert back.state() == made.state()
    assert made.takes <= set(Wish.__slots__)


def test_making_needs_no_torch(maker: tuple[Path, dict[str, Any]]) -> None:
    place, wish = maker
    names = loaded(f"import lamina\nassert len(lamina.load({str(place)!r}).generate(1, **{wish!r})) == 1")
    assert "onnxruntime" in names
    assert not {"torch", "sklearn", "scipy"} & names


def test_pieces_come_in_order_and_are_the_whole(maker: tuple[Path, dict[str, Any]]) -> None:
    place, wish = maker
    model = lamina.load(place)
    pieces = list(model.pieces(2, seed=3, **wish))
    numbers = [piece.number for piece in pieces]
    assert numbers == sorted(numbers)
    assert set(numbers) == {0, 1}
    whole = [model.maker.whole([each.value for each in pieces if each.number == k]) for k in (0, 1)]
    assert same(whole, model.generate(2, seed=3, **wish))
    json.dumps(model.maker.record(whole[0]))


def test_it_is_written_to_files(maker: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    place, wish = maker
    model = lamina.load(place)
    asked = Wish(count=2, seed=3, **wish)
    files = model.maker.save(model.maker.make(model.graph, asked), asked, tmp_path / "new")
    assert len(files) >= 2
    assert all(each.stat().st_size for each in files)


def test_a_run_of_letters_without_a_space_is_cut_into_words() -> None:
    """Else its pieces take a time that grows with the square of its length."""
    alphabet = Alphabet("ab", [("a", "b"), ("ab", "ab")])
    text = "ab" * 500 + " " + "b" * 129
    assert alphabet.decode(alphabet.encode(text).tolist()) == text.replace(" ", "")
    assert max(map(len, re.findall(WORDS, text))) <= 65
    assert "".join(re.findall(WORDS, text)) == text


def test_what_is_asked_for_may_hold_a_sign_of_equality() -> None:
    assert pairs(["label=cat", "caption=x = 3"]) == {"label": "cat", "caption": "x = 3"}


def test_a_text_that_ends_before_it_begins_is_there_and_empty(tmp_path: Path) -> None:
    made = Text(Alphabet("ab", ends=True), (1, 2), [END])
    likely = np.zeros((1, 1, len(made.alphabet)), np.float32)
    likely[..., END] = 99.0

    def ends(feed: Mapping[str, Any]) -> dict[str, Any]:
        return {"logits": likely.copy(), "memory_after": feed["memory"]}

    asked = Wish(count=3, seed=0)
    assert list(wholes(made, made.make(ends, asked))) == [(0, ""), (1, ""), (2, "")]
    files = made.save(made.make(ends, asked), asked, tmp_path / "new")
    assert [each.read_text() for each in files] == ["", "", ""]
    alone = made.save(made.make(ends, Wish(seed=0)), Wish(seed=0), tmp_path / "one.txt")
    assert [each.read_text() for each in alone] == [""]
    prompted = Wish(count=2, prompt="ab", seed=0)
    assert list(wholes(made, made.make(ends, prompted))) == [(0, "ab"), (1, "ab")]


def test_it_survives_bytes_and_gives_its_network(maker: tuple[Path, dict[str, Any]]) -> None:
    place, wish = maker
    model = lamina.load(place)
    back = Model.from_bytes(model.to_bytes())
    assert same(back.generate(1, seed=3, **wish), model.generate(1, seed=3, **wish))
    assert sum(each.numel() for each in model.network.parameters()) > 0
    assert "torch" in sys.modules


def test_it_answers_nothing_and_says_what_it_can_do(maker: tuple[Path, dict[str, Any]]) -> None:
    model = lamina.load(maker[0])
    for ask in (
        model.predict,
        model.score,
        lambda x: lamina.explain(model, x),
        lambda x: model.compare(x, x),
        model.search,
    ):
        with pytest.raises(PlanError, match="lamina generate"):
            ask({"x": [1, 2]})
    with pytest.raises(PlanError, match="lamina generate"):
        model.stream()
    with pytest.raises(PlanError, match="lamina generate"):
        lamina.learn({"x": [1, 2]}, "x", start=model)


def test_a_model_that_makes_nothing_says_so(small_model: Path) -> None:
    with pytest.raises(PlanError, match="answers"):
        lamina.load(small_model).generate(3)


@each_kind
def test_a_wish_that_means_nothing_is_refused(kind: str) -> None:
    other = {
        "given": {"label": "cat"},
        "text": "a cat",
        "prompt": "Once",
        "length": 5,
        "temperature": 0.5,
        "top_p": 0.9,
    }
    takes = kinds.find("made", kind).takes
    for name, value in other.items():
        if name not in takes:
            with pytest.raises(PlanError, match="means nothing"):
                Wish(**{name: value}).only(kind, takes, takes)


@pytest.mark.parametrize(
    "wish", [{"count": 0}, {"length": 0}, {"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.1}, {"seed": -1}]
)
def test_a_wish_that_cannot_be_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match=r"such as|at most"):
        Wish(**wish)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"length": 5.5}, "a whole number"),
        ({"length": True}, "a whole number"),
        ({"temperature": "hot"}, "a number"),
        ({"prompt": 7}, "a text"),
        ({"given": {"label": 7}}, "words by column"),
        ({"given": "cat"}, "words by column"),
        ({"seed": [1]}, "a whole number"),
        ({"tempreture": 1}, "Did you mean 'temperature'"),
    ],
)
def test_a_program_is_told_what_an_option_takes(wish: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        wish_of(1, wish)
    assert wish_of(np.int64(2), {"temperature": 1, "top_p": np.float32(0.5), "seed": None}).count == 2
