"""What a published network makes of texts and sounds: made once, and kept between runs."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, Encoded, Json, Progress, chunks
from lamina.inputs.sound import Sound
from lamina.inputs.text import Text
from lamina.learning.heard import spectra
from lamina.learning.prepare import Prepared
from lamina.machine import cache
from lamina.networks._weights import Published
from lamina.networks._whisper import Encoder
from lamina.networks.pretrained_text import Reader

TEXT, SOUND, SCRIBE = "pretrained_text", "pretrained_sound", "pretrained_scribe"
VERSION = 1  # of how features are made: what was kept of another is not taken
KINDS = (TEXT, SOUND, SCRIBE)
AT_ONCE = 32


class Reading:
    """Features [N, W] of texts or sounds, row by row as they are asked for.

    learned: with more than 0, also the maps that enter the last so many layers, from which those can learn on; if these are
    all, it is the texts themselves that enter them, and nothing more is kept. along: what is answered is written along time,
    so that the maps themselves are what is learned from.
    """

    unit: ClassVar[str] = "layers"

    def __init__(self, given: Encoded, source: Published, learned: int = 0, along: bool = False) -> None:
        self.given, self.source, self.along = given, source, along
        made = Encoder if source.hears else Reader
        self.reader: Encoder | Reader = made(source.config, learned)
        whole = learned >= self.reader.depth and not along and not source.hears
        if not self.reader.parted() or (not whole and math.prod(self._shape) * 2 > cache.memory() / 3):
            self.reader = made(source.config)
        mapped = along or (self.reader.learned and not whole)
        count = len(given.values)
        self.values: Array = cache.allocate((0 if along else count, self.reader.features), np.float32)
        self.maps: Array | None = cache.allocate(self._shape, np.float16) if mapped else None
        self.done = np.zeros(count, bool)
        digest = hashlib.blake2b(np.ascontiguousarray(given.values).reshape(-1).data, digest_size=16)
        digest.update(np.ascontiguousarray(given.lengths).data)
        digest.update(json.dumps([VERSION, source.config], sort_keys=True).encode())
        self.key = f"reading-{digest.hexdigest()}-{source.digest[:16]}"

    @property
    def kept(self) -> Array:
        """Steps of maps [N] of each row."""
        found: Array = self.reader.kept(torch.from_numpy(self.given.lengths)).numpy()
        return found

    @property
    def _shape(self) -> tuple[int, int, int]:
        """Of the maps of all rows."""
        return len(self.given.values), int(self.kept.max(initial=1)), int(self.reader.read.config.hidden_size)

    @property
    def options(self) -> Json:
        """Of the network whose last layers learn."""
        return self.source.options | {"learned": self.reader.learned}

    @property
    def learned(self) -> int:
        return self.reader.learned

    @property
    def rows(self) -> Encoded:
        """What a network learns from."""
        if self.along:
            return self.entering
        return Encoded(torch.from_numpy(self.values), torch.from_numpy(self.given.present))

    @property
    def entering(self) -> Encoded:
        """What the last layers learn from."""
        present, kept = torch.from_numpy(self.given.present), torch.from_numpy(self.kept)
        if self.maps is None:
            return Encoded(torch.from_numpy(self.given.values), present, lengths=torch.from_numpy(self.given.lengths))
        return Encoded(torch.from_numpy(self.maps), present, lengths=kept)

    def recall(self) -> bool:
        """Take the features of the very same texts or sounds from the cache, if they are there."""
        values = self.values if self.along else cache.recall(self.key)
        if values is None or values.shape != self.values.shape:
            return False
        if self.maps is not None:
            maps = cache.recall(self._mapped)
            if maps is None or maps.shape != self.maps.shape:
                return False
            self.maps = maps
        self.values, self.done[:] = values, True
        return True

    def all(self, rows: Array) -> Iterator[Progress]:
        """The features of these rows, from the cache or made and kept."""
        self.recall()
        yield from self.fill(rows)
        self.keep()

    def fill(self, rows: Array) -> Iterator[Progress]:
        """Make the features of these rows that are missing: those of like length together."""
        missing = rows[~self.done[rows]]
        missing = missing[np.argsort(self.given.lengths[missing], kind="stable")]
        if not len(missing):
            return
        self.reader.load(self.source.folder, self.source.digest)
        self.reader.eval()
        knows = "heard" if self.source.hears else "read"
        begun, made = time.monotonic(), 0
        for piece in chunks(missing, AT_ONCE):
            self._make(piece)
            made += len(piece)
            spent = time.monotonic() - begun
            yield Progress(
                stage="looking", step=made, steps=len(missing), rate=made / spent, seconds=spent,
                left=spent / made * (len(missing) - made), message=f"features from a network that has {knows} much",
            )  # fmt: skip

    def pace(self) -> float:
        """Seconds that reading a row takes, by reading some of all lengths; the first ones set things up."""
        some = np.argsort(self.given.lengths, kind="stable")[:: max(1, len(self.given.lengths) // (3 * AT_ONCE))]
        first, *others = chunks(some, AT_ONCE)
        with torch.inference_mode():
            self._read(first)
            begun = time.monotonic()
            for piece in others:
                self._read(piece)
        return (time.monotonic() - begun) / max(len(some) - len(first), 1)

    def _read(self, rows: Array) -> Tensor:
        """[n, W]: features of these rows."""
        return self.reader.whole(*self._taken(rows))

    def _taken(self, rows: Array) -> tuple[Tensor, Tensor]:
        """What is given of these rows, as long as the longest, and its lengths."""
        lengths = torch.from_numpy(self.given.lengths[rows])
        return torch.from_numpy(self.given.values[rows][:, : int(lengths.max())]), lengths

    def _make(self, rows: Array) -> None:
        """The features of these rows."""
        with torch.inference_mode():
            if self.maps is None:
                self.values[rows] = self._read(rows).numpy()
            else:
                maps, kept = self.reader.maps(*self._taken(rows))
                here = torch.arange(maps.shape[1]) < kept[:, None]
                self.maps[rows, : maps.shape[1]] = (maps * here[:, :, None]).half().numpy()
                if not self.along:
                    self.values[rows] = self.reader.rest(maps, kept)[0].numpy()
        self.done[rows] = True

    def keep(self) -> None:
        """Keep the features of all rows for the next run."""
        if self.done.all():
            if not self.along:
                cache.keep(self.key, self.values)
            if self.maps is not None:
                cache.keep(self._mapped, self.maps)

    @property
    def _mapped(self) -> str:
        return f"{self.key}-maps{self.reader.learned}"


def adopt(prepared: Prepared, name: str, source: Published) -> Encoded:
    """Cut the texts, or hear the sounds, of an input as the network does from now on; its encoded rows."""
    [column] = prepared.intake.groups[name]
    each = prepared.intake.inputs[column]
    prepared.before[name] = prepared.rows.inputs[name]  # what simple models learn from
    if isinstance(each, Text):
        each.adopt(source.tokenizer, source.longest)
    elif isinstance(each, Sound):
        each.adopt(int(source.config["num_mel_bins"]))
    values = prepared.examples.values(column)
    return spectra(each, values) if isinstance(each, Sound) else each.encode(values)
