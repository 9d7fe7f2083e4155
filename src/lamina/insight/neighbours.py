"""The examples that speak most for an answer: those whose lesson points the same way.

What an example teaches the last layer is its gradient there, features x error. The cosine of two such gradients says
whether learning the one makes the other's answer surer (Hanawa et al. 2021 found it the soundest of its kind).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, DataError, Encoded
from lamina.insight.question import Question, tensors
from lamina.model.model import Model

if TYPE_CHECKING:
    from lamina.examples import Examples

AT_ONCE = 2**22  # values of the rows that pass the network at once
ROWS = 512


@dataclass(frozen=True, slots=True)
class Neighbour:
    """row: of the examples given; label: what it is called there; cosine: 1 says the same, -1 the opposite."""

    row: int
    label: str
    cosine: float


class Lessons:
    """What each labelled example teaches the last layer about one target. Made once, asked often.

    Raises:
        DataError: the examples have no labels of this target.
    """

    def __init__(self, model: Model, examples: Examples, target: str) -> None:
        output: Any = model.outputs[target]
        self.column = target
        if target not in examples.kinds:
            raise DataError(
                f"The examples have no column '{target}'. What speaks for an answer is looked for among labelled examples: "
                "give those that it learned from."
            )
        self.labels = examples.values(target)
        targets, known = output.encode(self.labels)
        self.rows = np.flatnonzero(known)
        if not len(self.rows):
            raise DataError(f"No row has a known label in '{target}'. Give the examples that it learned from.")
        name = next(each["name"] for each in model.card.taught if each["column"] == target)
        size = sum(int(np.prod(form.shape)) for form in model.intake.forms.values())
        step = max(1, min(ROWS, AT_ONCE // max(size, 1)))
        parts = []
        for start in range(0, len(self.rows), step):
            some = self.rows[start : start + step]
            inputs = tensors(model.intake.encode(examples, some))
            parts.append(_lessons(model.network, inputs, name, torch.from_numpy(targets[some]), output.holds))
        self.features = torch.cat([features for features, _ in parts])
        self.errors = torch.cat([errors for _, errors in parts])

    def nearest(self, asked: Question, count: int = 5) -> tuple[list[Neighbour], list[Neighbour]]:
        """Those that speak most for what is asked about, and those that speak most against it."""
        output: Any = asked.network.outputs[asked.target]
        features, errors = _lessons(
            asked.network, asked.inputs, asked.target, _wanted(output, asked.about), output.holds
        )
        cosines = _cosines(self.features, self.errors, features, errors).numpy()
        order = np.argsort(-cosines, kind="stable")
        return (
            [self._neighbour(k, cosines) for k in order[:count] if cosines[k] > 0],
            [self._neighbour(k, cosines) for k in order[::-1][:count] if cosines[k] < 0],
        )

    def _neighbour(self, place: int, cosines: Array) -> Neighbour:
        row = int(self.rows[place])
        label = self.labels[np.array([row])].tolist()[0] if not isinstance(self.labels, list) else self.labels[row]
        return Neighbour(row, ", ".join(label) if isinstance(label, list) else str(label), float(cosines[place]))


def _wanted(output: Any, about: int | None) -> Tensor:
    """The label [1] that would make the answer asked about right."""
    match output.holds:
        case "category":
            return torch.tensor([about])
        case "tags":
            found = torch.full((1, output.width), float("nan"))
            found[0, about] = 1.0
            return found
        case _:
            return torch.tensor([float("nan")])


def _lessons(
    network: Any, inputs: Mapping[str, Encoded], target: str, wanted: Tensor, holds: str
) -> tuple[Tensor, Tensor]:
    """Features [B, m, W] and errors [B, m, C] of all m copies of all members. Of numbers the error is 1: what is compared is
    what the answer itself, and not its error, rests on."""
    every_feature, every_error = [], []
    with torch.inference_mode():
        for member in network.members:
            raws, features = member(inputs)
            raw = raws[target]  # [B, k, C]
            features = features[:, None] if features.ndim == 2 else features
            features = features.expand(-1, raw.shape[1], -1)
            every_feature.append(features)
            every_error.append(_errors(raw.double(), wanted, holds))
    errors = torch.cat(every_error, 1)
    most = errors.abs().amax((1, 2), keepdim=True).clamp_min(1e-300)  # also of a sure answer the direction counts
    return torch.cat(every_feature, 1), (errors / most).float()


def _errors(raw: Tensor, wanted: Tensor, holds: str) -> Tensor:
    """The gradient [B, k, C] of each copy's loss with respect to its raw answer."""
    match holds:
        case "category":
            logs = raw.log_softmax(2)
            errors = logs.exp()
            place = wanted[:, None, None].expand(-1, raw.shape[1], 1)
            return errors.scatter(2, place, logs.gather(2, place).expm1())
        case "tags":
            truth = wanted[:, None].double()
            return torch.where(truth.isnan(), 0.0, torch.where(truth > 0.5, -(-raw).sigmoid(), raw.sigmoid()))
        case _:
            return torch.ones_like(raw)


def _cosines(features: Tensor, errors: Tensor, feature: Tensor, error: Tensor) -> Tensor:
    """[N] from [N, m, W], [N, m, C] and the same of one row."""
    together = (torch.einsum("nmw,mw->nm", features, feature[0]) * torch.einsum("nmc,mc->nm", errors, error[0])).sum(1)
    sizes = (features.square().sum(2) * errors.square().sum(2)).sum(1).sqrt()
    own = (feature.square().sum(2) * error.square().sum(2)).sum().sqrt()
    return together / (sizes * own).clamp_min(1e-30)
