"""Features of pictures from a frozen network, made once by ONNX Runtime and kept between runs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import numpy as np
import torch

from lamina.core import Array, Encoded, Form, Progress, chunks
from lamina.machine import cache
from lamina.model.onnx import Runner, write
from lamina.networks.pretrained import WIDTH, Backbone

AT_ONCE = 32


class Frozen:
    """Features [N, 1280] of encoded pictures, row by row as they are asked for."""

    def __init__(self, pictures: Encoded, form: Form) -> None:
        self.pictures = pictures
        self.form = form
        self.values: Array = np.zeros((len(pictures.values), WIDTH), np.float32)
        self.done = np.zeros(len(self.values), bool)
        self._runner: Runner | None = None
        self.key = ""

    def recall(self) -> bool:
        """Take the features of the very same pictures from the cache, if they are there."""
        pixels = np.ascontiguousarray(self.pictures.values.numpy())
        self.key = f"features-{hashlib.blake2b(pixels.reshape(-1).data, digest_size=16).hexdigest()}"
        found = cache.recall(self.key)
        if found is None or found.shape != self.values.shape:
            return False
        self.values, self.done[:] = found, True
        return True

    def fill(self, rows: Array, seconds: float = np.inf) -> Iterator[Progress]:
        """Make the features of these rows that are missing, in order, for at most so long."""
        missing = rows[~self.done[rows]]
        begun = time.monotonic()
        for place, piece in enumerate(chunks(missing, AT_ONCE)):
            values = self.pictures.values[torch.from_numpy(piece)].numpy()
            self.values[piece] = self._run(values)
            self.done[piece] = True
            spent = time.monotonic() - begun
            made = place * AT_ONCE + len(piece)
            yield Progress(
                stage="looking", step=made, steps=len(missing), rate=made / spent, seconds=spent,
                left=spent / made * (len(missing) - made), message="features from a network that knows photographs",
            )  # fmt: skip
            if spent > seconds:
                return

    def keep(self) -> None:
        """Keep the features of all pictures for the next run."""
        if self.done.all():
            cache.keep(self.key, self.values)

    def _run(self, pixels: Array) -> Array:
        if self._runner is None:
            backbone = Backbone(self.form)
            backbone.load_photographs()
            example = torch.zeros((2, *self.form.shape), dtype=torch.uint8)
            self._runner = Runner(write(backbone, [example], ["pixels"], ["features"]), "the pretrained network")
        found: Array = self._runner.session.run(None, {"pixels": pixels})[0]
        return found
