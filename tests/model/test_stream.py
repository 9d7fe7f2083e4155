"""A series followed as it comes gives, at each piece, what the whole so far gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import worlds
from lamina.core import DataError, PlanError
from lamina.examples import read
from lamina.learning.plan import Plan
from lamina.learning.training import Training
from lamina.model.model import Model


def learned(network: str, stretch: int = 1) -> Model:
    """stretch: makes series so long that neighbouring steps are averaged."""
    world = worlds.wobbles(80, 1)
    world["series"][:] = [np.repeat(each, stretch, 0) for each in world["series"]]
    plan = Plan(target=("label",), steps=8, folds=0, network=network)
    return Training(read(world, target="label"), plan, report=False).model


@pytest.mark.parametrize("network", ["rnn both=false width=8", "rnn both=false width=8 cell=lstm", "echo width=30"])
def test_pieces_give_what_the_whole_gives(network: str) -> None:
    model = learned(network)
    series = worlds.wobbles(1, 5)["series"][0]
    stream, begun = model.stream(), 0
    for piece in (1, 4, len(series) - 5):
        said = stream.feed(series[begun : begun + piece])["label"]
        begun += piece
        whole = model.predict({"series": [series[:begun]]})[0]
        assert stream.steps == begun
        assert said.value == whole.value
        assert said.confidence == pytest.approx(whole.confidence, abs=1e-4)
        assert said.unlike == whole.unlike


def test_steps_wait_until_they_are_as_many_as_are_averaged() -> None:
    model = learned("rnn both=false width=8", stretch=40)
    stride = model.intake.inputs["series"].state()["stride"]
    assert stride > 1
    stream, series = model.stream(), np.repeat(worlds.wobbles(1, 5)["series"][0], 40, 0)[: 10 * stride]
    assert stream.feed(series[: stride - 1]) == {}
    assert stream.feed(series[stride - 1 : stride + 1])
    said = stream.feed(series[stride + 1 :])["label"]
    assert stream.steps == 10
    assert said.confidence == pytest.approx(model.predict({"series": [series]})[0].confidence, abs=1e-4)


def test_what_cannot_be_followed_says_why() -> None:
    with pytest.raises(PlanError, match=r"has to see the end .* --network 'rnn both=false'"):
        learned("rnn width=8").stream()
    stream = learned("rnn both=false width=8").stream()
    with pytest.raises(DataError, match=r"other signals\. Expected: signal 1, signal 2"):
        stream.feed(np.zeros((2, 5)))
    with pytest.raises(DataError, match="piece of the series is missing"):
        stream.feed(None)


def test_signals_of_a_piece_are_known_by_their_names(tmp_path: Path) -> None:
    world = worlds.wobbles(40, 1)
    for row, (steps, label) in enumerate(zip(world["series"], world["label"], strict=True)):
        (tmp_path / label).mkdir(exist_ok=True)
        np.savetxt(tmp_path / label / f"{row}.csv", steps, delimiter=",", header="ax, ay")
    plan = Plan(target=("label",), steps=3, folds=0, network="rnn both=false width=8")
    model = Training(read(tmp_path), plan, report=False).model
    piece = {" ay": [1.0, 2.0], "# AX": [3.0, 4.0]}
    named = model.stream().feed(piece)["label"]
    assert named.confidence == model.stream().feed(np.array([[3.0, 1.0], [4.0, 2.0]]))["label"].confidence
    assert "lacks" not in " ".join(named.reasons)
    stream = model.stream()
    for names, why in ((("ax", "a_y"), "'a_y'.*Did you mean 'ay'"), (("b", "c"), "'b'.*There are: ax, ay")):
        with pytest.raises(DataError, match=why):
            stream.feed({name: [1.0] for name in names})
    stream.feed({"ax": [1.0], "ay": [None], "battery": [9.0]})  # a gap
    assert stream.feed({"ax": [1.0]})["label"].reasons == ("lacks the signal ay",)
    assert stream.feed({"ax": [1.0], "ay": [1.0]})["label"].reasons == ()


@pytest.mark.parametrize(
    ("network", "why"),
    [
        ("rnn bth=false", r"'rnn' has no option 'bth'. Did you mean 'both'"),
        ("rnn both=perhaps", r"option both was 'perhaps'. Expected is true or false"),
        ("rnn width=wide", r"option width was 'wide'. Expected is a whole number, such as width=64"),
        ("rnn width=0", r"option width was 0. It must be 1 or more\."),
        ("rnn depth=0", r"depth was 0. It must be 1 or more\."),
        ("rnn drop=1", r"option drop was 1. It must be 0 or more, and below 1"),
        ("echo strength=inf", r"option strength was inf. It must be 0 or more, and finite"),
        ("echo strength=nan", r"option strength was nan. It must be 0 or more, and finite"),
        ("rn", r"no network called 'rn'. Did you mean 'rnn'"),
    ],
)
def test_options_of_a_network_are_checked(network: str, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        learned(network)
