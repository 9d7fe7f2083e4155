"""What a frozen network makes of pictures, and of the frames of films: made once by ONNX Runtime on every core, and kept between runs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Encoded, Form, Json, Progress, chunks
from lamina.machine import cache
from lamina.model.onnx import Runner, write
from lamina.networks._time import mask
from lamina.networks.pretrained import SIDE, Backbone

AT_ONCE = 16


class Frozen:
    """Features [N, W] of encoded pictures, or [N, T, W] of films, row by row as they are asked for.

    side: pixels that small pictures are enlarged to. learned: with more than 0, also the maps that enter the last so
    many blocks, from which those can learn on. placed: as of `Pretrained`.
    """

    unit: ClassVar[str] = "blocks"

    def __init__(self, pictures: Encoded, form: Form, side: int = SIDE, learned: int = 0, placed: bool = False) -> None:
        self.pictures, self.side, self.learned, self.placed = pictures, side, learned, placed
        self.form = Form("grid", form.shape[1:]) if form.timed else form  # of what is looked at
        self.at_once = max(1, AT_ONCE // form.shape[0]) if form.timed else AT_ONCE
        self._backbone = Backbone(self.form, side, learned, placed)
        self.values: Array = cache.allocate((*pictures.values.shape[:-3], self._backbone.width), np.float32)
        self.maps: Array | None = None
        if learned:
            self.maps = cache.allocate((len(pictures.values), *self._shape()), np.float32)
        self.done = np.zeros(len(self.values), bool)
        self.needs = 0.0  # seconds that all rows will take, as far as that is known
        self._runner: Runner | None = None

    @property
    def options(self) -> Json:
        """Of the network whose last blocks learn."""
        return {"side": self.side, "learned": self.learned}

    @property
    def rows(self) -> Encoded:
        """What a network learns from."""
        return replace(self.pictures, values=torch.from_numpy(self.values))

    @property
    def entering(self) -> Encoded:
        """What the last blocks learn from."""
        assert self.maps is not None
        return Encoded(torch.from_numpy(self.maps), self.pictures.present)

    def recall(self) -> bool:
        """Take the features of the very same pictures from the cache, if they are there."""
        found = cache.recall(self.key)
        if found is None or found.shape != self.values.shape:
            return False
        if self.maps is not None:
            maps = cache.recall(f"{self.key}-maps{self.learned}")
            if maps is None or maps.shape != self.maps.shape:
                return False
            self.maps = maps
        self.values, self.done[:] = found, True
        return True

    def fill(self, rows: Array, seconds: float = np.inf) -> Iterator[Progress]:
        """Make the features of these rows that are missing, in order, for at most so long."""
        missing = rows[~self.done[rows]]
        if not len(missing):
            return
        begun, made = time.monotonic(), 0
        pieces = list(chunks(missing, self.at_once))
        self._open()
        # One thread a piece: a piece's features are the same however many cores there are.
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            running: list[Future[None]] = [pool.submit(self._make, piece) for piece in pieces]
            try:
                for piece, each in zip(pieces, running, strict=True):
                    each.result()
                    made += len(piece)
                    spent = time.monotonic() - begun
                    yield Progress(
                        stage="looking", step=made, steps=len(missing), rate=made / spent, seconds=spent,
                        left=spent / made * (len(missing) - made),
                        message="features from a network that knows photographs",
                    )  # fmt: skip
                    if spent > seconds:
                        return
            finally:
                pool.shutdown(cancel_futures=True)

    def pace(self, rows: Array) -> float:
        """Seconds that a picture, or film, takes, by making some of these."""
        for _ in self.fill(rows[: self.at_once]):  # the first call sets things up
            pass
        some = rows[self.at_once : self.at_once * (1 + 2 * torch.get_num_threads())]
        begun = time.monotonic()
        for _ in self.fill(some):
            pass
        return (time.monotonic() - begun) / max(len(some), 1)

    def keep(self) -> None:
        """Keep the features of all pictures for the next run."""
        if self.done.all():
            cache.keep(self.key, self.values)
            if self.maps is not None:
                cache.keep(f"{self.key}-maps{self.learned}", self.maps)

    @cached_property
    def key(self) -> str:
        """The same for the same pictures at the same size."""
        pixels = np.ascontiguousarray(self.pictures.values.numpy())
        digest = hashlib.blake2b(pixels.reshape(-1).data, digest_size=16).hexdigest()
        return f"features-{digest}-{self.side}{'-placed' if self.placed else ''}"

    def _make(self, rows: Array) -> None:
        """The features of these rows (so few that 16 pictures or so are looked at)."""
        index = torch.from_numpy(rows)
        pixels, lengths = self.pictures.values[index], self.pictures.lengths
        here = None if lengths is None else mask(pixels, lengths[index])
        assert self._runner is not None
        found = self._runner.session.run(None, {"pixels": (pixels if here is None else pixels[here]).numpy()})
        if here is None:
            self.values[rows] = found[0]
        else:
            films = np.zeros((*here.shape, found[0].shape[-1]), np.float32)
            films[here.numpy()] = found[0]
            self.values[rows] = films
        if self.maps is not None:
            self.maps[rows] = found[1]
        self.done[rows] = True

    def _open(self) -> None:
        if self._runner is None:
            self._backbone.load_photographs()
            example = torch.zeros((2, *self.form.shape), dtype=torch.uint8)
            names = ["features", "maps"] if self.learned else ["features"]
            self._runner = Runner(
                write(_Both(self._backbone), [example], ["pixels"], names), "the pretrained network", threads=1
            )

    def _shape(self) -> tuple[int, ...]:
        """Of the maps of one picture."""
        with torch.no_grad():
            return tuple(self._backbone.maps(torch.zeros((1, *self.form.shape), dtype=torch.uint8)).shape[1:])


class _Both(nn.Module):
    """Pixels to features, and to the maps that they are made of where some blocks learn."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        maps = self.backbone.maps(pixels)
        features = self.backbone.rest(maps)
        return (features, maps) if self.backbone.learned else (features,)
