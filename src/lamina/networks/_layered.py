"""What every network of Lamina is: named layers in order, from one input's form to features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Json, Recipe


@dataclass(frozen=True, slots=True)
class Counts:
    """What rows are known to be, before any learning, for networks that count, or answer by known rows.

    target: [N, m] the answers as numbers: a switch per class or tag, a number in standard deviations; known: [N], 0 where
    nobody has said, less than 1 where it is only thought so. copies: [N, k], which copies learn from which row; None: all
    from all. pieces: [V, G] numbers of the pieces that the word of each code has, 0 for none; ends: [V, 2, 4] numbers of its
    last one to four letters, and of its first ones; both None where words are not known by their letters.
    """

    target: Tensor
    known: Tensor
    copies: Tensor | None = None
    pieces: Tensor | None = None
    ends: Tensor | None = None

    def told(self, copies: int, width: int) -> tuple[Tensor, Tensor]:
        """The answers in `width` numbers [N, W], 0 where nobody has said, and whether each copy learns from a row [N, k].

        More answers than `width` are mixed in random directions, the same ones always.
        """
        mixed = self.target
        if mixed.shape[1] > width:
            directions = torch.randn(mixed.shape[1], width, generator=torch.Generator().manual_seed(0))
            mixed = mixed @ torch.linalg.qr(directions).Q
        mixed = nn.functional.pad(mixed, (0, width - mixed.shape[1])) * self.known[:, None]
        here = self.known[:, None].float().expand(-1, copies)
        if self.copies is not None:
            here = here * self.copies[:, torch.arange(copies) % self.copies.shape[1]]
        return mixed, here


class Layered(nn.Module):
    """A network for one input. Scales and other data-dependent starts are buffers, fixed by `settle`.

    width: W of the features; copies: k when it is k networks at once, whose answers are averaged.
    recipe: how it likes to be taught; larger: options of larger networks of the kind, smallest first, each with its
    recipe, whose epochs it needs to be worth its price; beyond: the kind of network that takes its place where there is
    time for that one's epochs, and of: the kinds that this one is made of; rates: a module inside may give factors of the
    learning rate by parameter name, and say by `decays` that its weights do not.
    recurrent: what it makes of a step also depends on all steps before, through a memory that is carried along.
    """

    kind: ClassVar[str]
    accepts: ClassVar[frozenset[str]]
    width: int
    copies: int = 1
    steps: int = 0  # W of the last maps [B, W, T] along time; 0 where a network gives none
    shrink: int = 1  # steps of the input that one of those stands for
    recipe: Recipe
    larger: ClassVar[tuple[tuple[Json, Recipe], ...]] = ()
    beyond: ClassVar[str] = ""
    of: ClassVar[tuple[str, ...]] = ()
    recurrent: ClassVar[bool] = False
    counts: ClassVar[bool] = False  # whether it begins with what is known of the target (`count`)
    discreet: ClassVar[Json] = {}  # options with which it keeps no example

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Options and recipe for so many rows to learn from; by default the same for any number."""
        return {}, cls.recipe

    def depth(self) -> int:
        """Layers with weights one after the other. By default all that it has: where some lie beside each other, the
        network says so itself."""
        return sum(
            1
            for module in self.modules()
            if not list(module.children())
            and any(True for _ in module.parameters(recurse=False))
            and not isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))
        )

    @classmethod
    def wide(cls, answers: int) -> Json:
        """Options for so many numbers to answer, 0 where that is not known; by default they change nothing."""
        return {}

    def count(self, values: Tensor, lengths: Tensor, counts: Counts) -> None:
        """From the same rows as `settle`, over time: begin with what is known of the target. By default nothing."""

    @property
    def mixed(self) -> tuple[str, ...]:
        """What answers in its places, in words, where copies are networks of several kinds: as many places for each."""
        return ()

    @property
    def outside(self) -> Tensor | None:
        """[k] bool: which copies were fitted to the rows that they learn from, of which they therefore know too much: their
        read-out learns from the others alone. None: no copy was."""
        return None

    def stand(self, order: Tensor) -> None:
        """Let the copy `order[k]` answer in place k from now on: only where copies are `mixed`."""
        raise NotImplementedError

    @property
    def starts(self) -> tuple[nn.Module, ...]:
        """The modules whose outputs are the values as numbers to multiply: cells scaled and switched on, words embedded.

        Each column, or step of time, has its own part in them. Explanations need it for tables and for what is over time; by default it is not said.
        """
        return ()

    # Fix scales and data-dependent starts from encoded training rows: (values, generator), and their lengths [B] where
    # they are over time.
    settle: Callable[..., None]

    # From encoded rows; with their lengths [B] too where they are over time: what lies beyond must change nothing.
    forward: Callable[..., Features]


class Stepwise(Layered):
    """A network over time that can follow a series step by step: it carries along what it knows of the steps so far.

    follows: False where it also reads backwards, from an end that is not there yet; then `step` raises a PlanError.
    step: from the next piece [B, T, …], every step of which holds something, and from what was carried along (None: the
    series begins) to the features of the series so far and what to carry on. The pieces give what the whole gives.
    """

    follows: bool

    step: Callable[..., tuple[Features, Any]]


class Laid(Layered):
    """A network that says what its features are made of.

    parts: what its features are made of, name to width, in order. owners: of each of its `values`, the column of the
    form that it comes from, or the region of a picture.
    """

    parts: dict[str, int]
    owners: list[int] | list[str]


class SelfTaught(Laid):
    """A network that needs no label to learn from."""

    losses: Callable[[Tensor], Tensor]  # [B] from encoded rows
