"""Texts along time: edits, decoding against enumeration, letters, and reading lines of made signs."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lamina
import worlds
from lamina import Model
from lamina.core import Array, Coded, PlanError
from lamina.examples import Examples
from lamina.outputs._decode import beam, collapsed, greedy, likelihood, placed
from lamina.outputs._edits import aligned, edits
from lamina.outputs._letters import Letters
from lamina.outputs._scores import log_softmax, together
from lamina.outputs.transcript import Transcript

texts = st.text("abc ", max_size=7)


@given(texts, texts, texts)
@settings(max_examples=100, deadline=None)
def test_edits_are_a_distance(a: str, b: str, c: str) -> None:
    assert edits(a, a) == 0
    assert edits(a, b) == edits(b, a)
    assert abs(len(a) - len(b)) <= edits(a, b) <= max(len(a), len(b))
    assert edits(a, c) <= edits(a, b) + edits(b, c)
    pairs = aligned(a, b)
    assert "".join(said for said, _ in pairs) == a
    assert "".join(truth for _, truth in pairs) == b
    assert sum(said != truth for said, truth in pairs) == edits(a, b)


def logs(seed: int, steps: int = 5, classes: int = 3) -> Array:
    return log_softmax(2 * np.random.default_rng(seed).standard_normal((steps, classes)))


def every(found: Array) -> dict[tuple[int, ...], float]:
    """The probability of each text, by walking every path."""
    total: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(found.shape[1]), repeat=len(found)):
        text = tuple(collapsed(np.array(path)))
        total[text] = total.get(text, 0.0) + math.exp(sum(found[t, k] for t, k in enumerate(path)))
    return total


@pytest.mark.parametrize("seed", range(8))
def test_decoding_finds_what_all_paths_together_say(seed: int) -> None:
    found = logs(seed)
    total = every(found)
    letters = Letters.of([], "ab")
    best = max(total, key=lambda text: total[text])
    assert tuple(beam(found, ("", "a", "b"), letters, 0.0, 0.0)) == best
    weighed = {text: p * math.exp(len(text) * (0.5 * math.log(1 / 2) + 0.3)) for text, p in total.items()}
    assert tuple(beam(found, ("", "a", "b"), letters, 0.5, 0.3)) == max(weighed, key=lambda text: weighed[text])
    assert greedy(found) == collapsed(found.argmax(1))
    longest = max(len(text) for text in total)
    target = np.array([(*text, *[0] * (longest - len(text))) for text in total])
    told = likelihood(np.repeat(found[None], len(target), 0), target)
    np.testing.assert_allclose(np.exp(-told), list(total.values()), rtol=1e-6)


def test_likelihood_is_what_torch_learns_by() -> None:
    rng = np.random.default_rng(0)
    raw = rng.standard_normal((6, 1, 9, 5)).astype(np.float32)
    target = np.array([[1, 2, 0, 0], [3, 3, 0, 0], [1, 2, 3, 4], [4, 0, 0, 0], [2, 2, 2, 2], [1, 1, 4, 0]])
    output = Transcript()
    losses = output.losses(torch.from_numpy(raw), torch.from_numpy(target), 0.0)[:, 0].numpy()
    found = likelihood(log_softmax(raw.reshape(-1, 5)).reshape(6, 9, 5), target) / (target > 0).sum(1)
    np.testing.assert_allclose(losses, found, rtol=1e-4)
    too_long = np.array([[2, 2, 2, 2, 2, 2]])  # needs 11 steps
    assert likelihood(log_softmax(raw[0, 0])[None], too_long)[0] == np.inf


def test_characters_have_their_steps() -> None:
    found = np.full((9, 3), -8.0)
    found[[0, 3, 6, 8], 0] = found[[1, 2, 7], 1] = found[[4, 5], 2] = 0.0
    spans, sure = placed(log_softmax(found), [1, 2, 1])
    assert spans.tolist() == [[1, 3], [4, 6], [7, 8]]
    assert (sure > 0.99).all()


def test_a_text_of_any_length_has_its_steps() -> None:
    codes = [1 + k % 2 for k in range(300)]
    found = np.full((600, 3), -8.0)
    found[np.arange(0, 600, 2), codes] = found[1::2, 0] = 0.0
    spans, sure = placed(log_softmax(found), codes)
    assert spans.tolist() == [[k, k + 1] for k in range(0, 600, 2)]
    assert (sure > 0.99).all()


def test_letters_know_what_follows() -> None:
    letters = Letters.of(["the hen", "then the"] * 5, sorted(set("the n")))
    assert math.exp(letters.after("\x02\x02th", "e")) > 0.9
    for context in ("", "t", "zzzz", "the "):
        total = sum(math.exp(letters.after(context, each)) for each in sorted(set("the n")))
        assert total == pytest.approx(1.0, abs=1e-6)
    assert letters.surprise(["the hen"]) < letters.surprise(["nhe eht"])


def test_padding_changes_no_text() -> None:
    output = Transcript()
    output.characters = ("", "\ufffd", "a", "b")
    raw = 2 * np.random.default_rng(0).standard_normal((4, 6, 4)).astype(np.float32)
    longer = together([raw, np.zeros((1, 15, 4), np.float32)])[:4]
    assert output.answer(longer).values.tolist() == output.answer(raw).values.tolist()
    target = np.array([[2, 3], [3, 0], [2, 2], [3, 2]])
    np.testing.assert_allclose(
        likelihood(log_softmax(longer.reshape(-1, 4)).reshape(4, 15, 4), target),
        likelihood(log_softmax(raw.reshape(-1, 4)).reshape(4, 6, 4), target),
        atol=1e-4,
    )


def test_an_empty_text_is_as_sure_as_the_silence_of_every_step() -> None:
    output = Transcript()
    output.characters = ("", "\ufffd", "a")
    raw = np.log(np.array([[[0.9, 0.05, 0.05]] * 4, [[0.5, 0.2, 0.3]] * 4], np.float32))
    found = output.answer(raw)
    assert found.values.tolist() == ["", ""]
    np.testing.assert_allclose(found.confidence, [0.9**4, 0.5**4], rtol=1e-5)


def test_what_is_spoken_has_no_capitals() -> None:
    words = ("Please, call Stella\u2019s!", "e\u0301t\u00e9  \u2014 2")
    values = Coded(np.array([0, 1], np.int32), words)
    for spoken, first, second in ((True, "please call stella's", "\u00e9t\u00e9 2"), (False, *words)):
        output = Transcript(spoken)
        output.observe(values)
        output.settle()
        target, _ = output.encode(values)
        assert output.text(target[0]) == first
        assert output.text(target[1]) == (second if spoken else "\u00e9t\u00e9 \u2014 2")
        unknown, _ = output.encode(Coded(np.array([0], np.int32), ("call \u0394",)))
        assert output.text(unknown[0]) == "call \ufffd"


def told(world: worlds.World) -> Examples:
    """Short texts come again and again, so that they have to be called transcripts."""
    return lamina.read(world, kind={"text": "transcript"})


@pytest.fixture(scope="module")
def model() -> Model:
    return lamina.learn(told(worlds.lines(400, 0)), "text", steps=220)


def test_it_reads_lines_of_any_length(model: Model, tmp_path: Path) -> None:
    new = worlds.lines(60, 7)
    found = lamina.load(model.save(tmp_path / "lines.lamina")).predict({"image": new["image"]})
    right = np.mean(found.values == new["text"])
    assert right > 0.8
    one = model.predict({"image": new["image"][:1]})  # alone, without the padding of the others
    assert one[0].value == found[0].value
    assert one[0].confidence == pytest.approx(found[0].confidence, abs=1e-3)
    ends = [word.end for answer in found for word in answer.words]
    assert max(ends) < 5  # heights
    [record] = one.records()
    assert record["text"]["words"][0].keys() == {"text", "confidence", "start", "end"}


def test_its_report_has_both_rates_and_the_worst(model: Model) -> None:
    [target] = model.card.results["targets"]
    assert target["kind"] == "transcript"
    assert target["figures"]["cer"]["value"] < 0.15 < target["baselines"][0]["figures"]["cer"]
    assert target["figures"]["cer"]["low"] <= target["figures"]["cer"]["value"] <= target["figures"]["cer"]["high"]
    assert "character errors" in model.report
    score = model.score(worlds.lines(60, 8)).targets["text"]
    assert score["cer"].value < 0.2


def test_private_models_keep_no_letters() -> None:
    learned = lamina.learn(told(worlds.lines(120, 0)), "text", steps=5, private=True)
    [output] = learned.card.outputs
    assert output["state"]["letters"] is None
    assert "Where it was most wrong" not in learned.report
    assert "image: scribe, the kind for pictures of lines." in learned.report


def test_a_table_says_nothing_along_time() -> None:
    rows = {"x": list(range(40)), "said": [f"text {k}" for k in range(40)]}
    examples = lamina.read(rows, kind={"said": "transcript"})
    with pytest.raises(PlanError, match="written along time"):
        lamina.learn(examples, "said", steps=3)
