"""What made pictures are looked at with: a network that tells labels apart, or one that knows photographs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array, Encoded, Form
from lamina.learning.augment import Augment
from lamina.learning.loop import Loop
from lamina.learning.rows import Rows
from lamina.learning.supervised import Supervised
from lamina.networks._build import join
from lamina.networks.cnn import Cnn
from lamina.networks.pretrained import Backbone
from lamina.outputs.category import Category

LABEL, PICTURE = "label", "picture"
STEPS = 150, 400  # least and most that it learns
AT_ONCE = 256
AXES = 64  # that features of photographs are turned to and cut down to: with more, few pictures tell no covariance


class Eyes(Protocol):
    """Pictures [N, H, W, C] uint8 to features [N, F]. name: for a person."""

    name: str

    def features(self, pictures: Tensor) -> Array: ...


class Classifier:
    """A small convolutional network that learned the labels of the same pictures: it never saw a made one.

    pictures: [N, H, W, C] uint8, of form `form`; codes: [N] int64, 0 to classes - 1.
    """

    def __init__(self, form: Form, pictures: Tensor, codes: Array, classes: int, seed: int) -> None:
        self.name = "a classifier that learned the labels of the same pictures"
        output = Category()
        output.classes = tuple(map(str, range(classes)))
        every = np.arange(len(codes))
        recipe = replace(Cnn.recipe, batch=min(Cnn.recipe.batch, max(16, len(codes) // 8)))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = join({PICTURE: {"kind": Cnn.kind}}, {PICTURE: form}, {LABEL: output}, None)
            seeing: Any = self.network.networks[PICTURE]
            seeing.settle(pictures, torch.Generator().manual_seed(seed))
        rows = Rows(
            {PICTURE: Encoded(pictures, torch.ones(len(codes), dtype=torch.bool))},
            {LABEL: torch.from_numpy(codes.astype(np.int64))},
            {LABEL: torch.ones(len(codes))},
            torch.ones(len(codes)),
        )
        method = Supervised(
            self.network, {LABEL: output}, recipe.smoothing, Augment(recipe.augment, {PICTURE: form.kind})
        )
        steps = int(np.clip(recipe.steps(len(codes)), *STEPS))
        loop = Loop(method, rows, every, recipe, steps=steps, judge=lambda: (0.0, 0.0), seed=seed, judgements=1)
        for _ in loop:
            pass
        self.network.eval()

    def features(self, pictures: Tensor) -> Array:
        return self._both(pictures)[1]

    def told(self, pictures: Tensor) -> Array:
        """[N] codes of the labels that it takes them for."""
        found: Array = self._both(pictures)[0].argmax(1)
        return found

    @torch.inference_mode()
    def _both(self, pictures: Tensor) -> tuple[Array, Array]:
        raws, features = [], []
        for some in torch.split(pictures, AT_ONCE):
            raw, whole = self.network({PICTURE: Encoded(some, torch.ones(len(some), dtype=torch.bool))})
            raws.append(raw[LABEL][:, 0])
            features.append(whole)
        return torch.cat(raws).numpy(), torch.cat(features).numpy()


class Photographs:
    """EfficientNet-Lite0's features of photographs, along the axes on which the given real pictures differ most."""

    def __init__(self, form: Form, pictures: Tensor) -> None:
        self.name = "a network that knows a million photographs (EfficientNet-Lite0)"
        self.backbone = Backbone(form).eval()
        self.backbone.load_photographs()
        self.axes: Array | None = None
        seen = self.features(pictures)
        values, axes = np.linalg.eigh(np.cov(seen, rowvar=False))
        self.axes = axes[:, np.argsort(-values)[: min(AXES, max(2, len(seen) // 4))]].astype(np.float32)

    @torch.inference_mode()
    def features(self, pictures: Tensor) -> Array:
        found = np.concatenate([self.backbone(some).numpy() for some in torch.split(pictures, AT_ONCE // 8)])
        return found if self.axes is None else found @ self.axes
