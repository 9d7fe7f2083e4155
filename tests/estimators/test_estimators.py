"""The scikit-learn door: its own checks, none excused, and what people do with estimators."""

from __future__ import annotations

import pickle
import pickletools
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import Tensor, nn

import worlds
from lamina.estimators import (
    LaminaAnomalyDetector,
    LaminaClassifier,
    LaminaClusterer,
    LaminaEmbedder,
    LaminaRegressor,
)
from lamina.learning import training
from lamina.learning.prepare import Prepared, prepare

FEW = {"steps": 60, "random_state": 0}


FEWER = {"steps": 15, "random_state": 0}  # a map of few rows needs no more


@parametrize_with_checks(
    [
        LaminaClassifier(**FEW),
        LaminaRegressor(**FEW),
        LaminaClusterer(**FEWER),
        LaminaAnomalyDetector(**FEWER),
        LaminaEmbedder(**FEWER),
    ]
)
def test_scikit_learn_finds_nothing(estimator: Any, check: Any) -> None:
    check(estimator)


def shelter(rows: int, seed: int) -> pd.DataFrame:
    """A table as people have them: words, numbers and dates, with holes."""
    rng = np.random.default_rng(seed)
    animal = rng.choice(["cat", "dog"], rows)
    age = np.where(rng.random(rows) < 0.2, np.nan, rng.uniform(0, 15, rows))
    came = np.datetime64("2024-01-01") + rng.integers(0, 300, rows).astype("timedelta64[D]")
    fee = 40 * (animal == "dog") - 2 * np.nan_to_num(age, nan=5.0) + 60
    return pd.DataFrame(
        {
            "animal": np.where(rng.random(rows) < 0.1, None, animal),
            "age": age,
            "came": came,
            "id": np.arange(rows),
            "same": 1,
            "fee": fee,
            "home": np.where(fee > 75, "soon", "later"),
        }
    )


def test_frames_with_words_dates_and_holes_as_they_come() -> None:
    known, new = shelter(300, 0), shelter(200, 1)
    columns = ["animal", "age", "came", "id", "same"]
    model = LaminaClassifier(steps=120, random_state=0).fit(known[columns], known["home"])
    assert model.score(new[columns], new["home"]) > 0.85
    assert model.feature_names_in_.tolist() == columns
    assert model.n_features_in_ == 5
    shares = model.predict_proba(new[columns])
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-6)

    for frame in (pl.from_pandas(new[columns]), pa.Table.from_pandas(new[columns], preserve_index=False)):
        np.testing.assert_array_equal(model.predict_proba(frame), shares)
    for table in (pl.from_pandas(known[columns]), pa.Table.from_pandas(known[columns], preserve_index=False)):
        again = LaminaClassifier(steps=120, random_state=0).fit(table, known["home"])
        np.testing.assert_array_equal(again.predict_proba(new[columns]), shares)

    few = new[columns].head(3).assign(animal=["parrot", None, "cat"], age=np.nan)
    assert set(model.predict(few)) <= {"soon", "later"}
    priced = LaminaRegressor(steps=120, random_state=0).fit(known[columns], known["fee"])
    assert priced.score(new[columns], new["fee"]) > 0.8


def test_columns_in_another_order_or_missing_are_refused() -> None:
    known = shelter(60, 0)
    model = LaminaClassifier(**FEW).fit(known[["age", "animal"]], known["home"])
    with pytest.raises(ValueError, match="same order"):
        model.predict(known[["animal", "age"]])
    with pytest.raises(ValueError, match="seen at fit time"):
        model.predict(known[["age"]])


def test_infinity_and_odd_columns_are_refused_in_frames_too() -> None:
    frame = pd.DataFrame({"a": [1.0, np.inf, 3.0, 4.0]})
    with pytest.raises(ValueError, match="infinity"):
        LaminaClassifier(**FEW).fit(frame, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="'a' holds"):
        LaminaClassifier(**FEW).fit(pl.DataFrame({"a": [["red"], ["blue"], ["red", "blue"]]}), [0, 1, 0])


@pytest.mark.parametrize("steps", [None, 80])
def test_pipelines_searches_and_validation(steps: int | None) -> None:
    world = worlds.blobs(150, 0)
    X, y = pd.DataFrame(world).drop(columns="label"), world["label"]
    pipe = make_pipeline(StandardScaler(), LaminaClassifier(steps=steps, random_state=0))
    assert cross_val_score(pipe, X, y, cv=2).mean() > 0.8
    if steps is not None:
        both = make_pipeline(ColumnTransformer([("all", "passthrough", ["east", "north"])]), LaminaClassifier(**FEW))
        search = GridSearchCV(both, {"laminaclassifier__steps": [2, steps]}, cv=2).fit(X, y)
        assert search.best_params_ == {"laminaclassifier__steps": steps}


def test_real_tables_are_learned_with_the_defaults() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    assert cross_val_score(LaminaClassifier(random_state=0), X, y, cv=2).mean() > 0.93
    X, y = load_diabetes(return_X_y=True)
    assert cross_val_score(LaminaRegressor(random_state=0), X, y, cv=2).mean() > 0.35


@pytest.mark.parametrize(
    "classes", [[3, -1, 20], ["b", "a", "c"], [True, False], [0.5, 1.5], np.array([7, 9], np.uint8)]
)
def test_answers_have_the_type_of_the_labels(classes: Any) -> None:
    kinds = np.asarray(classes)
    codes = np.arange(60) % len(kinds)
    X = codes[:, None] + np.linspace(0, 0.3, 60)[:, None]
    if kinds.dtype.kind == "f":
        with pytest.raises(ValueError, match="Unknown label type"):
            LaminaClassifier(**FEW).fit(X, kinds[codes])
        return
    model = LaminaClassifier(random_state=0).fit(X, kinds[codes])
    assert model.classes_.tolist() == sorted(kinds.tolist())
    assert model.predict(X).dtype == kinds.dtype
    assert (model.predict(X) == kinds[codes]).mean() > 0.95
    assert (model.classes_[model.predict_proba(X).argmax(1)] == model.predict(X)).all()


def test_pickled_and_copied_it_answers_the_same() -> None:
    world = worlds.line(60, 0)
    X = pd.DataFrame({"size": world["size"], "town": world["town"]})
    model = LaminaRegressor(**FEW).fit(X, world["price"])
    before = model.predict(X)
    stored = pickle.dumps(model)
    named = {str(arg).split(".")[0] for op, arg, _ in pickletools.genops(stored) if op.name == "SHORT_BINUNICODE"}
    assert "lamina" in named
    assert "torch" not in named  # the model travels as its own bytes
    np.testing.assert_array_equal(pickle.loads(stored).predict(X), before)
    assert not hasattr(clone(model), "model_")
    assert pickle.loads(pickle.dumps(LaminaRegressor(steps=7))).steps == 7
    answers = model.model_.predict(X.head(2).to_dict("list"))
    np.testing.assert_allclose(answers.values, before[:2])


def test_rows_in_any_order_and_repeated_rows_give_the_same_model() -> None:
    world = worlds.line(60, 0)
    X = pd.DataFrame({"size": world["size"], "town": world["town"]})
    y, rng = world["price"], np.random.default_rng(0)
    weight = rng.integers(0, 4, 60)
    weighted = LaminaRegressor(**FEW).fit(X, y, sample_weight=weight).predict(X)
    rows = rng.permutation(np.repeat(np.arange(60), weight))
    np.testing.assert_array_equal(LaminaRegressor(**FEW).fit(X.iloc[rows], y[rows]).predict(X), weighted)
    other = LaminaRegressor(steps=60, random_state=1).fit(X, y, sample_weight=weight).predict(X)
    assert not np.array_equal(other, weighted)


@pytest.mark.parametrize("rows", [2, 3, 10, 30])
def test_few_rows_are_learned_from(rows: int) -> None:
    X = np.linspace(0, 1, rows)[:, None]
    y = (X[:, 0] > 0.5).astype(int)
    assert LaminaClassifier(random_state=0).fit(X, y).score(X, y) == 1
    assert LaminaRegressor(random_state=0).fit(X, X[:, 0]).predict(X).shape == (rows,)


def test_metrics_networks_and_mistakes_in_the_parameters() -> None:
    world = worlds.blobs(120, 0)
    X, y = np.column_stack([world["east"], world["north"]]), world["label"]
    assert LaminaClassifier(steps=40, metric="auc", random_state=0).fit(X, y).predict(X).shape == (120,)

    class Mine(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(2, 16)

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.dense(x).relu()
            return found

    torch.manual_seed(0)  # what it begins with is its own
    mine = Mine()
    before = mine.dense.weight.detach().clone()
    assert LaminaClassifier(network=mine, random_state=0).fit(X, y).score(X, y) > 0.9
    assert bool((mine.dense.weight == before).all())  # a parameter is not changed by learning
    for wrong in ({"metric": "acuracy"}, {"network": "mpl"}, {"steps": 0}, {"steps": 1, "minutes": 1}):
        with pytest.raises(ValueError, match=r"Did you mean|at least 1|Give one"):
            LaminaClassifier(**wrong).fit(X, y)
    with pytest.raises(ValueError, match="one class"):
        LaminaClassifier().fit(X, np.zeros(120))


def two(rows: int, seed: int) -> tuple[Any, Any]:
    """Two groups far from each other, in four columns."""
    rng = np.random.default_rng(seed)
    side = np.arange(rows) % 2
    return rng.normal(0, 1, (rows, 4)) + 6 * side[:, None], side


@pytest.mark.parametrize("mark", [None, float("nan"), -1, pd.NA], ids=["none", "nan", "value", "pandas"])
def test_rows_without_a_label_are_learned_from_in_whatever_way_they_are_marked(
    mark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Prepared] = []
    monkeypatch.setattr(training, "prepare", lambda *said: learned.append(prepare(*said)) or learned[-1])
    x, side = two(200, 0)
    y = np.array([int(each) if k < 40 else mark for k, each in enumerate(side)], object)
    y = y.astype(float) if isinstance(mark, float) else y
    model = LaminaClassifier(unlabelled=-1 if isinstance(mark, int) else None, **FEW).fit(x, y)
    assert [len(each.extra) for each in learned] == [160]  # they reach the learning, whatever weight it gives them
    assert model.classes_.tolist() == [0, 1]
    assert model.score(*two(100, 1)) > 0.95


def test_labels_that_are_all_missing_are_refused() -> None:
    with pytest.raises(ValueError, match="LaminaClusterer"):
        LaminaClassifier(**FEW).fit(two(40, 0)[0], [None] * 40)


def test_clusters_are_found_and_new_rows_get_theirs() -> None:
    x, _ = two(200, 0)
    model = LaminaClusterer(n_clusters=2, steps=100, random_state=0).fit(x)
    new, truth = two(100, 1)
    found = pickle.loads(pickle.dumps(model)).predict(new)
    inside = found >= 0
    assert inside.mean() > 0.9
    assert max((found[inside] == truth[inside]).mean(), (found[inside] != truth[inside]).mean()) > 0.95


def test_where_nothing_stands_out_every_row_lies_in_no_cluster() -> None:
    x = np.arange(12.0)[:, None]
    model = LaminaClusterer(**FEWER).fit(x)
    assert model.model_ is None
    assert set(model.labels_) == {-1}
    assert LaminaClusterer(n_clusters=1).fit_predict(x).tolist() == [0] * 12


def test_what_is_odd_is_flagged_and_few_ordinary_rows_are() -> None:
    x, _ = two(600, 0)
    model = LaminaAnomalyDetector(steps=60, random_state=0).fit(x)
    new, _ = two(400, 1)
    assert (model.predict(new) == -1).mean() < 0.06
    assert (model.predict(new + np.array([0, 30, 0, -30])) == -1).mean() > 0.95


def test_near_rows_lie_near_on_the_map() -> None:
    x, side = two(200, 0)
    places = LaminaEmbedder(steps=150, random_state=0).set_output(transform="pandas").fit(x).transform(x)
    assert list(places.columns) == ["laminaembedder0", "laminaembedder1"]
    places = places.to_numpy()
    apart = np.linalg.norm(places[side == 0].mean(0) - places[side == 1].mean(0))
    assert apart > 2 * places[side == 0].std(0).max()
