"""Where it fails: figures, confusion, groups, calibration and queues of doubtful rows, of rows that judge or, without them, as the report
kept them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from lamina.core import Array, Json, PlanError, nearest
from lamina.insight.calibration import coverage, reliability
from lamina.insight.metrics import name, short
from lamina.insight.slices import picture_columns, slices
from lamina.insight.suspects import WEAK
from lamina.insight.verdict import verdict
from lamina.model.model import Model
from lamina.model.score import figures
from lamina.page.data import Data
from lamina.page.judged import Judged, kept
from lamina.page.listing import Listing
from lamina.page.schema import fails, shared

SHOWN = 30  # classes of a confusion matrix
DOTS = 2_000
SLICED = 4_000  # rows in which groups are looked for
CELLS = 2**25
LEVEL = 0.9
ONLY = "The examples that judge it are not at hand, so this is what its report kept."


class Fails:
    """judged: the rows that judge one target; None where there are none, and `why_not` says why."""

    def __init__(self, model: Model, data: Data, target: str, judged: Judged | None, why_not: str) -> None:
        self.model, self.data, self.target, self.judged, self.why_not = model, data, target, judged, why_not
        self.kept = kept(model, target)
        self.output: Any = model.outputs[target]
        self.listing = Listing(model, data) if data.examples is not None else None
        if judged is not None and self.listing is not None:
            self.listing.known[target] = judged.known()

    @property
    def key(self) -> str:
        """Under which what takes a moment is kept."""
        return f"{self.target} {self.why_not}" if self.judged is None else f"{self.target} {len(self.judged.rows)}"

    # ---------------------------------------------------------------------------------------- figures

    def summary(self) -> fails.Summary:
        """How good it is, and what is known."""
        found, rows, how = self._figures()
        missing = {part: why for part in _PARTS if (why := self._lacks(part))}
        return fails.Summary(
            target=self.target,
            kind=self.output.kind,
            live=self.judged is not None,
            rows=rows,
            how=how,
            figures=found,
            verdict=self._verdict(),
            has=[part for part in _PARTS if part not in missing],  # type: ignore[misc]
            why_not=missing,
        )

    def _figures(self) -> tuple[list[fails.Figure], int, str]:
        better = dict(self.output.better)
        if self.judged is not None:
            truth, scaled = self.judged.truth, self.judged.scaled
            new = figures(self.output, scaled, truth, None, np.random.default_rng(0))
            told = {key: {"value": each.value, "low": each.low, "high": each.high} for key, each in new.items()}
            return _listed(told, better), len(truth), self.data.how + self._agrees()
        how = f"{ONLY} {self.why_not}".strip()
        return _listed(self.kept.get("figures", {}), better), int(self.kept.get("rows", 0)), how

    def _agrees(self) -> str:
        """Whether what was worked out here is what the report says: then these are the rows that judged there."""
        if self.judged is None or not self.data.same or "confusion" not in self.kept:
            return ""
        before = np.array(self.kept["confusion"])
        same = before.shape == self.judged.confusion.shape and bool((before == self.judged.confusion).all())
        if same:
            return " The counts are those of its report."
        differ = (
            int(np.abs(before - self.judged.confusion).sum()) // 2 if before.shape == self.judged.confusion.shape else 0
        )
        return f" The counts differ from its report's by {differ:,} rows: the files may have changed since."

    def _verdict(self) -> str:
        """What the report says first; said to be the report's where the figures below are of other rows."""
        if not self.kept:
            return ""
        said = verdict(self.kept, self.model.card.results["data"])[0]
        return said if self.judged is None or self.data.same else f"Its report says: {said}"

    def _lacks(self, part: str) -> str:
        """Why a part is missing; '' where it is there."""
        number = self.output.holds == "number"
        other = self.output.kind not in ("category", "number", "tags")
        if other:
            return f"The answers are {self.output.kind}: the report says how good they are."
        match part:
            case "scatter" if not number:
                return "The answers are classes, not numbers."
            case "confusion" | "suspects" if self.output.kind != "category":
                return "The answers are not one of several classes."
            case "calibration" if number:
                return "A number comes with an interval instead of a confidence."
            case "mistakes" if self.output.holds == "tags":
                return "Of tags, the figures say how often each is missed."
            case "csv" if self.judged is None:
                return f"There are no judged rows to write. {self.why_not}"
        if (
            self.judged is None
            and part in ("slices", "mistakes", "suspects", "confusion", "calibration")
            and part not in self.kept
        ):
            return f"The report kept nothing of it. {self.why_not}"
        return ""

    def _need(self, part: str) -> None:
        if why := self._lacks(part):
            raise PlanError(why)

    # -------------------------------------------------------------------------------------- confusion

    def confusion(self) -> fails.Confusion:
        self._need("confusion")
        counts = np.array(self.kept["confusion"]) if self.judged is None else self.judged.confusion
        classes = self.kept["classes"] if self.judged is None else self.judged.classes
        wrong = counts.sum(0) + counts.sum(1) - 2 * np.diag(counts)
        return fails.Confusion(
            target=self.target,
            classes=[str(each) for each in classes],
            counts=counts.tolist(),
            shown=sorted(np.argsort(-wrong, kind="stable")[:SHOWN].tolist()),
            rows=int(counts.sum()),
            live=self.judged is not None,
        )

    def confused(self, truth: str | None, said: str | None, offset: int, limit: int) -> shared.Examples:
        """The examples of one cell, the surest first."""
        self._need("confusion")
        if self.judged is None or self.listing is None:
            raise PlanError(f"The examples of a cell cannot be shown. {self.why_not}")
        at = np.ones(len(self.judged.rows), bool)
        for word, codes in ((truth, self.judged.truth), (said, self.judged.said)):
            if word is not None:
                if word not in self.judged.classes:
                    raise PlanError(f"'{self.target}' has no class '{word}'. {nearest(word, self.judged.classes)}")
                at &= codes == self.judged.classes.index(word)
        places = np.flatnonzero(at)
        order = places[np.argsort(-self.judged.sure[places], kind="stable")]
        items = self.listing.several(self.judged.rows[order[offset : offset + limit]], self.target)
        return shared.Examples(total=len(places), offset=offset, items=items, note="The surest answers first.")

    # ----------------------------------------------------------------------------------------- groups

    def slices(self) -> fails.Slices:
        self._need("slices")
        if self.judged is None:
            found = self.kept["slices"]
            return _groups(self.target, found["unit"], found["groups"], found["looked"], int(self.kept["rows"]))
        judged, examples = self.judged, self.data.examples
        assert examples is not None
        size = max(int(np.prod(form.shape)) for form in self.model.intake.forms.values())
        most = min(SLICED, max(500, CELLS // size))
        some = np.sort(np.random.default_rng(0).permutation(len(judged.rows))[:most])
        columns: dict[str, Any] = {}
        for column, each in self.model.intake.inputs.items():
            if each.kind in ("number", "category"):
                columns[column] = examples.values(column, judged.rows[some])
            elif each.form.kind == "grid":
                pixels = each.encode(examples.values(column, judged.rows[some])).values
                columns |= {f"{what} of {column}": values for what, values in picture_columns(pixels).items()}
        number = judged.holds == "number"
        loss = np.abs(judged.said - judged.truth) if number else judged.wrong.astype(np.float64)
        groups = [asdict(each) for each in slices(columns, loss[some])]
        return _groups(self.target, "error" if number else "wrong", groups, sorted(columns), len(some))

    # ------------------------------------------------------------------------------------ calibration

    def calibration(self) -> fails.Calibration:
        self._need("calibration")
        if self.judged is None:
            after, before = self.kept["calibration"]["after"], self.kept["calibration"]["before"]
        else:
            after, before = (asdict(self._reliable(scaled)) for scaled in (self.judged.scaled, self.judged.before))
        said = (
            f"On average its confidence is off by {100 * after['error']:.1f} points; {100 * after['chance']:.1f} would be chance on so "
            f"few rows. Before calibration it was {100 * before['error']:.1f}."
        )
        return fails.Calibration(
            target=self.target,
            bins=[fails.Bin(**each) for each in after["bins"]],
            before=[fails.Bin(**each) for each in before["bins"]],
            error=after["error"],
            chance=after["chance"],
            said=said,
        )

    def _reliable(self, scaled: Array) -> Any:
        assert self.judged is not None
        from lamina.outputs._scores import sigmoid, softmax

        if self.judged.holds == "category":
            shares = softmax(scaled)
            return reliability(shares.max(1), shares.argmax(1) == self.judged.truth)
        return reliability(sigmoid(scaled).ravel(), self.judged.truth.ravel() > 0.5)

    def scatter(self) -> fails.Scatter:
        self._need("scatter")
        radius = getattr(self.output, "radius", None)
        if self.judged is None:
            dots = [fails.Dot(example=None, said=said, truth=truth) for said, truth in self.kept.get("points", [])]
            held = (self.kept.get("coverage") or {}).get("share")
        else:
            said, truth = self.judged.said, self.judged.truth.astype(np.float64)
            some = np.sort(np.random.default_rng(0).permutation(len(said))[:DOTS])
            dots = [
                fails.Dot(example=int(self.judged.rows[k]), said=float(said[k]), truth=float(truth[k])) for k in some
            ]
            held = None if radius is None else coverage(said - radius, said + radius, truth, LEVEL).share
        told = "Too few held-out examples for an interval that keeps its promise: none is given."
        if radius is not None and held is not None:
            told = f"Each answer comes with an interval of ± {short(radius)}, meant to hold {100 * LEVEL:.0f} % of the time; it held {100 * held:.1f} %."
        return fails.Scatter(target=self.target, dots=dots, radius=radius, promised=LEVEL, held=held, said=told)

    # ----------------------------------------------------------------------------------------- queues

    def mistakes(self, offset: int, limit: int) -> fails.Queue:
        self._need("mistakes")
        if self.judged is None:
            items = [_kept(each) for each in self.kept["mistakes"]]
            return self._queue(items[offset : offset + limit], len(items), offset, f"Sure, and mistaken. {ONLY}")
        judged = self.judged
        if judged.holds == "number":
            said = "The answers farthest from the truth come first."
            return self._live(
                [
                    (e.row, f"{e.truth:,.6g}", f"{e.said:,.6g}", None, None, e.error)
                    for e in judged.farthest[offset : offset + limit]
                ],
                len(judged.farthest),
                offset,
                said,
            )
        words = judged.classes
        wrong = [
            (each.row, words[each.truth], words[each.said], each.confidence, each.doubt, None)
            for each in judged.mistaken[offset : offset + limit]
        ]
        said = "Sure, and mistaken. Look at these first: often it is the label that is wrong."
        return self._live(wrong, len(judged.mistaken), offset, said)

    def suspects(self, offset: int, limit: int) -> fails.Queue:
        self._need("suspects")
        if self.judged is None:
            found = self.kept["suspects"]
            items = [_kept(each) for each in found["rows"]]
            said = f"{found['count']:,} labels look wrong; the report kept the first {len(items)}."
            said = WEAK if found.get("weak") else said
            return self._queue(items[offset : offset + limit], len(items), offset, said)
        judged, words = self.judged, self.judged.classes
        doubts = [
            (each.row, words[each.given], words[each.likely], each.confidence, each.doubt, None)
            for each in judged.suspects[offset : offset + limit]
        ]
        count = len(judged.suspects)
        said = (
            f"Of {len(judged.rows):,} judged examples, {count:,} {'label looks' if count == 1 else 'labels look'} wrong: another label is as "
            "sure there as it usually is where it is right (confident learning). Some are simply hard."
        )
        return self._live(doubts, count, offset, WEAK if judged.weak else said)

    def _live(self, some: Sequence[tuple[Any, ...]], total: int, offset: int, said: str) -> fails.Queue:
        assert self.judged is not None
        assert self.listing is not None
        listed = self.listing.several(self.judged.rows[[each[0] for each in some]] if some else [], self.target)
        items = [
            fails.Doubt(
                example=example,
                given=given,
                likely=likely,
                confidence=sure,
                doubt=doubt,
                error=error,
                picture=None,
                cells={},
            )
            for example, (_, given, likely, sure, doubt, error) in zip(listed, some, strict=True)
        ]
        return self._queue(items, total, offset, said)

    def _queue(self, items: list[fails.Doubt], total: int, offset: int, said: str) -> fails.Queue:
        return fails.Queue(
            target=self.target, total=total, offset=offset, items=items, said=said, live=self.judged is not None
        )

    def csv(self, which: str) -> bytes:
        """Judged rows as a table. Cells that a spreadsheet would take for a formula are told as text."""
        self._need("csv")
        assert self.judged is not None
        judged = self.judged
        match which:
            case "mistakes":
                places = np.flatnonzero(judged.wrong)
            case "suspects":
                self._need("suspects")
                places = np.array([each.row for each in judged.suspects], np.int64)
            case _:
                places = np.arange(len(judged.rows))
        names = self.data.names(judged.rows[places])
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        classes = judged.classes if judged.holds == "category" else []
        writer.writerow(
            ["row", "name", "label", "answer", *(["confidence"] if classes else []), *map(_safe, classes[:100])]
        )
        for place, called in zip(places.tolist(), names, strict=True):
            shares = judged.shares[place].round(6).tolist()[:100] if classes else []
            sure = [round(float(judged.sure[place]), 6)] if classes else []
            writer.writerow(
                [
                    int(judged.rows[place]) + 1, _safe(called), _safe(judged.words(judged.truth[place])),
                    _safe(judged.words(judged.said[place])), *sure, *shares,
                ]
            )  # fmt: skip
        return buffer.getvalue().encode()


_PARTS = ("confusion", "slices", "calibration", "scatter", "mistakes", "suspects", "csv")


def _listed(found: Json, better: dict[str, int]) -> list[fails.Figure]:
    return [
        fails.Figure(
            name=key, said=name(key), value=each["value"], low=each["low"], high=each["high"],
            better=1 if better.get(key, 1) > 0 else -1,
        )
        for key, each in found.items()
        if each["value"] == each["value"]
    ]  # fmt: skip


def _groups(target: str, unit: Any, groups: Sequence[Json], looked: Sequence[str], rows: int) -> fails.Slices:
    said = {
        0: "No group of rows gets clearly worse answers than the others.",
        1: "One group gets clearly worse answers than all other rows.",
    }.get(
        len(groups),
        f"{len(groups)} groups get clearly worse answers than all other rows; columns that go together show the same rows.",
    )
    return fails.Slices(
        target=target,
        unit=unit,
        groups=[fails.Group(**each) for each in groups],
        looked=list(looked),
        rows=rows,
        said=said,
    )


def _kept(each: Json) -> fails.Doubt:
    """A mistake or suspect as the report kept it."""
    number = "error" in each
    return fails.Doubt(
        example=None,
        given=f"{each['truth']:,.6g}" if number else str(each.get("truth", each.get("given"))),
        likely=f"{each['said']:,.6g}" if number else str(each.get("said", each.get("likely"))),
        confidence=each.get("confidence"),
        doubt=each.get("doubt"),
        error=each.get("error"),
        picture=each.get("picture"),
        cells={key: str(value) for key, value in each["cells"].items()},
    )


def _safe(cell: str) -> str:
    return (
        f"'{cell}"
        if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not cell.lstrip("-+").replace(".", "").isdigit()
        else cell
    )
