"""What a model is made of, as protocols: an input, a network, an output (taught, found or made), a method of learning.

Whoever adds a kind writes one of these; nothing is inherited.
Shapes: B rows, W features, C channels, K classes, k copies of an answer (an ensemble inside one network).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeAlias

from lamina.core.answers import Answers, Piece
from lamina.core.learning import Batch, Loss, Recipe
from lamina.core.values import Array, Encoded, Features, Form, Graph, Json, Table

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

Metrics: TypeAlias = Callable[[Array, Array, Array | None], Mapping[str, float]]  # of raw, target, weight


class Input(Protocol):
    """One per kind of column; NumPy only. `observe` sees training rows, `settle` fixes what `encode` needs."""

    kind: ClassVar[str]
    holds: ClassVar[str]  # the kind as which its cells are read: number, category, date, text, image, sound or video
    suffixes: ClassVar[frozenset[str]]  # of the files it reads, as ".png"; empty where its cells are no files

    def observe(self, values: Any) -> None: ...
    def merge(self, other: Self) -> None: ...
    def settle(self) -> None: ...
    @property
    def form(self) -> Form: ...
    def encode(self, values: Any) -> Encoded: ...
    def decode(self, x: Array) -> Any: ...
    def unlike(self, values: Any) -> dict[int, str]:
        """Row to what about its value was never seen in training, as "is outside 3 to 7"."""
        ...

    def state(self) -> Json: ...
    @classmethod
    def restore(cls, state: Json) -> Self: ...


class Network(Protocol):
    """An `nn.Module` of named layers in order, from a form to features."""

    kind: ClassVar[str]
    accepts: ClassVar[frozenset[str]]
    width: int  # W of Features.whole
    copies: int  # k of Features.whole; 1: [B, W]
    recipe: Recipe

    @classmethod
    def suited(cls, rows: int) -> tuple[Json, Recipe]:
        """Options and recipe for so many rows to learn from."""
        ...

    # Fix scales and data-dependent starts from (a sample of) encoded training rows, kept as buffers:
    # (values, generator), and their lengths for a form over time.
    settle: Callable[..., None]
    forward: Callable[..., Features]  # (x), and (x, lengths) for a form over time


class Taught(Protocol):
    """An answer learned from labels: one per target column. Its NumPy half answers, its torch half learns."""

    kind: ClassVar[str]
    holds: ClassVar[str]  # category, number or tags: how cells are read, what simple models beside it answer
    better: ClassVar[dict[str, int]]  # its metrics: 1 where more is better, -1 where less is
    metric: ClassVar[str]  # the one that people ask for
    along: ClassVar[bool]  # whether it is answered step by step along time, from the last maps [B, W, T]

    def observe(self, values: Any) -> None: ...
    def merge(self, other: Self) -> None: ...
    def settle(self) -> None: ...
    def encode(self, values: Any) -> tuple[Array, Array]:
        """Targets (zeros where unknown) and `known` [B] bool."""
        ...

    def head(self, width: int, copies: int) -> Any:
        """A module from features [B, k, W] to raw answers [B, k, C]; along time, from steps [B, W, T] and which of them
        hold something [B, T] to [B, 1, T, C]."""
        ...

    def losses(self, raw: Tensor, target: Tensor, smoothing: float) -> Tensor:
        """One loss per row and copy [B, k] from raw [B, k, C]."""
        ...

    def combine(self, raw: Tensor) -> Tensor:
        """[B, C] from [B, k, C]: the copies (of one network, of folds) answer as one."""
        ...

    def calibrate(self, raw: Array, target: Array, weight: Array | None = None) -> None:
        """Settle what makes answers trustworthy (temperature, interval) on held-out rows."""
        ...

    def scaled(self, raw: Array) -> Array:
        """Raw answers with the temperature applied, comparable with any other model's."""
        ...

    def answer(self, raw: Array) -> Answers: ...
    def metrics(self, raw: Array, target: Array, weight: Array | None = None) -> dict[str, float]: ...
    def score(self, raw: Array, target: Array, weight: Array, metric: str | None) -> float:
        """What chooses between weights, more is better: the metric asked for, else a proper score."""
        ...

    def evidence(self, raw: Array, target: Array) -> tuple[Metrics, Array, Array | None]:
        """What intervals are drawn from: metrics of (evidence [N, …], target, weight), what they take of each row
        (worked out once, where that is dear), and which rows belong together."""
        ...

    def state(self) -> Json: ...
    @classmethod
    def restore(cls, state: Json) -> Self: ...


class Found(Protocol):
    """An answer found in features, without labels. NumPy only; what it settles is plain arrays, saved with the model."""

    kind: ClassVar[str]
    column: ClassVar[str]  # what its answers are called

    def answer(self, features: Array, rows: Table) -> Answers:
        """Answers from features [B, F] of these rows."""
        ...

    def state(self) -> Json: ...
    def arrays(self) -> dict[str, Array]: ...
    def large(self) -> dict[str, Array]:
        """Arrays that lie in files of their own and are mapped into memory."""
        ...

    @classmethod
    def restore(cls, state: Json, arrays: Mapping[str, Array]) -> Self:
        """From the state, and the arrays, large ones among them."""
        ...


class Made(Protocol):
    """Something new that a model makes. NumPy only but for `network`: it is made with ONNX Runtime.

    graph, in all of it: runs the saved network on arrays by their names in the graph. wish: what is asked for
    (`lamina.made._wish.Wish`), checked by `check` before anything is made.
    """

    kind: ClassVar[str]
    called: ClassVar[str]  # several of them in plain words, as "pictures"
    takes: ClassVar[frozenset[str]]  # fields of a wish that mean something to it
    suffix: ClassVar[str]  # of a file that holds one, as ".png"
    shown: ClassVar[bool]  # whether a terminal can show it; else it needs a folder
    column: str  # what is made is called

    @property
    def hears(self) -> frozenset[str]:
        """Fields of a wish by which this one is asked, as it was learned."""
        ...

    @property
    def inputs(self) -> Sequence[Input]:
        """Those that decode what is made, and encode what is asked for."""
        ...

    def check(self, wish: Any) -> None:
        """Raises:
        PlanError: a wish that cannot be met; what was seen, what is expected, what to do.
        """
        ...

    def make(self, graph: Graph, wish: Any) -> Iterator[Piece]:
        """What is asked for, piece by piece, one after the other. The same wish with the same seed makes the same."""
        ...

    def whole(self, pieces: Sequence[Any]) -> Any:
        """One of what is made, from the values of its pieces."""
        ...

    def record(self, value: Any) -> Json:
        """A whole one as JSON: `{"text": …}`, `{"image": …}` with the file as base64."""
        ...

    def save(self, pieces: Iterator[Piece], wish: Any, out: Path) -> list[Path]:
        """Write what is made, as it comes; the files. out: a file or a folder, as it says."""
        ...

    def network(self, said: Mapping[str, Json]) -> nn.Module:
        """The torch module whose weights are saved. said: as in the card."""
        ...

    def state(self) -> Json: ...
    @classmethod
    def restore(cls, state: Json) -> Self: ...


class Method(Protocol):
    """How the weights adjust. The loop does backward and step after each loss that is yielded."""

    whole_batch: ClassVar[bool]  # the loss ties the rows of a batch together: never split it

    def parts(self) -> Mapping[str, nn.Module]: ...
    def losses(self, batch: Batch) -> Iterator[Loss]: ...
