"""Clusters, settled and told of: on the learned map, as many as there are; of a given number, among the features themselves where these
tell, else on the map."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.core import Array, Coded, DataError, Json
from lamina.found.clusters import Clusters
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.learning.seen import Seen, called
from lamina.learning.shown import shown
from lamina.learning.spectral import rule
from lamina.model.model import Model

MOST = 20_000  # examples that clusters are sought among
SMALLEST = 15  # examples of a cluster, where their number is not given; or 1 in 200
HALVES = 5  # times that clusters are sought among another half of the examples
COMPARED = 5_000  # examples by which these are compared
TYPICAL = 5  # examples that stand for a cluster
APART = 3  # columns that set a cluster apart
POINTS = 1_500  # of the map in the report
TRIED = 50  # codes among which words are sought that set it apart
WORDY = 5.0  # spreads that a difference by all texts counts for
UNLIKE = 0.5  # spreads by which the mean of a cluster must differ to be named


class NoClusters(DataError):
    """Nothing stands out."""


def check(prepared: Prepared, plan: Plan) -> None:
    """Refuse what cannot be done, before learning."""
    rows = len(prepared.folds[0].train)
    if plan.clusters is not None and rows < 2 * plan.clusters:
        raise DataError(
            f"{plan.clusters} clusters were asked for, and {rows} examples are there to learn from: two of each are needed "
            "at least. Ask for fewer, or give more examples."
        )


def settle(seen: Seen, plan: Plan) -> Clusters:
    """Clusters among the rows that taught; the largest comes first."""
    rng = np.random.default_rng(plan.seed)
    return _found(seen, seen.train[np.sort(rng.permutation(len(seen.train))[:MOST])], plan, plan.seed)


def tell(model: Model, found: Clusters, seen: Seen, plan: Plan) -> Json:
    """What the report says: how many, how stable, how large, what is typical, what sets each apart, and the map."""
    rng = np.random.default_rng(plan.seed)
    shares, outside = found.shares(seen.all)
    member = np.where(outside, -1, shares.argmax(1))
    places = seen.layout.cut(seen.all, "map")
    about: Json = {
        "rows": len(seen.rows),
        "given": plan.clusters,
        "outside": int(outside.sum()),
        "stability": _stability(found, seen, plan, member, rng),
        "clusters": [_one(k, name, seen, member, places, plan) for k, name in enumerate(found.names)],
    }
    if not plan.private:
        some = np.sort(rng.permutation(len(places))[:POINTS])
        about["map"] = [
            [round(float(x), 3), round(float(y), 3), int(member[k])]
            for k, (x, y) in zip(some, places[some, :2], strict=True)
        ]
    return about


def _found(seen: Seen, features: Array, plan: Plan, seed: int) -> Clusters:
    places = seen.layout.cut(features, "map").astype(np.float64)
    if plan.clusters is None:
        return _density(seen, places)
    found = Clusters(seen.layout, tuple(f"cluster {k + 1}" for k in range(plan.clusters)))
    values = seen.layout.cut(features, "values").astype(np.float64)
    told = rule(values, plan.clusters, np.random.default_rng(seed))
    if told is None:
        _mixture(found, places, plan.clusters, seed)
        return found
    order = np.argsort(-told.weights, kind="stable")
    found.axes = told.axes
    alike = np.tile(np.eye(told.means.shape[1]), (plan.clusters, 1, 1))
    found.fit_mixture(values @ told.axes, told.means[order], alike, told.weights[order])
    return found


def _mixture(found: Clusters, places: Array, count: int, seed: int) -> None:
    from sklearn.mixture import GaussianMixture

    ridge = 1e-6 + 1e-4 * float(places.var(0).mean())
    fitted = GaussianMixture(count, n_init=5, reg_covar=ridge, random_state=seed).fit(places)
    order = np.argsort(-fitted.weights_, kind="stable")
    found.fit_mixture(places, fitted.means_[order], fitted.covariances_[order], fitted.weights_[order])


def _density(seen: Seen, places: Array) -> Clusters:
    from sklearn.cluster import HDBSCAN

    least = max(SMALLEST, len(places) // 200)
    members = (
        HDBSCAN(min_cluster_size=min(least, max(2, len(places) // 4)), min_samples=min(5, len(places)), copy=True)
        .fit(places)
        .labels_
    )
    sizes = np.bincount(members[members >= 0]) if (members >= 0).any() else np.zeros(0, int)
    if not len(sizes):
        raise NoClusters(
            "No clusters stand out: the examples are spread evenly. If there should be some, say how many: --clusters 5."
        )
    rank = np.empty(len(sizes), int)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    found = Clusters(seen.layout, tuple(f"cluster {k + 1}" for k in range(len(sizes))))
    found.fit_points(places, np.where(members >= 0, rank[members], -1))
    return found


def _stability(found: Clusters, seen: Seen, plan: Plan, member: Array, rng: np.random.Generator) -> Json:
    """How far clusters found among halves of the examples, from other seeds, agree with these (adjusted Rand index)."""
    from sklearn.metrics import adjusted_rand_score

    agreed: list[float] = []
    counts: list[int] = []
    some = np.sort(rng.permutation(len(seen.all))[:COMPARED])
    for turn in range(HALVES):
        half = seen.train[np.sort(rng.permutation(len(seen.train))[: min(MOST, max(2, len(seen.train) // 2))])]
        try:
            other = _found(seen, half, plan, plan.seed + 1 + turn)
        except (DataError, ValueError):  # a half may hold no cluster, or fewer examples than clusters
            agreed.append(0.0)
            counts.append(0)
            continue
        shares, outside = other.shares(seen.all[some])
        agreed.append(float(adjusted_rand_score(member[some], np.where(outside, -1, shares.argmax(1)))))
        counts.append(len(other.names))
    return {"mean": float(np.mean(agreed)), "low": min(agreed), "counts": counts}


def _one(k: int, name: str, seen: Seen, member: Array, places: Array, plan: Plan) -> Json:
    """A cluster: its size, typical examples, what sets it apart."""
    inside = np.flatnonzero(member == k)
    about: Json = {"name": name, "size": len(inside), "apart": [], "typical": []}
    if not len(inside):
        return about
    prepared = seen.prepared
    about["apart"] = _apart(seen, member == k, plan.private)
    if not plan.private:
        middle = np.median(places[inside], 0)
        order = np.argsort(((places[inside] - middle) ** 2).sum(1), kind="stable")[:TYPICAL]
        rows = seen.rows[inside[order]]
        about["typical"] = [
            {"name": called_as} | shown(prepared, int(row))
            for row, called_as in zip(rows, called(prepared, rows, 0), strict=True)
        ]
    return about


def _apart(seen: Seen, inside: Array, private: bool) -> list[str]:
    """The columns in which a cluster differs most from the rest, in words."""
    found: list[tuple[float, str]] = []
    for column, each in seen.prepared.intake.inputs.items():
        if each.form.kind == "tokens" and not inside.all():
            strength, text = _words(seen, column, inside)
            if strength >= UNLIKE:
                found.append((strength, column if private else text))
        if each.form.kind != "vector" or inside.all():
            continue
        values: Any = seen.prepared.examples.values(column, seen.rows)
        if isinstance(values, Coded):
            counts = [
                np.bincount(values.codes[part] + 1, minlength=len(values.words) + 1) for part in (inside, ~inside)
            ]
            own, other = (count[1:] / max(count.sum(), 1) for count in counts)
            word = int(np.argmax(np.abs(own - other)))
            strength = 2 * float(abs(own[word] - other[word]))
            text = f"{column} '{values.words[word]}': {_share(own[word])}, elsewhere {_share(other[word])}"
        else:
            known = np.isfinite(values)
            spread = float(np.std(values[known])) if known.any() else 0.0
            if not spread or not (known & inside).any() or not (known & ~inside).any():
                continue
            own_mean, other_mean = (float(np.mean(values[known & part])) for part in (inside, ~inside))
            strength = abs(own_mean - other_mean) / spread
            text = f"{column} {'high' if own_mean > other_mean else 'low'}"
            if not private and each.kind == "number":
                text += f": {own_mean:.4g} on average, elsewhere {other_mean:.4g}"
        if strength >= UNLIKE:
            found.append((strength, column if private else text))
    return [text for _, text in sorted(found, key=lambda each: -each[0])[:APART]]


def _words(seen: Seen, column: str, inside: Array) -> tuple[float, str]:
    """The words that more of a cluster's texts have than of the others, with how much that tells."""
    prepared, each = seen.prepared, seen.prepared.intake.inputs[column]
    name, _ = prepared.intake.positions[column]
    codes = (prepared.before.get(name) or prepared.rows.inputs[name]).values.numpy()[seen.rows]
    shares = []
    for part in (inside, ~inside):
        ordered = np.sort(codes[part], axis=1)
        first = np.concatenate([ordered[:, :1] > 0, (ordered[:, 1:] != ordered[:, :-1]) & (ordered[:, 1:] > 0)], 1)
        shares.append(np.bincount(ordered[first], minlength=each.form.sizes[0]) / max(part.sum(), 1))
    more = shares[0] - shares[1]
    told: dict[str, tuple[float, float]] = {}
    for code in np.argsort(-more, kind="stable")[:TRIED].tolist():
        word = each.decode(np.array([code])).strip()
        if word.isalnum() and len(told) < APART and more[code] > 0:
            told[word] = float(shares[0][code]), float(shares[1][code])
    said = (f"'{word}' in {_share(own)}, elsewhere {_share(other)}" for word, (own, other) in told.items())
    most = max((own - other for own, other in told.values()), default=0.0)
    return WORDY * most, f"{column}: {'; '.join(said)}"


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"
