"""Why this answer: which columns, words, moments or frames, which part of a picture; beside each the same with random weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, Encoded, Json
from lamina.insight.frames import alone, blank, hidden
from lamina.insight.gradcam import gradcam
from lamina.insight.gradients import STEPS, integrated
from lamina.insight.occlusion import occlusion
from lamina.insight.question import Question
from lamina.insight.ranks import similarity
from lamina.insight.spans import Span, left_out, silent, spans
from lamina.insight.twin import twin
from lamina.model.intake import TABLE, Intake
from lamina.networks._join import Ensemble

TWINS = 3  # networks with random weights; one where a map takes many runs
LEAST = 6  # values of a map from which on a rank correlation says something


class Brains:
    """A network and, made when they are first asked for, its twins with random weights."""

    def __init__(self, network: Ensemble) -> None:
        self.network = network
        self._twins: list[Ensemble] = []

    def twins(self, count: int = TWINS) -> list[Ensemble]:
        self._twins += [twin(self.network, seed) for seed in range(len(self._twins), count)]
        return self._twins[:count]


@dataclass(frozen=True, slots=True)
class Weighed:
    """One map of importances, and the same of networks with random weights.

    values: any shape; random: of the first twin; alike: the mean rank correlation with the twins, None where there are
    too few values to tell.
    """

    values: Array
    random: Array
    alike: float | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Why, for the columns of a table. effects: [columns], what each adds to the score on the way from `start`, the score of
    a usual row, to `end`; None where the network does not say where its values start. without: [columns], the score when
    that column alone is as usual."""

    names: tuple[str, ...]
    effects: Weighed | None
    without: Array
    start: float
    end: float
    kind: str = field(default="columns", init=False)

    @property
    def order(self) -> list[int]:
        """The columns, those that matter most first."""
        size = np.abs(self.end - self.without if self.effects is None else self.effects.values)
        return [int(k) for k in np.argsort(-size, kind="stable")]


@dataclass(frozen=True, slots=True)
class Places:
    """Why, for the parts of a picture. pixels: [H, W, C] uint8 as the network got them; evidence: Grad-CAM [h, w], None where
    the network has no maps with places; covered: [rows, columns], the fall of the score `end` when that patch is covered, None
    where it was not asked for."""

    name: str
    pixels: Array
    evidence: Weighed | None
    covered: Weighed | None
    end: float
    kind: str = field(default="places", init=False)

    @property
    def least(self) -> float | None:
        """The lowest score that covering one patch leads to."""
        return None if self.covered is None else self.end - float(self.covered.values.max())


@dataclass(frozen=True, slots=True)
class Steps:
    """Why, for the words of a text, or for the stretches of what lies over time. words: each word, empty where it is no text;
    spans: first step of each part, and the one after its last. effects: what each adds to the score, from an empty text or a silent
    signal on; None where the network does not say where its values start. left_out: the fall of the score `end` without it.
    seconds: that one step of a sound lasts, None of anything else."""

    name: str
    words: tuple[str, ...]
    spans: tuple[Span, ...]
    effects: Weighed | None
    left_out: Weighed
    start: float
    end: float
    seconds: float | None = None
    kind: str = field(default="steps", init=False)

    @property
    def named(self) -> list[str]:
        """What each part is called."""
        if self.words:
            return list(self.words)
        if self.seconds is not None:
            return [f"{start * self.seconds:.2f} to {end * self.seconds:.2f} s" for start, end in self.spans]
        return [f"{start + 1:,} to {end:,}" if end - start > 1 else f"{end:,}" for start, end in self.spans]


@dataclass(frozen=True, slots=True)
class Frames:
    """Why, for the frames of a film. pixels: [T, H, W, C] uint8 as the network got them; spans: first frame of each part, and the
    one after its last. hidden: [parts], the fall of the score `end` when those frames are hidden; alone: [parts], the score when all
    others are, None where it was not asked for; start: the score when all are. evidence: [T, h, w] Grad-CAM in each frame, None
    where the network does not look at frames one by one."""

    name: str
    pixels: Array
    spans: tuple[Span, ...]
    hidden: Weighed
    alone: Array | None
    evidence: Weighed | None
    start: float
    end: float
    kind: str = field(default="frames", init=False)

    @property
    def named(self) -> list[str]:
        """What each part is called."""
        return [
            f"frame {first + 1}" if end - first < 2 else f"frames {first + 1} to {end}" for first, end in self.spans
        ]

    @property
    def shown(self) -> list[int]:
        """Of each part the frame in its middle, to be looked at."""
        return [(first + end - 1) // 2 for first, end in self.spans]

    @property
    def most(self) -> float:
        """The most evidence in any place of any frame."""
        return 0.0 if self.evidence is None else float(self.evidence.values.max())


Part = Columns | Places | Steps | Frames


def why(
    question: Question, brains: Brains, intake: Intake, usual: Mapping[str, Encoded], thorough: bool = True
) -> list[Part]:
    """A part for each array of the example that is there. usual: the arrays of a row to compare with. thorough: do what takes
    many answers, too."""
    found: list[Part] = []
    for name, form in intake.forms.items():
        if not bool(question.inputs[name].present[0]):
            continue
        match form.kind:
            case "vector":
                found.append(_columns(question, brains, intake, torch.from_numpy(usual[TABLE].values)))
            case "grid":
                found.append(_places(question, brains, name, intake.groups[name][0], thorough))
            case "tokens" | "sequence" | "spectrum":
                found.append(_steps(question, brains, name, intake, thorough))
            case "film":
                found.append(_frames(question, brains, name, intake.groups[name][0], thorough))
    return found


def _columns(question: Question, brains: Brains, intake: Intake, before: Tensor) -> Columns:
    positions = {column: places for column, (name, places) in intake.positions.items() if name == TABLE}
    parts = list(positions.values())
    after = question.inputs[TABLE].values
    changed = after.repeat(len(parts), 1)
    for row, places in enumerate(parts):
        changed[row, places] = before[0, places]
    scores = question.scores({TABLE: torch.cat([before, after, changed])})
    differ = np.array([not _same(before[0, places], after[0, places]) for places in parts])

    def effects(asked: Question) -> Array | None:
        return integrated(asked, TABLE, before, parts)

    weighed = _weighed(question, brains, effects, TWINS, lambda values: np.abs(values[differ]))
    return Columns(tuple(positions), weighed, scores[2:], float(scores[0]), float(scores[1]))


def _places(question: Question, brains: Brains, name: str, column: str, thorough: bool) -> Places:
    picture = question.inputs[name].values
    evidence = _weighed(question, brains, lambda asked: gradcam(asked, name), TWINS, lambda values: values.clip(0))
    covered = None
    if thorough or evidence is None:
        covered = _weighed(question, brains, lambda asked: occlusion(asked, name), 1, lambda values: values)
    end = question.now()
    return Places(column, picture[0].numpy(), evidence, covered, end)


def _steps(question: Question, brains: Brains, name: str, intake: Intake, thorough: bool) -> Steps:
    column = intake.groups[name][0]
    text = intake.forms[name].kind == "tokens"
    row = question.inputs[name]
    parts = spans(int(row.lengths[0]), text)
    before = None if text else silent(question, name, text)
    places = [range(*part) for part in parts]
    twins = TWINS if thorough else 1
    effects = _weighed(
        question,
        brains,
        lambda asked: integrated(asked, name, before, places, STEPS),
        twins,
        lambda values: np.abs(values),
    )
    fall = _weighed(
        question, brains, lambda asked: left_out(asked, name, parts, text), 1, lambda values: np.abs(values)
    )
    assert fall is not None
    read = intake.inputs[column]
    said = [str(read.decode(row.values[0, start:end].numpy())) for start, end in parts] if text else []
    end = question.now()
    if text and effects is not None:
        start = end - float(effects.values.sum())
    else:
        start = float(question.scores({name: silent(question, name, text)})[0])
    seconds = intake.forms[name].hop if read.holds == "sound" else None
    return Steps(column, tuple(said), tuple(parts), effects, fall, start, end, seconds)


def _frames(question: Question, brains: Brains, name: str, column: str, thorough: bool) -> Frames:
    film = question.inputs[name].values  # trimmed: no frame beyond the film's own length
    parts = spans(film.shape[1], False)
    fall = _weighed(question, brains, lambda asked: hidden(asked, name, parts), 1, lambda values: values)
    assert fall is not None
    twins = TWINS if thorough else 1
    evidence = _weighed(question, brains, lambda asked: gradcam(asked, name), twins, lambda values: values.clip(0))
    start = float(question.scores({name: blank(question, name)})[0])
    by_itself = alone(question, name, parts) if thorough else None
    return Frames(column, film[0].numpy(), tuple(parts), fall, by_itself, evidence, start, question.now())


def _weighed(
    question: Question,
    brains: Brains,
    explain: Callable[[Question], Array | None],
    twins: int,
    compared: Callable[[Array], Array],
) -> Weighed | None:
    """compared: what of a map is compared with a twin's."""
    values = explain(question)
    if values is None:
        return None
    randoms = [explain(replace(question, network=each)) for each in brains.twins(twins)]
    known = [each for each in randoms if each is not None]
    mine = compared(values)
    alike = float(np.mean([similarity(mine, compared(each)) for each in known])) if mine.size >= LEAST else None
    return Weighed(values, known[0], alike)


def compared(part: Part) -> Weighed | None:
    """The map of a part that stands for it when it is held against random weights; None where the network gives none."""
    match part:
        case Columns():
            return part.effects
        case Steps():
            return part.effects or part.left_out
        case Frames():
            return part.hidden
        case Places():
            return part.evidence or part.covered


def _same(a: Tensor, b: Tensor) -> bool:
    return bool(torch.equal(a.nan_to_num(-1e38), b.nan_to_num(-1e38)))


def to_json(part: Part, question: Question, cells: Mapping[str, Any], usual: Mapping[str, Any]) -> Json:
    """A part as plain values. cells, usual: what the example and the usual row hold, by column."""
    match part:
        case Columns():
            effects = part.effects
            return {
                "kind": part.kind,
                "usual": question.share(part.start),
                "alike": None if effects is None else effects.alike,
                "columns": [
                    {
                        "column": part.names[k],
                        "value": cells.get(part.names[k]),
                        "usual": usual.get(part.names[k]),
                        "effect": None if effects is None else float(effects.values[k]),
                        "fall": part.end - float(part.without[k]),
                        "without": question.share(float(part.without[k])),
                    }
                    for k in part.order
                ],
            }
        case Steps():
            effects = part.effects
            return {
                "kind": part.kind,
                "column": part.name,
                "words": bool(part.words),
                "empty": question.share(part.start),
                "alike": part.left_out.alike if effects is None else effects.alike,
                "parts": [
                    {
                        "part": word,
                        "first": span[0],
                        "end": span[1],
                        **({} if part.seconds is None else _lasting(span, part.seconds)),
                        "effect": None if effects is None else float(effects.values[k]),
                        "fall": float(part.left_out.values[k]),
                        "without": question.share(part.end - float(part.left_out.values[k])),
                    }
                    for k, (word, span) in enumerate(zip(part.named, part.spans, strict=True))
                ],
            }
        case Frames():
            return {
                "kind": part.kind,
                "column": part.name,
                "empty": question.share(part.start),
                "alike": part.hidden.alike,
                "parts": [
                    {
                        "part": called,
                        "first": span[0],
                        "end": span[1],
                        "effect": float(part.hidden.values[k]),
                        "without": question.share(part.end - float(part.hidden.values[k])),
                        "alone": None if part.alone is None else question.share(float(part.alone[k])),
                    }
                    for k, (called, span) in enumerate(zip(part.named, part.spans, strict=True))
                ],
                "evidence": None if part.evidence is None else _map(part.evidence),
            }
        case Places():
            return {
                "kind": part.kind,
                "column": part.name,
                "evidence": None if part.evidence is None else _map(part.evidence),
                "covered": None if part.covered is None else _map(part.covered),
                "least": None if part.least is None else question.share(part.least),
            }


def _lasting(span: Span, seconds: float) -> Json:
    """A part of a sound in seconds; seconds: of a step."""
    return {"from": round(span[0] * seconds, 4), "to": round(span[1] * seconds, 4)}


def _map(weighed: Weighed) -> Json:
    return {"values": np.round(weighed.values, 6).tolist(), "alike": weighed.alike}
