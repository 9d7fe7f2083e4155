"""Texts, written on from a prompt letter by letter by a network with a memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lamina.core import Array, Form, Graph, Input, Json, Piece, PlanError
from lamina.made._alphabet import END, RARE, Alphabet
from lamina.made._wish import EVERY, Wish

if TYPE_CHECKING:
    from torch import nn

LENGTH = 500  # letters, unless somebody says otherwise
READ = 256  # tokens of a prompt that go through the network at once
STEPS = 64  # of its form: any number can be read


class Text:
    """alphabet: what it is written in. memory: layers and units of the network. begins: what is read where there is no
    prompt, which is not part of the text."""

    kind: ClassVar[str] = "text"
    called: ClassVar[str] = "texts"
    takes: ClassVar[frozenset[str]] = frozenset({"prompt", "length", "temperature", "top_p"})
    suffix: ClassVar[str] = ".txt"
    shown: ClassVar[bool] = True

    def __init__(
        self, alphabet: Alphabet, memory: tuple[int, int], begins: Sequence[int], column: str = "text"
    ) -> None:
        self.alphabet, self.memory, self.begins, self.column = alphabet, memory, list(begins), column

    @property
    def hears(self) -> frozenset[str]:
        """As of `Made`."""
        return EVERY | self.takes

    @property
    def inputs(self) -> tuple[Input, ...]:
        """As of `Made`: letters are neither decoded nor encoded by an input."""
        return ()

    @property
    def form(self) -> Form:
        return Form("tokens", (STEPS,), (len(self.alphabet),))

    def check(self, wish: Wish) -> None:
        """As of `Made`: a prompt of letters that it knows."""
        wish.only(self.called, self.takes, self.hears)
        if wish.prompt is None:
            return
        if not wish.prompt:
            raise PlanError(
                "The prompt is empty. Give it some letters, such as --prompt 'Once', or leave --prompt out."
            )
        if unknown := self.alphabet.unknown(wish.prompt):
            shown = ", ".join(map(repr, unknown[:8])) + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else "")
            raise PlanError(
                f"The prompt has letters that the texts it learned from do not have (or hardly): {shown}. Write it without them."
            )

    def make(self, graph: Graph, wish: Wish) -> Iterator[Piece]:
        """The prompt, or nothing (so that a text is there though it ends at once), then a letter at a time. What it holds in memory does not grow with the length."""
        self.check(wish)
        base = np.random.SeedSequence(wish.seed)
        for number in range(wish.count):
            seed = base.spawn(1)[0] if wish.count > 1 else base
            yield Piece(number, wish.prompt or "")
            left = LENGTH if wish.length is None else wish.length
            for code in self.codes(graph, wish, np.random.default_rng(seed)):
                spelt = self.alphabet.spelt(code)[:left]
                yield Piece(number, spelt)
                left -= len(spelt)
                if left <= 0:
                    break

    def codes(self, graph: Graph, wish: Wish, rng: np.random.Generator) -> Iterator[int]:
        """Tokens that follow the prompt, until the text ends."""
        prompt = self.begins if wish.prompt is None else self.alphabet.encode(wish.prompt).tolist()
        temperature = 1.0 if wish.temperature is None else wish.temperature
        memory = self.nothing()
        for start in range(0, len(prompt), READ):
            logits, memory = self.read(graph, np.array([prompt[start : start + READ]], np.int32), memory)
        while True:
            code = drawn(logits[0, -1], temperature, wish.top_p, rng)
            if code == END:
                return
            yield code
            logits, memory = self.read(graph, np.array([[code]], np.int32), memory)

    def nothing(self, rows: int = 1) -> Array:
        """The memory before anything was read [rows, 2 × layers, units]: hidden states, then cells."""
        layers, units = self.memory
        return np.zeros((rows, 2 * layers, units), np.float32)

    def read(self, graph: Graph, codes: Array, memory: Array) -> tuple[Array, Array]:
        """Logits [B, T, V] of what follows each of codes [B, T], and the memory after them."""
        found = graph({"tokens": codes, "memory": memory})
        logits = found["logits"]
        logits[..., RARE] = -np.inf  # it stands for no letter
        if not self.alphabet.ends:
            logits[..., END] = -np.inf
        return logits, found["memory_after"]

    def whole(self, pieces: Sequence[str]) -> str:
        return "".join(pieces)

    def record(self, value: str) -> Json:
        return {"text": value}

    def save(self, pieces: Iterator[Piece], wish: Wish, out: Path) -> list[Path]:
        """One text into a file; several into a folder, a file each, as `1.txt`. Written as they come."""
        several = wish.count > 1
        if out.exists() and (out.is_dir() if not several else not out.is_dir() or any(out.iterdir())):
            wanted = "an empty or a new folder" if several else "a file"
            raise PlanError(f"'{out}' is there. Expected is {wanted}: say another --out.")
        (out if several else out.parent).mkdir(parents=True, exist_ok=True)
        width, files, file = len(str(wish.count)), list[Path](), None
        try:
            for piece in pieces:
                if piece.number == len(files):
                    if file is not None:
                        file.close()
                    files.append(out / f"{piece.number + 1:0{width}d}.txt" if several else out)
                    file = files[-1].open("w", encoding="utf-8")
                assert file is not None
                file.write(piece.value)
        finally:
            if file is not None:
                file.close()
        return files

    def network(self, said: Mapping[str, Json]) -> nn.Module:
        from lamina.networks._writer import Writer

        return Writer(self.form, said)

    def state(self) -> Json:
        return {"alphabet": self.alphabet.state(), "memory": list(self.memory), "begins": self.begins}

    @classmethod
    def restore(cls, state: Json) -> Self:
        layers, units = state["memory"]
        return cls(Alphabet.restore(state["alphabet"]), (layers, units), state["begins"])


def drawn(logits: Array, temperature: float, top_p: float | None, rng: np.random.Generator) -> int:
    """One token of logits [V]. Nucleus sampling (Holtzman et al. 2020): the fewest likeliest that have `top_p` together.

    >>> drawn(np.array([0.0, 5.0]), 0.0, None, np.random.default_rng(0))
    1
    """
    if temperature == 0:
        return int(logits.argmax())
    scaled = (logits - logits.max()).astype(np.float64) / temperature
    shares = np.exp(scaled)
    order = np.argsort(-shares, kind="stable")
    sums = np.cumsum(shares[order])
    if top_p is not None:
        kept = int(np.searchsorted(sums, top_p * sums[-1])) + 1
        sums = sums[:kept]
    place = min(int(np.searchsorted(sums, rng.random() * sums[-1], side="right")), len(sums) - 1)
    return int(order[place])
