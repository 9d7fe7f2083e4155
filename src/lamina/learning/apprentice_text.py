"""One training of a language model: built, taught, and asked how likely a text is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Form, Json, Progress, Recipe
from lamina.learning.loop import Loop
from lamina.learning.next_token import NextToken, Remembering
from lamina.learning.streams import Reel, Streams
from lamina.machine.device import halves
from lamina.made._wish import SEEDS, Wish
from lamina.made.text import Text
from lamina.networks._writer import Writer

PIECE = 64  # tokens that one step reads of each stream: so far back goes the gradient, farther only the memory
PRIMED = 256  # tokens read before those that are judged, so that the memory is full
JUDGING = 32  # streams read side by side when judging
WRITTEN, TEMPERATURE = 160, 0.8  # letters that are written at each look, and how daringly


@dataclass(frozen=True, slots=True)
class Lines:
    """A text in tokens, and its parts. taught: [M], one passage after the other, as they are learned. codes: [N], the whole
    in order. chosen, judged: places in it: passages that choose the weights, and the end that is reported. letters: [V] how
    many each token stands for."""

    taught: Array
    codes: Array
    chosen: Array
    judged: Array
    letters: Array

    def letters_at(self, places: Array) -> int:
        return int(self.letters[self.codes[places]].sum())


class Apprentice:
    """A language model from its seed. Its rows are pieces of `PIECE` tokens. writer: gives, for the shape of the memory, what writes
    some letters at each look; None: nothing is written."""

    def __init__(
        self,
        lines: Lines,
        form: Form,
        said: Mapping[str, Json],
        recipe: Recipe,
        seed: int,
        device: torch.device,
        writer: Callable[[tuple[int, int]], Text] | None = None,
    ) -> None:
        self.lines, self.recipe, self.seed, self.device = lines, recipe, seed, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Writer(form, said)
        self.taught = np.arange(max(1, len(lines.taught) // PIECE))
        self.judged = np.arange(max(1, len(lines.chosen) // PIECE))
        self.student = Remembering(self.network, min(recipe.batch, len(self.taught))).to(device)
        self.writer = None if writer is None else writer(self.network.memory)
        self.loop: Loop | None = None

    def learn(
        self, steps: int, *, deadline: float | None = None, looks: int = 20, patient: bool = False, saved: Path | None
    ) -> Iterator[Progress]:
        """Teach it; the best weights on the passages that choose are in `network` at the end."""
        self.loop = self._loop(steps, deadline=deadline, judgements=looks, patient=patient, saved=saved)
        yield from self.loop

    def pace(self, seconds: float) -> float:
        """Seconds per step, from running some; the network is of no use afterwards."""
        return self._loop(10**6).pace(seconds)

    def _loop(
        self,
        steps: int,
        deadline: float | None = None,
        judgements: int = 20,
        patient: bool = False,
        saved: Path | None = None,
    ) -> Loop:
        streams = Streams(len(self.lines.taught), self.student.hidden.shape[1], PIECE)
        return Loop(
            NextToken(self.student, halves(self.device)), Reel(self.lines.taught, PIECE), self.taught, self.recipe,
            steps=steps, judge=self.judge, seed=self.seed, device=self.device, judgements=judgements, deadline=deadline,
            patient=patient, saved=saved, order=streams,
        )  # fmt: skip

    def judge(self) -> tuple[float, float, dict[str, float], Json]:
        """Of the passages that choose: nats a letter, negated, and as they are; and what it writes by now."""
        mean = float(self.nats(self.lines.chosen).sum()) / self.lines.letters_at(self.lines.chosen)
        return -mean, mean, {}, {"written": self.writes()}

    @torch.inference_mode()
    def writes(self) -> str | None:
        """Some letters, from the same seed at each look."""
        if self.writer is None:
            return None
        network = self.network.eval()
        layers = self.network.memory[0]

        def graph(feed: Mapping[str, Array]) -> dict[str, Array]:
            before = torch.from_numpy(feed["memory"]).to(self.device).transpose(0, 1)
            logits, hidden, cell = network(
                torch.from_numpy(feed["tokens"]).to(self.device), before[:layers], before[layers:]
            )
            after = torch.cat([hidden, cell]).transpose(0, 1)
            return {"logits": logits.float().cpu().numpy(), "memory_after": after.cpu().numpy()}

        wish = Wish(length=WRITTEN, temperature=TEMPERATURE, seed=self.seed % SEEDS)
        return "".join(piece.value for piece in self.writer.make(graph, wish))

    def raw(self, rows: Array) -> Array:
        """Nats of the tokens of some rows of `judged`."""
        return self.nats(self.lines.chosen[: max(1, len(rows)) * PIECE])

    def nats(self, places: Array) -> Array:
        """[N] -log of the probability of each token at `places`, all that stands before it in the text known."""
        size = max(PIECE, -(-len(places) // JUDGING))
        runs = np.split(places, np.flatnonzero(np.diff(places) != 1) + 1)
        streams = [each for run in runs for each in np.array_split(run, -(-len(run) // size))]
        longest = max(map(len, streams))
        reads = np.stack([_from(each, longest) for each in streams])
        codes = torch.from_numpy(self.lines.codes[np.maximum(reads, 0)]).to(self.device)
        self.network.eval()
        hidden = cell = torch.zeros(self.network.memory[0], len(streams), self.network.memory[1], device=self.device)
        found: list[Tensor] = []
        with torch.inference_mode():
            for start in range(0, codes.shape[1] - 1, PRIMED):
                x, y = codes[:, start : start + PRIMED], codes[:, start + 1 : start + PRIMED + 1].long()
                logits, hidden, cell = self.network(x[:, : y.shape[1]], hidden, cell)
                found.append(nn.functional.cross_entropy(logits.transpose(1, 2), y, reduction="none").cpu())
        each = torch.cat(found, 1).numpy()[:, PRIMED:]
        return np.concatenate([row[: len(one)] for row, one in zip(each, streams, strict=True)])


def _from(places: Array, longest: int) -> Array:
    """[PRIMED + 1 + longest] places to read: some before the first, those asked for, and the last one again as filling."""
    before = np.arange(places[0] - PRIMED - 1, places[0])
    return np.concatenate([before, places, np.repeat(places[-1:], longest - len(places))])
