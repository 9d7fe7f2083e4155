"""The words every room shares: forms, encoded rows, batches, losses, progress, answers, errors.

Shapes: B rows, W features, C channels, K classes, k copies of an answer (an ensemble inside one network).
NumPy only: predicting imports this, and predicting never imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, Self, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Json: TypeAlias = dict[str, Any]
Metrics: TypeAlias = Callable[[Array, Array, Array | None], Mapping[str, float]]  # of raw, target, weight


CERTAIN = 30.0  # log odds of class 0 where an answer along time has ended: nothing follows, for certain


class LaminaError(Exception):
    """What was seen, what was expected, what to do: in one message, for a person."""


class DataError(LaminaError):
    """The examples cannot be read, or cannot be learned from."""


class PlanError(LaminaError):
    """What was asked for does not exist or does not fit the examples."""


class ModelError(LaminaError):
    """A saved model is damaged, foreign, or does not fit what it is given."""


class MissingExtra(LaminaError):
    """An optional library is needed: the message names its `pip install`."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs a library that is not installed. Install it: pip install 'lamina[{extra}]'")


class Unreadable(Exception):
    """Why a cell gives nothing to learn from or to answer; empty where it is merely missing."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest known word, or lists them: `nearest("labl", ["label"])`."""
    import difflib

    known = list(known)
    close = [each for each in known if each.casefold() == word.casefold()]
    close = close or difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return f"There are: {shown}." if known else "There are none."


# ---------------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of words, each word said once. codes: [N] int32 into `words`, -1 where missing."""

    codes: Array
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Array | slice) -> Coded:
        return Coded(self.codes[rows], self.words)

    def tolist(self) -> list[str | None]:
        return [self.words[code] if code >= 0 else None for code in self.codes]

    def used(self) -> Coded:
        """The same cells, without words that none of them holds: of a few rows of many there is little to look at.

        >>> Coded(np.array([2, -1]), ("a", "b", "c")).used().words
        ('c',)
        """
        if len(self.codes) >= len(self.words):
            return self
        kept, codes = np.unique(self.codes, return_inverse=True)
        missing = int((kept < 0).sum())
        return Coded((codes - missing).astype(self.codes.dtype), tuple(self.words[code] for code in kept[missing:]))


@dataclass(frozen=True, slots=True)
class Form:
    """What an input gives a network. It keeps inputs × networks × outputs from becoming a matrix.

    kind: `vector` [B, W] float32; `grid` [B, H, W, C] uint8; and over time, where rows may be of different length:
    `sequence` [B, T, C] float32, `spectrum` [B, T, F] float32 whose neighbouring F are alike, `tokens` [B, T] int32
    codes, `film` [B, T, H, W, C] uint8.
    shape: without the rows; T is the longest. sizes: for a vector, per column 0 for a number (raw units, NaN is missing)
    and n for a category whose codes are 0..n-1 (0: unknown or missing); for tokens (n,), code 0 is padding. The network
    keeps scales itself, so that its ONNX takes raw values. hop: over time, how long a step is: seconds of a sound, heights
    of a picture's line.
    """

    kind: Literal["vector", "sequence", "spectrum", "tokens", "grid", "film"]
    shape: tuple[int, ...]
    sizes: tuple[int, ...] = ()
    hop: float = 1.0

    @property
    def timed(self) -> bool:
        """Whether the first axis is time: then encoded rows come with their lengths."""
        return self.kind in ("sequence", "spectrum", "tokens", "film")

    @property
    def dtype(self) -> Literal["float32", "int32", "uint8"]:
        """Of encoded values."""
        return "uint8" if self.kind in ("grid", "film") else "int32" if self.kind == "tokens" else "float32"


@dataclass(slots=True)
class Encoded:
    """Encoded rows. values: [B, *form.shape]; present: [B] bool, False where the value is absent or unreadable.

    lengths: [B] int64 of a form over time, at least 1: so many steps hold something, what follows is zeros that no
    network may look at; None for other forms. Along time, values may end after the longest row.
    """

    values: Any  # ndarray in inputs, Tensor in learning
    present: Any
    problems: list[tuple[int, str]] = field(default_factory=list)  # row and what was wrong with it
    lengths: Any = None

    def trimmed(self) -> Encoded:
        """Without the padding that no row needs."""
        if self.lengths is None or not len(self.lengths):
            return self
        return Encoded(self.values[:, : int(self.lengths.max())], self.present, self.problems, self.lengths)


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


# ------------------------------------------------------------------------------------------- networks


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network likes to be taught. A network states its own; a plan may override the batch.

    rate: peak learning rate; share: with Muon, the share of a layer's weights that a step changes at the peak (rate is
    for what Muon leaves to AdamW). mirrored: classes whose pictures look the same in a mirror; "flip" is for them alone.
    epochs: passes over the training rows when no budget is given (it may stop earlier).
    most: times these epochs beyond which more time would teach nothing. average: decay per step of the running mean of
    the weights that is evaluated and kept (0: none). folds: into so many the rows are parted, and each copy within the
    network is kept from the rows of one of them, which then choose and calibrate (0: the validation rows do). easy: the
    share of the rows with less loss than the mean that each pass leaves out.
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

    def steps(self, rows: int) -> int:
        """The steps of its epochs over so many rows."""
        return max(1, round(self.epochs * max(1, rows // max(1, min(self.batch, rows)))))

    @classmethod
    def restore(cls, state: Json) -> Self:
        """From its fields as JSON gives them."""
        fields: Json = {name: tuple(value) if isinstance(value, list) else value for name, value in state.items()}
        return cls(**fields)


@dataclass(slots=True)
class Features:
    """What a network makes of its input. whole: [B, W], or [B, k, W] from a network that is k at once.

    maps: [B, W, *space], finest first, for answers that have a place; state: of a recurrent network. here: [B, T] bool,
    which steps of the last maps [B, W, T] hold something, for answers along time; None where they are not over time.
    """

    whole: Any
    maps: tuple[Any, ...] = ()
    state: Any = None
    here: Any = None


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


# -------------------------------------------------------------------------------------------- outputs


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a transcript. confidence: calibrated probability that it is right; start, end: in seconds of a sound, in
    heights of a picture's line."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. confidence: calibrated probability that `value` is right (None for a number, which has an
    `interval` instead); unlike: True where the example is unlike the training data, with the reasons. score, nearest:
    of an anomaly, how odd it is (1: the limit), and the names of the nearest examples. words: of a transcript, one by
    one. windows: of a long recording the answer to each part, with the seconds where it begins and ends.

    >>> Answer("cat", confidence=0.9, alternatives=(("cat", 0.9), ("dog", 0.1))).alternatives[1]
    ('dog', 0.1)
    """

    value: Any
    confidence: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    interval: tuple[float, float] | None = None
    unlike: bool = False
    reasons: tuple[str, ...] = ()
    score: float | None = None
    nearest: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    windows: tuple[tuple[float, float, Answer], ...] = ()


@dataclass(slots=True)
class Answers(Sequence[Answer]):
    """The answers to one target for many rows, column by column; `answers[3]` is one Answer.

    values: [N]; confidence: [N]; shares: [N, K] probability of each of `classes`; low, high: the interval;
    unlike: [N] bool; reasons: row to why it is unlike the training data; scores: [N], of anomalies; nearest: row to the
    names of the nearest examples; windows: row of a long recording to where its parts begin and end in seconds [n, 2], and
    the answers to them.

    >>> Answers(np.array([3.0, 5.0]), low=np.array([2.0, 4.0]), high=np.array([4.0, 6.0]))[1].interval
    (4.0, 6.0)
    """

    values: Array
    confidence: Array | None = None
    classes: tuple[str, ...] = ()
    shares: Array | None = None
    low: Array | None = None
    high: Array | None = None
    unlike: Array | None = None
    reasons: dict[int, tuple[str, ...]] = field(default_factory=dict)
    scores: Array | None = None
    nearest: dict[int, tuple[str, ...]] = field(default_factory=dict)
    words: list[tuple[Word, ...]] | None = None
    windows: dict[int, tuple[Array, Answers]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: Any) -> Any:
        value = self.values[row]
        interval = None if self.low is None or self.high is None else (float(self.low[row]), float(self.high[row]))
        place = int(row) % max(len(self), 1)
        silent = value is None or value != value  # nothing of the row could be read
        if silent:
            return Answer(None, unlike=True, reasons=self.reasons.get(place, ()))
        return Answer(
            value if isinstance(value, (str, list)) else float(value),
            None if self.confidence is None else float(self.confidence[row]),
            self._alternatives(row),
            interval,
            bool(self.unlike[row]) if self.unlike is not None else False,
            self.reasons.get(place, ()),
            None if self.scores is None else float(self.scores[row]),
            self.nearest.get(place, ()),
            () if self.words is None else self.words[row],
            self._windows(place),
        )

    def _windows(self, row: int) -> tuple[tuple[float, float, Answer], ...]:
        if row not in self.windows:
            return ()
        times, answers = self.windows[row]
        return tuple((float(start), float(end), each) for (start, end), each in zip(times, answers, strict=True))

    def take(self, rows: Array) -> Answers:
        """The answers to these rows (numbers), in this order."""

        def some(each: Array | None) -> Array | None:
            return None if each is None else each[rows]

        reasons, nearest = (
            {place: each[row] for place, row in enumerate(rows.tolist()) if row in each}
            for each in (self.reasons, self.nearest)
        )
        words = None if self.words is None else [self.words[row] for row in rows.tolist()]
        return replace(
            self, values=self.values[rows], confidence=some(self.confidence), shares=some(self.shares),
            low=some(self.low), high=some(self.high), unlike=some(self.unlike), scores=some(self.scores),
            reasons=reasons, nearest=nearest, words=words, windows={},
        )  # fmt: skip

    def withhold(self, rows: Array) -> None:
        """Give no answer to these rows: value None (NaN for a number), confidence and shares 0, no interval."""
        self.values[rows] = None if self.values.dtype == object else np.nan
        for each, nothing in (
            (self.confidence, 0.0),
            (self.shares, 0.0),
            (self.low, np.nan),
            (self.high, np.nan),
            (self.scores, np.nan),
        ):
            if each is not None:
                each[rows] = nothing
        if self.words is not None:
            for row in np.asarray(rows).tolist():
                self.words[row] = ()

    def _alternatives(self, row: int) -> tuple[tuple[str, float], ...]:
        if self.shares is None:
            return ()
        order = np.argsort(-self.shares[row])[:5]
        return tuple((self.classes[k], float(self.shares[row, k])) for k in order)


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


class Table(Protocol):
    """Rows whose columns are settled: `lamina.examples.Examples`, or `lamina.model.cells.Cells`."""

    def __len__(self) -> int: ...
    def values(self, column: str, rows: Any = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """What features learned without labels are made of. parts: names and widths, in order, input by input: `values` on
    one scale, and where a network draws them again, `residuals` and a `code`. owners: for each value the input column
    that it comes from, and, of a picture, the region.
    """

    parts: tuple[tuple[str, int], ...]
    owners: tuple[tuple[str, str], ...] = ()

    @property
    def width(self) -> int:
        return sum(width for _, width in self.parts)

    def cut(self, features: Array, part: str) -> Array:
        """[B, n] of [B, F]: the parts of this name of all inputs.

        >>> Layout((("values", 2), ("code", 1), ("values", 1))).cut(np.array([[1, 2, 3, 4]]), "values")
        array([[1, 2, 4]])
        """
        starts = np.cumsum([0, *(width for _, width in self.parts)])
        spans = zip(self.parts, starts[:-1], starts[1:], strict=True)
        found = [features[:, start:stop] for (name, _), start, stop in spans if name == part]
        return np.concatenate(found, 1) if found else features[:, :0]


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


class Piece(NamedTuple):
    """A part of something new, as it is made. number: which of those asked for it belongs to, from 0; value: some letters
    of a text, or a whole picture."""

    number: int
    value: Any


class Made(Protocol):
    """Something new that a model makes. NumPy only but for `network`: it is made with ONNX Runtime.

    graph, in all of it: runs the saved network on arrays by their names in the graph. wish: what is asked for
    (`lamina.made._wish.Wish`), checked by `check` before anything is made.
    """

    kind: ClassVar[str]
    takes: ClassVar[frozenset[str]]  # fields of a wish that mean something to it
    suffix: ClassVar[str]  # of a file that holds one, as ".png"
    shown: ClassVar[bool]  # whether a terminal can show it; else it needs a folder
    column: str  # what is made is called

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


Graph: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]


# ------------------------------------------------------------------------------------------- learning


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


class Method(Protocol):
    """How the weights adjust. The loop does backward and step after each loss that is yielded."""

    whole_batch: ClassVar[bool]  # the loss ties the rows of a batch together: never split it

    def parts(self) -> Mapping[str, nn.Module]: ...
    def losses(self, batch: Batch) -> Iterator[Loss]: ...


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


def chunks(rows: Sequence[Any] | Array, size: int) -> Iterator[Any]:
    """Consecutive pieces of at most `size`: `list(chunks([1, 2, 3], 2)) == [[1, 2], [3]]`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
