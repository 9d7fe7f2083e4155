"""Look-alikes: an index of all examples, and what is there more than once."""

from __future__ import annotations

import numpy as np

from lamina.core import Json, PlanError
from lamina.found.neighbours import NEAREST, Neighbours
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.learning.seen import Seen, called
from lamina.learning.shown import shown
from lamina.model.model import Model

SHOWN = 8  # examples beside what is most alike
PAIRS = 50  # duplicates that are listed
LISTED = 50_000  # examples up to which duplicates are sought
NAMED = 200_000  # examples up to which the first cells of a row are kept as its name


def check(prepared: Prepared, plan: Plan) -> None:
    """Refuse what cannot be done, before learning."""
    if plan.private and not _photographs(prepared):
        raise PlanError(
            "An index keeps the values of every example, from which cells and small pictures can be read again: "
            "--private cannot be kept. Leave it out, or find something else."
        )


def settle(seen: Seen, plan: Plan) -> Neighbours:
    """An index of all examples."""
    prepared = seen.prepared
    found = Neighbours(seen.layout, unit=_photographs(prepared))
    found.fit(seen.all, seen.rows, np.random.default_rng(plan.seed))
    if not plan.private and (prepared.before or len(seen.rows) <= NAMED):
        found.name(called(prepared, np.arange(len(prepared.examples))))
    return found


def _photographs(prepared: Prepared) -> bool:
    """Whether features of photographs are all that there is."""
    return set(prepared.before) == set(prepared.intake.groups)


def tell(model: Model, found: Neighbours, seen: Seen, plan: Plan) -> Json:
    """What the report says: how many, what is there twice, and some examples beside what is most alike."""
    prepared, rows = seen.prepared, seen.rows
    about: Json = {"rows": len(rows), "lists": len(found.lists.middles)}
    if len(rows) <= LISTED:
        same = found.same
        pairs = found.duplicates(None)
        twins = {row for *both, away in pairs if away <= same for row in both}
        about["twins"] = {"same": len(twins), "near": len({row for *both, _ in pairs for row in both} - twins)}
        about["duplicates"] = [
            {"names": [found.called(one), found.called(other)], "distance": distance, "same": distance <= same}
            for one, other, distance in pairs[:PAIRS]
        ]
    if not plan.private:
        some = np.sort(np.random.default_rng(plan.seed).permutation(len(rows))[:SHOWN])
        about["examples"] = []
        for place, alike in zip(some.tolist(), found.search(seen.all[some], NEAREST + 1), strict=True):
            others = [each for each in alike if each.row != rows[place]][:NEAREST]
            here = [{"name": found.called(int(rows[place]))} | shown(prepared, int(rows[place]))]
            here += [{"name": each.name} | shown(prepared, each.row) for each in others]
            about["examples"].append(here)
    return about
