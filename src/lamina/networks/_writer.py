"""A language model: a recurrent network that reads forwards and says at every step how likely each token comes next."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from lamina.core import Form, Json, PlanError
from lamina.networks._build import layered
from lamina.networks.rnn import Rnn

NAME = "text"  # of the only array, in a card and in the graph


class Writer(nn.Module):
    """form: tokens; said: the recurrent network, by array as in a card.

    Raises:
        PlanError: a network that does not read forwards only.
    """

    def __init__(self, form: Form, said: Mapping[str, Json]) -> None:
        super().__init__()
        reader = layered(said[NAME], form)
        if not isinstance(reader, Rnn) or reader.both:
            raise PlanError(
                f"The network '{said[NAME]['kind']}' writes no text. Say one that reads forwards only: --network 'rnn both=false'."
            )
        self.reader = reader
        self.head = nn.Linear(reader.steps, form.sizes[0])
        nn.init.zeros_(self.head.bias)

    @property
    def memory(self) -> tuple[int, int]:
        """Layers, and units of each: the shape of hidden and cell without the rows between."""
        return len(self.reader.layers), self.reader.steps

    def forward(self, x: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [B, T, V] of what comes after each token of x [B, T], and its memory [layers, B, W] after them.

        What is read in pieces, memory handed on, gives what the whole gives.
        """
        steps, (hidden, cell) = self.reader.read(x, (hidden, cell))
        return self.head(self.reader.drop(steps)), hidden, cell
