"""What rows are known to be, as numbers: what networks that count, or that answer by known rows, begin with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lamina.core import Taught
from lamina.inputs.text import Text
from lamina.learning.prepare import Prepared
from lamina.networks._layered import Counts
from lamina.outputs.category import Category
from lamina.outputs.identity import Identity
from lamina.outputs.number import Number
from lamina.outputs.tags import Tags

EXPECTED = 0.1  # texts that one counts for of which only teachers say what it is
MOST = 1_000  # numbers to answer: beyond, few rows are known of each


def answers(prepared: Prepared) -> int:
    """How many numbers the answers are: one for each class or tag, and for each number; 0 where they cannot be counted."""
    widths = [_width(output) for output in prepared.outputs.values()]
    return 0 if 0 in widths or sum(widths) > MOST else sum(widths)


def counted(
    prepared: Prepared, name: str, rows: Tensor, copies: Tensor | None, expected: Tensor | None = None
) -> Counts | None:
    """For these rows of the array `name`; None where nothing that could be counted is asked for.

    copies: [all rows, k], which copies learn from which row. expected: [B, K] what teachers say of rows without a label, NaN of
    others; where it is there, one category is asked for.
    """
    column = prepared.intake.groups[name][0]
    text = prepared.intake.inputs[column]
    if not answers(prepared):
        return None
    found = []
    known = torch.zeros(len(rows))
    for target, output in prepared.outputs.items():
        here = prepared.rows.known[prepared.names[target]][rows] > 0
        values = prepared.rows.targets[prepared.names[target]][rows]
        if output.holds == "category":
            values = nn.functional.one_hot(values.long(), _width(output)).float()
        else:
            values = values.float().reshape(len(rows), -1)
        seen = values[here].double()
        if output.holds == "number" and len(seen):
            values = ((values - seen.mean(0)) / seen.std(0, correction=0).clamp_min(1e-12)).float()
        mean = values[here].mean(0) if here.any() else 0.0
        found.append(torch.where(here[:, None], values, mean))
        known = torch.maximum(known, here.float())
    if expected is not None:
        thought = ~expected.isnan().any(1)
        found = [torch.where(thought[:, None], expected, found[0])]
        known = torch.where(thought, EXPECTED, known)
    spelling, ends = (text.spelling, text.ends) if isinstance(text, Text) else (None, None)
    return Counts(
        torch.cat(found, 1),
        known,
        None if copies is None else copies[rows],
        None if spelling is None else torch.from_numpy(spelling),
        None if ends is None else torch.from_numpy(ends),
    )


def _width(output: Taught) -> int:
    match output:
        case Category() | Identity() | Tags():
            return len(output.classes)
        case Number():
            return 1
        case _:
            return 0
