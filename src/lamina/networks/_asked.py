"""What is asked for, a label or a sentence, as numbers that a generator and a discriminator understand."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from lamina.core import Form, PlanError
from lamina.networks._time import mask, most

WORD = 64  # numbers that a word becomes
SLOPE = 0.2  # of every leaky ReLU, in what makes pictures and in what judges them, too


class Asked(nn.Module):
    """Encoded cells of one column to [B, width]: a label's own row of a table; or a sentence, each word of which is read with
    three before and three after it, and of whose words the largest of each number is kept (Kim 2014). What a word is to its
    neighbours ("three above") is a number of its own, so that it says the same in sentences that never came.

    form: of the column, a category or tokens. std: of the numbers at the start.
    """

    def __init__(self, form: Form, width: int, std: float = 1.0) -> None:
        super().__init__()
        self.timed = form.kind == "tokens"
        if self.timed:
            self.words = nn.Embedding(form.sizes[0], WORD, padding_idx=0)
            self.near = nn.Conv1d(WORD, width, 5, padding=2)
            self.around = nn.Conv1d(width, 2 * width, 3, padding=1)
            self.last = nn.Linear(2 * width, width, bias=False)
            nn.init.normal_(self.last.weight, std=2 * std * (2 * width) ** -0.5)
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
        here = mask(values, lengths)
        steps = self.words(values.long()) * here[:, :, None]
        steps = leaky_relu(self.near(steps.transpose(1, 2)), SLOPE) * here[:, None]
        steps = leaky_relu(self.around(steps), SLOPE).transpose(1, 2)
        found = self.last(most(steps, here))
        return found
