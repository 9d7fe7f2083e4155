"""What every taught output promises. Its figures are compared with scikit-learn's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as theirs

import worlds
from lamina import kinds
from lamina.core import Array, DataError, PlanError, Taught
from lamina.outputs._scores import softmax
from lamina.outputs.identity import Identity

ROWS = 80
each_kind = pytest.mark.parametrize("kind", kinds.names("outputs"))
each_answering = pytest.mark.parametrize("kind", [kind for kind in kinds.names("outputs") if kind != "identity"])


def settled(kind: str, *shards: Any) -> Taught:
    found = [kinds.find("outputs", kind)() for _ in shards]
    for each, values in zip(found, shards, strict=True):
        each.observe(values)
    for other in found[1:]:
        found[0].merge(other)
    found[0].settle()
    whole: Taught = found[0]
    return whole


def case(kind: str, seed: int = 0) -> tuple[Taught, Array, Array, Array]:
    """An output, raw answers [N, C] of a mediocre model, targets and weights of rows with a label."""
    values = worlds.column(kind, ROWS, 0)
    output, rng = settled(kind, values), np.random.default_rng(seed)
    target, known = output.encode(values)
    target = target[known]
    raw = noise(output, target, rng)
    if kind == "number":
        raw = target[:, None] + 30 * raw
    elif kind in ("category", "identity"):
        raw += (1.5 if kind == "category" else 10.0) * np.eye(raw.shape[1])[target]
    elif kind == "transcript":
        path = np.zeros(raw.shape[:2], int)
        path[:, 1 : 2 * target.shape[1] : 2] = target  # a blank between all characters
        raw += 3.5 * np.eye(raw.shape[2])[path]
    else:
        raw += 1.5 * (target - 0.5)
    return output, raw.astype(np.float32), target, rng.uniform(0.1, 3, len(target))


def noise(output: Taught, target: Array, rng: np.random.Generator) -> Array:
    """Raw answers without any meaning; along time twice as many steps as the longest text has characters, and three."""
    head = output.head(4, 1)
    if output.along:
        return rng.standard_normal((len(target), 2 * target.shape[1] + 3, head.read.out_features))
    return rng.standard_normal((len(target), head.weight.shape[-1]))


@each_kind
def test_its_name_and_its_figures_are_said(kind: str) -> None:
    output, raw, target, weight = case(kind)
    assert output.kind == kind
    assert output.metric in output.better
    output.calibrate(raw, target, weight)
    for found in (output.metrics(raw, target), output.metrics(raw, target, weight)):
        assert found.keys() <= output.better.keys()
        assert output.metric in found
        assert all(np.isfinite(value) for value in found.values())
    assert set(output.better.values()) <= {1, -1}


@each_kind
def test_targets_are_encoded_row_by_row(kind: str) -> None:
    values = worlds.column(kind, ROWS, 0)
    output = settled(kind, values)
    target, known = output.encode(values)
    assert known.dtype == bool
    assert len(target) == len(known) == ROWS
    assert 0 < known.sum() < ROWS
    assert not np.any(target[~known])  # zeros where unknown
    assert len(output.encode(values[:0])[0]) == 0


@each_kind
@pytest.mark.parametrize("cut", [0, 1, 40, ROWS])
def test_shards_observed_apart_give_the_same(kind: str, cut: int) -> None:
    values = worlds.column(kind, ROWS, 0)
    whole, merged = settled(kind, values), settled(kind, values[:cut], values[cut:])
    for name, value in whole.state().items():
        assert merged.state()[name] == pytest.approx(value, rel=1e-12) if isinstance(value, float) else True
        assert isinstance(value, float) or merged.state()[name] == value


@each_kind
def test_nothing_to_learn_is_refused(kind: str) -> None:
    with pytest.raises(DataError, match=r"needed|needs"):
        settled(kind, worlds.column(kind, ROWS, 0)[:0])


@each_kind
@pytest.mark.parametrize("copies", [1, 3])
def test_losses_are_one_per_row_and_copy_and_finite(kind: str, copies: int) -> None:
    output, _, target, _ = case(kind)
    torch.manual_seed(0)
    head = output.head(6, copies)
    features: tuple[Any, ...] = (torch.randn(len(target), copies, 6) if copies > 1 else torch.randn(len(target), 6),)
    if output.along:  # a network has one copy of steps
        copies, features = 1, (torch.randn(len(target), 6, 20), torch.arange(20) < torch.full((len(target), 1), 17))
    head.settle(torch.from_numpy(target))
    raw = head(*features)
    assert raw.shape[:2] == (len(target), copies)
    for smoothing in (0.0, 0.1):
        head.zero_grad()
        losses = output.losses(head(*features), torch.from_numpy(target), smoothing)
        assert losses.shape == (len(target), copies)
        assert losses.isfinite().all()
        losses.sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in head.parameters())
    far = output.losses(raw.detach() * 1e4, torch.from_numpy(target), 0.0)
    assert far.isfinite().all()


@each_kind
def test_the_loss_of_a_row_and_copy_is_its_own(kind: str) -> None:
    output, _, target, _ = case(kind)
    rng = np.random.default_rng(0)
    raw = torch.from_numpy(np.stack([noise(output, target, rng), noise(output, target, rng)], 1).astype(np.float32))
    whole = output.losses(raw, torch.from_numpy(target), 0.0)
    part = output.losses(raw[5:9], torch.from_numpy(target[5:9]), 0.0)
    torch.testing.assert_close(part, whole[5:9])
    torch.testing.assert_close(output.losses(raw[:, 1:], torch.from_numpy(target), 0.0), whole[:, 1:])


@each_kind
def test_copies_answer_as_one(kind: str) -> None:
    output, raw, _, _ = case(kind)
    one = torch.from_numpy(raw)[:, None]
    alone = output.combine(one).numpy()
    assert alone.shape == raw.shape
    same = output.combine(torch.cat([one] * 5, 1)).numpy()
    mixed = torch.from_numpy(np.stack([raw, raw[::-1].copy()], 1))
    for found in (alone, same):  # five that agree say what one says
        np.testing.assert_allclose(shares(output, found), shares(output, raw), atol=1e-5)
    swapped, mixed = output.combine(mixed.flip(1)).numpy(), output.combine(mixed).numpy()
    np.testing.assert_allclose(shares(output, mixed), shares(output, swapped), rtol=1e-4, atol=1e-5)


def shares(output: Taught, raw: Array) -> Array:
    """What the answers say: probabilities, or values; of a model that compares, of all pairs."""
    if isinstance(output, Identity):
        return output.same(raw, raw)[1]
    if output.along:
        return softmax(raw.reshape(-1, raw.shape[-1]))
    answers = output.answer(raw)
    found: Array = answers.values.astype(float) if answers.shares is None else answers.shares
    return found


@each_answering
def test_answers_are_whole(kind: str) -> None:
    output, raw, target, _ = case(kind)
    output.calibrate(raw, target)
    answers = output.answer(raw)
    assert len(answers) == len(raw)
    assert len(output.answer(raw[:0])) == 0
    first = answers[0]
    if answers.shares is not None:
        assert answers.shares.shape == (len(raw), len(answers.classes))
        assert ((answers.shares >= 0) & (answers.shares <= 1)).all()
        assert ((answers.confidence >= 0) & (answers.confidence <= 1)).all()
        assert first.confidence == pytest.approx(answers.confidence[0])
        assert first.alternatives[0][1] == answers.shares[0].max()
    elif output.along:
        assert [word.text for word in first.words] == first.value.split()
        assert all(0 <= word.confidence <= 1 and word.start < word.end for word in first.words)
    else:
        assert first.interval[0] < first.value < first.interval[1]
    huge = output.answer(raw * 1e6)
    assert huge.shares is None or np.isfinite(huge.shares).all()


@pytest.mark.parametrize("kind", [kind for kind in kinds.names("outputs") if kind not in ("identity", "transcript")])
def test_calibration_helps_and_changes_no_order(kind: str) -> None:
    output, raw, target, weight = case(kind)
    sure = raw * 6 if kind != "number" else raw  # over-confident
    before = shares(output, sure)
    plain = output.metrics(output.scaled(sure), target, weight)
    output.calibrate(sure, target, weight)
    after = output.metrics(output.scaled(sure), target, weight)
    if kind == "number":
        assert after["coverage"] == pytest.approx(0.9, abs=0.1)
        assert output.metrics(sure, target)["coverage"] >= 0.9
        return
    assert after["log_loss"] < plain["log_loss"]
    assert after["auc" if "auc" in after else "accuracy"] == pytest.approx(
        plain["auc" if "auc" in plain else "accuracy"]
    )
    rank = np.argsort(before, 1) if kind == "category" else before > 0.5
    np.testing.assert_array_equal(
        np.argsort(shares(output, sure), 1) if kind == "category" else shares(output, sure) > 0.5, rank
    )


@each_answering
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_too_few_rows_calibrate_nothing(kind: str, rows: int) -> None:
    output, raw, target, weight = case(kind)
    output.calibrate(raw[:rows], target[:rows], weight[:rows])
    assert np.isfinite(shares(output, raw)).all()
    assert output.answer(raw)[0].interval is None


@each_kind
def test_its_state_is_json_and_restores(kind: str) -> None:
    output, raw, target, weight = case(kind)
    output.calibrate(raw, target, weight)
    state = json.loads(json.dumps(output.state(), allow_nan=False))
    back = kinds.find("outputs", kind).restore(state)
    assert back.state() == output.state()
    np.testing.assert_array_equal(shares(back, raw), shares(output, raw))
    assert back.metrics(raw, target, weight) == output.metrics(raw, target, weight)
    values = worlds.column(kind, ROWS, 3)
    np.testing.assert_array_equal(back.encode(values)[0], output.encode(values)[0])


@each_kind
def test_the_score_that_chooses_prefers_better_answers(kind: str) -> None:
    output, raw, target, weight = case(kind)
    worse = raw[::-1].copy()
    for metric in (None, *(m for m in output.metrics(raw, target) if m != "coverage")):
        assert output.score(raw, target, weight, metric) > output.score(worse, target, weight, metric), metric


@each_kind
def test_intervals_have_the_same_figures(kind: str) -> None:
    output, raw, target, weight = case(kind)
    output.calibrate(raw, target)
    metrics, evidence, group = output.evidence(raw, target)
    assert len(evidence) == len(target)
    assert group is None or len(group) == len(target)
    assert metrics(evidence, target, weight) == output.metrics(raw, target, weight)


@each_kind
def test_a_weight_of_two_is_a_row_said_twice(kind: str) -> None:
    output, raw, target, _ = case(kind)
    twice = np.arange(len(target)) % 3 == 0
    output.calibrate(raw, target)
    doubled = output.metrics(np.concatenate([raw, raw[twice]]), np.concatenate([target, target[twice]]))
    weighted = output.metrics(raw, target, 1.0 + twice)
    assert weighted.keys() == doubled.keys()
    for name, value in doubled.items():
        assert weighted[name] == pytest.approx(value, rel=1e-6), name


# ------------------------------------------------------------------------------ the same figures as scikit-learn


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_numbers_figures_are_scikit_learns(seed: int, weighted: bool) -> None:
    output, raw, target, weight = case("number", seed)
    said = weight if weighted else None
    found = output.metrics(raw, target, said)
    y = raw[:, 0]
    assert found["rmse"] == pytest.approx(theirs.root_mean_squared_error(target, y, sample_weight=said), rel=1e-5)
    assert found["mae"] == pytest.approx(theirs.mean_absolute_error(target, y, sample_weight=said), rel=1e-5)
    assert found["r2"] == pytest.approx(theirs.r2_score(target, y, sample_weight=said), rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_a_categorys_figures_are_scikit_learns(seed: int, classes: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    output = kinds.find("outputs", "category")()
    output.classes = tuple("abcd"[:classes])
    target = np.concatenate([np.arange(classes), rng.integers(0, classes, 90)])
    raw = (rng.standard_normal((len(target), classes)) + np.eye(classes)[target]).astype(np.float32)
    raw = np.round(4 * raw) / 4  # some rows tie
    weight = rng.uniform(0.1, 3, len(target)) if weighted else None
    found = output.metrics(raw, target, weight)
    shares = np.exp(raw.astype(float))
    shares /= shares.sum(1, keepdims=True)
    choice = raw.argmax(1)
    said = {"sample_weight": weight}
    assert found["accuracy"] == pytest.approx(theirs.accuracy_score(target, choice, **said))
    assert found["balanced_accuracy"] == pytest.approx(theirs.balanced_accuracy_score(target, choice, **said))
    assert found["log_loss"] == pytest.approx(theirs.log_loss(target, shares, **said), rel=1e-5)
    if classes == 2:
        assert found["auc"] == pytest.approx(theirs.roc_auc_score(target, raw[:, 1] - raw[:, 0], **said))
        assert found["f1"] == pytest.approx(theirs.f1_score(target, choice, **said))
    else:
        assert found["f1"] == pytest.approx(theirs.f1_score(target, choice, average="macro", **said))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_figures_of_tags_are_scikit_learns(seed: int, weighted: bool) -> None:
    output, raw, target, weight = case("tags", seed)
    said = {"sample_weight": weight if weighted else None}
    found = output.metrics(raw, target, said["sample_weight"])
    choice = (raw > 0).astype(int)
    assert found["f1"] == pytest.approx(theirs.f1_score(target, choice, average="macro", **said))
    assert found["exact"] == pytest.approx(theirs.accuracy_score(target, choice, **said))
    assert found["hamming"] == pytest.approx(1 - theirs.hamming_loss(target, choice, **said))
    assert found["auc"] == pytest.approx(theirs.roc_auc_score(target, raw, average="macro", **said))
    shares = 1 / (1 + np.exp(-raw.astype(float)))
    losses = [theirs.log_loss(target[:, k], shares[:, k], **said) for k in range(target.shape[1])]
    assert found["log_loss"] == pytest.approx(np.mean(losses), rel=1e-5)


@each_answering
def test_rows_of_which_nothing_could_be_read_get_no_answer(kind: str) -> None:
    output, raw, target, weight = case(kind)
    output.calibrate(raw, target, weight)
    answers = output.answer(raw)
    answers.withhold(np.array([1]))
    assert answers[1].value is None
    assert answers[1].interval is None
    assert not answers[1].confidence
    assert answers[0] == output.answer(raw)[0]


# ------------------------------------------------------------------------------------------------- pairs


def pairs(seed: int) -> tuple[Identity, Array, Array]:
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 6, 60)
    raw = rng.standard_normal((60, 5)) + 1.5 * rng.standard_normal((6, 5))[target]
    return settled("identity", worlds.column("identity", ROWS, 0)), raw.astype(np.float32), target  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_of_pairs_are_scikit_learns(seed: int) -> None:
    output, raw, target = pairs(seed)
    one, two = np.triu_indices(len(raw), 1)
    alike = theirs.pairwise.cosine_similarity(raw)[one, two]
    same = target[one] == target[two]
    taken, found, _ = theirs.roc_curve(same, alike)
    figures = output.metrics(raw, target)
    assert figures["auc"] == pytest.approx(theirs.roc_auc_score(same, alike), abs=1e-3)
    crossing = int(np.argmin(np.abs(1 - found - taken)))
    assert figures["eer"] == pytest.approx((1 - found[crossing] + taken[crossing]) / 2, abs=0.01)
    assert figures["misses"] == pytest.approx(1 - found[np.flatnonzero(taken <= 0.01)[-1]], abs=0.02)


def test_the_threshold_makes_both_mistakes_equally_often_and_half_sure() -> None:
    output, raw, target = pairs(0)
    output.calibrate(raw, target)
    missed, taken = output.mistakes(raw, target)
    assert missed == pytest.approx(taken, abs=0.02)
    apart, sure = output.same(raw, raw)
    np.testing.assert_array_equal(apart <= output.threshold, sure >= 0.5)
    np.testing.assert_allclose(apart, apart.T, atol=1e-12)


def test_an_example_said_twice_is_no_pair() -> None:
    output, raw, target = pairs(0)
    assert output.metrics(np.repeat(raw, 2, 0), np.repeat(target, 2)) == pytest.approx(output.metrics(raw, target))


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_without_pairs_the_threshold_stays(rows: int) -> None:
    output, raw, _ = pairs(0)
    before = output.state()
    output.calibrate(raw[:rows], np.arange(rows))
    assert output.state() == before


def test_one_alone_gets_no_answer() -> None:
    output, raw, _ = pairs(0)
    with pytest.raises(PlanError, match="lamina compare"):
        output.answer(raw)
