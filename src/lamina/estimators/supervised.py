"""A classifier and a regressor."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from lamina import kinds
from lamina.core import Array, Coded, LaminaError
from lamina.estimators._shared import Tabled, hashed
from lamina.examples import Examples, Reading, keys
from lamina.examples.reading import Column, Kind
from lamina.learning.plan import Plan
from lamina.learning.training import Training
from lamina.model.model import Model

if TYPE_CHECKING:
    from torch import nn

OWN_STEPS = 300  # at least, for somebody's own module: nobody knows what it needs


class Supervised(Tabled):
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
        return tags

    def _learn(self, X: Any, y: Array, target: Column, weight: Array) -> Self:
        """The model of rows that weigh something. target: `y` as a column of labels."""
        try:
            settled = self._known(X, np.flatnonzero(weight > 0))
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
            seed=self._seed,
            network=kind,
            metric=self.metric,
            folds=0,
            device=self.device,
        )
        own = None if isinstance(self.network, str) else copy.deepcopy(self.network)
        return Training(examples, plan, network=own, report=False).model

    def _raw(self, X: Any) -> tuple[Any, Array]:
        """The model's output, and its raw answers [N, C] to new rows."""
        check_is_fitted(self)
        try:
            answers, *_ = self.model_.raw(self._new(X))
        except LaminaError as error:
            raise ValueError(str(error)) from error
        return next(iter(self.model_.outputs.values())), next(iter(answers.values()))


class LaminaClassifier(ClassifierMixin, Supervised):  # type: ignore[misc]
    """Answers classes, with calibrated probabilities. Rows whose y is missing (None, NaN), or is `unlabelled`, are learned
    from as well, as far as labelled ones held out say that it helps. `model_` is the `lamina.Model`; arguments:"""

    __doc__ = f"{__doc__}\n\n{(Supervised.__doc__ or '').split(chr(10), 2)[2]}"

    def __init__(
        self,
        *,
        unlabelled: Any = None,
        steps: int | None = None,
        minutes: float | None = None,
        network: str | nn.Module | None = None,
        metric: str | None = None,
        random_state: Any = None,
        device: str = "auto",
    ) -> None:
        self.unlabelled = unlabelled
        super().__init__(
            steps=steps, minutes=minutes, network=network, metric=metric, random_state=random_state, device=device
        )

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        y, known = _parted(y, self.unlabelled)
        y, weight = _labels(self, X, y, sample_weight)
        check_classification_targets(y[known])
        known = known[weight > 0]
        self.classes_, found = np.unique(y[weight > 0][known], return_inverse=True)
        codes = np.full(len(known), -1)
        codes[known] = found
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


class LaminaRegressor(RegressorMixin, Supervised):  # type: ignore[misc]
    """Answers numbers. `model_` is the `lamina.Model`; arguments:"""

    __doc__ = f"{__doc__}\n\n{(Supervised.__doc__ or '').split(chr(10), 2)[2]}"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        y, weight = _labels(self, X, y, sample_weight)
        y = y.astype(np.float64)[weight > 0]
        return self._learn(X, y, Column(Kind("number", ""), y), weight)

    def predict(self, X: Any) -> Array:
        output, raw = self._raw(X)
        found: Array = output.answer(raw).values
        return found


def _parted(y: Any, unlabelled: Any) -> tuple[Any, Array]:
    """y with some label where there was none, and [N] where there was one. Without a label is what is missing, or is
    the value that stands for it."""
    if y is None:
        return y, np.ones(0, bool)
    cells = column_or_1d(y, warn=True)
    said = [
        None if type(each).__name__ == "NAType" else each for each in cells.tolist()
    ]  # pandas.NA equals nothing, nor not
    known = np.array([each is not None and each == each for each in said], bool)
    if unlabelled is not None:
        known &= np.array([each != unlabelled for each in said], bool)
    if known.all():
        return cells, known
    if not known.any():
        raise ValueError("No row has a label in y. Label some, or cluster them: LaminaClusterer.")
    some = cells[known]
    filled = np.full(len(cells), some[0], some.dtype if some.dtype != object else np.array(some.tolist()).dtype)
    filled[known] = some
    return filled, known


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


def _merged(settled: dict[str, Column], y: Array, weight: Array) -> tuple[Array, Array]:
    """The first of the rows that are alike in everything, in an order that only their content decides; summed weights.

    So weights and repetitions mean the same, exactly.
    """
    total = keys.mix((y + 0.0).view(np.uint64)) + hashed(settled)
    _, first, group = np.unique(total, return_index=True, return_inverse=True)
    return first, np.bincount(group, weight)
