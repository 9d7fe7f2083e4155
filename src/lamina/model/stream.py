"""Answers along a series that is still going on: each piece is read once, and what was learned from it is carried on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Answer, Array, PlanError
from lamina.inputs.series import Series, averaged

if TYPE_CHECKING:
    from torch import Tensor

    from lamina.model.model import Model
    from lamina.networks._layered import Stepwise


class Stream:
    """One series as it comes. `feed` takes its next steps and gives the answer to all of it so far, by target.

    The pieces give what the whole gives, however they are cut. Where the model averages neighbouring steps (of series of
    more than 512), steps wait until they are as many as are averaged.

    steps: read so far, as the network counts them.
    """

    def __init__(self, model: Model) -> None:
        from lamina.networks._join import Join
        from lamina.networks._layered import Stepwise

        model.must_answer()
        each = next(iter(model.intake.inputs.values()))
        if len(model.intake.inputs) != 1 or not isinstance(each, Series):
            raise PlanError("A stream is one series; this model also answers from, or only from, something else.")
        self.series = each
        self.outputs = {
            name: (said["column"], model.outputs[said["column"]])
            for said in model.card.taught
            for name in [said["name"]]
        }
        self.novelty = model.novelty
        self.members: list[tuple[Stepwise, Join]] = []
        for member in model.network.members:
            assert isinstance(member, Join)
            [network] = member.networks.values()
            if not isinstance(network, Stepwise) or not network.follows:
                raise PlanError(
                    "This model's network has to see the end of a series before it answers. "
                    "Learn one that reads forwards only: --network 'rnn both=false'."
                )
            self.members.append((network, member))
        self.steps = 0
        self._carried: list[Any] = [None] * len(self.members)
        self._waiting = np.zeros((0, len(each.channels)), np.float32)
        self._time: float | None = None
        self._lacking: list[str] | None = None  # signals that no piece had so far
        self._said: dict[str, Answer] = {}

    def feed(self, piece: Any) -> dict[str, Answer]:
        """The answer so far, by target; empty until there was a step. piece: as a series is given elsewhere, [T, C], or the
        bytes of a CSV file.

        Raises:
            DataError: it cannot be read, or has or names other signals.
        """
        placed, self._time, missing = self.series.piece(piece, self._time)
        self._lacking = missing if self._lacking is None else [name for name in self._lacking if name in missing]
        waiting = np.concatenate([self._waiting, placed])
        whole = len(waiting) - len(waiting) % self.series.stride
        self._waiting = waiting[whole:]
        if whole:
            self._said = self._answered(averaged(waiting[:whole], self.series.stride))
        return self._said

    def _answered(self, steps: Array) -> dict[str, Answer]:
        import torch

        x = torch.from_numpy(steps)[None]
        raws: dict[str, list[Tensor]] = {name: [] for name in self.outputs}
        wholes = []
        with torch.inference_mode():
            for place, (network, member) in enumerate(self.members):
                found, self._carried[place] = network.step(x, self._carried[place])
                wholes.append(found.whole)
                for name in raws:
                    raws[name].append(member.heads[name](found.whole))
            features = torch.cat(wholes, 1).numpy()
            self.steps += len(steps)
            said = {}
            for name, (column, output) in self.outputs.items():
                answers = output.answer(output.combine(torch.cat(raws[name], 1)).numpy())
                answers.unlike = np.zeros(1, bool) if self.novelty is None else self.novelty.unlike(features)
                if why := self.series.lacks(self._lacking or [], []):
                    answers.unlike, answers.reasons = np.ones(1, bool), {0: (why,)}
                said[column] = answers[0]
        return said
