"""What a frozen network makes of texts: made once, and kept between runs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator

import numpy as np
import torch

from lamina.core import Array, Encoded, Progress, chunks
from lamina.inputs.text import Text
from lamina.learning.prepare import Prepared
from lamina.machine import cache
from lamina.networks.pretrained_text import Published, Reader

KIND = "pretrained_text"
AT_ONCE = 32


class Sentences:
    """Features [N, W] of texts as codes, row by row as they are asked for."""

    def __init__(self, texts: Encoded, source: Published) -> None:
        self.texts, self.source = texts, source
        self.reader = Reader(source.config)
        self.values: Array = cache.allocate((len(texts.values), self.reader.width), np.float32)
        self.done = np.zeros(len(self.values), bool)
        digest = hashlib.blake2b(np.ascontiguousarray(texts.values).reshape(-1).data, digest_size=16).hexdigest()
        self.key = f"sentences-{digest}-{source.digest[:16]}"

    def recall(self) -> bool:
        """Take the features of the very same texts from the cache, if they are there."""
        found = cache.recall(self.key)
        if found is None or found.shape != self.values.shape:
            return False
        self.values, self.done[:] = found, True
        return True

    def fill(self, rows: Array) -> Iterator[Progress]:
        """Make the features of these rows that are missing: texts of like length together."""
        missing = rows[~self.done[rows]]
        missing = missing[np.argsort(self.texts.lengths[missing], kind="stable")]
        if not len(missing):
            return
        self.reader.load(self.source.folder, self.source.digest)
        self.reader.eval()
        begun, made = time.monotonic(), 0
        for piece in chunks(missing, AT_ONCE):
            lengths = torch.from_numpy(self.texts.lengths[piece])
            codes = torch.from_numpy(self.texts.values[piece][:, : int(lengths.max())])
            with torch.inference_mode():
                self.values[piece] = self.reader(codes, lengths).numpy()
            self.done[piece] = True
            made += len(piece)
            spent = time.monotonic() - begun
            yield Progress(
                stage="looking", step=made, steps=len(missing), rate=made / spent, seconds=spent,
                left=spent / made * (len(missing) - made), message="features from a network that has read much",
            )  # fmt: skip

    def keep(self) -> None:
        """Keep the features of all texts for the next run."""
        if self.done.all():
            cache.keep(self.key, self.values)


def use(prepared: Prepared, name: str, source: Published, rows: Array) -> Generator[Progress, None, Sentences]:
    """Cut the texts of an input as the network does, and put its features of these rows in their place."""
    [column] = prepared.intake.groups[name]
    text = prepared.intake.inputs[column]
    assert isinstance(text, Text)
    text.adopt(source.tokenizer, source.longest)
    prepared.pictures[name] = prepared.rows.inputs[name].values  # what simple models learn from
    found = Sentences(text.encode(prepared.examples.values(column)), source)
    found.recall()
    yield from found.fill(rows)
    found.keep()
    present = torch.from_numpy(found.texts.present)
    prepared.rows.inputs[name] = Encoded(torch.from_numpy(found.values), present)
    return found
