"""What somebody wants made, said once: the options of `lamina generate`, of `model.generate` and of HTTP derive from it."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from lamina.core import PlanError, nearest

MOST = 10_000_000  # letters of one text, or things made at once: beyond, somebody mistyped
EVERY = frozenset({"count", "seed"})  # fields that mean something to whatever is made
SEEDS = 2**31  # a seed drawn by chance is one that a person can type


def said(help: str, default: Any = None, short: str = "") -> Any:
    """A field with its help text, and a short name on the command line."""
    return field(default=default, metadata={"help": help, "short": short})


def pairs(said: Iterable[str]) -> dict[str, str]:
    """What is asked for of each column, from words COLUMN=VALUE.

    Raises:
        PlanError: a word is none of these, or a column comes twice.

    >>> pairs(["label=cat", "caption=x = 3"])
    {'label': 'cat', 'caption': 'x = 3'}
    """
    found: dict[str, str] = {}
    for each in said:
        column, sign, value = each.partition("=")
        if not sign:
            raise PlanError(f"'{each}' was given where COLUMN=VALUE was expected, such as --given label=cat.")
        if column in found:
            raise PlanError(f"'{column}' was given twice: {found[column]} and {value}. Ask for one at a time.")
        found[column] = value
    return found


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made, and how. A kind of what is made says which of these mean something to it (`takes`).

    >>> Wish(prompt="ROMEO:", length=500).length
    500
    """

    count: int = said("How many to make", 1, "-n")
    given: Mapping[str, str] = dataclasses.field(
        default_factory=dict,
        metadata={"help": "what it is to be like: COLUMN=VALUE, such as label=cat", "read": pairs},
    )
    text: str | None = said("A sentence that says what is to be seen")
    prompt: str | None = said("How a text begins")
    length: int | None = said("Letters of a text to write after the prompt")
    temperature: float | None = said(
        "How daring: below 1 keeps to what is likely, 0 takes the likeliest, above 1 dares"
    )
    top_p: float | None = said("Choose among the likeliest only, which have this probability together, such as 0.95")
    seed: int | None = said("Seed of every random choice; by default another one each time")

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST:
            raise PlanError(f"{self.count:,} were asked for. It can be 1 to {MOST:,}, such as -n 8.")
        if self.length is not None and not 1 <= self.length <= MOST:
            raise PlanError(f"The length was {self.length:,}. It can be 1 to {MOST:,} letters, such as --length 500.")
        if self.temperature is not None and not 0 <= self.temperature <= 10:
            raise PlanError(f"The temperature was {self.temperature:g}. It can be 0 to 10, such as --temperature 0.8.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise PlanError(f"top-p was {self.top_p:g}. It must be above 0, and 1 at most, such as --top-p 0.95.")
        if self.seed is not None and not 0 <= self.seed < 2**63:
            raise PlanError(f"The seed was {self.seed}. It can be 0 to 2^63 - 1, such as --seed 1.")

    def only(self, called: str, takes: Iterable[str], hears: Iterable[str]) -> None:
        """Refuse what means nothing to what is made. hears: of what it takes, what means something to this model.

        Raises:
            PlanError: something else was said than `takes`.
        """
        takes, hears = EVERY.union(takes), EVERY.union(hears)
        for each in dataclasses.fields(self):
            if each.name not in takes and getattr(self, each.name) not in (None, {}):
                known = ", ".join(option(name.name) for name in dataclasses.fields(self) if name.name in hears)
                raise PlanError(
                    f"This model makes {called}, to which {option(each.name)} means nothing. It takes {known}."
                )


def option(name: str) -> str:
    """`option("top_p") == "--top-p"`."""
    return "-n" if name == "count" else f"--{name.replace('_', '-')}"


def wish_of(count: Any, asked: Mapping[str, Any]) -> Wish:
    """A wish from named options, of a program or of JSON.

    Raises:
        PlanError: an option that does not exist, or a value that cannot be.
    """
    hints = get_type_hints(Wish)
    for name, value in {"count": count, **asked}.items():
        if name not in hints:
            raise PlanError(f"There is no option '{name}'. {nearest(name, hints)}")
        hint = hints[name]
        [kind] = [each for each in TYPES if each == hint or each | None == hint]
        if not (_is(value, kind) or (value is None and kind != hint)):
            raise PlanError(f"{name} is {value!r:.80}. Expected is {TYPES[kind]}.")
    return Wish(**{**asked, "count": count})


WORDS = Mapping[str, str]
TYPES: dict[Any, str] = {
    int: "a whole number", float: "a number", str: "a text", WORDS: 'words by column, such as {"label": "cat"}',
}  # fmt: skip


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is of a type that fields have; numbers may be NumPy's."""
    if kind == WORDS:
        return isinstance(value, Mapping) and all(isinstance(each, str) for both in value.items() for each in both)
    wanted = {int: numbers.Integral, float: numbers.Real}.get(kind, kind)
    return isinstance(value, wanted) and not isinstance(value, bool)
