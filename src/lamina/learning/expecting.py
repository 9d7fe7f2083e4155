"""What the words of texts without a label say of them: naive Bayes, taught by what it expects itself (Nigam et al. 2000)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lamina.core import Array, Encoded
from lamina.learning.label_free import of_rows
from lamina.learning.prepare import Prepared
from lamina.networks._counted import once, pairs_of
from lamina.outputs._scores import log_softmax, softmax

LEAST = 2  # texts that a word or a pair of words has to stand in
COUNTED = 0.1  # texts of every class that each word is counted in beforehand: none is impossible anywhere
UNSURE = 0.1  # labels that a text without one counts for
ROUNDS = 5
CALM = 0.3  # of what would be said if the words of a text did not depend on each other
AT_ONCE = 1_000  # texts


@dataclass(frozen=True, slots=True)
class Words:
    """counts: sparse [N, V], which words and pairs of neighbouring words each text holds."""

    counts: Any

    @classmethod
    def of(cls, texts: Encoded) -> Words:
        """texts: words [N, T]."""
        from scipy.sparse import csr_array

        rows: list[Array] = []
        codes: list[Array] = []
        for number, words in enumerate(torch.split(texts.values.long(), AT_ONCE)):
            for beyond, each in ((0, words), (1 << 32, pairs_of(words))):
                row, code = once(each)
                rows.append(row + number * AT_ONCE)
                codes.append(code.astype(np.int64) + beyond)
        kinds, column = np.unique(np.concatenate(codes), return_inverse=True)
        shape = len(texts.values), len(kinds)
        found = csr_array((np.ones(len(column), np.float32), (np.concatenate(rows), column)), shape)
        return cls(found[:, np.flatnonzero(found.sum(0) >= LEAST)])

    @property
    def weighed(self) -> Any:
        """[N, V], sparse: what stands in few texts counts for more (TF-IDF, Spärck Jones 1972)."""
        held = np.asarray(self.counts.sum(0)).ravel()
        return self.counts.multiply(1 + np.log((1 + self.counts.shape[0]) / (1 + held))[None]).tocsr()

    def told(self, taught: Array, labels: Array, classes: int) -> Array:
        """As of `lamina.learning.beginning.Teacher`."""
        sure = np.zeros((self.counts.shape[0], classes))
        sure[taught, labels] = 1
        raw = self._likely(sure)
        for _ in range(ROUNDS):
            known = UNSURE * softmax(raw)
            known[taught] = sure[taught]
            raw = self._likely(known)
        return log_softmax(CALM * raw)

    def _likely(self, known: Array) -> Array:
        """[N, K] by how often each word stands in the texts of a class; known: [N, K], how much each text counts for each."""
        often = self.counts.T @ known + COUNTED
        share = known.sum(0) / known.sum()
        found: Array = self.counts @ np.log(often / often.sum(0)) + np.log(np.maximum(share, 1e-12))
        return found


def worded(prepared: Prepared, rows: Array) -> list[Words]:
    """Of every input of these rows that is words, and not features that took their place."""
    texts = [prepared.rows.inputs[name] for name, form in prepared.intake.forms.items() if form.kind == "tokens"]
    return [Words.of(of_rows(each, rows)) for each in texts if not each.values.is_floating_point()]
