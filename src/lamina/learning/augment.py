"""Changes that keep the label, one function per change, on whole batches [B, H, W, C] of bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from lamina.core import Encoded, PlanError, nearest
from lamina.learning import spectra

Change = Callable[[Tensor], Tensor]


def flip(x: Tensor, same: Tensor | None = None) -> Tensor:
    """Left-right, half of the rows. same: [B] bool, only of those that mean the same in a mirror."""
    mirrored = torch.rand(len(x), device=x.device) < 0.5
    if same is not None:
        mirrored &= same
    return torch.where(mirrored[:, None, None, None], x.flip(2), x)


def shift(x: Tensor, share: float = 0.04) -> Tensor:
    """Up to `share` of the side (at least one pixel) in both directions; what comes in repeats the edge."""
    rows, height, width, channels = x.shape
    reach = max(1, round(share * min(height, width)))
    down, right = torch.randint(-reach, reach + 1, (2, rows, 1), device=x.device)
    y = (torch.arange(height, device=x.device) + down).clamp_(0, height - 1)
    along = (torch.arange(width, device=x.device) + right).clamp_(0, width - 1)
    y += height * torch.arange(rows, device=x.device)[:, None]
    at = (y * width)[:, :, None] + along[:, None]  # of each pixel, among the pixels of all rows
    return x.reshape(-1, channels).index_select(0, at.view(-1)).view(x.shape)


def turn(
    x: Tensor,
    degrees: float = 10.0,
    stretch: float = 0.1,
    share: float = 0.06,
    bent: float = 0.0,
    often: float = 0.5,
) -> Tensor:
    """Half of the rows turned, stretched, slanted and moved a little (Simard et al. 2003); the edge is repeated outwards.

    The other half stays, so that what is asked later is also what was learned from. degrees: most of a turn; stretch: most
    that a side grows or shrinks, and of a slant; share: of the side, of a move. bent: as a share of the side, the usual move of each of
    four by four places, and what lies between goes along. often: of the rows.
    """
    chosen = (torch.rand(len(x), device=x.device) < often).nonzero()[:, 0]
    rows, (height, width) = len(chosen), x.shape[1:3]
    angle, wide, high, slant, right, down = (torch.rand(6, rows, 1, 1, device=x.device) * 2 - 1).unbind()
    angle, wide, high, slant = angle * math.radians(degrees), 1 + stretch * wide, 1 + stretch * high, stretch * slant
    cos, sin, tall = angle.cos(), angle.sin(), height / width  # turned in pixels, told in halves of each side
    x_at, y_at = ((2 * torch.arange(side, device=x.device) + 1) / side - 1 for side in (width, height))
    across = cos * wide * x_at + ((slant - sin) * high * tall * y_at[:, None] + 2 * share * right)
    along = sin * wide / tall * x_at + (cos * high * y_at[:, None] + 2 * share * down)
    grid = torch.stack([across, along], 3)
    if bent:
        moves = 2 * bent * torch.randn(rows, 2, 4, 4, device=x.device)
        grid += interpolate(moves, (height, width), mode="bilinear", align_corners=True).permute(0, 2, 3, 1)
    before = x[chosen].permute(0, 3, 1, 2).float()
    found = grid_sample(before, grid, padding_mode="border", align_corners=False)
    return x.index_copy(0, chosen, found.round_().to(torch.uint8).permute(0, 2, 3, 1))


def tilt(x: Tensor) -> Tensor:
    """Turned half as far as by `turn`, all else as there."""
    return turn(x, degrees=5.0)


def cover(x: Tensor, share: float = 0.3) -> Tensor:
    """A square of `share` of the side is made black in each picture (DeVries and Taylor 2017); it may lie half outside."""
    rows, height, width, _ = x.shape
    reach = share * min(height, width) / 2
    middle = torch.rand(2, rows, 1, device=x.device)
    within = [
        (torch.arange(side, device=x.device) + 0.5 - side * at).abs() < reach
        for side, at in zip((height, width), middle, strict=True)
    ]
    return x.masked_fill((within[0][:, :, None] & within[1][:, None, :])[..., None], 0)


def shade(x: Tensor, often: float = 0.8) -> Tensor:
    """Most rows brighter or darker by up to half, and what lies between black and the brightest moved towards either."""
    flat = x.flatten(1)
    light, middle, some = torch.rand(3, len(x), 1, device=x.device)
    top, levels = flat.amax(1, keepdim=True).clamp_min(1), torch.arange(256, device=x.device)
    shaded = ((levels / top) ** torch.exp2(2 * middle - 1) * top * (0.5 + light)).round_().clamp_(0, 255)
    table = torch.where(some < often, shaded, levels).to(torch.uint8)  # [B, 256]: what each level becomes
    return table.gather(1, flat.long()).view(x.shape)


CHANGES: dict[str, Change] = {"flip": flip, "shift": shift, "turn": turn, "tilt": tilt, "cover": cover, "shade": shade}


def changeable(inputs: Mapping[str, Encoded], forms: Mapping[str, str]) -> bool:
    """Whether a change that keeps the label is known for any input. forms: name of an input to the kind of its form."""
    return any(_kind(each, forms.get(name, "")) for name, each in inputs.items())


def _kind(each: Encoded, form: str) -> str:
    """Which changes are for these values: "grid", "spectrum", or none. Features that took their place have none."""
    if form == "grid" and each.values.dtype == torch.uint8:
        return form
    heard = form == "spectrum" and each.lengths is not None and each.values.dtype == torch.float32
    return form if heard else ""


class Augment:
    """The named changes one after the other, each on the inputs of the form that it is for; other inputs pass unchanged.

    forms: name of an input to the kind of its form. Randomness is torch's, which the loop seeds at every step, so that a
    resumed run continues with the same changes.
    """

    def __init__(self, names: Sequence[str], forms: Mapping[str, str]) -> None:
        for name in names:
            if name not in CHANGES and name not in spectra.CHANGES:
                raise PlanError(f"There is no change called '{name}'. {nearest(name, [*CHANGES, *spectra.CHANGES])}")
        self.pictures = [CHANGES[name] for name in names if name in CHANGES]
        self.sounds = [spectra.CHANGES[name] for name in names if name in spectra.CHANGES]
        self.forms = forms

    def __call__(self, inputs: Mapping[str, Encoded], same: Tensor | None = None) -> dict[str, Encoded]:
        """same: [B] bool, rows whose pictures mean the same in a mirror (None: all)."""
        return {name: self._changed(each, self.forms.get(name, ""), same) for name, each in inputs.items()}

    def heard(self, inputs: Mapping[str, Encoded]) -> bool:
        """Whether all that is given are sounds."""
        return all(_kind(each, self.forms.get(name, "")) == "spectrum" for name, each in inputs.items())

    def _changed(self, each: Encoded, form: str, same: Tensor | None) -> Encoded:
        kind = _kind(each, form)
        if kind == "grid":
            x = each.values
            for change in self.pictures:
                x = flip(x, same) if change is flip else change(x)
            return replace(each, values=x)
        if kind == "spectrum":
            for heard in self.sounds:
                each = heard(each)
        return each
