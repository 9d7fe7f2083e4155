"""What holds for every text that is learned and written, whatever it says."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lamina
from lamina.core import Form, PlanError
from lamina.insight.copied import Passage, longest
from lamina.insight.written import copied
from lamina.learning import _ngrams, conclude_text
from lamina.learning.apprentice_text import WRITTEN, Apprentice, Lines
from lamina.learning.make_text import RECIPE, Craft, parted
from lamina.learning.pieces import with_pieces
from lamina.learning.plan import Plan
from lamina.learning.streams import Reel, Streams
from lamina.made._alphabet import STOP, Alphabet
from lamina.made.text import Text, drawn
from lamina.model.onnx import Runner
from lamina.networks._writer import Writer
from worlds import verses

FORM = Form("tokens", (8,), (9,))
CELLS = pytest.mark.parametrize("cell", ["gru", "lstm"])


def writer(cell: str, width: int = 12, depth: int = 2) -> Writer:
    torch.manual_seed(0)
    options = {"cell": cell, "width": width, "depth": depth, "both": False}
    return Writer(FORM, {"text": {"kind": "rnn", "options": options}}).eval()


def nothing(network: Writer, rows: int) -> torch.Tensor:
    layers, units = network.memory
    return torch.zeros(layers, rows, units)


@CELLS
@pytest.mark.parametrize("cuts", [(1,), (5, 6), (3, 10, 19)])
def test_what_is_read_in_pieces_gives_what_the_whole_gives(cell: str, cuts: tuple[int, ...]) -> None:
    network = writer(cell)
    tokens = torch.randint(0, 9, (3, 20), generator=torch.Generator().manual_seed(1))
    hidden = memory = nothing(network, 3)
    with torch.no_grad():
        whole, *_ = network(tokens, hidden, memory)
        pieces = []
        for start, stop in itertools.pairwise((0, *cuts, 20)):
            logits, hidden, memory = network(tokens[:, start:stop], hidden, memory)
            pieces.append(logits)
    torch.testing.assert_close(torch.cat(pieces, 1), whole, rtol=1e-5, atol=1e-5)
    assert (whole[:, 10] - whole[:, 9]).abs().max() > 1e-3  # it says something else at every step


@CELLS
def test_the_saved_graph_gives_what_torch_gives(cell: str) -> None:
    from lamina.learning.conclude_text import graph

    network = writer(cell)
    layers, units = network.memory
    run = Runner(graph(network), "a test").feed
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 9, (2, 7)).astype(np.int32)
    memory = rng.standard_normal((2, 2 * layers, units)).astype(np.float32)
    if cell == "gru":  # which has no cells: what stands there changes nothing
        memory[:, layers:] = memory[:, :layers]
    found = run({"tokens": tokens, "memory": memory})
    before = torch.from_numpy(memory).transpose(0, 1)
    with torch.no_grad():
        logits, hidden, cells = network(torch.from_numpy(tokens), before[:layers], before[layers:])
    np.testing.assert_allclose(found["logits"], logits.numpy(), atol=1e-5)
    np.testing.assert_allclose(found["memory_after"], torch.cat([hidden, cells]).transpose(0, 1).numpy(), atol=1e-5)


def lines(text: str) -> tuple[Lines, Alphabet]:
    alphabet = Alphabet.of([text])
    codes = alphabet.encode(text)
    places = np.arange(len(codes))
    return Lines(codes[:-200], codes, places[-200:-100], places[-100:], alphabet.lengths()), alphabet


def test_what_is_written_at_a_look_changes_nothing_that_is_learned() -> None:
    found, alphabet = lines(verses(900, 0))
    said = {"text": {"kind": "rnn", "options": {"cell": "gru", "width": 8, "depth": 1, "both": False}}}

    def learned(writes: bool) -> Apprentice:
        writer = (lambda memory: Text(alphabet, memory, alphabet.encode("\n").tolist())) if writes else None
        one = Apprentice(found, Form("tokens", (8,), (len(alphabet),)), said, RECIPE, 0, torch.device("cpu"), writer)
        list(one.learn(6, looks=3, saved=None))
        return one

    writing, silent = learned(True), learned(False)
    assert writing.loop is not None
    assert silent.loop is not None
    assert all(len(each["written"]) == WRITTEN for each in writing.loop.shown)
    assert all(each["written"] is None for each in silent.loop.shown)
    other = silent.network.state_dict()
    assert all(torch.equal(tensor, other[name]) for name, tensor in writing.network.state_dict().items())


def test_how_likely_a_text_is_does_not_depend_on_how_it_is_cut() -> None:
    """All at once from the start, and as many streams as judging makes of it, each primed by what stands before."""
    found, alphabet = lines(verses(900, 0))
    said = {"text": {"kind": "rnn", "options": {"cell": "lstm", "width": 16, "depth": 1, "both": False}}}
    one = Apprentice(found, Form("tokens", (8,), (len(alphabet),)), said, RECIPE, 0, torch.device("cpu"))
    codes = torch.from_numpy(found.codes)[None]
    with torch.no_grad():
        logits, *_ = one.network.eval()(codes[:, :-1], nothing(one.network, 1), nothing(one.network, 1))
    each = torch.nn.functional.cross_entropy(logits[0], codes[0, 1:].long(), reduction="none").numpy()
    places = np.arange(300, 900)  # the first of them has as much before it as judging reads
    np.testing.assert_allclose(one.nats(places), each[places - 1], atol=2e-3)
    gap = np.concatenate([np.arange(300, 400), np.arange(600, 700)])
    np.testing.assert_allclose(one.nats(gap), each[gap - 1], atol=2e-3)


def test_streams_read_every_token_once_a_pass_and_go_on_where_they_stopped() -> None:
    streams, reel = Streams(48, batch=3, length=4), Reel(np.arange(48, dtype=np.int32), 4)
    read = [reel.batch(streams.next(step, 0.0)[0], torch.device("cpu")) for step in range(8)]
    first = torch.cat([each.inputs["text"].values.flatten() for each in read[:4]])
    assert sorted(first.tolist()) == list(range(48))
    for before, after in itertools.pairwise(read):
        torch.testing.assert_close(before.targets["next"][:, -1], after.inputs["text"].values[:, 0].long())
        torch.testing.assert_close(before.inputs["text"].values[:, 1:].long(), before.targets["next"][:, :-1])


@pytest.mark.parametrize("text", ["abcdefghij" * 200, STOP.join(["some words. " * 9] * 30) + STOP])
def test_parts_lie_one_after_the_other_and_cover_the_text(text: str) -> None:
    parts = parted(text)
    assert [start for start, *_ in parts] == [0, *(stop for _, stop, _ in parts[:-1])]
    assert parts[-1][1:] == (len(text), "judged")
    sizes = Counter[str]()
    for start, stop, part in parts:
        sizes[part] += stop - start
    assert 0.08 < sizes["judged"] / len(text) < 0.16
    assert 0 < sizes["chosen"] < 0.12 * len(text)
    if STOP in text:
        assert text[parts[-1][0] - 1] == STOP  # the end that is judged begins with a text of its own


LONG = "some words. " * 1_600


@pytest.mark.parametrize(
    ("texts", "begins"),
    [
        ([LONG, *["short."] * 11], False),  # the nearest text begins too near the end
        ([*["short."] * 11, LONG, "short."], False),
        ([LONG, *["a longer one. " * 10] * 11], True),  # just after a tenth
        ([*["a longer one. " * 10] * 99, "the last one. " * 117], True),  # just before
    ],
    ids=["long first", "long last but one", "after", "before"],
)
def test_the_end_that_is_judged_is_about_a_tenth_however_long_the_texts_are(texts: list[str], begins: bool) -> None:
    text = STOP.join([*texts, ""])
    parts = parted(text)
    assert 0.05 <= (parts[-1][1] - parts[-1][0]) / len(text) <= 0.15
    assert (text[parts[-1][0] - 1] == STOP) == begins
    assert all(stop > start for start, stop, part in parts)


def test_an_alphabet_says_again_what_it_was_told() -> None:
    text = "Größe: naïve 中文 🙂🙂 " * 3
    alphabet = Alphabet.of([text + STOP])
    codes = alphabet.encode(text)
    assert alphabet.decode(codes.tolist()) == text
    assert alphabet.ends
    assert alphabet.unknown("naïve Zoë") == ["Z", "o", "ë"]
    assert alphabet.encode("Z").tolist() == [0]
    back = Alphabet.restore(json.loads(json.dumps(alphabet.state())))
    assert back.encode(text).tolist() == codes.tolist()


def test_letters_are_drawn_as_likely_as_they_are() -> None:
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    rng = np.random.default_rng(0)

    def often(temperature: float, top_p: float | None) -> Any:
        return np.bincount([drawn(np.log(shares), temperature, top_p, rng) for _ in range(4000)], minlength=4) / 4000

    np.testing.assert_allclose(often(1.0, None), shares, atol=0.03)
    np.testing.assert_allclose(often(1.0, 0.7), np.array([0.5, 0.3, 0, 0]) / 0.8, atol=0.03)
    np.testing.assert_allclose(often(0.5, None), shares**2 / (shares**2).sum(), atol=0.03)
    assert often(0.0, None).tolist() == [1, 0, 0, 0]
    assert often(1.0, 1e-9).tolist() == [1, 0, 0, 0]


def test_counts_of_letters_are_kneser_neys() -> None:
    """Beside the formula, written down word by word."""
    text = verses(3_000, 1)
    codes = Alphabet.of([text]).encode(text)
    size = int(codes.max()) + 1
    order, nats = _ngrams.best(codes[:2000], codes[2000:2500], codes[2500:], size)
    taught, judged = codes[:2000].tolist(), codes[2500:].tolist()
    counts: dict[int, Counter[tuple[int, ...]]] = {}
    for n in range(1, order + 1):
        runs = [tuple(taught[at : at + n]) for at in range(len(taught) - n + 1)]
        longer = {tuple(taught[at : at + n + 1]) for at in range(len(taught) - n)}
        counts[n] = Counter(runs if n == order else [run[1:] for run in longer])
    found = []
    for at in range(_ngrams.LONGEST, len(judged)):
        share = 1 / size
        for n in range(1, order + 1):
            once, twice = (sum(count == k for count in counts[n].values()) for k in (1, 2))
            off = once / (once + 2 * twice) if once and twice else 0.5
            before, letter = tuple(judged[at - n + 1 : at]), judged[at]
            after = {run[-1]: count for run, count in counts[n].items() if run[:-1] == before}
            if total := sum(after.values()):
                share = max(after.get(letter, 0) - off, 0) / total + off * len(after) / total * share
        found.append(-np.log(share))
        if len(found) == 25:
            break
    np.testing.assert_allclose(nats[:25], found, rtol=1e-9)


def test_the_longest_common_passage_is_the_longest() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = ("".join(rng.choice(list("ab"), size)) for size in (30, 60))
        every = [one[a:b] for a in range(30) for b in range(a + 1, 31) if one[a:b] in other]
        found = longest(one, other)
        assert found.length == max(map(len, every))
        assert one[found.start : found.start + found.length] == other[found.place : found.place + found.length]


# ------------------------------------------------------------------------------------------ learning


def nats_of(text: str, steps: int = 90) -> tuple[float, float]:
    """What the network needs a letter, and what counts of letters need."""
    model = lamina.learn({"text": [text]}, generate="text", steps=steps, network="rnn width=48", seed=1)
    [made] = model.card.results["makes"]
    return made["figures"]["nats"]["value"], made["baselines"][0]["figures"]["nats"]["value"]


def test_it_learns_its_world_and_cannot_learn_what_is_shuffled() -> None:
    text = verses(6_000, 0)
    mine, counts = nats_of(text)
    assert mine < 1.2
    shuffled = "".join(np.random.default_rng(0).permutation(list(text)))
    by_chance = Counter(text)
    entropy = -sum(n / len(text) * np.log(n / len(text)) for n in by_chance.values())
    for each in nats_of(shuffled):
        assert each > 0.97 * entropy
    assert counts < 1.0


def test_several_texts_end_and_a_text_may_be_short() -> None:
    model = lamina.learn(
        {"text": ["Yes, indeed.", "No, never."] * 120}, generate="text", steps=150, network="rnn width=32"
    )
    assert isinstance(model.maker, Text)
    assert model.maker.alphabet.ends
    texts = model.generate(10, length=80, temperature=0.5, seed=0)
    assert np.mean([len(text) < 40 for text in texts]) > 0.5
    assert STOP not in "".join(texts)


@pytest.mark.parametrize(("letters", "several"), [(2_000, False), (12_000, True)])
def test_passages_as_long_are_looked_through_for_copies(letters: int, several: bool) -> None:
    """The end of a short text is shorter than a sample."""
    looked: list[int] = []

    def longest_of(written: str, learned: str) -> Passage:
        looked.append(len(written))
        return longest(written, learned)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conclude_text, "longest", longest_of)
        model = lamina.learn({"text": [verses(letters, 0)]}, generate="text", steps=2, network="rnn width=8")
    assert set(looked) == {min(conclude_text.LENGTH, letters // 10)}
    [made] = model.card.results["makes"]
    assert len(made["real"]) == (5 if several else 1)
    page = copied(made)
    assert ("longest of 5 passages" in page) == several


def test_with_private_no_passage_is_kept(tmp_path: Path) -> None:
    text = verses(3_000, 0) + "The secret of Quixotestad.\n" * 20
    told, kept = (
        lamina.learn({"text": [text]}, generate="text", steps=2, private=private, network="rnn width=8").save(
            tmp_path / f"{private}.lamina"
        )
        for private in (False, True)
    )
    assert b"What it writes" in (told / "report.html").read_bytes()
    content = b"".join(each.read_bytes() for each in kept.iterdir())
    for passage in (b"Quixotestad", b"What it writes", b"sang"):
        assert passage not in content


def test_a_length_of_a_million_begins_at_once() -> None:
    model = lamina.learn({"text": [verses(2_000, 0)]}, generate="text", steps=2, network="rnn width=8")
    pieces = model.pieces(length=1_000_000, seed=1)
    assert next(pieces).value == ""  # where a prompt would stand
    assert len("".join(piece.value for piece in itertools.islice(pieces, 200))) == 200


def test_a_smaller_budget_takes_a_smaller_network() -> None:
    from lamina.examples import prose
    from lamina.learning.budget import Budget

    craft = Craft(prose.read({"text": [verses(30_000, 0)]}), Plan(generate="text", minutes=1), torch.device("cpu"))
    assert craft.largest == 1
    assert craft.fit(Budget(0.0, 1e6)) == 1
    assert craft.fit(Budget(0.0, 1e-3)) == 0


def test_pieces_of_words_are_joined_as_they_were_learned_and_say_the_same_text() -> None:
    text = verses(6_000, 0) + STOP + "Zoë\n"
    letters = Alphabet.of([text])
    joined = with_pieces(letters, [text], 60)
    assert letters.letters == joined.letters
    assert len(letters) < len(joined) <= 60
    codes = joined.encode(text)
    assert len(codes) < 0.6 * len(text)
    assert joined.lengths()[codes].sum() == len(text)
    assert joined.decode(codes.tolist()) == "".join(letter for letter in text if letter in letters.letters)
    back = Alphabet.restore(json.loads(json.dumps(joined.state())))
    assert back.encode(text).tolist() == codes.tolist()
    assert not any(" " in piece[1:] for piece in joined.pieces)  # a piece lies within a word


def test_it_learns_in_pieces_of_words() -> None:
    text = verses(12_000, 0)
    model = lamina.learn({"text": [text]}, generate="text", tokens=300, steps=80, network="rnn width=48", seed=1)
    [made] = model.card.results["makes"]
    assert made["letters"] == 1_200
    assert made["figures"]["nats"]["value"] < 1.0
    assert len(model.generate(1, prompt="The cat", length=33, seed=0)[0]) == 7 + 33
    with pytest.raises(PlanError, match="--private"):
        lamina.learn({"text": [text]}, generate="text", tokens=300, private=True)
