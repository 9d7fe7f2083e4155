"""What each layer has learned to see: for every channel or neuron the real examples that excite it most, the class it prefers,
and whether it is dead. From one pass over the examples; people read real examples better than dreamt-up ones (Borowski et
al. 2020)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Coded, Encoded
from lamina.examples import Examples
from lamina.insight.hooks import hooked
from lamina.insight.question import tensors
from lamina.insight.trace import ACTIVATIONS
from lamina.machine import cache
from lamina.model.model import Model

TOP = 9
AT_ONCE = 2**22  # values of the rows that pass the network at once
ROWS = 256


@dataclass(frozen=True, slots=True)
class LayerUnits:
    """The C units of one layer; of copies side by side each counts, copy by copy.

    top: [C, n] rows of the examples, the most exciting first; values: [C, n], how much they excite; places: [C, n, 2], where
    in a map as shares of its height and width, 0.5 where there is no map; frames: [C, n], in which frame of a film, 0 where there is
    none. reach: the share of the picture's side that a unit sees.
    mean: [C, K] excitement by class; liking: [C] the class it prefers, -1 for none; strength: [C], by how many standard deviations it
    prefers it. dead: [C] bool, never excited by any example.
    """

    kind: str
    top: Array
    values: Array
    places: Array
    frames: Array
    reach: float
    mean: Array
    liking: Array
    strength: Array
    dead: Array


@dataclass(frozen=True, slots=True)
class Units:
    """layers: by name, in order. classes: of the target, where it has some. rows: examples that were looked at."""

    layers: dict[str, LayerUnits]
    classes: tuple[str, ...]
    rows: int


def units(model: Model, source: Any, target: str | None = None) -> Units:
    """The units of the first member of the network, over examples: whatever `lamina.read` reads, or what it gave, which may
    lack labels.

    What was found is kept in the cache (`lamina cache`), under the model's and the examples' fingerprints.

    >>> import lamina
    >>> rows = {"x": [k % 40 for k in range(80)], "y": [k % 40 > 19 for k in range(80)]}
    >>> model = lamina.learn(rows, "y", steps=40, folds=0)
    >>> found = units(model, rows)
    >>> list(found.layers)[0], found.classes
    ('networks.table.act', ('false', 'true'))
    """
    examples = model.read(source, target=True)
    target = target or next(iter(model.outputs), "")
    classes, codes = _classes(model, examples, target)
    told = model.mark.encode() + target.encode() + examples.keys().tobytes() + b"units 2"
    key = hashlib.blake2b(told, digest_size=12).hexdigest()
    member: nn.Module = model.network.members[0]
    modules = {name: each for name, each in member.named_modules() if isinstance(each, ACTIVATIONS)}
    found = _recalled(key, modules)
    if found is None:
        found = _looked(model, examples, modules, codes, len(classes))
        for number, each in enumerate(found.values()):
            cache.keep(f"units-{key}-{number}", each)
    layers = {name: _layer(type(modules[name]).__name__, packed, len(classes)) for name, packed in found.items()}
    return Units(layers, classes, len(examples))


def crop(pixels: Array, place: Array, reach: float) -> Array:
    """What a unit saw of a picture [H, W, C]: the part around `place` (shares of height and width)."""
    height, width = pixels.shape[:2]
    half_y, half_x = max(0.5, reach * height / 2), max(0.5, reach * width / 2)
    top, left = (
        int(max(0, at * side - half)) for at, side, half in zip(place, (height, width), (half_y, half_x), strict=True)
    )
    low, right = (
        int(np.ceil(min(side, at * side + half)))
        for at, side, half in zip(place, (height, width), (half_y, half_x), strict=True)
    )
    return pixels[top : max(low, top + 1), left : max(right, left + 1)]


def _classes(model: Model, examples: Examples, target: str) -> tuple[tuple[str, ...], Array]:
    """Classes of the target, and the code [N] of each row, -1 where it has none."""
    output: Any = model.outputs.get(target)  # what finds without labels has none
    nothing = np.full(len(examples), -1)
    if output is None or output.holds != "category" or target not in examples.kinds:
        return (), nothing
    values = examples.values(target)
    if not isinstance(values, Coded):
        return (), nothing
    codes, known = output.encode(values)
    return tuple(output.classes), np.where(known, codes, -1)


# -------------------------------------------------------------------------------------------- one pass


class _Watch:
    """The top and the sums of one layer while rows pass. packed: [C, 5 * TOP + 5 + 3 * K], what is kept and recalled."""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.top: Array | None = None  # [C, TOP, 5]: value, row, the place as shares, and the frame
        self.sums: Array | None = None  # [C, K + 1]; the last is of rows without a class
        self.squares: Array | None = None
        self.counts = np.zeros(classes + 1)
        self.least: Array | None = None
        self.reach = 1.0

    def see(self, output: Tensor, rows: Array, codes: Array, here: Array) -> None:
        """here: [B, T] bool, which frames of films there are."""
        values, places = _peaks(output)
        frames = np.zeros_like(values)
        if here.shape[1] > 1 and len(values) == here.size:  # it looks at one frame at a time
            values, places, frames = _best(values, places, here)
        count, channels = values.shape
        if self.top is None:
            self.top = np.full((channels, TOP, 5), -np.inf)
            self.sums, self.squares = np.zeros((2, channels, self.classes + 1))
            self.least = np.full(channels, np.inf)
        new = np.stack([values.T, np.broadcast_to(rows, (channels, count)), *places.transpose(2, 1, 0), frames.T], 2)
        both = np.concatenate([self.top, new], 1)
        order = np.argsort(-both[:, :, 0], axis=1, kind="stable")[:, :TOP]
        self.top = np.take_along_axis(both, order[:, :, None], 1)
        assert self.sums is not None
        assert self.squares is not None
        assert self.least is not None
        np.add.at(self.sums.T, codes, values)
        np.add.at(self.squares.T, codes, np.square(values))
        np.add.at(self.counts, codes, 1)
        self.least = np.minimum(self.least, values.min(0))

    def packed(self) -> Array:
        assert self.top is not None
        assert self.sums is not None
        assert self.squares is not None
        assert self.least is not None
        channels = len(self.top)
        same = np.broadcast_to(np.array([self.reach, *self.counts]), (channels, 2 + self.classes))
        return np.concatenate(
            [self.top.reshape(channels, -1), self.least[:, None], same, self.sums, self.squares], axis=1
        )


def _looked(
    model: Model, examples: Examples, modules: Mapping[str, nn.Module], codes: Array, classes: int
) -> dict[str, Array]:
    watches = {each: _Watch(classes) for each in modules.values()}
    size = sum(int(np.prod(form.shape)) for form in model.intake.forms.values())
    step = max(1, min(ROWS, AT_ONCE // max(size, 1)))
    state: dict[str, Any] = {}

    def see(module: nn.Module, inputs: Any, output: Tensor) -> None:
        watches[module].see(output, state["rows"], state["codes"], state["here"])

    for start in range(0, len(examples), step):
        rows = np.arange(start, min(start + step, len(examples)))
        inputs = tensors(model.intake.encode(examples, rows))
        state |= {"rows": rows, "codes": codes[rows], "here": _frames(inputs, len(rows))}
        with hooked(watches, see), torch.inference_mode():
            model.network.members[0](inputs)
    for module, reach in _reaches(
        model.network.members[0], list(modules.values()), tensors(model.intake.encode(examples, np.arange(1)))
    ).items():
        watches[module].reach = reach
    return {name: watches[module].packed() for name, module in modules.items() if watches[module].top is not None}


def _peaks(output: Tensor) -> tuple[Array, Array]:
    """The largest value [B, C] of each unit, and where it lies [B, C, 2] as shares of the map."""
    if output.ndim == 4:
        rows, channels, height, width = output.shape
        values, at = output.reshape(rows, channels, -1).max(2)
        y, x = at // width, at % width
        places = torch.stack([(y + 0.5) / height, (x + 0.5) / width], 2)
        return values.double().numpy(), places.double().numpy()
    flat = output.flatten(1).double().numpy()
    return flat, np.full((*flat.shape, 2), 0.5)


def _frames(inputs: Mapping[str, Encoded], rows: int) -> Array:
    """[B, T] bool: which frames of films hold something; what pads short ones excites nobody."""
    for each in inputs.values():
        if each.values.ndim == 5 and each.lengths is not None:
            found: Array = np.arange(each.values.shape[1]) < each.lengths.numpy()[:, None]
            return found
    return np.ones((rows, 1), bool)


def _best(values: Array, places: Array, here: Array) -> tuple[Array, Array, Array]:
    """Of values [B * T, C] and places [B * T, C, 2] of every frame those of the most exciting one, and which frame that is [B, C]."""
    rows, frames = here.shape
    every = np.where(here[:, :, None], values.reshape(rows, frames, -1), -np.inf)
    at = every.argmax(1)
    row, channel = np.ogrid[:rows, : values.shape[1]]
    return every[row, at, channel], places.reshape(rows, frames, -1, 2)[row, at, channel], at.astype(float)


def _reaches(member: Any, modules: list[nn.Module], one: Mapping[str, Encoded]) -> dict[nn.Module, float]:
    """The share of the picture's side that a unit of each layer sees: its receptive field, from kernels and strides."""
    found: dict[nn.Module, float] = {}
    field, jump, side = 1.0, 1.0, 0

    def pass_(module: nn.Module, given: Any, output: Tensor) -> None:
        nonlocal field, jump, side
        if isinstance(module, (nn.Conv2d, nn.AvgPool2d, nn.MaxPool2d)):
            kernel, stride = (
                each[0] if isinstance(each, tuple) else each for each in (module.kernel_size, module.stride)
            )
            side = side or given[0].shape[2]
            field, jump = field + (kernel - 1) * jump, jump * stride
        elif module in modules:
            mapped = isinstance(output, Tensor) and output.ndim == 4
            found[module] = min(1.0, field / side) if mapped and side else 1.0

    leaves = [each for each in member.modules() if not list(each.children())]
    with hooked(leaves, pass_), torch.inference_mode():
        member(one)
    return found


def _recalled(key: str, modules: Mapping[str, nn.Module]) -> dict[str, Array] | None:
    found = [cache.recall(f"units-{key}-{number}") for number in range(len(modules))]
    if any(each is None for each in found):
        return None
    return {name: each for name, each in zip(modules, found, strict=True) if each is not None}


def _layer(kind: str, packed: Array, classes: int) -> LayerUnits:
    width = 5 * TOP
    top = packed[:, :width].reshape(-1, TOP, 5)
    n = int(np.isfinite(top[:, :, 0]).all(0).sum())  # fewer examples than that
    top = top[:, :n]
    least, reach = packed[:, width], float(packed[0, width + 1])
    counts = packed[0, width + 2 : width + 3 + classes]
    sums, squares = np.split(packed[:, width + 3 + classes :], 2, axis=1)
    mean = sums[:, :classes] / np.maximum(counts[:classes], 1)
    liking, strength = _likings(sums[:, :classes], squares[:, :classes], counts[:classes])
    largest = top[:, 0, 0] if n else np.zeros(len(top))
    dead = (largest <= 0) | (largest == least)
    liking = np.where(dead, -1, liking)
    rows, places, frames = top[:, :, 1].astype(int), top[:, :, 2:4], top[:, :, 4].astype(int)
    return LayerUnits(kind, rows, top[:, :, 0], places, frames, reach, mean, liking, strength, dead)


def _likings(sums: Array, squares: Array, counts: Array) -> tuple[Array, Array]:
    """The class [C] that excites each unit most, and by how many standard deviations more than the others."""
    channels, classes = sums.shape
    total = counts.sum()
    if classes < 2 or not total:
        return np.full(channels, -1), np.zeros(channels)
    mean = sums / np.maximum(counts, 1)
    best = np.where(counts > 0, mean, -np.inf).argmax(1)
    own = mean[np.arange(channels), best]
    others = total - counts[best]
    rest = (sums.sum(1) - sums[np.arange(channels), best]) / np.maximum(others, 1)
    spread = np.sqrt(np.maximum(squares.sum(1) / total - np.square(sums.sum(1) / total), 0))
    return best, np.where(spread > 0, (own - rest) / np.maximum(spread, 1e-30), 0.0)
