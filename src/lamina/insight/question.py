"""One example put to a network, and the one figure of its answer that an explanation is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, Encoded, PlanError, nearest
from lamina.model.model import Model
from lamina.networks._join import Ensemble
from lamina.networks._layered import Layered

ROWS = 256  # asked at once; fewer where a row is large
CELLS = 2**22  # values of the rows asked at once


@dataclass(frozen=True, slots=True)
class Question:
    """inputs: each array of the one example, as tensors [1, ...]. target: its name in the network.

    about: the place of the class or tag that is asked about; None for a number.
    """

    network: Ensemble
    inputs: Mapping[str, Encoded]
    target: str
    about: int | None

    def score(self, changed: Mapping[str, Tensor | Encoded]) -> Tensor:
        """The figure [B] for rows of which some arrays are changed [B, ...], the others as in the example. Values alone
        keep the example's length.

        Of a class or a tag its log-odds, with the temperature applied, so that effects add up; of a number itself.
        """
        given = {name: self._whole(name, each) for name, each in changed.items()}
        count = len(next(iter(given.values())).present)
        inputs = {name: given[name] if name in given else _repeated(each, count) for name, each in self.inputs.items()}
        raws, _ = self.network(inputs)
        output: Any = self.network.outputs[self.target]
        if self.about is None:
            found: Tensor = raws[self.target][:, 0]
            return found
        raw = output.scaled(raws[self.target])
        chosen: Tensor = raw[:, self.about]
        if output.holds == "tags":
            return chosen
        others = torch.cat([raw[:, : self.about], raw[:, self.about + 1 :]], 1)
        return chosen - others.logsumexp(1)

    def scores(self, changed: Mapping[str, Tensor | Encoded]) -> Array:
        """`score` without gradients, as many rows as there are."""
        given = {name: self._whole(name, each) for name, each in changed.items()}
        size = max(1, max(int(np.prod(each.values.shape[1:])) for each in given.values()))
        step = max(1, min(ROWS, CELLS // size))
        count = len(next(iter(given.values())).present)
        with torch.inference_mode():
            parts = [
                self.score({name: _taken(each, slice(start, start + step)) for name, each in given.items()})
                for start in range(0, count, step)
            ]
            found: Array = torch.cat(parts).double().numpy()
        return found

    def now(self) -> float:
        """The figure of the example itself."""
        return float(self.scores(self.inputs)[0])

    def _whole(self, name: str, each: Tensor | Encoded) -> Encoded:
        if isinstance(each, Encoded):
            return each
        return replace(_repeated(self.inputs[name], len(each)), values=each)

    def networks(self, array: str) -> list[Layered]:
        """Of each member, the network that takes an array."""
        members: Any = self.network.members
        return [member.networks[array] for member in members]

    def share(self, score: float) -> float:
        """A score as people read it: the probability of a class or tag; a number as it is."""
        return score if self.about is None else float(1 / (1 + np.exp(-np.clip(score, -60, 60))))


def question(
    model: Model, network: Ensemble, arrays: Mapping[str, Encoded], target: str, about: str | None
) -> Question:
    """A question to a network of this model. arrays: one encoded row. target: a column; about: a class or tag of it.

    Raises:
        PlanError: there is no such class, or it is a number.
    """
    output: Any = model.outputs[target]
    place = None
    if output.holds == "number" and about is not None:
        raise PlanError(
            f"'{target}' is a number, and '{about}' was asked about. Leave it out: the number itself is explained."
        )
    if output.holds != "number":
        classes = list(output.classes)
        if about not in classes:
            raise PlanError(f"'{target}' has no answer '{about}'. {nearest(str(about), classes)}")
        place = classes.index(about)
    name = next(each["name"] for each in model.card.taught if each["column"] == target)
    return Question(network, tensors(arrays), name, place)


def tensors(arrays: Mapping[str, Encoded]) -> dict[str, Encoded]:
    """Encoded arrays as a network takes them."""
    return {name: _tensor(each.trimmed()) for name, each in arrays.items()}


def _tensor(each: Encoded) -> Encoded:
    lengths = None if each.lengths is None else torch.from_numpy(np.asarray(each.lengths))
    return Encoded(
        torch.from_numpy(np.ascontiguousarray(each.values)),
        torch.from_numpy(np.asarray(each.present, bool)),
        [],
        lengths,
    )


def _repeated(each: Encoded, count: int) -> Encoded:
    """One row, so many times."""
    lengths = None if each.lengths is None else each.lengths.expand(count)
    return Encoded(each.values.expand(count, *each.values.shape[1:]), each.present.expand(count), [], lengths)


def _taken(each: Encoded, rows: slice) -> Encoded:
    lengths = None if each.lengths is None else each.lengths[rows]
    return Encoded(each.values[rows], each.present[rows], [], lengths)
