"""Which words of a text speak for which answer: each is left out in turn, and the answers are compared."""

from __future__ import annotations

import time
from collections import defaultdict

import numpy as np

from lamina.core import Array, Encoded, Json, chunks
from lamina.inputs.text import Text
from lamina.learning.prepare import Prepared
from lamina.model.model import Model
from lamina.outputs._scores import softmax

TEXTS = 300  # that were never learned from, at most
WORDS = 40  # of each that are left out in turn
OFTEN = 3  # times that a word has to stand there to be named
NAMED = 10  # words for an answer
AT_ONCE = 512


def telling(model: Model, prepared: Prepared, rows: Array, seconds: float, rng: np.random.Generator) -> list[Json]:
    """For each class of the first target the words that speak most for it: by how much its log-odds fall without them.

    rows: never learned from. Within `seconds` as many of them are asked about as there is time for.
    """
    column, output = next(iter(prepared.outputs.items()))
    texts = [name for name, each in prepared.intake.inputs.items() if isinstance(each, Text)]
    if output.holds != "category" or not texts or not len(rows):
        return []
    text = prepared.intake.inputs[texts[0]]
    array = next(name for name, columns in prepared.intake.groups.items() if texts[0] in columns)
    raw = f"raw_{prepared.names[column]}"
    begun = time.perf_counter()
    sums: dict[int, Array] = defaultdict(lambda: np.zeros(len(output.classes)))  # type: ignore[attr-defined]
    counts: dict[int, int] = defaultdict(int)
    for some in chunks(np.sort(rng.permutation(rows)[:TEXTS]), 20):
        arrays = prepared.intake.encode(prepared.examples, some)
        whole = _odds(output.scaled(model.run(arrays)[raw]))
        owner, codes, without = _without(arrays[array])
        for part in chunks(np.arange(len(owner)), AT_ONCE):
            asked = {name: _taken(each, owner[part]) for name, each in arrays.items()}
            asked[array] = Encoded(without.values[part], asked[array].present, lengths=without.lengths[part])
            for place, fall in zip(part, whole[owner[part]] - _odds(output.scaled(model.run(asked)[raw])), strict=True):
                sums[int(codes[place])] += fall
                counts[int(codes[place])] += 1
        if time.perf_counter() - begun > seconds:
            break
    often = [code for code, count in counts.items() if count >= OFTEN]
    found: list[Json] = []
    for place, label in enumerate(output.classes):  # type: ignore[attr-defined]
        falls = {code: float(sums[code][place] / counts[code]) for code in often}
        best = sorted((code for code in often if falls[code] > 0), key=lambda code: -falls[code])[:NAMED]
        words = [{"word": text.decode(np.array([code])), "by": falls[code], "texts": counts[code]} for code in best]
        found.append({"label": label, "words": words})
    return found


def _without(texts: Encoded) -> tuple[Array, Array, Encoded]:
    """Every text without one of its words: which text it was, which word, and the rest of it."""
    owner: list[int] = []
    codes: list[int] = []
    rest = []
    for row, (values, length) in enumerate(zip(texts.values, texts.lengths, strict=True)):
        for place in range(min(int(length), WORDS) if length > 1 else 0):
            owner.append(row)
            codes.append(int(values[place]))
            rest.append(np.delete(values, place))
    shape = (0, texts.values.shape[1] - 1)
    values = np.stack(rest) if rest else np.zeros(shape, texts.values.dtype)
    rows = np.array(owner, np.int64)
    return rows, np.array(codes, np.int64), Encoded(values, texts.present[rows], lengths=texts.lengths[rows] - 1)


def _taken(each: Encoded, rows: Array) -> Encoded:
    lengths = None if each.lengths is None else each.lengths[rows]
    return Encoded(each.values[rows], each.present[rows], lengths=lengths)


def _odds(scaled: Array) -> Array:
    """[N, K] log-odds of each class."""
    shares = np.clip(softmax(scaled), 1e-6, 1 - 1e-6)
    found: Array = np.log(shares / (1 - shares))
    return found
