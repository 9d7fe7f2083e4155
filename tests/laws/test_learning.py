"""Laws of learning: what must hold for any seed, any step of interruption, any rows."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import worlds
from lamina.core import Batch, Encoded, Json
from lamina.examples import Reading, read
from lamina.learning import loop as loops
from lamina.learning.augment import Augment
from lamina.learning.choose import recipe
from lamina.learning.loop import Loop
from lamina.learning.mixup import pairs, together
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared, prepare
from lamina.learning.schedule import Schedule, shape
from lamina.learning.supervised import Supervised
from lamina.learning.trial import Lesson, Trial
from lamina.networks.cnn import Cnn

CPU = torch.device("cpu")
PICTURES = (worlds.stripes(150, 0), "label", "image", "cnn")
SOUNDS = (worlds.beeps(60, 0), "label", "sound", "sound")
PITCHES = ({"sound": SOUNDS[0]["sound"], "pitch": np.linspace(1.0, 2.0, 60)}, "pitch", "sound", "sound")
TABLE = (worlds.several(150, 0), "label", "table", "mlp")
WORLDS = {"pictures": PICTURES, "table": TABLE, "mirrored": PICTURES, "sounds": SOUNDS, "pitches": PITCHES}
MIRRORED = replace(Cnn.larger[0][1], batch=32, mirrored=(0,))  # as where there is time for a larger network
STEPS = 12


def prepared_of(world: worlds.World, target: str) -> Prepared:
    return prepare(read(world, target=target), Plan(target=(target,), folds=0))


def trial(name: str, seed: int = 0, **options: object) -> Trial:
    """A network that is about to learn its world."""
    world, target, array, kind = WORLDS[name]
    prepared = prepared_of(world, target)
    said: dict[str, Json] = {array: {"kind": kind, "options": dict(options)}}
    usual = recipe(said, prepared.intake.forms, Plan(batch=32), prepared.teaching)
    lesson = Lesson(prepared, said, MIRRORED if name == "mirrored" else usual, seed, CPU)
    return Trial(lesson, prepared.folds[0])


def weights(found: Trial) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in found.network.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@cache
def whole(name: str) -> dict[str, Tensor]:
    """The weights of learning that nobody interrupted."""
    found = trial(name)
    list(found.learn(STEPS, judgements=4))
    return weights(found)


@pytest.mark.parametrize("name", WORLDS)
@settings(max_examples=3, deadline=None, derandomize=True)
@given(cuts=st.lists(st.integers(1, STEPS - 1), min_size=1, max_size=3, unique=True))
def test_interrupted_anywhere_it_ends_with_the_same_weights(name: str, cuts: list[int]) -> None:
    """Dropped without a word after some steps, several times, and begun again from the file that it left."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "SAVE_EVERY", -1.0)
        saved = Path(folder) / "0.safetensors"
        for cut in sorted(cuts):
            run = trial(name).learn(STEPS, judgements=4, saved=saved)
            for progress in run:
                if progress.step >= cut:
                    break
        last = trial(name)
        run = last.learn(STEPS, judgements=4, saved=saved)
        first = next(iter(run), None)
        assert first is None or first.step > max(cuts)  # it went on, and did not begin again
        list(run)
        assert same(weights(last), whole(name))


@pytest.mark.parametrize("name", WORLDS)
def test_a_seed_decides_the_weights(name: str) -> None:
    again, other = trial(name), trial(name, seed=1)
    torch.manual_seed(12345)  # the global state plays no role, and is left alone
    before = torch.get_rng_state()
    list(again.learn(STEPS, judgements=4))
    assert torch.equal(torch.get_rng_state(), before)
    list(other.learn(STEPS, judgements=4))
    assert same(weights(again), whole(name))
    assert not same(weights(other), whole(name))


@pytest.mark.parametrize("seed", [0, 2**31 - 1, 2**40])
def test_any_seed_is_taken(seed: int) -> None:
    assert len(list(trial("table", seed=seed).learn(2, judgements=1))) == 2


def test_a_broken_checkpoint_is_as_none(tmp_path: Path) -> None:
    saved = tmp_path / "0.safetensors"
    saved.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{torn")
    found = trial("table")
    list(found.learn(STEPS, judgements=4, saved=saved))
    assert same(weights(found), whole("table"))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(pieces=st.integers(2, 7), steps=st.integers(1, 4), seed=st.integers(0, 99))
def test_accumulated_pieces_equal_one_batch(pieces: int, steps: int, seed: int) -> None:
    """Rows with and without a label, of different weights: cut into pieces, they teach the same."""
    ends = []
    for cut in (1, pieces):
        found = trial("table", hide=0.0)
        rng = np.random.default_rng(seed)
        rows = found.lesson.prepared.rows
        rows.weight = torch.from_numpy(rng.uniform(0.2, 3, len(rows)).astype(np.float32))
        rows.known["label"] *= torch.from_numpy((rng.random(len(rows)) < 0.6).astype(np.float32))
        method = Supervised(found.network, found.lesson.prepared.named)
        loop = Loop(
            method, rows, found.fold.train, found.lesson.recipe, steps=steps, judge=lambda: (0.0, 0.0), judgements=1
        )
        loop.pieces = cut
        list(loop)
        ends.append(weights(found))
    for name, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][name], tensor, atol=1e-5, rtol=1e-4, msg=name)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    steps=st.integers(1, 500),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 2)), max_size=4),
    name=st.sampled_from(["one_cycle", "coslog4", "flat_cos"]),
)
def test_time_only_runs_forward_and_ends(steps: int, cuts: list[tuple[float, float]], name: str) -> None:
    """However often its end is moved, and from wherever."""
    schedule = Schedule(steps)
    at, times = 0, []
    for where, how in cuts:
        until = at + round(where * (schedule.steps - at))
        times += [schedule.time(step) for step in range(at, until)]
        at = until
        schedule.end(at, at + max(1, round(how * (schedule.steps - at))))
    times += [schedule.time(step) for step in range(at, schedule.steps + 1)]
    assert all(0 <= one <= other + 1e-12 for one, other in itertools.pairwise(times))
    assert times[-1] == pytest.approx(1.0)
    assert all(0 <= shape(name, t) <= 1 + 1e-12 for t in times)
    assert shape(name, 1.0) == pytest.approx(0.0, abs=1e-12)
    again = Schedule(steps, schedule.moved)  # as a resumed run makes it
    assert [again.time(step) for step in range(schedule.steps + 1)] == [
        schedule.time(step) for step in range(schedule.steps + 1)
    ]


def loss(found: Trial, index: Tensor, known: Tensor | None = None, weight: Tensor | None = None) -> tuple[float, float]:
    """Sum and count of the loss of these rows."""
    batch = found.lesson.prepared.rows.batch(index, CPU)
    batch = Batch(
        batch.inputs,
        batch.targets,
        batch.known if known is None else dict.fromkeys(batch.known, known),
        batch.weight if weight is None else weight,
    )
    found.network.eval()
    with torch.inference_mode():
        [made] = Supervised(found.network, found.lesson.prepared.named).losses(batch)
    return float(made.sum), made.count


@pytest.fixture(scope="module")
def taught() -> Trial:
    found = trial("table")
    list(found.learn(STEPS, judgements=1))
    return found


@settings(max_examples=20, deadline=None, derandomize=True)
@given(rows=st.lists(st.integers(0, 149), min_size=1, max_size=40), silent=st.integers(0, 30))
def test_rows_without_a_label_do_not_change_the_loss(taught: Trial, rows: list[int], silent: int) -> None:
    index = torch.tensor(rows + list(range(silent)))
    known = torch.cat([torch.ones(len(rows)), torch.zeros(silent)])
    alone, count = loss(taught, torch.tensor(rows))
    among, counted = loss(taught, index, known=known)
    assert counted == count == len(rows)
    assert among == pytest.approx(alone, rel=1e-5)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(rows=st.lists(st.tuples(st.integers(0, 149), st.integers(1, 4)), min_size=1, max_size=30))
def test_a_weight_is_a_row_said_so_often(taught: Trial, rows: list[tuple[int, int]]) -> None:
    index, weight = torch.tensor([row for row, _ in rows]), torch.tensor([float(often) for _, often in rows])
    repeated = index.repeat_interleave(weight.long())
    weighted, count = loss(taught, index, weight=weight)
    said, counted = loss(taught, repeated)
    assert counted == pytest.approx(count)
    assert said == pytest.approx(weighted, rel=1e-4)


def test_rows_of_an_absent_picture_teach_their_table() -> None:
    """A batch whose pictures are all absent has a finite loss, and gradients only where something was seen."""
    world = worlds.mixed(120, 0)
    prepared = prepared_of(world, "label")
    said: dict[str, Json] = {
        name: {"kind": "cnn" if name == "image" else "mlp", "options": {}} for name in prepared.intake.forms
    }
    found = Trial(
        Lesson(prepared, said, recipe(said, prepared.intake.forms, Plan(), prepared.teaching), 0, CPU),
        prepared.folds[0],
    )
    for head in found.network.heads.values():
        torch.nn.init.normal_(head.weight)  # type: ignore[arg-type]
    batch = prepared.rows.batch(torch.arange(40), CPU)
    pictures = batch.inputs["image"]
    batch.inputs["image"] = Encoded(pictures.values, torch.zeros(40, dtype=torch.bool))
    [made] = Supervised(found.network.train(), prepared.named).losses(batch)
    made.sum.backward()  # type: ignore[no-untyped-call]
    assert made.sum.isfinite()
    for name, parameter in found.network.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), name
        if name.startswith("networks.image"):
            assert parameter.grad is None or not parameter.grad.any(), name


def test_in_half_precision_losses_are_about_the_same_and_weights_stay_whole() -> None:
    found = trial("pictures")
    for head in found.network.heads.values():
        torch.nn.init.normal_(head.weight, std=0.1)  # type: ignore[arg-type]
    batch = found.lesson.prepared.rows.batch(torch.arange(64), CPU)
    sums = []
    for half in (False, True):
        [made] = Supervised(found.network.eval(), found.lesson.prepared.named, half=half).losses(batch)
        sums.append(float(made.sum.detach()))
    made.sum.backward()  # type: ignore[no-untyped-call]
    assert sums[1] == pytest.approx(sums[0], rel=0.02)
    assert sums[1] != sums[0]
    assert made.sum.dtype == torch.float32
    assert {each.grad.dtype for each in found.network.parameters() if each.grad is not None} == {torch.float32}


def test_sounds_heard_together_are_asked_what_was_said_of_both() -> None:
    found = trial("sounds")
    for head in found.network.heads.values():
        torch.nn.init.normal_(head.weight)  # type: ignore[arg-type]
    found.network.eval()
    prepared = found.lesson.prepared
    [(array, form)], [(name, output)] = prepared.intake.forms.items(), prepared.named.items()
    batch = prepared.rows.batch(torch.arange(20), CPU)
    target = batch.targets[name].clone()
    with torch.inference_mode():
        torch.manual_seed(1)
        [made] = Supervised(found.network, prepared.named, augment=Augment((), {array: form.kind}), mixed=0.9).losses(
            batch
        )
        torch.manual_seed(1)
        two = pairs(20, 0.9, CPU)
        raws, _ = found.network({array: together(batch.inputs[array], two)})
        own, other = (output.losses(raws[name], each, 0.0)[:, 0] for each in (target, target[two.partner]))
    assert (target != target[two.partner]).any()
    torch.testing.assert_close(made.rows, two.share * own + (1 - two.share) * other)
    assert float(made.sum) == pytest.approx(float(made.rows.sum()), rel=1e-5)
    assert made.count == pytest.approx(20)


def test_pictures_tables_and_numbers_are_never_mixed() -> None:
    for name in ("pictures", "table", "pitches"):
        found = trial(name)
        prepared = found.lesson.prepared
        forms = {array: form.kind for array, form in prepared.intake.forms.items()}
        batch = prepared.rows.batch(torch.arange(20), CPU)
        found.network.eval()
        with torch.inference_mode():
            [plain] = Supervised(found.network, prepared.named).losses(batch)
            [asked] = Supervised(found.network, prepared.named, augment=Augment((), forms), mixed=1.0).losses(batch)
        assert float(asked.sum) == float(plain.sum)


def test_answers_come_in_the_order_that_was_asked_however_long_the_texts() -> None:
    rng = np.random.default_rng(0)
    words = np.array(["good", "bad", "film", "very", "plot"])
    said = [" ".join(words[rng.integers(0, 5, rng.integers(1, 40))]) for _ in range(700)]
    prepared = prepared_of({"text": np.array(said), "label": np.array(["a", "b"])[rng.integers(0, 2, 700)]}, "label")
    kinds: dict[str, Json] = {"text": {"kind": "bag", "options": {}}}
    taught = recipe(kinds, prepared.intake.forms, Plan(), prepared.teaching)
    found = Trial(Lesson(prepared, kinds, taught, 0, CPU), prepared.folds[0])
    list(found.learn(STEPS, judgements=1))
    rows = np.arange(700)
    raws, features = found.raw(rows)
    for some in (rng.permutation(rows), rows[17:18], rows[::-3]):
        asked, seen = found.raw(some)
        np.testing.assert_allclose(asked["label"], raws["label"][some], atol=1e-5)
        np.testing.assert_allclose(seen, features[some], atol=1e-5)


def parted_world(rows: int, seed: int) -> worlds.World:
    """Two targets, numbers, and a column of more words than get a switch each."""
    rng = np.random.default_rng(seed)
    return {**worlds.several(rows, seed), "word": np.array([f"w{k}" for k in rng.integers(0, 80, rows)])}


def parted_trial(change: int | None = None) -> Trial:
    """Learns two targets; where `change` is an inner fold, the labels of its rows are others."""
    targets = ("label", "far")
    prepared = prepare(read(parted_world(300, 0), target=targets), Plan(target=targets, folds=0))
    assert prepared.inner is not None
    if change is not None:
        rows = torch.from_numpy(prepared.inner % 5 == change)
        prepared.rows.targets["label"][rows] = 1 - prepared.rows.targets["label"][rows]
        prepared.rows.targets["far"][rows] = 4 - prepared.rows.targets["far"][rows]
    said: dict[str, Json] = {"table": {"kind": "mlp", "options": {}}}
    found = recipe(said, prepared.intake.forms, Plan(batch=32), prepared.teaching)
    return Trial(Lesson(prepared, said, found, 0, CPU), prepared.folds[0])


@cache
def answers_of_copies(change: int | None) -> tuple[Tensor, Tensor]:
    """Raw answers [N, k, C] to both targets of every copy, after some steps."""
    found = parted_trial(change)
    list(found.learn(30, judgements=1))
    batch = found.lesson.prepared.rows.batch(torch.arange(300), CPU)
    with torch.inference_mode():
        raws, _ = found.network(batch.inputs)
    return raws["label"], raws["far"]


@pytest.mark.parametrize("fold", range(5))
def test_a_copy_never_learns_from_the_rows_of_its_fold(fold: int) -> None:
    """Other labels on these rows change every copy, bit for bit, but the one that is kept from them."""
    for before, after in zip(answers_of_copies(None), answers_of_copies(fold), strict=True):
        for copy in range(5):
            assert torch.equal(before[:, copy], after[:, copy]) == (copy == fold)


def test_rows_are_judged_by_copies_that_were_kept_from_them() -> None:
    found = parted_trial()
    assert found.copies is not None
    assert found.lesson.prepared.inner is not None
    assert set(found.taught) == set(found.fold.train) | set(found.fold.validation)
    assert not set(found.taught) & set(found.fold.test)
    list(found.learn(30, judgements=1))
    raws, _ = found.raw(found.taught, outside=True)
    label, _ = answers_of_copies(None)
    own = label[torch.from_numpy(found.taught), torch.from_numpy(found.lesson.prepared.inner[found.taught] % 5).long()]
    np.testing.assert_allclose(raws["label"], own.numpy(), atol=1e-5)


def test_rows_of_a_group_and_rows_alike_share_an_inner_fold() -> None:
    world = worlds.blobs(400, 0)
    world["house"] = np.arange(400) // 4
    inner = prepare(read(world, Reading(group="house"), target="label"), Plan(target=("label",), folds=0)).inner
    assert inner is not None
    assert (inner.reshape(-1, 4) == inner[::4, None]).all()
    assert set(inner) == set(range(20))
    twice = {name: np.concatenate([values, values]) for name, values in worlds.blobs(200, 0).items()}
    alike = prepare(read(twice, target="label"), Plan(target=("label",), folds=0)).inner
    assert alike is not None
    np.testing.assert_array_equal(alike[:200], alike[200:])


def test_folds_within_folds_are_the_other_folds() -> None:
    """With few rows: what a training is judged by lies in no inner fold, and every other row teaches."""
    prepared = prepare(read(worlds.blobs(200, 0), target="label"), Plan(target=("label",)))
    said: dict[str, Json] = {"table": {"kind": "mlp", "options": {"copies": 8}}}
    found = recipe(said, prepared.intake.forms, Plan(), prepared.teaching)
    trials = [Trial(Lesson(prepared, said, found, 0, CPU), fold) for fold in prepared.folds]
    for each in trials:
        assert each.copies is not None
        assert set(each.taught) == set(range(200)) - set(each.fold.test)
        assert ((~each.copies[torch.from_numpy(each.taught)]).sum(1) == 2).all()  # of 8 copies, for 4 inner folds


def test_rows_that_lie_later_choose_and_do_not_teach() -> None:
    world = {**worlds.blobs(300, 0), "when": np.arange(300)}
    prepared = prepare(read(world, Reading(time="when"), target="label"), Plan(target=("label",), folds=0))
    assert prepared.inner is None
    said: dict[str, Json] = {"table": {"kind": "mlp", "options": {}}}
    found = Trial(
        Lesson(prepared, said, recipe(said, prepared.intake.forms, Plan(), prepared.teaching), 0, CPU),
        prepared.folds[0],
    )
    assert found.copies is None
    assert set(found.taught) == set(found.fold.train)
    assert set(found.chosen) == set(found.fold.validation)
