"""One example on its way through every named layer, and the arithmetic of any one unit: the sum it makes, and what becomes
of that sum. The sum is taken apart into its terms, and equals what the network computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array, Encoded, PlanError, nearest
from lamina.insight.hooks import hooked
from lamina.insight.question import tensors
from lamina.model.model import Model
from lamina.networks._heads import Head, NumberHead, Packed
from lamina.networks._join import Ensemble

ACTIVATIONS = (
    nn.ReLU,
    nn.ReLU6,
    nn.SiLU,
    nn.GELU,
    nn.Sigmoid,
    nn.Tanh,
    nn.LeakyReLU,
    nn.ELU,
    nn.Hardswish,
    nn.Softplus,
)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@dataclass(frozen=True, slots=True)
class Term:
    """One product of a weighted sum. place: of the value in the layer's input; product: weight x value."""

    place: tuple[int, ...]
    value: float
    weight: float
    product: float


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a layer: `sum(terms) + bias == total`, and `activation(total) == result`.

    terms: every term of the sum, the largest first; a batch norm that follows is folded into weights and bias, for that
    is what it does once learning is over. activation: the name of what follows, "" where nothing does.
    """

    layer: str
    place: tuple[int, ...]
    terms: tuple[Term, ...]
    bias: float
    total: float
    activation: str
    result: float


@dataclass(frozen=True, slots=True)
class Layer:
    """What one module made of the example. kind: of module; inputs, output: without the row; output None where it is no
    tensor. framed: whether it looks at one frame of a film at a time; then these are of the trace's frame."""

    name: str
    kind: str
    module: nn.Module
    inputs: Array | None
    output: Array | None
    framed: bool = False


class Trace:
    """Every layer that the example passed, in the order in which it did. frames: of a film, of which layers that look at
    one at a time are shown at `frame`; 0 where there is no film."""

    def __init__(
        self, layers: Mapping[str, Layer], answer: Mapping[str, Array], frames: int = 0, frame: int = 0
    ) -> None:
        self.layers = dict(layers)
        self.answer = dict(answer)  # raw answers by target
        self.frames, self.frame = frames, frame

    def __getitem__(self, name: str) -> Layer:
        if name not in self.layers:
            raise PlanError(f"No layer is called '{name}'. {nearest(name, self.layers)}")
        return self.layers[name]

    @property
    def summing(self) -> list[str]:
        """The layers whose units `unit` takes apart."""
        return [
            name
            for name, layer in self.layers.items()
            if isinstance(layer.module, (nn.Linear, nn.Conv2d, Packed, Head))
        ]

    def unit(self, name: str, place: tuple[int, ...]) -> Unit:
        """One unit's sum. place: its place in the layer's output: (unit,) of a linear layer, (channel, row, column) of a
        convolution, (copy, unit) of layers that several copies have side by side.

        Raises:
            PlanError: there is no such layer, it makes no weighted sum, or it has no such unit.
        """
        layer = self[name]
        if layer.inputs is None or layer.output is None or name not in self.summing:
            raise PlanError(f"'{name}' ({layer.kind}) makes no weighted sum. These do: {', '.join(self.summing)}.")
        shape = layer.output.shape
        if len(place) != len(shape) or not all(0 <= at < size for at, size in zip(place, shape, strict=True)):
            raise PlanError(f"'{name}' has units {shape}; {place} is none of them.")
        places, values, weights, bias = _sum(layer.module, layer.inputs, place)
        chain = self._after(name)
        if chain and isinstance(chain[0].module, NORMS):
            gain, shift = _folded(chain.pop(0).module, place[0])
            weights, bias = weights * gain, bias * gain + shift
        total = float(values @ weights + bias)
        activation, result = "", total
        if chain and chain[0].output is not None:
            activation, result = chain[0].kind, float(chain[0].output.reshape(shape)[place])
        elif isinstance(layer.module, NumberHead):  # it stays among the numbers it has seen
            activation, result = "Clamp", float(layer.output[place])
        order = np.argsort(-np.abs(values * weights), kind="stable")
        terms = tuple(
            Term(tuple(int(at) for at in places[k]), float(values[k]), float(weights[k]), float(values[k] * weights[k]))
            for k in order
        )
        return Unit(name, place, terms, float(bias), total, activation, result)

    def _after(self, name: str) -> list[Layer]:
        """The layers that got this one's output, one after the other, as far as norms and activations go."""
        names = list(self.layers)
        found: list[Layer] = []
        output = self[name].output
        for other in names[names.index(name) + 1 :]:
            layer = self.layers[other]
            if not isinstance(layer.module, (*NORMS, *ACTIVATIONS)):
                if layer.inputs is not None:
                    break
                continue
            if layer.inputs is None or output is None or layer.inputs.size != output.size:
                break
            if not np.array_equal(layer.inputs.ravel(), output.ravel()):
                break
            found.append(layer)
            output = layer.output
        return found


def trace(model: Model, source: Any, row: int = 0, frame: int | None = None) -> Trace:
    """The layers of the first member of the network, for one example of whatever `model.predict` takes. frame: of a film, which
    one is followed, counted from 0; by default that in the middle.

    >>> import lamina
    >>> rows = {"x": [k % 40 for k in range(80)], "y": [k % 40 > 19 for k in range(80)]}
    >>> model = lamina.learn(rows, "y", steps=5, folds=0)
    >>> found = trace(model, {"x": 35})
    >>> unit = found.unit("heads.y", (0, 1))
    >>> bool(abs(sum(term.product for term in unit.terms) + unit.bias - unit.total) < 1e-5)
    True
    """
    examples = model.read(source)
    if not 0 <= row < len(examples):
        raise PlanError(f"There are {len(examples):,} rows; row {row} was asked for.")
    return traced(model.network, tensors(model.intake.encode(examples.take([row]))), frame)


def traced(network: Ensemble, inputs: Mapping[str, Encoded], frame: int | None = None) -> Trace:
    """The trace of one row [1, ...], as tensors. frame: as of `trace`.

    Raises:
        PlanError: there is no such frame.
    """
    member: nn.Module = network.members[0]
    names = {module: name for name, module in member.named_modules() if not list(module.children())}
    found: dict[str, Layer] = {}
    before: dict[nn.Module, Tensor | None] = {}
    frames = max((each.values.shape[1] for each in inputs.values() if each.values.ndim == 5), default=0)
    frame = frames // 2 if frame is None else frame
    if not 0 <= frame < max(frames, 1):
        raise PlanError(f"The film has frames 0 to {frames - 1}; {frame} was asked for.")

    def enter(module: nn.Module, given: Any) -> None:
        before[module] = _kept(given[0] if given else None)  # now, since what follows may change it in place

    def leave(module: nn.Module, given: Any, output: Any) -> None:
        output = _kept(output)
        framed = output is not None and frames > 1 and output.shape[0] == frames  # all else has the one row
        came, went = (_plain(each, frame if framed else 0) for each in (before[module], output))
        found[names[module]] = Layer(names[module], type(module).__name__, module, came, went, framed)

    handles = [module.register_forward_pre_hook(enter) for module in names]
    try:
        with hooked(names, leave), torch.inference_mode():
            raws, _ = network(inputs)
    finally:
        for handle in handles:
            handle.remove()
    return Trace(found, {name: raw[0].numpy() for name, raw in raws.items()}, frames, frame)


def _kept(value: Any) -> Tensor | None:
    """A copy; of what a recurrent layer gives, its steps."""
    first = value[0] if isinstance(value, tuple) and value else value
    return first.detach().clone() if isinstance(first, Tensor) and first.ndim > 1 else None


def _plain(value: Tensor | None, row: int) -> Array | None:
    return None if value is None or row >= len(value) else value[row].numpy()


# ------------------------------------------------------------------------------------------------- sums


def _sum(module: nn.Module, inputs: Array, place: tuple[int, ...]) -> tuple[list[tuple[int, ...]], Array, Array, float]:
    """Places in the input, values, weights and bias of one unit."""
    match module:
        case nn.Conv2d():
            return _convolution(module, inputs, place)
        case NumberHead():
            copy, unit = place
            weight, bias = _numpy(module.weight)[copy, :, unit], _at(module.bias, copy, unit)
            scale, center = _at(module.scale, copy, 0), _at(module.center, copy, 0)
            return *_values(inputs, copy), weight * scale, bias * scale + center
        case Head():
            copy, unit = place
            return *_values(inputs, copy), _numpy(module.weight)[copy, :, unit], _at(module.bias, copy, unit)
        case Packed():
            copy, unit = place
            return *_values(inputs, copy), _numpy(module.weight)[copy, :, unit], _at(module.bias, copy, 0, unit)
        case _:
            assert isinstance(module, nn.Linear)
            before, unit = place[:-1], place[-1]
            values = inputs[before]
            places = [(*before, k) for k in range(len(values))]
            bias = 0.0 if module.bias is None else _at(module.bias, unit)
            return places, values.astype(np.float64), _numpy(module.weight)[unit], bias


def _values(inputs: Array, copy: int) -> tuple[list[tuple[int, ...]], Array]:
    """What one copy gets, where it may be the same for all: [W] or [k, W]."""
    if inputs.ndim == 1:
        return [(k,) for k in range(len(inputs))], inputs.astype(np.float64)
    return [(copy, k) for k in range(inputs.shape[1])], inputs[copy].astype(np.float64)


def _convolution(
    module: nn.Conv2d, inputs: Array, place: tuple[int, ...]
) -> tuple[list[tuple[int, ...]], Array, Array, float]:
    channel, row, column = place
    weight = _numpy(module.weight)[channel]  # [inputs of its group, height, width]
    first = channel // (module.out_channels // module.groups) * weight.shape[0]
    padding: Any = module.padding
    places: list[tuple[int, ...]] = []
    values, weights = [], []
    for k, down, right in np.ndindex(*weight.shape):
        y = row * module.stride[0] - padding[0] + down * module.dilation[0]
        x = column * module.stride[1] - padding[1] + right * module.dilation[1]
        if 0 <= y < inputs.shape[1] and 0 <= x < inputs.shape[2]:  # beyond lies nothing: the padding is 0
            places.append((first + k, y, x))
            values.append(inputs[first + k, y, x])
            weights.append(weight[k, down, right])
    bias = 0.0 if module.bias is None else _at(module.bias, channel)
    return places, np.array(values, np.float64), np.array(weights, np.float64), bias


def _folded(module: nn.Module, channel: int) -> tuple[float, float]:
    """Gain and shift of a batch norm that no longer learns."""
    assert isinstance(module, NORMS)
    assert module.running_mean is not None
    assert module.running_var is not None
    gain = (_at(module.running_var, channel) + module.eps) ** -0.5
    shift = -_at(module.running_mean, channel) * gain
    if module.affine:
        gain, shift = (
            gain * _at(module.weight, channel),
            shift * _at(module.weight, channel) + _at(module.bias, channel),
        )
    return gain, shift


def _at(tensor: Tensor, *place: int) -> float:
    return float(tensor.detach()[place])


def _numpy(tensor: Tensor) -> Array:
    found: Array = tensor.detach().double().numpy()
    return found
