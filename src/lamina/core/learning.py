"""What learning passes on: how a network likes to be taught, a batch, the loss of it, and how far it has come.

Shapes: B rows, k copies of an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from lamina.core.values import Encoded, Json

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network likes to be taught. A network states its own; a plan may override the batch.

    rate: peak learning rate; share: with Muon, the share of a layer's weights that a step changes at the peak (rate is
    for what Muon leaves to AdamW). mirrored: classes whose pictures look the same in a mirror; "flip" is for them alone.
    epochs: passes over the training rows when no budget is given (it may stop earlier).
    most: times these epochs beyond which more time would teach nothing. average: decay per step of the running mean of
    the weights that is evaluated and kept (0: none). folds: into so many the rows are parted, and each copy within the
    network is kept from the rows of one of the first, at most five, which then choose and calibrate (0: the validation rows do);
    it divides 20. easy: the share of the rows with less loss than the mean that each pass leaves out. half: multiply in
    bfloat16, where that takes less time; weights and sums stay as they are. mixed: the share of the rows that are heard
    together with another one, where nothing but sounds is given.
    """

    rate: float
    batch: int
    epochs: float
    optimiser: Literal["adamw", "sgd", "muon"] = "adamw"
    schedule: Literal["one_cycle", "coslog4", "flat_cos", "cosine"] = "one_cycle"
    betas: tuple[float, float] = (0.9, 0.95)
    momentum: float = 0.9
    share: float = 0.1
    weight_decay: float = 0.0
    smoothing: float = 0.0
    average: float = 0.0
    augment: tuple[str, ...] = ()
    mirrored: tuple[int, ...] = ()
    most: float = 4.0
    folds: int = 0
    easy: float = 0.0
    half: bool = False
    mixed: float = 0.0

    def steps(self, rows: int) -> int:
        """The steps of its epochs over so many rows."""
        return max(1, round(self.epochs * max(1, rows // max(1, min(self.batch, rows)))))

    @classmethod
    def restore(cls, state: Json) -> Self:
        """From its fields as JSON gives them."""
        fields: Json = {name: tuple(value) if isinstance(value, list) else value for name, value in state.items()}
        return cls(**fields)


@dataclass(slots=True)
class Batch:
    """Rows on their way through the network. known: per target, 1.0 where somebody has said; weight: [B].

    copies: [B, k] bool, which copies within the network learn from which row; None: all from all.
    """

    inputs: dict[str, Encoded]
    targets: dict[str, Tensor]
    known: dict[str, Tensor]
    weight: Tensor
    copies: Tensor | None = None

    def __len__(self) -> int:
        return len(self.weight)


@dataclass(slots=True)
class Loss:
    """A sum and a count, never a mean: then one machine, four machines and micro-batches agree.

    rows: [B] what each row's loss was, where a row has one: passes may leave out easy rows by it.
    """

    part: str
    sum: Tensor
    count: float
    rows: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where learning is. The bar, a logger, a notebook and the page read the same stream of these."""

    stage: str  # reading, trying, learning, judging, saving
    step: int = 0
    steps: int = 0
    loss: float | None = None  # mean over the last steps
    metric: str = ""
    value: float | None = None  # the metric on validation rows
    best: float | None = None  # the metric of the weights that are kept so far; a proper score chooses them
    rate: float = 0.0  # examples per second
    seconds: float = 0.0  # since the start
    left: float | None = None  # seconds to the end, as far as one can tell
    message: str = ""
    score: float | None = None  # the proper score on validation rows, more is better: of classes, less their log loss
    seen: Json | None = None  # what else a look at validation rows found: for the page, which draws it

    def record(self) -> Json:
        """The fields that say something in a line, for `--json`."""
        found = {name: getattr(self, name) for name in self.__slots__ if name != "seen"}
        return {name: value for name, value in found.items() if value not in (None, "", 0.0) or name == "step"}
