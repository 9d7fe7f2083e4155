"""A text, written down along time: what was said in a sound, what stands in a picture of a line."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, Coded, DataError, Json, Metrics, Word
from lamina.outputs._decode import beam, collapsed, greedy, likelihood, placed
from lamina.outputs._edits import aligned, edits
from lamina.outputs._letters import Letters
from lamina.outputs._scores import log_softmax, mean

if TYPE_CHECKING:
    from torch import Tensor

    from lamina.networks._heads import Along

OTHER = "\ufffd"  # stands for every character that no training text held
HEEDS = (0.25, 0.5, 0.8)  # of the letters' probability: each is tried on held-out rows
TRIED = 40  # held-out rows on which
POWERS = np.exp(np.linspace(np.log(0.1), np.log(10), 61))
LEAST = 20  # held-out words by which confidence is settled


class Transcript:
    """Characters by connectionist temporal classification (CTC, Graves et al. 2006).

    Raw answers [B, T, V] are log probabilities at each step; class 0 is the blank, 1 any other character. Steps beyond a
    row's end say blank for certain, so that they change nothing and rows of any length lie in one array.
    spoken: capitals and punctuation cannot be heard, and are left out. letters: how likely characters follow each other in
    training texts, where lettered.
    trust: `heed`, how much letters count (0: not at all, and steps are read greedily); `bonus`, for a character; `power`
    of a word's probability; all settled on held-out rows.
    """

    kind: ClassVar[str] = "transcript"
    holds: ClassVar[str] = "text"
    along: ClassVar[bool] = True
    better: ClassVar[dict[str, int]] = {"cer": -1, "wer": -1, "exact": 1}
    metric: ClassVar[str] = "cer"

    def __init__(self, spoken: bool = False, lettered: bool = True) -> None:
        self.spoken, self.lettered = spoken, lettered
        self.counts: Counter[str] = Counter()
        self.texts: list[str] = []
        self.characters: tuple[str, ...] = ()
        self.letters: Letters | None = None
        self.heed = self.bonus = 0.0
        self.power = 1.0
        self.step = 1.0  # how long a step of a raw answer is: seconds of a sound, heights of a line

    def observe(self, values: Coded) -> None:
        for code, count in zip(*np.unique(values.codes[values.codes >= 0], return_counts=True), strict=True):
            text = self.normal(values.words[code])
            self.counts.update({character: int(count) for character in set(text)})
            self.texts += [text] * int(count)

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)
        self.texts += other.texts

    def settle(self) -> None:
        self.characters = ("", OTHER, *sorted(self.counts))
        if not self.counts:
            raise DataError("The target holds no text at all. Transcripts are needed to learn to write them.")
        self.letters = Letters.of(self.texts, self.characters[1:]) if self.lettered else None
        self.texts = []

    def normal(self, text: str) -> str:
        """As it is learned and compared: composed characters, single blanks; where spoken, small letters alone."""
        text = unicodedata.normalize("NFC", text)
        if self.spoken:
            text = text.casefold().replace("\u2019", "'")
            text = "".join(c if c == "'" or unicodedata.category(c)[0] in "LMN" else " " for c in text)
        return " ".join(text.split())

    def encode(self, values: Coded) -> tuple[Array, Array]:
        """Targets [B, L], 0 where nothing more follows."""
        place = {character: code for code, character in enumerate(self.characters) if code}
        texts = [[place.get(character, 1) for character in self.normal(word)] for word in values.words]
        found = np.zeros((len(values), max((len(text) for text in texts), default=1) or 1), np.int64)
        for row, code in enumerate(values.codes.tolist()):
            if code >= 0:
                found[row, : len(texts[code])] = texts[code]
        return found, values.codes >= 0

    # ------------------------------------------------------------------------------------ the torch half

    def head(self, width: int, copies: int) -> Along:
        from lamina.networks._heads import Along

        return Along(width, len(self.characters))

    def losses(self, raw: Tensor, target: Tensor, smoothing: float) -> Tensor:
        """[B, k], per character, from raw [B, k, T, V] and target [B, L]."""
        import torch
        from torch.nn.functional import ctc_loss

        rows, copies, steps, _ = raw.shape
        logs = raw.flatten(0, 1).log_softmax(2)
        lengths = (target > 0).sum(1).repeat_interleave(copies)
        every = torch.full((rows * copies,), steps)
        texts = target.repeat_interleave(copies, 0)
        each = ctc_loss(logs.transpose(0, 1), texts, every, lengths, reduction="none", zero_infinity=True)
        return (each / lengths.clamp_min(1)).view(rows, copies)

    def combine(self, raw: Tensor) -> Tensor:
        return raw.log_softmax(3).mean(1).log_softmax(2)

    # ------------------------------------------------------------------------------------ the NumPy half

    def calibrate(self, raw: Array, target: Array, weight: Array | None = None) -> None:
        """Settle on held-out rows how much letters count, and the power that makes words' confidence honest."""
        some = slice(0, TRIED)
        if self.letters is not None and len(target) >= 5:
            surprise = self.letters.surprise(self.text(codes) for codes in target[some])
            tried = {(0.0, 0.0): 0.0} | {(heed, heed * surprise): 0.0 for heed in HEEDS}
            for self.heed, self.bonus in tried:
                tried[self.heed, self.bonus] = self.metrics(raw[some], target[some])["cer"]
            self.heed, self.bonus = min(tried, key=lambda each: (tried[each], each))
        self.power = 1.0
        sure, right = self.judged_words(raw, target)
        if len(sure) >= LEAST:
            logs = np.log(np.clip(sure, 1e-6, 1 - 1e-6))
            hit, doubt = right * (1 - 1 / len(right)) + 0.5 / len(right), np.clip
            losses = [
                -np.mean(hit * power * logs + (1 - hit) * np.log1p(-doubt(np.exp(power * logs), 0, 1 - 1e-12)))
                for power in POWERS
            ]
            self.power = float(POWERS[int(np.argmin(losses))])

    def judged_words(self, raw: Array, target: Array) -> tuple[Array, Array]:
        """Confidence of each word said, and whether it stands in the truth."""
        answers = self.answer(raw)
        sure, right = [], []
        for words, codes in zip(answers.words or (), target, strict=True):
            told = iter(words)
            for said, truth in aligned([word.text for word in words], self.text(codes).split()):
                if said:
                    sure.append(next(told).confidence)
                    right.append(said == truth)
        return np.array(sure), np.array(right, float)

    def codes(self, raw: Array) -> list[list[int]]:
        """The characters [N] of raw answers."""
        logs = [log_softmax(row) for row in raw]
        if self.heed and self.letters is not None:
            return [beam(each, self.characters, self.letters, self.heed, self.bonus) for each in logs]
        return [greedy(each) for each in logs]

    def answer(self, raw: Array) -> Answers:
        every = self.codes(raw)
        values = np.empty(len(raw), object)
        confidence, words = np.ones(len(raw)), []
        for row, codes in enumerate(every):
            values[row] = self.text(codes)
            logs = log_softmax(raw[row])
            spans, sure = placed(logs, codes)
            words.append(self._words(codes, spans, sure))
            nothing = float(np.exp(self.power * logs[:, 0].sum()))  # that no step says anything
            confidence[row] = np.prod([word.confidence for word in words[-1]]) if words[-1] else nothing
        return Answers(values, confidence, words=words)

    def _words(self, codes: list[int], spans: Array, sure: Array) -> tuple[Word, ...]:
        """Characters between blanks, with the probability that all are right and their times."""
        found, start = [], 0
        blanks = [k for k, code in enumerate(codes) if self.characters[code] == " "]
        for end in (*blanks, len(codes)):
            if end > start:
                confidence = float(np.prod(sure[start:end]) ** self.power)
                first, last = float(spans[start, 0] * self.step), float(spans[end - 1, 1] * self.step)
                found.append(Word(self.text(codes[start:end]), confidence, first, last))
            start = end + 1
        return tuple(found)

    def text(self, codes: Array | list[int]) -> str:
        """Characters of codes, of which 0 says nothing."""
        return "".join(self.characters[code] for code in codes)

    def metrics(self, raw: Array, target: Array, weight: Array | None = None) -> dict[str, float]:
        rates, counted, _ = self.evidence(raw, target)
        return dict(rates(counted, target, weight))

    def evidence(self, raw: Array, target: Array) -> tuple[Metrics, Array, None]:
        """[N, 4] per row: mistaken characters, characters, mistaken words, words."""
        return _rates, self._counted(self.codes(raw), target), None

    def _counted(self, every: list[list[int]], target: Array) -> Array:
        found = np.zeros((len(target), 4))
        for row, (codes, true) in enumerate(zip(every, target, strict=True)):
            said, truth = self.text(codes), self.text(true)
            mistaken = edits(said, truth)
            words = truth.split()
            found[row] = mistaken, len(truth), edits(said.split(), words) if mistaken else 0, len(words)
        return found

    def score(self, raw: Array, target: Array, weight: Array, metric: str | None) -> float:
        """By greedy reading: it is looked at often. At first all is blank, and only likelihood tells weights apart."""
        found = _rates(self._counted([collapsed(row.argmax(1)) for row in raw], target), target, weight)
        if metric is not None:
            return self.better[metric] * found[metric]
        logs = log_softmax(raw.reshape(-1, raw.shape[-1])).reshape(raw.shape)
        surprise = np.minimum(likelihood(logs, target) / np.maximum((target > 0).sum(1), 1), 20)
        return -found["cer"] - 0.01 * mean(surprise, weight)

    def scaled(self, raw: Array) -> Array:
        return raw

    def state(self) -> Json:
        return {
            "characters": list(self.characters), "spoken": self.spoken, "step": self.step, "heed": self.heed,
            "bonus": self.bonus, "power": self.power,
            "letters": self.letters.counts if self.letters is not None and self.heed else None,
        }  # fmt: skip

    @classmethod
    def restore(cls, state: Json) -> Self:
        found = cls(bool(state["spoken"]))
        found.characters = tuple(str(each) for each in state["characters"])
        found.step, found.power = float(state["step"]), float(state["power"])
        found.heed, found.bonus = float(state["heed"]), float(state["bonus"])
        if state["letters"] is not None:
            found.letters = Letters(state["letters"], found.characters[1:])
        return found


def _rates(counted: Array, target: Array, weight: Array | None = None) -> dict[str, float]:
    """Mistakes for each true character and word, and the share of rows without any."""
    weight = np.ones(len(counted)) if weight is None else weight
    wrong, characters, missed, words = weight @ counted if len(counted) else np.zeros(4)
    return {
        "cer": float(wrong / characters) if characters else float("nan"),
        "wer": float(missed / words) if words else float("nan"),
        "exact": mean((counted[:, 0] == 0).astype(np.float64), weight),
    }
