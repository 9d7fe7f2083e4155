"""Baselines learn what is there to learn, nothing where labels are shuffled, and say what they left unseen."""

import numpy as np
import pytest

from lamina.learning._neighbours import _components, _nearest
from lamina.learning.baselines import baselines

TRAIN, JUDGED = np.arange(600), np.arange(600, 900)


def table(seed=0):
    """Two numbers (one with gaps), a category of four words: [900, 3], sizes, and what follows from them."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(900, 2)).astype(np.float32)
    words = rng.integers(1, 5, 900)
    signal = 2 * numbers[:, 0] + np.array([0, -2, 2, 0, 1])[words]
    numbers[rng.random(900) < 0.1, 1] = np.nan
    return {"table": np.column_stack([numbers, words]).astype(np.float32)}, {"table": (0, 0, 5)}, signal


def images(classes=3, side=8, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, 900)
    pictures = rng.integers(0, 120, (900, side, side, 1))
    for k in range(classes):
        pictures[codes == k, k * 2 : k * 2 + 2] += 100
    return {"image": pictures.astype(np.uint8)}, codes


def judge(task, inputs, sizes, target, *, seconds=20.0, **options):
    known = options.pop("known", np.ones(len(target), bool))
    rng = np.random.default_rng(0)
    found = baselines(task, inputs, sizes, target, known, TRAIN, JUDGED, seconds=seconds, rng=rng, **options)
    return {each.name: each for each in found}


def accuracy(baseline, target):
    return np.mean(baseline.raw.argmax(axis=1) == target[JUDGED])


def test_a_table_with_classes():
    inputs, sizes, signal = table()
    target = (signal > 0).astype(int)
    found = judge("category", inputs, sizes, target)
    assert list(found) == ["most common label", "linear", "gradient boosting"]
    chance = accuracy(found["most common label"], target)
    for name in ("linear", "gradient boosting"):
        assert accuracy(found[name], target) > max(0.9, chance + 0.2)
        assert np.exp(found[name].raw).sum(axis=1) == pytest.approx(1, abs=1e-4)
        assert found[name].rows_used == 600
        assert found[name].note == ""


def test_shuffled_labels_teach_nothing():
    inputs, sizes, signal = table()
    target = np.random.default_rng(5).permutation((signal > np.median(signal)).astype(int))
    for each in judge("category", inputs, sizes, target).values():
        assert 0.38 < accuracy(each, target) < 0.62
    pictures, codes = images()
    shuffled = np.random.default_rng(5).permutation(codes)
    for each in judge("category", pictures, {}, shuffled).values():
        assert accuracy(each, shuffled) < 0.45


def test_a_table_with_numbers():
    inputs, sizes, signal = table()
    found = judge("number", inputs, sizes, 100 + 10 * signal)

    def error(name):
        return np.sqrt(np.mean(np.square(found[name].raw[:, 0] - (100 + 10 * signal)[JUDGED])))

    assert error("mean") == pytest.approx(10 * signal.std(), rel=0.15)
    assert error("linear") < 0.05 * error("mean")
    assert error("gradient boosting") < 0.4 * error("mean")


def test_tags_are_learned_apart():
    inputs, sizes, signal = table()
    target = np.column_stack([signal > 0, signal < -1, np.zeros(900)]).astype(np.float32)
    found = judge("tags", inputs, sizes, target)
    assert found["share of each tag"].raw.shape == (300, 3)
    for name in ("linear", "gradient boosting"):
        right = (found[name].raw > 0) == (target[JUDGED] > 0.5)
        assert right.mean() > 0.93
        assert right[:, 2].all()


@pytest.mark.parametrize("side", [8, 40])
def test_images(side):
    inputs, target = images(side=side)
    found = judge("category", inputs, {}, target)
    assert list(found) == ["most common label", "linear", "nearest neighbours"]
    assert accuracy(found["linear"], target) > 0.95
    assert accuracy(found["nearest neighbours"], target) > 0.95


def test_photo_and_table_together():
    inputs, sizes, signal = table()
    pictures, codes = images()
    target = (signal + 3 * codes > 3).astype(int)
    found = judge("category", {**inputs, **pictures}, sizes, target)
    assert len(found) == 4
    assert accuracy(found["linear"], target) > accuracy(found["gradient boosting"], target)


def test_little_time_is_said():
    inputs, target = images()
    found = judge("category", inputs, {}, target, seconds=0.0)
    assert found["most common label"].raw is not None
    for name in ("linear", "nearest neighbours"):
        assert found[name].raw is None
        assert found[name].note.startswith("left out: ")


def test_rows_without_a_label_are_not_learned_from():
    inputs, sizes, signal = table()
    target = (signal > 0).astype(int)
    known = np.arange(900) % 2 == 0
    wrong = np.where(known, target, 1 - target)
    found = judge("category", inputs, sizes, wrong, known=known)
    assert found["linear"].rows_used == 300
    assert accuracy(found["linear"], target) > 0.9


def test_weights_are_heeded():
    inputs, sizes, signal = table()
    target = (signal > 1).astype(int)
    found = judge("category", inputs, sizes, target, weight=np.where(target == 1, 1000.0, 1.0))
    assert (found["most common label"].raw.argmax(axis=1) == 1).all()
    assert (found["linear"].raw.argmax(axis=1) == 1).mean() > (target[JUDGED] == 1).mean()


def test_a_class_never_seen_and_an_unknown_word_do_not_fail():
    inputs, sizes, signal = table()
    inputs["table"][JUDGED[:50], 2] = 0
    target = (signal > 0).astype(int)
    for each in judge("category", inputs, sizes, target, classes=4).values():
        assert each.raw.shape == (300, 4)
        assert np.isfinite(each.raw).all()
        assert (each.raw.argmax(axis=1) < 2).all()


@pytest.mark.parametrize("count", [3, 5, 99, 100, 101, 250])
def test_the_nearest_are_found_whatever_their_number(count):
    rng = np.random.default_rng(count)
    known, asked = rng.normal(size=(count, 7)).astype(np.float32), rng.normal(size=(40, 7)).astype(np.float32)
    far = np.square(asked[:, None] - known).sum(2)
    assert (_nearest(asked, known) == far.argsort(1)[:, :5]).all()


def test_main_components_keep_distances_of_pictures_that_vary_in_few_ways():
    rng = np.random.default_rng(0)
    pictures = (rng.normal(size=(300, 20)) @ rng.normal(size=(20, 256)) + 3).astype(np.float32)
    few = _components(pictures)(pictures)
    assert few.shape == (300, 64)
    assert (_nearest(few, few[:200]) == _nearest(pictures, pictures[:200])).mean() > 0.99


@pytest.mark.parametrize("task", ["category", "number", "tags"])
def test_more_columns_than_rows(task):
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(900, 2_000)).astype(np.float32)
    wide[::9, 7] = np.nan
    signal = wide[:, [3, 5]].sum(1)
    target = {"category": (signal > 0).astype(int), "number": signal, "tags": wide[:, [3, 5]] > 0}[task]
    options = {"seconds": 60.0, "rng": rng, "classes": 2}
    train, sizes = np.arange(300), {"table": (0,) * 2_000}
    found = baselines(task, {"table": wide}, sizes, target, np.ones(900), train, np.arange(300, 900), **options)
    linear, trees = found[1:]
    assert linear.rows_used == 300
    assert not linear.note
    assert "of 2,000 columns it saw the 1,000 that go best with the answer" in trees.note
    for each in (linear, trees):
        said = each.raw[:, -1] - (each.raw[:, 0] if task == "category" else 0)
        truth = target[300:, -1] if task == "tags" else signal[300:]
        assert np.corrcoef(said, truth.astype(float))[0, 1] > 0.25, each.name
