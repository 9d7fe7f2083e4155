"""Answers to every target of a model, row by row or column by column."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Answer, Answers, Array, Json

if TYPE_CHECKING:
    import polars

    from lamina.examples import Note


ALTERNATIVES = 5  # the likeliest words that are said


class Predictions(Sequence[Any]):
    """`predictions[0]` is an Answer (with several targets: a dict of them), `predictions[:3]` a list, `predictions["price"]` one target's Answers.

    names: what each row was, where it has a name (a file). notes: what was odd about the rows as a whole.
    """

    def __init__(
        self, targets: Mapping[str, Answers], names: Sequence[str] | None = None, notes: Sequence[Note] = ()
    ) -> None:
        self.targets = dict(targets)
        self.names = names
        self.notes = list(notes)

    def __len__(self) -> int:
        return len(next(iter(self.targets.values())))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self.targets[key]
        if isinstance(key, slice):
            return [self[row] for row in range(*key.indices(len(self)))]
        if not -len(self) <= key < len(self):
            raise IndexError(f"There are {len(self)} rows; row {key} was asked for.")
        row = {target: answers[key] for target, answers in self.targets.items()}
        return row if len(row) > 1 else next(iter(row.values()))

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    @property
    def only(self) -> Answers:
        """The answers of a model with one target (of the first, with several)."""
        return next(iter(self.targets.values()))

    @property
    def values(self) -> Array:
        return self.only.values

    @property
    def confidence(self) -> Array | None:
        return self.only.confidence

    def records(self) -> Iterator[Json]:
        """One JSON-ready dict per row: for `--json`, files and HTTP."""
        for row, found in enumerate(records(self.targets)):
            yield {"input": self.names[row], **found} if self.names is not None else found

    def frame(self) -> polars.DataFrame:
        """One row per example: for each target its value, its confidence or interval, and whether it is unlike."""
        import polars as pl

        columns: dict[str, Any] = {"input": list(self.names)} if self.names is not None else {}
        for target, answers in self.targets.items():
            columns[target] = answers.values.tolist()
            if answers.confidence is not None:
                columns[f"{target}_confidence"] = answers.confidence
            if answers.low is not None and answers.high is not None:
                columns |= {f"{target}_low": answers.low, f"{target}_high": answers.high}
            if answers.shares is not None:
                columns |= {f"{target}={word}": answers.shares[:, k] for k, word in enumerate(answers.classes[:100])}
            if answers.scores is not None:
                columns[f"{target}_score"] = answers.scores
            if answers.unlike is not None:
                columns["unlike"] = answers.unlike
        return pl.DataFrame(columns)

    def cells(self, rows: range, before: int = 0) -> tuple[list[str], list[list[str]]]:
        """Headings and cells in words, for people: the answer, how sure it is or its interval, the next best, remarks.
        before: rows that came before these, by which they are numbered."""
        heads = ["" if self.names is None else "input"]
        for target, answers in self.targets.items():
            heads += [target, *_heads(answers)]
        lines = []
        for row in rows:
            answered = [answers[row] for answers in self.targets.values()]
            lines.append(self._line(str(before + row + 1) if self.names is None else self.names[row], answered))
            for parts in zip(*(each.windows for each in answered), strict=True):
                start, end, _ = parts[0]
                lines.append(self._line(f"  {_clock(start)} to {_clock(end)}", [answer for *_, answer in parts]))
        return [*heads, ""], lines

    def _line(self, name: str, answered: Sequence[Answer]) -> list[str]:
        line = [name]
        for answers, answer in zip(self.targets.values(), answered, strict=True):
            line.append(value_of(answer))
            if answers.scores is not None:
                line.append("" if answer.score is None else f"{answer.score:.2f}")
            elif answers.confidence is not None:
                line += ["", ""] if answer.confidence is None else [percent(answer.confidence), _others(answer)]
            else:
                line.append("" if answer.interval is None else "{:,.6g} to {:,.6g}".format(*answer.interval))
        return [*line, _remark(answered[-1])]

    def _repr_html_(self) -> str:
        heads, lines = self.cells(range(min(len(self), 20)))
        head = "".join(f"<th>{html.escape(each)}</th>" for each in heads)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(each)}</td>" for each in line) + "</tr>" for line in lines)
        more = f"<p>… and {len(self) - 20:,} more rows</p>" if len(self) > 20 else ""
        return f"<table><tr>{head}</tr>{body}</table>{more}"


def value_of(answer: Answer) -> str:
    """`cat`, `wet, cold`, `231,000`."""
    if answer.value is None:
        return "no answer"
    if isinstance(answer.value, list):
        return ", ".join(answer.value) or "none"
    return f"{answer.value:,.6g}" if isinstance(answer.value, float) else str(answer.value)


def percent(share: float) -> str:
    """`percent(0.314) == "31 %"`; nothing is quite certain: `percent(0.9999) == ">99 %"`."""
    return ">99 %" if share >= 0.995 else "<1 %" if share < 0.005 else f"{100 * share:.0f} %"


def _clock(seconds: float) -> str:
    """`_clock(75.0) == "1:15"`; parts of a second are told where they matter."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}:{rest:02.0f}" if rest == round(rest) or minutes else f"0:{rest:04.1f}"


def _others(answer: Answer) -> str:
    """The next best answers, as far as they are worth a word: `dog 12 %, fox 3 %`."""
    said = answer.value if isinstance(answer.value, list) else [answer.value]
    others = [(word, share) for word, share in answer.alternatives if word not in said and share >= 0.01]
    return ", ".join(f"{word} {percent(share)}" for word, share in others[:2])


def _heads(answers: Answers) -> list[str]:
    if answers.scores is not None:
        return ["how odd"]
    return ["sure", "else"] if answers.confidence is not None else ["interval"]


def _remark(answer: Answer) -> str:
    if not answer.unlike:
        return ""
    if answer.score is not None:
        near = f" (nearest known: {'; '.join(answer.nearest[:1])})" if answer.nearest else ""
        return "; ".join(answer.reasons) + (near if answer.reasons != ("no known example is near",) else "")
    return "unlike the training data" + (f": {'; '.join(answer.reasons)}" if answer.reasons else "")


def records(targets: Mapping[str, Answers]) -> list[Json]:
    """One JSON-ready dict per row: target to value, confidence and alternatives (or interval), unlike, reasons."""
    columns = {target: _records(answers) for target, answers in targets.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _records(answers: Answers) -> list[Json]:
    """Column by column, because a server makes thousands of these a second."""
    found: list[Json] = [{"value": value} for value in answers.values.tolist()]
    if answers.confidence is not None:
        for each, confidence in zip(found, answers.confidence.astype(np.float64).round(6).tolist(), strict=True):
            each["confidence"] = confidence
    if answers.shares is not None:
        order = np.argsort(-answers.shares, axis=1)[:, :ALTERNATIVES]
        shares = np.take_along_axis(answers.shares, order, 1).astype(np.float64).round(6).tolist()
        for each, places, shown in zip(found, order.tolist(), shares, strict=True):
            each["alternatives"] = {answers.classes[k]: share for k, share in zip(places, shown, strict=True)}
    if answers.scores is not None:
        for each, score in zip(found, answers.scores.astype(np.float64).round(6).tolist(), strict=True):
            each["score"] = score if score == score else None
    if answers.words is not None:
        for each, words in zip(found, answers.words, strict=True):
            each["words"] = [
                {
                    "text": word.text,
                    "confidence": round(word.confidence, 6),
                    "start": round(word.start, 3),
                    "end": round(word.end, 3),
                }
                for word in words
            ]
    if answers.low is not None and answers.high is not None:
        for each, low, high in zip(found, answers.low.tolist(), answers.high.tolist(), strict=True):
            each["interval"] = [low, high]
    for row, each in enumerate(found):
        if each["value"] != each["value"]:  # a number of which nothing could be read: JSON knows no NaN
            each |= {"value": None, "interval": None}
        each["unlike"] = bool(answers.unlike[row]) if answers.unlike is not None else False
        if row in answers.reasons:
            each["reasons"] = list(answers.reasons[row])
        if row in answers.nearest:
            each["nearest"] = list(answers.nearest[row])
        if row in answers.windows:
            times, inside = answers.windows[row]
            each["windows"] = [
                {"from": start, "to": end, **part}
                for (start, end), part in zip(times.round(3).tolist(), _records(inside), strict=True)
            ]
    return found
