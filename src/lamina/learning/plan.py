"""What is asked of learning, said once: command-line options and docs derive from these fields."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from lamina.core import Json, PlanError

WEIGHTS = (0.0, 0.5, 1.0)  # that rows without a label may have: none, half the answer, all of it
IDENTITY = "identity"  # the kind of a target that names whom each example is of


def said(help: str, default: Any = None) -> Any:
    """A field with its help text."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class Plan:
    """How to learn. Everything has a default but the target.

    >>> Plan(target=("income",), minutes=2).minutes
    2
    """

    target: tuple[str, ...] = said("Column to answer; say it several times for several answers", ())
    verify: bool = said(
        "Learn to tell whether two examples are of the same one (person, voice, thing), also of those never seen", False
    )
    minutes: float | None = said("Time for the whole command; the number of steps is chosen from it")
    steps: int | None = said("Number of learning steps, instead of minutes (exactly repeatable)")
    unlabelled_steps: int | None = said(
        "Number of steps of the trainings that rows without a label take part in; by default as many, or as minutes allow"
    )
    unlabelled_weight: float | None = said(
        "Weight of rows without a label, from 0 (left out) to 1; by default labelled rows held out decide"
    )
    transduce: bool = said(
        "Answer exactly the rows without a label, from what is near them; the answers lie in the model as answers.csv",
        False,
    )
    shares: tuple[str, ...] = said(
        "With --transduce, how frequent classes are among the rows without a label: equal, or class=share for every class",
        (),
    )
    looks: int | None = said("Times that validation rows are looked at while learning, each a chance to be kept")
    find: str | None = said("What to find without labels: anomalies, clusters or neighbours")
    alarms: float = said("Share of ordinary examples that may be taken for anomalies", 0.01)
    odd: tuple[str, ...] = said(
        "With --find anomalies, examples that are known to be odd, as column=value, such as verdict=fraud", ()
    )
    clusters: int | None = said("Number of clusters to find; by default as many as stand out")
    generate: str | None = said("What to learn to make anew: text or image")
    given: str | None = said("Column that says what a made example is to be like, such as label or caption")
    side: int | None = said("Pixels of the shorter side of pictures to make; by default their own, up to 64")
    tokens: int | None = said(
        "Number of byte-pair tokens to write a text in; by default it is written letter by letter"
    )
    seed: int = said("Seed of every random choice", 0)
    network: str | None = said("Kind of network, perhaps with options ('rnn both=false'); by default the data decide")
    weights: str | None = said(
        "Folder or hub name of a pretrained network for texts or sounds, as transformers opens it"
    )
    size: int | None = said("Size of the network, 0 for the smallest; by default the minutes decide")
    metric: str | None = said("Figure that decides which weights are kept, and the threshold")
    cost: tuple[str, ...] = said("Cost of a mistake as truth=answer:cost, such as sick=healthy:10", ())
    batch: int | None = said("Examples per step; by default the network's own")
    folds: int | None = said("Number of folds; by default 5 below 1,000 labelled examples, else none")
    device: str = said("Where to compute: auto, cpu, cuda, cuda:1, mps", "auto")
    private: bool = said(
        "Keep examples and raw values out of model and report; labels and names of columns stay", False
    )

    def __post_init__(self) -> None:
        if self.minutes is not None and not 0 < self.minutes < 1e6:
            raise PlanError(f"The budget was {self.minutes} minutes. It must be more than 0, such as --minutes 2.")
        if self.steps is not None and self.steps < 1:
            raise PlanError(f"The number of steps was {self.steps}. It must be at least 1.")
        if self.unlabelled_steps is not None and self.unlabelled_steps < 1:
            raise PlanError(f"The number of unlabelled steps was {self.unlabelled_steps}. It must be at least 1.")
        if self.unlabelled_weight not in (None, *WEIGHTS):
            raise PlanError(
                f"The weight of unlabelled rows was {self.unlabelled_weight}. It can be {', '.join(f'{w:g}' for w in WEIGHTS)}."
            )
        if self.transduce and (self.verify or self.find is not None):
            other = "--verify" if self.verify else f"--find {self.find}"
            raise PlanError(
                f"--transduce answers rows without a label, and {other} answers something else. Leave one out."
            )
        if self.shares and not self.transduce:
            raise PlanError(
                f"--shares {self.shares[0]} says how frequent classes are among rows that --transduce answers. Say both, or "
                "neither."
            )
        if self.looks is not None and self.looks < 1:
            raise PlanError(f"The number of looks was {self.looks}. It must be at least 1.")
        if self.steps is not None and self.minutes is not None:
            raise PlanError(
                "Both minutes and steps were given. Give one: steps repeat exactly, minutes keep to the clock."
            )
        if self.size is not None and self.size < 0:
            raise PlanError(f"The size was {self.size}. It must be 0 (the smallest) or more.")
        if not 0 < self.alarms < 1:
            raise PlanError(f"The share of false alarms was {self.alarms}. It must lie between 0 and 1, such as 0.01.")
        if self.odd and self.find != "anomalies":
            raise PlanError(f"--odd {self.odd[0]} names anomalies, and is for --find anomalies. Say both, or neither.")
        if self.clusters is not None and self.clusters < 2:
            raise PlanError(f"{self.clusters} clusters were asked for. There must be 2 at least.")
        if self.clusters is not None and self.find != "clusters":
            raise PlanError(f"{self.clusters} clusters were asked for without --find clusters. Say both, or neither.")
        if self.generate is not None:
            others = ("find", "verify", "metric", "cost", "folds", "transduce", "unlabelled_weight", "unlabelled_steps")
            if given := [name for name in others if getattr(self, name) not in (None, False, ())]:
                raise PlanError(f"--generate {self.generate} takes no --{given[0].replace('_', '-')}. Leave it out.")
        if self.tokens is not None and not 300 <= self.tokens <= 50_000:
            raise PlanError(f"{self.tokens:,} tokens were asked for. It can be 300 to 50,000, such as --tokens 1000.")
        for name in ("given", "side", "tokens"):
            if getattr(self, name) is not None and self.generate is None:
                raise PlanError(f"--{name} says how something is made anew: it needs --generate. Say both, or neither.")
        if self.find is not None:
            labels = ("verify", "network", "weights", "size", "metric", "cost", "folds")
            if given := [name for name in labels if getattr(self, name) not in (None, False, ())]:
                raise PlanError(f"--find {self.find} learns without labels and takes no --{given[0]}. Leave it out.")
        if self.batch is not None and self.batch < 2:
            raise PlanError(f"The batch was {self.batch}. It must be at least 2.")
        if self.verify and (self.folds or len(self.target) > 1):
            raise PlanError("With --verify there is one --target, which names whom each example is of, and no --folds.")
        if self.folds is not None and not (self.folds == 0 or 3 <= self.folds <= 20):
            raise PlanError(f"The number of folds was {self.folds}. It must be 0 (none) or 3 to 20.")

    @property
    def kinds(self) -> dict[str, str]:
        """Kinds of columns that follow from what is asked."""
        return dict.fromkeys(self.target, IDENTITY) if self.verify else {}

    def asked(self) -> Json:
        """The fields that differ from their defaults: what the line that repeats a run says."""
        return {
            each.name: getattr(self, each.name)
            for each in dataclasses.fields(self)
            if getattr(self, each.name) != each.default
        }
