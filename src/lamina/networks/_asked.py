"""What is asked for, a label or a sentence, as numbers that a generator and a discriminator understand."""

from __future__ import annotations

from torch import Tensor, nn

from lamina.core import Form, PlanError
from lamina.networks._time import mask, most

WORD = 64  # numbers that a word becomes


class Asked(nn.Module):
    """Encoded cells of one column to [B, width]: a label's own row of a table; or a sentence read word by word, of which the
    largest of each number over the words is kept: so learning reaches every word as directly as the last one.

    form: of the column, a category or tokens. std: of the numbers at the start.
    """

    def __init__(self, form: Form, width: int, std: float = 1.0) -> None:
        super().__init__()
        self.timed = form.kind == "tokens"
        if self.timed:
            self.words = nn.Embedding(form.sizes[0], WORD, padding_idx=0)
            self.memory = nn.GRU(WORD, width, batch_first=True)
            self.last = nn.Linear(width, width, bias=False)
            nn.init.normal_(self.last.weight, std=2 * std * width**-0.5)
        elif form.kind == "vector" and form.shape == (1,) and form.sizes[0]:
            self.table = nn.Embedding(form.sizes[0], width)
            nn.init.normal_(self.table.weight, std=std)
        else:
            raise PlanError(
                f"What a picture is to show was a {form.kind} of shape {form.shape}. Expected is a label or a sentence."
            )

    def forward(self, values: Tensor, lengths: Tensor | None = None) -> Tensor:
        """values: [B, 1] codes of labels; or [B, T] of words, with their lengths [B]."""
        found: Tensor
        if not self.timed:
            found = self.table(values[:, 0].long())
            return found
        assert lengths is not None
        steps, _ = self.memory(self.words(values.long()))
        found = self.last(most(steps, mask(values, lengths)))
        return found
