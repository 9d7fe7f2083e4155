"""How texts are learned to be written: a language model, letter by letter, or piece by piece."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from lamina.core import Array, DataError, Json, PlanError, Progress, Recipe
from lamina.examples.prose import LEAST, Prose
from lamina.learning.apprentice_text import PIECE, Apprentice, Lines
from lamina.learning.budget import Budget
from lamina.learning.conclude_text import conclude
from lamina.learning.making import Making, with_batch
from lamina.learning.pieces import with_pieces
from lamina.learning.plan import Plan
from lamina.made._alphabet import END, STOP, Alphabet
from lamina.made.text import Text
from lamina.model.model import Model
from lamina.networks._build import asked
from lamina.networks._writer import NAME

HELD = 0.1  # share of the letters at the end, which are judged
CHOSEN, MOST = 0.03, 20_000  # share of the letters that choose the weights, and the most of them
PASSAGES = 8  # in which those stand, spread over the text: one alone may be unlike the rest
TEXTS = 10  # from so many on, the end that is judged begins with a text of its own
NEAR = 0.5  # if one begins so near, as a share of that end: else a long text is cut
SIZES = (128, 256, 512, 768)  # units of the memory
ENOUGH = (0, 20_000, 200_000, 500_000)  # letters that such a size needs to learn from
# Passes over the text that it needs to be worth its time. Of tiny_shakespeare, in the same time: 256 units over 10 passes need
# 1.57 nats a letter, 512 over 4 need 1.60; 512 over 10 need 1.47.
PASSES = (0, 4, 6, 12)
USUAL = 2  # the largest size where no time is said
RECIPE = Recipe(rate=4e-3, batch=64, epochs=25, betas=(0.9, 0.99), weight_decay=0.01, average=0.999)


class Craft:
    """As of `lamina.learning.making.Craft`."""

    metric = "nats a letter"

    def __init__(self, examples: Prose, plan: Plan, device: torch.device) -> None:
        self.prose, self.plan, self.device = examples, plan, device
        for name in ("given", "weights", "side"):
            if getattr(plan, name) is not None:
                raise PlanError(f"--generate text takes no --{name}: it learns from the text alone. Leave it out.")
        if examples.letters < LEAST:
            raise DataError(
                f"{examples.source or 'What was given'} has {examples.letters:,} letters. To learn to write takes {LEAST:,} at least."
            )
        whole = STOP.join([*examples.texts, ""]) if len(examples) > 1 else examples.texts[0]
        self.text = whole
        self.parts = parted(whole)
        taught = [whole[start:stop] for start, stop, part in self.parts if part == "taught"]
        self.alphabet = Alphabet.of(taught)
        if len(self.alphabet.letters) < 2:
            raise DataError(
                f"{examples.source or 'What was given'} holds hardly more than one letter, over and over: there is nothing to "
                "foretell. Give a text in some language."
            )
        if plan.tokens is not None:
            if plan.private:
                raise PlanError(
                    "--private keeps words out of the model, and --tokens are pieces of words. Leave one out."
                )
            self.alphabet = with_pieces(self.alphabet, taught, plan.tokens)
        self.lines = self._lines()
        fits = [size for size, letters in enumerate(ENOUGH) if examples.letters >= letters]
        self.largest = fits[-1]
        self.size = min(self.largest, USUAL) if plan.size is None else min(plan.size, len(SIZES) - 1)

    @property
    def keys(self) -> Array:
        return self.lines.codes

    @property
    def said(self) -> Any:
        return self.alphabet.state()

    @property
    def answered(self) -> int:
        return len(self.lines.judged) // PIECE

    @property
    def networks(self) -> dict[str, Json]:
        """The network that is asked for, or that fits; it reads forwards only."""
        said = asked(self.plan.network or f"rnn cell=lstm depth=1 width={SIZES[self.size]} drop=0.3")
        said["options"].setdefault("both", False)
        return {NAME: said}

    @property
    def recipe(self) -> Recipe:
        """Few letters want few streams, so that a pass still has some steps, and more passes."""
        taught = len(self.lines.taught)
        batch = int(min(RECIPE.batch, max(8, 2 ** np.floor(np.log2(max(1, taught / PIECE / 64))))))
        return with_batch(replace(RECIPE, batch=batch, epochs=float(min(100, max(12, 2.5e7 / taught)))), self.plan)

    def apprentice(self) -> Apprentice:
        return Apprentice(
            self.lines,
            self.made((1, 1)).form,
            self.networks,
            self.recipe,
            self.plan.seed * 1000,
            self.device,
            None if self.plan.private else self.made,
        )

    def made(self, memory: tuple[int, int]) -> Text:
        """What will write. It begins as a text begins: after the end of another, else after a line's end."""
        begins = [END] if self.alphabet.ends else self.alphabet.encode("\n").tolist()
        return Text(self.alphabet, memory, begins)

    def fit(self, budget: Budget) -> int:
        """As of `Craft`: a size that makes too few passes is too large."""
        seconds = budget.seconds or 0.0
        for size in range(self.largest, 0, -1):
            self.size = size
            one = self.apprentice()
            steps = 0.8 * seconds / one.pace(min(2.0, 0.02 * seconds))
            if steps * one.recipe.batch * PIECE >= PASSES[size] * len(self.lines.taught):
                return size
        return 0

    def conclude(self, apprentice: Apprentice, making: Making) -> Generator[Progress, None, Model]:
        return conclude(self, apprentice, making)

    def _lines(self) -> Lines:
        """The text in tokens, each part by itself."""
        coded = [(self.alphabet.encode(self.text[start:stop]), part) for start, stop, part in self.parts]
        starts = np.cumsum([0, *(len(codes) for codes, _ in coded)])
        places: dict[str, list[Array]] = {"taught": [], "chosen": [], "judged": []}
        for (_, part), start, stop in zip(coded, starts[:-1], starts[1:], strict=True):
            places[part].append(np.arange(start, stop))
        codes = np.concatenate([each for each, _ in coded])
        taught, chosen, judged = (np.concatenate(places[part]) for part in ("taught", "chosen", "judged"))
        return Lines(codes[taught], codes, chosen, judged, self.alphabet.lengths())


def parted(whole: str) -> list[tuple[int, int, str]]:
    """Where each part begins and ends, in order: passages that are `taught`, and that choose (`chosen`), and the end, which
    is `judged`.

    >>> [(stop - start, part) for start, stop, part in parted("abcdefghij" * 200)][-3:]
    [(22, 'chosen'), (102, 'taught'), (200, 'judged')]
    """
    cut = int(len(whole) * (1 - HELD))
    if whole.count(STOP) >= TEXTS:
        begins = min(whole.rfind(STOP, 0, cut) + 1, whole.find(STOP, cut) + 1, key=lambda place: abs(place - cut))
        cut = begins if abs(begins - cut) <= NEAR * HELD * len(whole) else cut
    size = int(min(MOST, max(CHOSEN * cut, min(LEAST / 2, HELD * cut)))) // PASSAGES
    found: list[tuple[int, int, str]] = []
    at = 0
    for number in range(PASSAGES):
        start = (2 * number + 1) * cut // (2 * PASSAGES) - size // 2
        found += [(at, start, "taught"), (start, start + size, "chosen")]
        at = start + size
    return [*found, (at, cut, "taught"), (cut, len(whole), "judged")]
