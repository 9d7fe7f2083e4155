"""Two networks that fight: what is asked for is made, the same seed makes the same, and a duel that fails is taken up again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lamina.core import Array, Batch, DataError, Encoded, Form, LaminaError, Loss, PlanError, Recipe
from lamina.examples import Examples, Reading, read
from lamina.examples.reading import Column
from lamina.learning import adversarial
from lamina.learning.adversarial import Adversarial, Duellist, mistaken
from lamina.learning.apprentice_image import Apprentice
from lamina.learning.conclude_image import healthy
from lamina.learning.disturb import disturb, moved
from lamina.learning.loop import Loop
from lamina.learning.make_image import Craft
from lamina.learning.plan import Plan
from lamina.learning.rows import Rows
from lamina.made._wish import Wish
from lamina.made.image import GIVEN, Image
from lamina.networks.discriminator import Critic, Discriminator, as_seen
from lamina.networks.generator import NOISE, Generator
from worlds import shuffled, stripes

LABEL = Form("vector", (1,), (3,))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks: a second thread costs more than it does, the more the busier the machine is."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def taught(world: dict[str, Any], steps: int) -> tuple[Craft, Apprentice]:
    craft = Craft(read(world, target=("label",)), Plan(generate="image", given="label", batch=32), torch.device("cpu"))
    craft.size = 0
    apprentice = craft.apprentice()
    for _ in apprentice.learn(steps, looks=2, saved=None):
        pass
    return craft, apprentice


def obeyed(craft: Craft, apprentice: Apprentice) -> float:
    """The share of made stripes that lie as was asked for: along them, pixels hardly change."""
    asked = ["upright", "level"] * 100
    noise = torch.randn(len(asked), NOISE, generator=torch.Generator().manual_seed(0))
    made = apprentice.make(noise, [torch.from_numpy(craft.made().encoded(asked)[GIVEN])]).numpy()[..., 0].astype(float)
    across, along = (np.abs(np.diff(made.mean(axis), axis=1)).sum(1) for axis in (1, 2))
    return float(((across > along) == (np.array(asked) == "upright")).mean())


def test_stripes_are_made_as_they_are_asked_for() -> None:
    assert obeyed(*taught(stripes(300, 0), 220)) > 0.9


def test_labels_that_mean_nothing_are_not_obeyed() -> None:
    """The control: the stripes are as good, but labels were dealt out by chance."""
    assert 0.35 < obeyed(*taught(shuffled(stripes(300, 0), "label"), 120)) < 0.65


@pytest.mark.parametrize("shape", [(12, 12, 1), (9, 21, 3), (28, 28, 1), (64, 48, 3)])
@pytest.mark.parametrize("given", [None, LABEL, Form("tokens", (5,), (9,))])
def test_both_networks_fit_any_picture_and_learn_everywhere(shape: tuple[int, int, int], given: Form | None) -> None:
    torch.manual_seed(0)
    form = Form("grid", shape)
    generator, critic = Generator(form, given, width=32), Critic(Discriminator(form, width=32), given)
    asked = {None: [], "vector": [torch.tensor([[0.0], [1.0], [2.0]])]}.get(given.kind if given else None)
    if asked is None:
        asked = [torch.tensor([[1, 2, 0], [3, 0, 0], [4, 8, 1]], dtype=torch.int32), torch.tensor([2, 1, 3])]
    noise = torch.randn(3, NOISE)
    scores = critic(generator(noise, *asked), *asked)
    assert scores.shape == (3,)
    (scores * torch.randn(3)).sum().backward()
    for network in (generator, critic):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.abs().sum() > 0, name
    made = generator.make(noise, *asked)
    assert made.shape == (3, *shape)
    assert made.dtype == torch.uint8
    # What lies beyond a sentence's end changes nothing.
    if len(asked) > 1:
        longer = [torch.cat([asked[0], torch.full((3, 2), 7, dtype=torch.int32)], 1), asked[1]]
        assert torch.equal(generator.make(noise, *longer), made)


def test_both_see_a_picture_the_same_way() -> None:
    pixels = torch.randint(0, 256, (4, 12, 12, 3), dtype=torch.uint8)
    network = Discriminator(Form("grid", (12, 12, 3)))
    assert torch.equal(network(pixels).whole, network.look(as_seen(pixels)))
    assert as_seen(pixels).aminmax() == pytest.approx((-1, 1), abs=0.05)


def duel(held: Tensor | None = None, rows: int = 24) -> tuple[Adversarial, Batch]:
    torch.manual_seed(0)
    form = Form("grid", (8, 8, 1))
    generator, duellist = Generator(form, width=16), Duellist(Critic(Discriminator(form, width=16)))
    here = Encoded(torch.randint(0, 256, (rows, 8, 8, 1), dtype=torch.uint8), torch.ones(rows, dtype=torch.bool))
    others = None if held is None else {"x": Encoded(held, torch.ones(len(held), dtype=torch.bool))}
    method = Adversarial(generator, duellist, "x", steps=10, held=others)
    return method, Batch({"x": here}, {}, {}, torch.ones(rows))


def test_each_loss_is_that_of_its_side_and_leaves_the_other_alone() -> None:
    method, batch = duel()
    for parameter in (each for part in method.parts().values() for each in part.parameters()):
        parameter.grad = None
    [first, second] = method.losses(batch)
    assert (first.part, second.part) == ("discriminator", "generator")
    first.sum.backward()  # type: ignore[no-untyped-call]
    assert all(each.grad is None for each in method.generator.parameters())
    method.duellist.zero_grad()
    second.sum.backward()  # type: ignore[no-untyped-call]
    assert all(each.grad is None for each in method.duellist.critic.parameters())
    assert all(each.grad is not None for each in method.generator.parameters())


def test_the_penalty_is_the_slope_at_real_and_made_pictures() -> None:
    """Of a discriminator that adds up pixels times a, the slope's square is |a|² everywhere."""
    method, _ = duel()
    pictures = torch.randn(6, 1, 8, 8, requires_grad=True)
    factors = torch.randn(1, 8, 8)
    slopes = method._slopes((pictures * factors).sum((1, 2, 3)), pictures)
    assert slopes.tolist() == pytest.approx([float(factors.square().sum())] * 6, rel=1e-5)


def test_the_penalty_falls_over_time() -> None:
    method, _ = duel()
    weights = []
    for step in (0, 5, 10, 20):
        method.duellist.count.fill_(step)
        weights.append(method._gamma())
    start, end = adversarial.GAMMA
    assert weights == pytest.approx([start, (start + end) / 2, end, end])


def test_the_disturbance_grows_where_pictures_are_known_by_heart_and_fades_where_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adversarial, "PACE", 1_000)
    method, _ = duel(torch.zeros(8, 8, 8, 1, dtype=torch.uint8))

    def scored(value: float) -> Any:
        return lambda pictures, given: torch.full((len(pictures),), value)

    def watched(held: float) -> float:
        method._scores = scored(held)  # type: ignore[method-assign]
        for _ in range(2 * adversarial.EVERY):
            method._watch(torch.full((24,), 1.0), torch.full((24,), -1.0))
        return float(method.duellist.strength)

    known = watched(-0.9)  # held-out pictures look made to it
    assert known > 0
    assert watched(0.9) < known


def test_what_a_sentence_calls_left_stays_there() -> None:
    torch.manual_seed(0)
    x = torch.zeros(200, 1, 16, 16)
    x[..., :8] = 1.0

    def brighter_on_the_left(pictures: torch.Tensor) -> int:
        return int((pictures[..., :8].mean((1, 2, 3)) > pictures[..., 8:].mean((1, 2, 3))).sum())

    assert brighter_on_the_left(moved(x, 0.8, mirrored=False)) == 200
    assert brighter_on_the_left(moved(x, 0.8)) < 180


def test_a_disturbance_of_nothing_changes_nothing_and_gradients_pass_through_all_of_it() -> None:
    torch.manual_seed(0)
    x = torch.rand(64, 3, 10, 14, requires_grad=True)
    assert disturb(x, 0.0) is x
    changed = disturb(x, 0.5)
    assert changed.shape == x.shape
    assert 0.3 < float((changed != x).flatten(1).any(1).float().mean()) <= 1.0
    changed.sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert (x.grad != 0).any(1).float().mean() > 0.5


# ----------------------------------------------------------------------------------------------- setbacks


class Failing:
    """A method that learns a number, and at some steps something that ruins it."""

    whole_batch = False

    def __init__(self, ruined: set[int]) -> None:
        self.part = torch.nn.Linear(1, 1)
        self.ruined, self.step = ruined, 0

    def parts(self) -> dict[str, torch.nn.Module]:
        return {"network": self.part}

    def losses(self, batch: Batch) -> Iterator[Loss]:
        self.step += 1
        loss = self.part(batch.inputs["x"].values).square().sum()
        yield Loss("network", loss * (float("nan") if self.step in self.ruined else 1.0), len(batch))


def failing(ruined: set[int], recover: int, scores: dict[int, float] | None = None) -> tuple[Loop, list[float]]:
    """A loop of 12 steps that is judged after each 3, and the weights at each look."""
    torch.manual_seed(0)
    seen: list[float] = []
    method = Failing(ruined)
    rows = Rows.of({"x": Encoded(np.ones((8, 1), np.float32), np.ones(8, bool))}, {})

    def judge() -> tuple[float, float, dict[str, float]]:
        seen.append(float(method.part.weight.detach()))
        return (scores or {}).get(len(seen), 0.0), 0.0, {"extra": float(len(seen))}

    recipe = Recipe(rate=0.01, batch=8, epochs=1, schedule="cosine")
    return Loop(method, rows, np.arange(8), recipe, steps=12, judge=judge, judgements=4, recover=recover), seen


def test_a_training_that_diverged_goes_back_and_on_with_smaller_steps() -> None:
    loop, seen = failing({5}, recover=2)
    list(loop)
    assert loop.setbacks == [6]
    assert np.isnan(seen[1])
    assert np.isfinite(seen[2:]).all()
    assert loop.history[-1]["extra"] == 4.0  # further figures are kept


def test_what_judge_finds_ruined_goes_back_too() -> None:
    loop, seen = failing(set(), recover=2, scores={3: -np.inf})
    list(loop)
    assert loop.setbacks == [9]
    steady, whole = failing(set(), recover=2)
    list(steady)
    assert steady.setbacks == []
    assert abs(seen[3] - seen[1]) < abs(whole[3] - whole[1])  # taken up again from step 6, with half the rate


def test_after_too_many_setbacks_it_says_so() -> None:
    loop, _ = failing({5, 8}, recover=1)
    with pytest.raises(LaminaError, match="diverged"):
        list(loop)


def test_made_pictures_that_are_all_alike_are_noticed() -> None:
    _, apprentice = taught(stripes(80, 0), 2)
    assert apprentice.loop is not None
    apprentice.loop.history[-1]["diversity"] = 0.9
    with torch.no_grad():
        apprentice.network.start.weight[:, :NOISE] = 0  # the noise says nothing any more
    score, _, more, seen = apprentice.judge()
    assert score == -np.inf
    assert seen["failed"]
    assert [each["failed"] for each in apprentice.loop.shown] == [False] * 2
    assert seen["sheet"] != apprentice.loop.shown[-1]["sheet"]
    assert apprentice.judge()[3] == seen  # the same noise: the same is made, until something is learned
    assert more["diversity"] < 0.1
    apprentice.loop.history.append({"step": 2.0, "score": score, "value": 1.0, **more})
    assert "all alike" in apprentice.says()


def test_a_look_at_a_failed_duel_stays_out_of_the_report() -> None:
    well = {"step": 1.0, "score": -2.0, "value": 2.0, "told": 0.7}
    failed = well | {"step": 2.0, "score": -np.inf, "value": np.nan}
    assert healthy({"curves": [[well, failed]], "best": [1]}) == {"curves": [[well]], "best": [1]}


def test_diversity_is_that_within_a_label() -> None:
    craft, apprentice = taught(stripes(80, 0), 1)
    codes = craft.codes(apprentice.judged)
    assert codes is not None
    apart: Array = np.eye(2)[codes] * 100  # nothing but the label tells them apart
    assert np.abs(apprentice.within(apart)).max() < 1e-9


def test_a_picture_is_told_by_its_own_sentence_from_all_others_of_the_batch() -> None:
    words = torch.tensor([[1, 2, 0], [1, 2, 0], [3, 4, 5]], dtype=torch.int32)
    meant = torch.tensor([[4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    own = mistaken(meant, meant, words)
    assert own.max() < 1e-5  # a sentence that says the same is nothing to be told from
    swapped = mistaken(meant.flip(0), meant, words)
    # the last one stands beside two others, which say the same
    assert swapped.tolist() == pytest.approx([16, 0, 16 + math.log(2)], abs=1e-4)


def worded() -> tuple[Adversarial, dict[str, Encoded]]:
    """A duel over three pictures with a sentence each, the first two of which are the same."""
    torch.manual_seed(0)
    form, words = Form("grid", (8, 8, 1)), Form("tokens", (3,), (6,))
    generator, critic = Generator(form, words, width=16), Critic(Discriminator(form, width=16), words)
    said = torch.tensor([[1, 2, 0], [1, 2, 0], [3, 4, 5]], dtype=torch.int32)
    every = torch.ones(3, dtype=torch.bool)
    return Adversarial(generator, Duellist(critic), "x", "said", steps=10), {
        "x": Encoded(torch.randint(0, 256, (3, 8, 8, 1), dtype=torch.uint8), every),
        "said": Encoded(said, every, lengths=torch.tensor([2, 2, 3])),
    }


def test_no_picture_with_a_sentence_is_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def seen(x: Tensor, strength: float, mirrored: bool = True) -> Tensor:
        asked.append(mirrored)
        return x

    monkeypatch.setattr(adversarial, "disturb", seen)
    method, inputs = worded()
    list(method.losses(Batch(inputs, {}, {}, torch.ones(3))))
    assert asked == [False, False]
    method, batch = duel()
    list(method.losses(batch))
    assert asked[2:] == [True, True]


def test_both_sides_learn_words_by_telling_them_apart() -> None:
    method, inputs = worded()
    critic, said, every = method.duellist.critic, inputs["said"].values, inputs["said"].present

    def lost() -> list[float]:
        torch.manual_seed(1)
        return [float(each.sum.detach()) for each in method.losses(Batch(inputs, {}, {}, torch.ones(3)))]

    apart = lost()
    assert all(each.requires_grad for each in critic.parameters())  # not only while the generator looked
    inputs["said"] = Encoded(said[[2, 2, 2]], every, lengths=torch.tensor([3, 3, 3]))
    assert critic.asked is not None
    critic.asked.last.weight.data.zero_()  # then what is asked for makes no difference but in this loss
    method.generator.asked.last.weight.data.zero_()  # type: ignore[union-attr, operator]
    alike = lost()
    inputs["said"] = Encoded(said, every, lengths=torch.tensor([2, 2, 3]))
    guessed = lost()
    assert [more - less for more, less in zip(guessed, alike, strict=True)] == pytest.approx(
        [math.log(2) * 2 + math.log(3)] * 2, rel=1e-3
    )
    assert apart != guessed


def test_sentences_are_checked_word_by_word_and_drawn_from_the_examples() -> None:
    world = stripes(60, 0)
    said = np.where(world["label"] == "upright", "stripes that stand", "stripes that lie down").tolist()
    examples = read({"image": world["image"], "caption": said}, Reading(kind={"caption": "text"}))
    craft = Craft(examples, Plan(generate="image", given="caption", batch=8), torch.device("cpu"))
    made = craft.made()
    made.check(Wish(text="Stripes that lie"))
    with pytest.raises(PlanError, match="'dance'"):
        made.check(Wish(text="stripes that dance"))
    with pytest.raises(PlanError, match="say one"):
        made.check(Wish(text="stripes", given={"caption": "stripes"}))
    assert set(made.wishes(Wish(count=20, seed=1))) == set(said)
    made.examples = []  # as with --private
    with pytest.raises(PlanError, match="--text"):
        made.check(Wish())
    assert Image.restore(made.state()).state() == made.state()


def test_what_judges_is_never_what_taught() -> None:
    world = stripes(100, 0)
    pictures = np.empty(100, object)
    pictures[:80] = list(world["image"][:80])
    found = read(world | {"image": pictures}, reading=Reading({"image": "image"}))
    columns = {column: Column(kind, found.values(column)) for column, kind in found.kinds.items()}
    examples = Examples(found.source, columns, parts=np.repeat(np.array([0, 1, 2], np.int8), [60, 20, 20]))
    with pytest.raises(DataError, match="0 hold a picture that can be read"):
        Craft(examples, Plan(generate="image", given="label"), torch.device("cpu"))
