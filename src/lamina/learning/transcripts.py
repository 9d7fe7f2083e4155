"""What a report says of transcripts: mistakes for each character and word, where they are, whether words' confidence holds."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict

import numpy as np

from lamina.core import Array, Json
from lamina.insight.calibration import reliability
from lamina.learning.findings import how_good
from lamina.learning.held import Held
from lamina.learning.prepare import Prepared
from lamina.learning.shown import shown
from lamina.model.intervals import intervals
from lamina.model.score import Figure
from lamina.outputs._edits import aligned, edits
from lamina.outputs.transcript import Transcript

WORST = 10  # transcripts that are shown
ROUNDS = 400


def about_target(column: str, prepared: Prepared, held: Held, rng: np.random.Generator, private: bool) -> Json:
    """Everything that is said of the target."""
    output = prepared.outputs[column]
    assert isinstance(output, Transcript)
    rows, raw, target = held.judged(prepared, column)
    rates, counted, _ = output.evidence(raw, target)  # once: reading with letters takes its time
    spans = intervals(rates, counted, target, None, rng=rng, rounds=ROUNDS)
    figures = {name: Figure(value, *spans[name]) for name, value in rates(counted, target, None).items()}
    sure, right = output.judged_words(raw, target)
    found = how_good(column, output, len(rows), figures)
    found |= {
        "words": int(counted[:, 3].sum()),
        "characters": "".join(output.characters[2:]),
        "baselines": [_commonest(output, prepared, column, target)],
        "heed": output.heed,
        "calibration": asdict(reliability(sure, right > 0.5)) if len(sure) else None,
    }
    if not private:
        found["worst"] = _worst(output, prepared, rows, raw, target, counted)
    return found


def _commonest(output: Transcript, prepared: Prepared, column: str, target: Array) -> Json:
    """The same text for every row: of the training texts the one that is right most often, else the first."""
    began = time.perf_counter()
    train = prepared.folds[0].train
    texts = Counter(output.text(codes) for codes in prepared.targets(column, train)[0])
    said = max(texts, key=lambda text: (texts[text], -len(text), text))
    counted = np.zeros((len(target), 4))
    for row, codes in enumerate(target):
        truth = output.text(codes)
        words = truth.split()
        counted[row] = edits(said, truth), len(truth), edits(said.split(), words), len(words)
    rates, _, _ = output.evidence(np.zeros((0, 1, 2), np.float32), target[:0])
    figures = dict(rates(counted, target, None))
    return {
        "name": "most common transcript", "seconds": time.perf_counter() - began, "rows": len(train), "note": "",
        "figures": figures,
    }  # fmt: skip


def _worst(
    output: Transcript, prepared: Prepared, rows: Array, raw: Array, target: Array, counted: Array
) -> list[Json]:
    """The transcripts with most mistakes for their length, character by character beside the truth."""
    share = counted[:, 0] / np.maximum(counted[:, 1], 1)
    worst = [k for k in np.argsort(-share, kind="stable")[:WORST] if share[k] > 0]
    answers = output.answer(raw[worst])
    return [
        {
            "said": answers.values[place],
            "truth": output.text(target[k]),
            "pairs": aligned(answers.values[place], output.text(target[k])),
            "confidence": float(answers.confidence[place]) if answers.confidence is not None else None,
        }
        | shown(prepared, int(rows[k]))
        for place, k in enumerate(worst)
    ]
