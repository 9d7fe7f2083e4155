"""Clusters, anomalies and a map, found without labels."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, OutlierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from lamina.core import Array, LaminaError
from lamina.estimators._shared import Tabled, hashed
from lamina.examples import Examples
from lamina.found.anomalies import Anomalies
from lamina.found.clusters import Clusters
from lamina.learning.discovery import Discovery
from lamina.learning.find_clusters import NoClusters
from lamina.learning.plan import Plan
from lamina.networks._map import WIDTH

LEAST = 2  # rows
AT_ONCE = 64  # rows: in batches of other sizes, sums are rounded another way


class Unsupervised(Tabled):
    """What those that learn without labels share.

    X: a NumPy array or anything like one, or a table of pandas, Polars or Arrow; numbers, words and dates, missing
    cells as they come. The same rows, seed and steps give the same model, in whatever order the rows come.

    steps: of learning; None: as many as the rows ask for. minutes: learn by the clock instead. random_state: seed. device:
    "auto", "cpu", "cuda", …
    """

    steps: int | None
    minutes: float | None
    device: str

    def _discover(self, X: Any, find: str, **more: Any) -> Self:
        try:
            settled = self._known(X)
            order = np.argsort(hashed(settled), kind="stable")
            examples = Examples("X", settled).take(order)
            plan = Plan(
                find=find, steps=self.steps, minutes=self.minutes, seed=self._seed, device=self.device, folds=0, **more
            )
            self.model_ = Discovery(examples, plan, report=False, least=LEAST).model
        except NoClusters:
            raise
        except LaminaError as error:
            raise ValueError(str(error)) from error
        return self

    def _features(self, X: Any) -> Array:
        """[N, F] of new rows."""
        check_is_fitted(self)
        try:
            new = self._new(X)
            padded = np.resize(
                np.arange(len(new)), -(-len(new) // AT_ONCE) * AT_ONCE
            )  # a row's features follow from it alone
            _, features, *_ = self.model_.raw(new.take(padded))
        except LaminaError as error:
            raise ValueError(str(error)) from error
        found: Array = features[: len(new)].astype(np.float64)
        return found


class LaminaClusterer(ClusterMixin, Unsupervised):  # type: ignore[misc]
    """Finds clusters: as many as stand out, or `n_clusters`. `labels_` says which cluster each row lies in, -1 for none;
    `predict` says it of new rows. `model_` is the `lamina.Model`; arguments:"""

    __doc__ = f"{__doc__}\n\n{(Unsupervised.__doc__ or '').split(chr(10), 2)[2]}"

    def __init__(
        self,
        *,
        n_clusters: int | None = None,
        steps: int | None = None,
        minutes: float | None = None,
        random_state: Any = None,
        device: str = "auto",
    ) -> None:
        self.n_clusters = n_clusters
        self.steps = steps
        self.minutes = minutes
        self.random_state = random_state
        self.device = device

    def fit(self, X: Any, y: Any = None) -> Self:
        """y: not looked at."""
        self.model_ = None  # where there is but one cluster, or nothing stands out
        if self.n_clusters == 1:
            self._known(X)
        else:
            with suppress(NoClusters):
                self._discover(X, "clusters", clusters=self.n_clusters)
        self.labels_ = self.predict(X)
        return self

    def predict(self, X: Any) -> Array:
        """[N] the number of the cluster of each row, -1 for none."""
        check_is_fitted(self)
        if self.model_ is None:
            return np.full(len(self._new(X)), 0 if self.n_clusters == 1 else -1)
        [found] = self.model_.found.values()
        assert isinstance(found, Clusters)
        shares, outside = found.shares(self._features(X))
        return np.where(outside, -1, shares.argmax(1))


class LaminaAnomalyDetector(OutlierMixin, Unsupervised):  # type: ignore[misc]
    """Tells what is odd: `predict` gives -1 for it and 1 for what is not. Of ordinary rows at most the share `alarms` is
    taken for odd, as far as the rows are enough to promise that. `model_` is the `lamina.Model`; arguments:"""

    __doc__ = f"{__doc__}\n\n{(Unsupervised.__doc__ or '').split(chr(10), 2)[2]}"

    def __init__(
        self,
        *,
        alarms: float = 0.01,
        steps: int | None = None,
        minutes: float | None = None,
        random_state: Any = None,
        device: str = "auto",
    ) -> None:
        self.alarms = alarms
        self.steps = steps
        self.minutes = minutes
        self.random_state = random_state
        self.device = device

    def fit(self, X: Any, y: Any = None) -> Self:
        """y: not looked at."""
        self._discover(X, "anomalies", alarms=self.alarms)
        limit = self._found.limit
        # With too few rows to hold any out, the oddest that was learned from is the limit.
        self.offset_ = -float(limit) if np.isfinite(limit) else float(self.score_samples(X).min())
        return self

    @property
    def _found(self) -> Anomalies:
        [found] = self.model_.found.values()
        assert isinstance(found, Anomalies)
        return found

    def score_samples(self, X: Any) -> Array:
        """[N] how ordinary each row is: the less, the odder."""
        features = self._features(X)
        return -self._found.oddness(features)

    def decision_function(self, X: Any) -> Array:
        """[N] below 0 for what is odd."""
        check_is_fitted(self)
        found: Array = self.score_samples(X) - self.offset_
        return found

    def predict(self, X: Any) -> Array:
        """[N] -1 for what is odd, 1 for what is not."""
        return np.where(self.decision_function(X) >= 0, 1, -1)


class LaminaEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Unsupervised):  # type: ignore[misc]
    """Gives every row a place on a plane on which near rows lie near each other; new rows find theirs by the same network.
    `model_` is the `lamina.Model`; arguments:"""

    __doc__ = f"{__doc__}\n\n{(Unsupervised.__doc__ or '').split(chr(10), 2)[2]}"

    _least = 4

    def __init__(
        self,
        *,
        steps: int | None = None,
        minutes: float | None = None,
        random_state: Any = None,
        device: str = "auto",
    ) -> None:
        self.steps = steps
        self.minutes = minutes
        self.random_state = random_state
        self.device = device

    def fit(self, X: Any, y: Any = None) -> Self:
        """y: not looked at."""
        return self._discover(X, "clusters", clusters=2)  # any number has the same map

    def transform(self, X: Any) -> Array:
        """[N, 2] the place of each row."""
        features = self._features(X)
        [found] = self.model_.found.values()
        assert isinstance(found, Clusters)
        return found.layout.cut(features, "map")

    @property
    def _n_features_out(self) -> int:
        return WIDTH
