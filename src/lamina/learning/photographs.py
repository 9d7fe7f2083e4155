"""Features of photographs in the place of pictures that are large enough, and of films of such frames."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from lamina.core import Form, Json, Progress
from lamina.learning.budget import Budget
from lamina.learning.choose import LEAST, PHOTOGRAPHS
from lamina.learning.prepare import Prepared
from lamina.learning.readout import sized
from lamina.networks._time import mask, mean
from lamina.networks.pretrained import Pretrained, available


def fits(form: Form) -> bool:
    """Whether the network that knows photographs could see something in these."""
    return form.kind in PHOTOGRAPHS and min(form.shape[-3:-1]) >= LEAST and available()


def replace_pictures(prepared: Prepared, name: str, budget: Budget) -> Generator[Progress, None, Json]:
    """Put features in the place of an input's pictures, or films (of their frames, on average); gives what to say of its
    network."""
    rows = np.arange(len(prepared.examples))
    form, pictures = prepared.intake.forms[name], prepared.rows.inputs[name]
    frozen = yield from sized(pictures, form, rows, budget, tune=False)
    yield from frozen.fill(rows)
    frozen.keep()
    prepared.before[name] = pictures
    seen = frozen.rows
    if seen.lengths is not None:
        seen = replace(seen, values=mean(seen.values, mask(seen.values, seen.lengths)), lengths=None)
    prepared.rows.inputs[name] = seen
    return {"kind": Pretrained.kind, "options": {"side": frozen.side}}
