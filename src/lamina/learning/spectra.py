"""Changes of spectrograms that keep what is heard, one function per change, on whole batches [B, T, F] with lengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from lamina.core import Encoded
from lamina.networks import _time

Change = Callable[[Encoded], Encoded]
DECIBEL = 0.23026  # in the natural logarithm of power


def crop(each: Encoded, share: float = 0.1) -> Encoded:
    """Up to `share` of each end is left out: nobody starts to record at the same moment."""
    x, lengths = each.values, each.lengths
    ends = (torch.rand(2, len(x), device=x.device) * share * lengths).long()
    kept = (lengths - ends.sum(0)).clamp_min(1)
    steps = torch.arange(x.shape[1], device=x.device) + ends[0][:, None]
    moved = x.gather(1, steps.clamp_max(x.shape[1] - 1)[:, :, None].expand_as(x))
    return _within(each, moved, kept)


def louder(each: Encoded, most: float = 10.0) -> Encoded:
    """Louder or quieter by up to `most` decibels: nobody stands at the same distance."""
    change = (torch.rand(len(each.values), device=each.values.device) * 2 - 1) * most * DECIBEL
    return _within(each, each.values + change[:, None, None], each.lengths)


def noise(each: Encoded, least: float = 5.0, most: float = 50.0) -> Encoded:
    """Half of the rows get a hiss that lies `least` to `most` decibels below them, in every band as in its mean."""
    x, here = each.values, _time.mask(each.values, each.lengths)
    loud = _time.mean(x.exp(), here).clamp_min(1e-20).log()  # [B, F]
    below = (least + torch.rand(len(x), 1, device=x.device) * (most - least)) * DECIBEL
    flat = torch.rand(len(x), 1, device=x.device)  # between the colour of the row itself and white
    level = flat * loud + (1 - flat) * loud.mean(1, keepdim=True) - below
    hiss = level[:, None] + torch.empty_like(x).exponential_().clamp_min(1e-4).log()
    half = (torch.rand(len(x), device=x.device) < 0.5)[:, None, None]
    return _within(each, torch.where(half, torch.logaddexp(x, hiss), x), each.lengths)


def bend(each: Encoded, slower: float = 0.15, wider: float = 0.1, higher: float = 0.05) -> Encoded:
    """Half of the rows slower or faster, and their pitch and timbre moved, as other throats would have it (Jaitly and Hinton 2013).

    slower: largest change of speed; wider, higher: of the bands' spacing and of their place, as shares.
    """
    x, lengths = each.values, each.lengths
    rows, steps, bands = x.shape
    fast, wide, high = (torch.rand(3, rows, device=x.device) * 2 - 1).unbind()
    half = torch.rand(rows, device=x.device) < 0.5
    fast, wide, high = 1 + slower * fast, 1 + wider * wide, 2 * higher * high
    fast = torch.maximum(fast, lengths / steps)  # what gets slower still has to fit
    zero = torch.zeros_like(fast)
    grid = affine_grid(
        torch.stack([torch.stack([wide, zero, high], 1), torch.stack([zero, fast, fast - 1], 1)], 1),
        [rows, 1, steps, bands],
        align_corners=False,
    )
    bent = grid_sample(x[:, None], grid, padding_mode="border", align_corners=False)[:, 0]
    kept = (lengths / fast).long().clamp(1, steps)
    return _within(each, torch.where(half[:, None, None], bent, x), torch.where(half, kept, lengths))


def hide(each: Encoded, bands: float = 0.2, steps: float = 0.2) -> Encoded:
    """A stretch of bands and a stretch of time are filled with the row's mean (SpecAugment, Park et al. 2019).

    bands, steps: largest share of each.
    """
    x, lengths = each.values, each.lengths
    mean = _time.mean(x, _time.mask(x, lengths)).mean(1)[:, None, None]
    sizes = torch.full_like(lengths, x.shape[2]), lengths
    spans = []
    for size, share, count in zip(sizes, (bands, steps), (x.shape[2], x.shape[1]), strict=True):
        wide = (torch.rand(len(x), device=x.device) * share * size)[:, None]
        start = torch.rand(len(x), 1, device=x.device) * (size[:, None] - wide)
        place = torch.arange(count, device=x.device)
        spans.append((place >= start) & (place < start + wide))
    hidden = spans[0][:, None, :] | spans[1][:, :, None]
    return _within(each, torch.where(hidden, mean, x), lengths)


def _within(each: Encoded, values: Tensor, lengths: Tensor) -> Encoded:
    """The changed rows, zero beyond their lengths."""
    return replace(each, values=values * _time.mask(values, lengths)[:, :, None], lengths=lengths)


CHANGES: dict[str, Change] = {"crop": crop, "louder": louder, "noise": noise, "bend": bend, "hide": hide}
