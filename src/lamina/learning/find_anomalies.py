"""Anomalies, settled and told of."""

from __future__ import annotations

import numpy as np

from lamina.core import Json
from lamina.found._usual import usual
from lamina.found.anomalies import MEASURES, OF_PICTURES, Anomalies
from lamina.learning import odd
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.learning.seen import Seen, called
from lamina.learning.shown import shown
from lamina.model.intake import TABLE
from lamina.model.model import Model

SHOWN = 12  # of the oddest examples
BINS = 40
SCORED = 50_000  # examples that are looked at for what is odd among them


def check(prepared: Prepared, plan: Plan) -> None:
    """Anything that can be read will do."""


def settle(seen: Seen, plan: Plan) -> Anomalies:
    """Learned from rows that taught, ranked by those that chose, with its limit from those that did neither."""
    prepared, fold = seen.prepared, seen.fold
    measures = MEASURES if TABLE in prepared.intake.groups else OF_PICTURES
    found = Anomalies(seen.layout, plan.alarms, measures)
    kept = found.fit(seen.train, np.random.default_rng(plan.seed), plan.private)
    if len(prepared.odd):
        found.learn_odd(seen.of(prepared.odd), plan.private)
    found.rank(seen.validation if len(seen.validation) else seen.train)
    found.calibrate(seen.test)
    if not plan.private:
        found.names = called(prepared, fold.train[kept])
        found.odd_names = called(prepared, prepared.odd) if len(prepared.odd) else []
        kinds = prepared.intake.kinds
        every = {c: usual(prepared.examples.values(c, fold.train), kind) for c, kind in kinds.items() if kind != "text"}
        found.usual = {column: known for column, known in every.items() if known is not None}
    return found


def tell(model: Model, found: Anomalies, seen: Seen, plan: Plan) -> Json:
    """What the report says: the limit and what lies above it, how scores are spread, and the oddest examples."""
    prepared, fold = seen.prepared, seen.fold
    known = np.concatenate([prepared.odd, prepared.odd_held])
    others = np.flatnonzero(~np.isin(seen.rows, known))  # nobody has to be told of those again
    some = np.sort(np.random.default_rng(plan.seed).permutation(others)[:SCORED])
    rows, scores = seen.rows[some], found.oddness(seen.all[some])
    scores = scores / found.limit if np.isfinite(found.limit) else np.zeros_like(scores)  # nothing lies above no limit
    counts, edges = np.histogram(scores, BINS, (0, max(float(scores.max()), 1.5)))
    about: Json = {
        "rows": len(rows),
        "held": len(fold.test),
        "alarms": plan.alarms,
        "promised": found.promised,
        "flagged": int((scores > 1 + 1e-6).sum()),
        "counts": counts.tolist(),
        "edges": edges.tolist(),
    }
    if len(prepared.odd):
        about["known"] = odd.told(found, seen)
    if not plan.private:
        oddest = rows[np.argsort(-scores, kind="stable")[:SHOWN]]
        answers = model.answer(prepared.examples.take(oddest))[found.column]
        about["oddest"] = [
            {"name": name, "score": answer.score, "flagged": answer.unlike, "reasons": list(answer.reasons), "nearest": list(answer.nearest)}
            | shown(prepared, int(row))
            for row, name, answer in zip(oddest, called(prepared, oddest, 0), answers, strict=True)
        ]  # fmt: skip
    return about
