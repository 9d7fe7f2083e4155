"""Lamina as scikit-learn estimators: the same engine behind `fit` and `predict`, for pipelines and searches.

>>> from lamina.estimators import LaminaClassifier
>>> model = LaminaClassifier(random_state=0).fit([[0.0], [0.1], [0.9], [1.0]] * 10, ["low", "low", "high", "high"] * 10)
>>> model.predict([[0.05], [0.95]]).tolist()
['low', 'high']
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import assert_all_finite, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from lamina import kinds
from lamina.core import Array, Coded, LaminaError
from lamina.examples import Examples, Reading, arrays, columns, infer, keys
from lamina.examples.reading import Column, Kind, Raw
from lamina.learning.plan import Plan
from lamina.learning.training import Training
from lamina.model.model import Model

if TYPE_CHECKING:
    from torch import nn

OWN_STEPS = 300  # at least, for somebody's own module: nobody knows what it needs
FRAMES = ("pandas", "polars", "pyarrow")


class _Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both share: a table read, rows weighed and merged, the engine run, the model carried as bytes.

    X: a NumPy array or anything like one, or a table of pandas, Polars or Arrow; numbers, words and dates, missing
    cells as they come. The same rows, seed and steps give the same model, in whatever order the rows come, and a row
    of weight 2 is a row said twice.

    steps: of learning; None: as many as the rows ask for. minutes: learn by the clock instead. network: the
    name of a kind ("mlp"), or an own `nn.Module` from [B, D] to features [B, W]. metric: decides which weights are
    kept ("auc", "mae", …). random_state: seed. device: "auto", "cpu", "cuda", …
    """

    def __init__(
        self,
        *,
        steps: int | None = None,
        minutes: float | None = None,
        network: str | nn.Module | None = None,
        metric: str | None = None,
        random_state: Any = None,
        device: str = "auto",
    ) -> None:
        self.steps = steps
        self.minutes = minutes
        self.network = network
        self.metric = metric
        self.random_state = random_state
        self.device = device

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = self.model_.to_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "model_" in state:
            state = state | {"model_": Model.from_bytes(state["model_"])}
        super().__setstate__(state)

    # -------------------------------------------------------------------------------------------- learning

    def _learn(self, X: Any, y: Array, target: Column, weight: Array) -> Self:
        """The model of rows that weigh something. target: `y` as a column of labels."""
        raw = _taken(self._cells(X, reset=True), np.flatnonzero(weight > 0))
        try:
            settled = {name: _column(name, cells, raw) for name, cells in raw.columns.items()}
            self._kinds = [(name, column.kind) for name, column in settled.items()]
            first, weight = _merged(settled, y, weight[weight > 0])
            rows, role = {**settled, self._free("target"): target}, self._free("weight")
            rows = {name: Column(column.kind, column.data[first]) for name, column in rows.items()}
            rows[role] = Column(Kind("weight", ""), weight)
            self.model_ = self._trained(Examples("X", rows, reading=Reading(weight=role)))
        except LaminaError as error:
            raise ValueError(str(error)) from error
        return self

    def _trained(self, examples: Examples) -> Model:
        kind = self.network if isinstance(self.network, str) else None
        steps = self.steps
        if steps is None and self.minutes is None:
            _, recipe = kinds.find("networks", kind or "mlp").suited(len(examples))
            given = self.network is not None and kind is None
            steps = max(OWN_STEPS if given else 1, recipe.steps(len(examples)))
        plan = Plan(
            target=(self._free("target"),),
            minutes=self.minutes,
            steps=steps,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
            network=kind,
            metric=self.metric,
            folds=0,
            device=self.device,
        )
        own = None if isinstance(self.network, str) else copy.deepcopy(self.network)
        return Training(examples, plan, network=own, report=False).model

    def _free(self, name: str) -> str:
        """A name that no column of X has."""
        taken = {column for column, _ in self._kinds}
        while name in taken:
            name = f"_{name}"
        return name

    # ------------------------------------------------------------------------------------------- answering

    def _raw(self, X: Any) -> tuple[Any, Array]:
        """The model's output, and its raw answers [N, C] to new rows."""
        check_is_fitted(self)
        raw = self._cells(X, reset=False)
        try:
            settled = {
                name: columns.settle(name, kind, cells, raw)
                for (name, kind), cells in zip(self._kinds, raw.columns.values(), strict=True)
            }
            answers, *_ = self.model_.raw(Examples("X", settled))
        except LaminaError as error:
            raise ValueError(str(error)) from error
        return next(iter(self.model_.outputs.values())), next(iter(answers.values()))

    def _cells(self, X: Any, reset: bool) -> Raw:
        """The columns of X, checked as scikit-learn wants them checked."""
        least = 2 if reset else 1
        module = type(X).__module__.split(".")[0]
        if module not in FRAMES or getattr(X, "ndim", 2) != 2:
            X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=least)
            if X.dtype.kind in "biuf":
                return Raw("X", {f"column_{place + 1}": X[:, place] for place in range(X.shape[1])})
            return arrays.read(_plain(X))
        validate_data(self, X, reset=reset, skip_check_array=True)
        raw = arrays.read(X.reset_index(drop=True) if module == "pandas" else X)
        if len(raw) < least:
            raise ValueError(f"Found array with {len(raw)} sample(s) while a minimum of {least} is required.")
        if "feature_names_in_" not in vars(self):  # numbered columns are columns without a name
            raw.columns = {f"column_{place + 1}": cells for place, cells in enumerate(raw.columns.values())}
        for name, cells in raw.columns.items():
            if cells.dtype.is_float() and cells.is_infinite().any():
                raise ValueError(f"Input X contains infinity in the column '{name}'.")
        return raw


class LaminaClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """Answers classes, with calibrated probabilities. `model_` is the `lamina.Model`; arguments:"""

    __doc__ = f"{__doc__}\n\n{(_Estimator.__doc__ or '').split(chr(10), 2)[2]}"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        y, weight = _labels(self, X, y, sample_weight)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y[weight > 0], return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"There is only one class in y ({self.classes_[0]!r}); at least two classes are needed.")
        words = [str(each) for each in self.classes_.tolist()]
        words = words if len(set(words)) == len(words) else [str(code) for code in range(len(words))]
        self._words = words
        target = Column(Kind("category", ""), Coded(codes.astype(np.int32), tuple(words)))
        return self._learn(X, codes.astype(np.float64), target, weight)

    def predict(self, X: Any) -> Array:
        output, raw = self._raw(X)
        found: Array = self.classes_[self._order(output)[output.decide(output.answer(raw).shares)]]
        return found

    def predict_proba(self, X: Any) -> Array:
        """[N, K] in the order of `classes_`."""
        output, raw = self._raw(X)
        found = np.empty((len(raw), len(self.classes_)))
        found[:, self._order(output)] = output.answer(raw).shares
        return found

    def _order(self, output: Any) -> Array:
        """The place in `classes_` of each class of the model."""
        return np.array([self._words.index(word) for word in output.classes])


class LaminaRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """Answers numbers. `model_` is the `lamina.Model`; arguments:"""

    __doc__ = f"{__doc__}\n\n{(_Estimator.__doc__ or '').split(chr(10), 2)[2]}"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        y, weight = _labels(self, X, y, sample_weight)
        y = y.astype(np.float64)[weight > 0]
        return self._learn(X, y, Column(Kind("number", ""), y), weight)

    def predict(self, X: Any) -> Array:
        output, raw = self._raw(X)
        found: Array = output.answer(raw).values
        return found


def _labels(estimator: Any, X: Any, y: Any, sample_weight: Any) -> tuple[Array, Array]:
    """y [N] and the weights [N], checked."""
    validate_data(estimator, X, y, skip_check_array=True)  # y is there
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    if y.dtype.kind == "c":
        raise ValueError("Complex data not supported in y.")
    check_consistent_length(X, y)
    weight = _check_sample_weight(sample_weight, np.empty(len(y)), dtype=np.float64, ensure_non_negative=True)
    return y, weight


def _plain(X: Array) -> Array:
    """Words and odd things as strings, so that a column has one type."""
    if X.dtype != object:
        return X
    known = (str, int, float, bool, np.generic, type(None))
    flat = [cell if isinstance(cell, known) else str(cell) for cell in X.ravel()]
    found = np.empty(len(flat), object)
    found[:] = flat
    return found.reshape(X.shape)


def _column(name: str, cells: Any, raw: Raw) -> Column:
    """A column as what it looks like; every column is an input, also one that a person would call an identifier."""
    kind = Kind("number", "") if isinstance(cells, np.ndarray) else infer.infer(name, cells, raw)
    if kind.name not in kinds.names("inputs"):
        held = kind.reason or kind.name
        raise ValueError(f"The column '{name}' holds {held}; an input is a number, a word or a date.")
    return columns.settle(name, kind, cells, raw)


def _taken(raw: Raw, rows: Array) -> Raw:
    return raw if len(rows) == len(raw) else Raw("X", {name: cells[rows] for name, cells in raw.columns.items()})


def _merged(settled: dict[str, Column], y: Array, weight: Array) -> tuple[Array, Array]:
    """The first of the rows that are alike in everything, in an order that only their content decides; summed weights.

    So weights and repetitions mean the same, exactly.
    """
    total = keys.mix((y + 0.0).view(np.uint64))
    for place, column in enumerate(settled.values()):
        data = column.data
        if isinstance(data, np.ndarray) and data.dtype.kind in "iuf":
            hashed = np.where(np.isnan(data), np.uint64(0), keys.mix((data.astype(np.float64) + 0.0).view(np.uint64)))
        else:
            hashed = keys.of_column("", data, column.kind.name)
        total += keys.mix(hashed ^ keys.mix(np.array([place])))
    _, first, group = np.unique(total, return_index=True, return_inverse=True)
    return first, np.bincount(group, weight)
