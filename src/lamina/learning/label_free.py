"""Features of every row that no label had a say in: for what is told by nearness alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from lamina.core import Array, Encoded, Form, chunks
from lamina.learning.prepare import Prepared
from lamina.networks import _time
from lamina.networks.even import VALUES

SETTLED = 20_000  # rows that scales are taken from
ASKED = 512  # rows at once


def features(
    prepared: Prepared, rows: Array, rng: np.random.Generator, own: Mapping[str, Array] | None = None
) -> Array:
    """[n, F] of these rows, each input's with the same weight: an input is left at 0 where it is absent.

    Features of a pretrained network as they are; everything else as the network `even` has it. own: features [n, F] that were learned without labels, by input.
    """
    found = []
    for name, form in prepared.intake.forms.items():
        each = of_rows(prepared.rows.inputs[name], rows)
        here = each.present.numpy()
        told = own[name] if own and name in own else one(each, form, rng)
        spread = float(np.sqrt(told[here].var(0).sum())) if here.any() else 0.0
        found.append(np.where(here[:, None], told, 0) / (spread or 1.0))
    return np.concatenate(found, 1, dtype=np.float32)


def of_rows(each: Encoded, rows: Array) -> Encoded:
    """These rows of an input."""
    index = torch.from_numpy(rows)
    return Encoded(
        each.values[index], each.present[index], lengths=None if each.lengths is None else each.lengths[index]
    )


def one(each: Encoded, form: Form, rng: np.random.Generator) -> Array:
    """[N, F] of one input's rows."""
    values, lengths = each.values, [] if each.lengths is None else [each.lengths]
    if _as_read(values, form):
        even = VALUES[form.kind](form)
        some = np.sort(rng.permutation(len(values))[:SETTLED])
        even.settle(values[some], *(length[some] for length in lengths))
        with torch.inference_mode():
            pieces = chunks(np.arange(len(values)), ASKED)
            return np.concatenate(
                [even(values[rows], *(length[rows] for length in lengths)).numpy() for rows in pieces]
            )
    if lengths:  # of a pretrained network, along time
        values = _time.mean(values.float(), _time.mask(values, lengths[0]))
    elif values.ndim > 2:  # its maps, where its last blocks learn on
        values = values.flatten(2).mean(2)
    whole: Array = values.float().numpy()  # directions count, not lengths
    return np.asarray(whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12))


def _as_read(values: torch.Tensor, form: Form) -> bool:
    """Whether these are rows as an input gives them, and not what a pretrained network made of them."""
    if form.kind == "tokens":
        return not values.dtype.is_floating_point
    if form.kind in ("grid", "film"):
        return values.dtype == torch.uint8
    return values.ndim == len(form.shape) + 1 and values.shape[-1] == form.shape[-1]
