"""View 7: all examples on a plane, with the class of each, and what is wrong, odd or held out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from lamina.core import Array, Coded, Layout, PlanError
from lamina.machine import cache
from lamina.model.model import Model
from lamina.outputs._scores import softmax
from lamina.page import answering, plane
from lamina.page.answering import Told
from lamina.page.data import TRANSCRIPT, Data
from lamina.page.listing import Listing
from lamina.page.schema import map as said
from lamina.page.schema import shared

MOST = 100_000  # points
SECONDS = 60.0  # in which features are worked out: what is reached by then is shown
CLASSES = 254
TYPICAL = 3
NONE = 255
WRONG, UNLIKE, HELD, ODD = 1, 2, 4, 8
PIECES = 5  # of numbers: equal shares of the rows


@dataclass
class Atlas:
    """ids: [n] rows; places: [n, 2] uint16; codes: [n] uint8 into `classes`; flags: [n] uint8; features: [n, F]."""

    model: Model
    data: Data
    ids: Array
    places: Array
    codes: Array
    flags: Array
    classes: list[str]
    by: Literal["label", "answer", "cluster"]
    method: str
    kept: float
    typical: dict[int, list[int]]
    judged: bool

    def about(self) -> said.Map:
        counts = np.bincount(self.codes[self.codes < NONE], minlength=len(self.classes))
        all_there = len(self.ids) == len(self.data)
        note = (
            ""
            if all_there
            else f"A sample of {len(self.ids):,} of {len(self.data):,} examples, each class in proportion."
        )
        return said.Map(
            points=len(self.ids),
            of=len(self.data),
            by=self.by,
            classes=self.classes,
            counts=counts.tolist(),
            method=self.method,
            kept=self.kept,
            note=note,
        )

    def binary(self) -> bytes:
        """As the schema says."""
        parts = [
            self.ids.astype("<u4"),
            self.places[:, 0].astype("<u2"),
            self.places[:, 1].astype("<u2"),
            self.codes.astype(np.uint8),
            self.flags.astype(np.uint8),
        ]
        return b"".join(each.tobytes() for each in parts)

    def clusters(self, listing: Listing) -> said.Clusters:
        found = []
        for code, name in enumerate(self.classes):
            at = np.flatnonzero(self.codes == code)
            if not len(at):
                continue
            middle = np.median(self.places[at].astype(np.float64), axis=0) / plane.SIDE
            wrong = int((self.flags[at] & WRONG > 0).sum()) if self.judged else None
            found.append(
                said.Cluster(
                    name=name, count=len(at), wrong=wrong, x=float(middle[0]), y=float(middle[1]),
                    typical=listing.several(self.typical.get(code, []), None),
                )
            )  # fmt: skip
        return said.Clusters(clusters=found)

    def selection(self, asked: said.Lasso, listing: Listing) -> said.Selection:
        """What the points inside a lasso are."""
        order = np.argsort(self.ids)
        ids = np.unique(np.array(asked.ids, np.int64))
        place = np.searchsorted(self.ids[order], ids).clip(max=len(order) - 1) if len(order) else ids[:0]
        at = order[place][self.ids[order][place] == ids] if len(ids) else place
        counts = np.bincount(self.codes[at][self.codes[at] < NONE], minlength=len(self.classes))
        some = self.ids[at][asked.offset : asked.offset + asked.limit]
        items = listing.several(some, None)
        return said.Selection(
            count=len(at),
            classes=[
                said.Count(name=self.classes[code], count=int(counts[code]))
                for code in np.argsort(-counts, kind="stable")
                if counts[code]
            ],
            wrong=int((self.flags[at] & WRONG > 0).sum()) if self.judged else None,
            examples=shared.Examples(total=len(at), offset=asked.offset, items=items, note=""),
        )


def atlas(model: Model, data: Data, told: Told, most: int = MOST, *, quick: bool = False) -> Atlas:
    """The map of a model's examples. most: of them; quick: where they were not laid out before, only the two directions in which they
    differ most.

    Raises:
        PlanError: there are none.
    """
    if data.examples is None or not len(data):
        raise PlanError(data.why_not or "There are no examples to draw.")
    target = next(iter(model.outputs), None)
    rows = answering.sample(data, target, most)
    raws, features, ids = answering.raw(model, data, rows, "map", lambda share: told(0.8 * share), SECONDS)
    examples = data.examples.take(ids)
    places, method, kept = _placed(model, data, features, len(ids), quick)
    told(0.95)
    classes, codes, by = _classes(model, examples, target, features)
    flags = np.zeros(len(ids), np.uint8)
    held = np.isin(ids, data.held)
    wrong = _wrong(model, examples, target, raws) if data.folds is None else None  # of folds all taught this answer
    judged = wrong is not None and bool(held.any())
    if wrong is not None:
        flags[wrong & held] |= WRONG
    if model.novelty is not None:
        flags[model.novelty.unlike(features)] |= UNLIKE
    flags[held] |= HELD
    for found in model.found.values():
        scores = found.answer(features, examples).scores
        if scores is not None:
            flags[np.nan_to_num(scores) > 1] |= ODD
    typical = {code: ids[_middle(features, np.flatnonzero(codes == code))].tolist() for code in range(len(classes))}
    return Atlas(model, data, ids, places, codes, flags, classes, by, method, kept, typical, judged)


def _placed(model: Model, data: Data, features: Array, count: int, quick: bool) -> tuple[Array, str, float]:
    """Places [n, 2] uint16, how, and how well neighbours stay neighbours; kept for the next time."""
    own = _own_map(model, features)
    if own is not None:
        found = plane.squeezed(own)
        return (
            found,
            "The plane on which the network that found the clusters learned to lay the examples.",
            plane.kept(features, found),
        )
    key = f"page-{data.key}-settled-{count}"
    there, figures = cache.recall(key), cache.recall(f"{key}-kept")
    if there is None or figures is None or there.shape != (count, 2) or figures.shape != (2,):
        made, embedded = plane.flat(features) if quick else plane.plane(features)
        there = plane.squeezed(made)
        figures = np.array([plane.kept(features, there), float(embedded)])
        if not quick:
            cache.keep(key, there)
            cache.keep(f"{key}-kept", figures)
    if not figures[1]:
        return there, "The two directions in which the network's features differ most.", float(figures[0])
    how = "The network's features, laid out so that near examples stay near (t-SNE"
    if count > plane.LANDMARKS:
        how += f" of {plane.LANDMARKS:,}; each other one begins between the {plane.BETWEEN} most like it, and all are drawn to their neighbours"
    how += "). Only nearness means something: neither direction nor distance between groups does."
    return there, how, float(figures[0])


def _own_map(model: Model, features: Array) -> Array | None:
    for each in model.found.values():
        layout: Any = getattr(each, "layout", None)
        if isinstance(layout, Layout) and any(part[0] == "map" for part in layout.parts):
            places = layout.cut(features, "map")
            return places if places.shape[1] == 2 else None
    return None


def _classes(
    model: Model, examples: Any, target: str | None, features: Array
) -> tuple[list[str], Array, Literal["label", "answer", "cluster"]]:
    """Names, the code [n] of each point, and what they are."""
    if target is None:
        for each in model.found.values():
            answers = each.answer(features, examples)
            if answers.scores is None and answers.values.dtype == object:
                return *_coded([str(value) for value in answers.values]), "cluster"
        return [], np.full(len(examples), NONE, np.uint8), "cluster"
    if target not in examples.kinds:
        return [], np.full(len(examples), NONE, np.uint8), "label"
    values: Any = examples.values(target)
    if model.outputs[target].kind == TRANSCRIPT:  # nearly every one is a text of its own
        return [], np.full(len(examples), NONE, np.uint8), "label"
    if isinstance(values, Coded):
        return *_coded(values.tolist()), "label"
    if isinstance(values, list):
        return *_coded([None if each is None else ", ".join(each) for each in values]), "label"
    known = np.isfinite(values)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, PIECES + 1)[1:-1])) if known.any() else np.zeros(0)
    names = [f"below {edges[0]:,.4g}"] if len(edges) else ["all"]
    names += [f"{low:,.4g} to {high:,.4g}" for low, high in pairwise(edges)]
    names += [f"{edges[-1]:,.4g} and more"] if len(edges) else []
    codes = np.where(known, np.searchsorted(edges, values, side="right"), NONE).astype(np.uint8)
    return names, codes, "label"


def _coded(words: list[str | None]) -> tuple[list[str], Array]:
    """The commonest words, in order of their names, and the code of each."""
    names, counts = np.unique([word for word in words if word is not None], return_counts=True)
    kept = sorted(
        names[np.argsort(-counts, kind="stable")][:CLASSES].tolist(),
        key=lambda word: (len(word) if word.isdigit() else 0, word),
    )
    place = {name: code for code, name in enumerate(kept)}
    return kept, np.array([NONE if word is None else place.get(word, NONE) for word in words], np.uint8)


def _wrong(model: Model, examples: Any, target: str | None, raws: dict[str, Array]) -> Array | None:
    """[n] bool: answer and label differ; None where that cannot be told."""
    if target is None or target not in examples.kinds:
        return None
    output: Any = model.outputs[target]
    if output.kind != "category":
        return None
    truth, known = output.encode(examples.values(target))
    answers = output.decide(softmax(output.scaled(raws[target])))
    found: Array = known & (answers != truth)
    return found


def _middle(features: Array, at: Array) -> Array:
    """Those of some points that lie nearest to their middle."""
    if not len(at):
        return at
    some = features[at]
    away = ((some - some.mean(0)) ** 2).sum(1)
    found: Array = at[np.argsort(away, kind="stable")[:TYPICAL]]
    return found
