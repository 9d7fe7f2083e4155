"""What a training with unlabelled rows begins with: what near rows say comes from the labels that teach, and is learned first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import lamina
import worlds
from lamina.core import Coded, Encoded, Form
from lamina.learning import loop, views
from lamina.learning.augment import Augment
from lamina.learning.beginning import Beginning, Near, Straight, Teachers, among
from lamina.learning.consistency import Consistency, Memory
from lamina.learning.expecting import Words
from lamina.learning.graph import Graph
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.learning.rows import Rows
from lamina.learning.training import Training
from lamina.learning.trial import Lesson, Trial
from lamina.networks.bag import Bag


def test_near_rows_say_what_the_labels_say_that_teach() -> None:
    rng = np.random.default_rng(0)
    side = np.arange(400) % 2
    x = rng.normal(0, 0.4, (400, 3)) + 5 * side[:, None]
    rows = np.arange(400) * 2  # places in the graph are no numbers of rows
    begun = Teachers(rows, [Near(Graph.of(x, rng))])
    taught, asked = rows[:2], rows[2:]
    told = begun.told(taught, side[:2], asked, 2)
    torch.testing.assert_close(told.sum(1), torch.ones(398))
    assert (told.argmax(1).numpy() == side[2:]).all()
    swapped = begun.told(taught, 1 - side[:2], asked, 2)
    assert (swapped.argmax(1).numpy() == 1 - side[2:]).all()


def test_words_that_no_labelled_text_holds_are_known_by_those_beside_them() -> None:
    """Of eight labelled texts many words come back in no other; what stands beside those that do is known by then."""
    rng = np.random.default_rng(0)
    side = np.arange(200) % 2
    words = np.where(
        rng.random((200, 6)) < 0.5, rng.integers(20, 60, (200, 6)), 2 + 6 * side[:, None] + rng.integers(0, 6, (200, 6))
    )
    texts = Encoded(torch.from_numpy(words), torch.ones(200, dtype=torch.bool), lengths=torch.full((200,), 6))
    taught = np.arange(8)
    known = Words.of(texts)
    right = (known.told(taught, side[:8], 2).argmax(1) == side)[8:].mean()
    first = (known.counts @ np.log(known.counts[:8].T @ np.eye(2)[side[:8]] + 0.1)).argmax(1) == side
    assert right > 0.95
    assert right > first[8:].mean()
    told = Teachers(np.arange(200), [known]).told(taught, side[:8], np.arange(8, 200), 2)
    torch.testing.assert_close(told.sum(1), torch.ones(192))


def test_a_class_that_nobody_teaches_is_unlikely_and_not_impossible() -> None:
    x = np.random.default_rng(0).normal(0, 1, (40, 3))
    for labels in (np.array([0, 0, 0]), np.array([0, 1, 0])):
        raw = Straight(x).told(np.arange(3), labels, 3)
        assert np.isfinite(raw).all()
        assert np.exp(raw).sum(1) == pytest.approx(1)
        assert (raw.argmax(1) != 2).all()


def test_texts_that_share_no_word_and_empty_ones_are_told_about_alike() -> None:
    words = torch.zeros(6, 3, dtype=torch.int32)
    words[1:] = torch.arange(15).reshape(5, 3) + 2
    known = Words.of(Encoded(words, torch.ones(6, dtype=torch.bool), lengths=torch.full((6,), 3)))
    assert known.counts.shape == (6, 0)
    taught, labels = np.array([1, 2, 3]), np.array([0, 1, 1])
    told = Teachers(np.arange(6), [known, Straight(known.weighed)]).told(taught, labels, np.arange(6), 2)
    assert told.isfinite().all()
    torch.testing.assert_close(told, told[:1].expand(6, 2))


class Fixed(nn.Module):
    """Answers the second of two classes, whatever it is asked."""

    copies = 1

    def forward(self, inputs: dict[str, Encoded]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        raw = torch.tensor([0.0, 4.0]).expand(len(inputs["x"].values), 1, 2).clone().requires_grad_()
        return {"label": raw}, raw[:, 0]


def _followed(count: int, steps: int, teachers: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """The labels that rows without one are learned with, and which count, after `count` steps, where near rows say: the first class."""
    values = Encoded(torch.zeros((30, 1)), torch.ones(30, dtype=torch.bool))
    told = torch.tensor([0.8, 0.2]).expand(20, 1, 2)
    output = SimpleNamespace(losses=lambda raw, target, smoothing: raw.sum(2) * 0)
    method = Consistency(
        Fixed(), {"label": output}, Rows({"x": values}, {}, {}, torch.ones(30)),  # type: ignore[arg-type, dict-item]
        np.arange(10, 30), torch.tensor([0.5, 0.5]), steps=steps, plain=Augment((), {}), strong=Augment((), {}), told=told,
        teachers=teachers,
    )  # fmt: skip
    method.memory.count.fill_(count)
    return method._answers({"x": values}, 10, torch.arange(20))


def test_what_near_rows_say_is_learned_first_and_then_what_both_say() -> None:
    labels, sure = _followed(0, 100)
    assert (labels == 0).all()
    assert sure.all()
    _, sure = _followed(90, 100)
    assert not sure.any(), "the network says the other class: where the two disagree, none counts"
    labels, sure = _followed(90, 100, teachers=4)
    assert (labels == 0).all(), "four teachers have more to say than the network that disagrees"


def test_its_own_answers_come_to_count() -> None:
    memory = Memory(Fixed(), torch.tensor([0.5, 0.5]))  # type: ignore[arg-type]
    found = []
    for count in (0, 10, 30, 60, 100):
        memory.count.fill_(count)
        found.append(memory.handed(100))
    assert found[0] == found[1] == 0.0
    assert 0 < found[2] < 1
    assert found[3] == found[4] == 1


@pytest.mark.parametrize(
    ("make", "labels", "parts"),
    [(worlds.letters, 60, {1: 5}), (worlds.letters, 120, {2: 10}), (worlds.blobs, 60, {2: 10})],
    ids=["too few to choose by", "enough to choose by", "a table"],
)
def test_no_fold_hears_of_the_labels_that_it_is_kept_from(
    make: Callable[[int, int], worlds.World], labels: int, parts: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five folds; where some rows choose, a copy is kept from those of one more, and so of two folds in all."""
    asked: list[np.ndarray] = []
    told = Teachers.told

    def seen(self: Teachers, taught: np.ndarray, *others: object) -> torch.Tensor:
        asked.append(taught)
        return told(self, taught, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(Teachers, "told", seen)
    world = make(260, 0)
    world["label"] = [*world["label"][:labels], *[None] * (260 - labels)]
    lamina.learn(world, "label", steps=4, unlabelled_steps=4, show=False)
    assert len(asked) >= 2
    assert all(len(rows) < labels for rows in asked)
    every = Counter(rows.tobytes() for rows in asked)
    assert Counter(every.values()) == parts
    asked.clear()
    lamina.learn(world, "label", folds=0, steps=4, unlabelled_steps=4, show=False)
    union = np.unique(np.concatenate(asked))
    assert len(asked) >= 2, "copies of one network, each kept from the rows of an inner fold"
    assert all(len(rows) < len(union) for rows in asked)


def test_small_pictures_begin_with_weights_that_no_label_had_a_say_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LEAST", 100)
    begun: list[Beginning | None] = []
    first = Training._begun

    def seen(self: Training, *asked: object):  # type: ignore[no-untyped-def]
        begun.append((yield from first(self, *asked)))  # type: ignore[arg-type]
        return begun[0]

    monkeypatch.setattr(Training, "_begun", seen)
    world = worlds.stripes(240, 0)
    world["label"] = [*world["label"][:40], *[None] * 200]
    lamina.learn(world, "label", steps=2, unlabelled_steps=2, show=False)
    assert begun[0] is not None
    assert set(begun[0].weights) == {"image"}
    assert begun[0].teachers is None, "pictures can be changed: their own answers are followed"


def test_texts_without_a_label_tell_which_pairs_of_words_come_back() -> None:
    """Also to what learns from labels alone: it begins with pairs that stand in one labelled text each."""
    said = [f"this is the {'good' if k % 2 else 'bad'} number{k} of{k} that somebody wrote" for k in range(30)]
    examples = lamina.read({"text": said * 2, "label": [*("yes" if k % 2 else "no" for k in range(30)), *[None] * 30]})
    plan = Plan(target=("label",), folds=0, steps=1)
    prepared = prepare(examples, plan)
    said_of = {name: {"kind": "bag", "options": {"width": 2}} for name in prepared.intake.forms}
    lesson = Lesson(prepared, said_of, Bag.recipe, 0, torch.device("cpu"))
    known = []
    for extra in (prepared.extra, prepared.extra[:0]):
        each = replace(prepared, extra=extra)
        bag = Trial(replace(lesson, prepared=each), each.folds[0]).network.networks["text"]
        known.append(int((bag.counted.place > 0).sum()))  # type: ignore[operator]
    assert known[0] >= 50
    assert known[1] < 20


def test_what_teachers_say_of_texts_is_counted_where_no_copies_are_kept_apart() -> None:
    """A word that stands in no labelled text says what those beside it say."""
    said = [f"{'good fine' if k % 2 else 'bad poor'} film{k % 3} tonight" for k in range(12)]
    more = [f"{'fine splendid' if k % 2 else 'poor dreadful'} film{k % 5} tonight" for k in range(60)]
    sides = [*("yes" if k % 2 else "no" for k in range(12)), *[None] * 60]
    prepared = prepare(
        lamina.read({"text": said + more, "label": sides}, kind={"text": "text"}),
        Plan(target=("label",), folds=0, steps=1),
    )
    extra = prepared.extra
    told = torch.tensor([[0.1, 0.9] if row % 2 else [0.9, 0.1] for row in extra.tolist()])
    teachers = Teachers(extra, [])
    kinds = {"text": {"kind": "bag", "options": {}}}
    lesson = Lesson(prepared, kinds, replace(Bag.recipe, folds=0), 0, torch.device("cpu"))
    text = prepared.intake.inputs["text"]

    def says(word: str, thought: bool) -> float:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Teachers, "told", lambda *_: told)
            trial = Trial(lesson, prepared.folds[0], 0, extra, Beginning({}, teachers if thought else None))
        [network] = trial.network.networks.values()
        assert isinstance(network, Bag)
        code = text.encode(Coded(np.array([0]), (word,))).values[0, 0]
        vector = network.counted.words.says[int(code)].reshape(network.each, -1)
        return float((vector[:, 1] - vector[:, 0]).mean())

    assert says("fine", True) > 0 > says("poor", True)
    assert says("splendid", True) > 0 > says("dreadful", True)
    assert says("splendid", False) == says("dreadful", False) == 0


def test_rows_of_ones_own_test_set_are_not_among_those_that_labels_spread_to() -> None:
    world = worlds.blobs(400, 0)
    parts = ["test" if k < 50 else "train" for k in range(400)]
    labels = [word if k < 120 else None for k, word in enumerate(world["label"])]
    examples = lamina.read(world | {"label": labels, "split": parts})
    rows = among(prepare(examples, Plan(target=("label",))))
    assert np.array_equal(rows, np.arange(50, 400))


def test_views_that_are_taken_up_again_go_on_with_what_was_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if nobody had cut them off, also between two looks at what is near what."""
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    monkeypatch.setattr(views, "RECIPE", replace(views.RECIPE, batch=64))
    rng = np.random.default_rng(0)
    pictures = torch.from_numpy(rng.integers(0, 255, (600, 8, 8, 1)).astype(np.uint8))
    every = Encoded(pictures, torch.ones(600, dtype=torch.bool))

    def viewing() -> views.Viewing:
        form, options = Form("grid", (8, 8, 1)), {"width": 8}
        return views.Viewing("p", every, form, np.arange(600), 0, torch.device("cpu"), options)

    whole, cut, later = viewing(), viewing(), viewing()
    for _ in whole.learn(24, None, None):
        pass
    for progress in cut.learn(24, None, tmp_path / "views.safetensors"):
        if progress.step >= 17:
            break
    begun = [progress.step for progress in later.learn(24, None, tmp_path / "views.safetensors")]
    assert begun[0] > 10  # it went on
    for name, tensor in whole.viewed.state_dict().items():
        torch.testing.assert_close(later.viewed.state_dict()[name], tensor, rtol=0, atol=0)
