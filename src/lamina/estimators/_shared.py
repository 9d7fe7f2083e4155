"""What the estimators share: a table read and checked as scikit-learn wants it, the engine run, the model carried as bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from lamina import kinds
from lamina.core import Array
from lamina.examples import Examples, arrays, columns, infer, keys
from lamina.examples.reading import Column, Kind, Raw
from lamina.model.model import Model

FRAMES = ("pandas", "polars", "pyarrow")


class Tabled(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What all share: a table read and checked, the seed, the model carried as bytes."""

    random_state: Any
    model_: Any  # the `lamina.Model`; None where a clusterer found nothing

    _least = 2  # rows to learn from

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = None if self.model_ is None else self.model_.to_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state.get("model_") is not None:
            state = state | {"model_": Model.from_bytes(state["model_"])}
        super().__setstate__(state)

    def _free(self, name: str) -> str:
        """A name that no column of X has."""
        taken = {column for column, _ in self._kinds}
        while name in taken:
            name = f"_{name}"
        return name

    @property
    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _known(self, X: Any, rows: Array | None = None) -> dict[str, Column]:
        """The columns of X to learn from, of these rows; what they are is kept."""
        raw = self._cells(X, reset=True)
        if rows is not None and len(rows) < len(raw):
            raw = Raw("X", {name: cells[rows] for name, cells in raw.columns.items()})
        settled = {name: _column(name, cells, raw) for name, cells in raw.columns.items()}
        self._kinds = [(name, column.kind) for name, column in settled.items()]
        return settled

    def _new(self, X: Any) -> Examples:
        """The columns of X to answer, read as those that were learned from."""
        check_is_fitted(self)
        raw = self._cells(X, reset=False)
        settled = {
            name: columns.settle(name, kind, cells, raw)
            for (name, kind), cells in zip(self._kinds, raw.columns.values(), strict=True)
        }
        return Examples("X", settled)

    def _cells(self, X: Any, reset: bool) -> Raw:
        """The columns of X, checked as scikit-learn wants them checked."""
        least = self._least if reset else 1
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


def hashed(settled: dict[str, Column]) -> Array:
    """[N] what each row holds, as a number."""
    total: Array = np.zeros(len(next(iter(settled.values())).data), np.uint64)
    for place, column in enumerate(settled.values()):
        data = column.data
        if isinstance(data, np.ndarray) and data.dtype.kind in "iuf":
            each = np.where(np.isnan(data), np.uint64(0), keys.mix((data.astype(np.float64) + 0.0).view(np.uint64)))
        else:
            each = keys.of_column("", data, column.kind.name)
        total += keys.mix(each ^ keys.mix(np.array([place])))
    return total
