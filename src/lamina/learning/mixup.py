"""Rows that are heard together with another one: of the two is asked what was said of both (mixup, Zhang et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.distributions import Beta

from lamina.core import Encoded
from lamina.networks import _time

ALPHA = 0.4  # of the Beta distribution of shares: below 1, mostly one of the two is heard


@dataclass(frozen=True, slots=True)
class Pairs:
    """partner: [B] with which row each is heard, itself where it is heard alone; share: [B] how much of both is its own,
    from a half to all."""

    partner: Tensor
    share: Tensor


def pairs(rows: int, often: float, device: torch.device) -> Pairs:
    """About the share `often` of so many rows with another one, drawn anew."""
    partner = torch.arange(rows, device=device)
    partner = torch.where(
        torch.rand(rows, device=device) < often, partner[torch.randperm(rows, device=device)], partner
    )
    share = Beta(ALPHA, ALPHA).sample((rows,)).to(device)
    return Pairs(partner, torch.maximum(share, 1 - share))


def together(each: Encoded, pairs: Pairs) -> Encoded:
    """Spectra [B, T, F], in the logarithm of power, of both rows at once, as long as the longer one.

    Powers add up, as in the air: each counts by its share, after the partner was made as loud as the row.
    """
    x, lengths, partner = each.values, each.lengths, pairs.partner
    here = _time.mask(x, lengths)
    loud = _time.mean(x, here).mean(1)  # [B]
    other = x[partner] + (loud - loud[partner])[:, None, None]
    share = pairs.share[:, None, None]
    both = torch.logaddexp(x + share.log(), other + (1 - share).clamp_min(1e-20).log())
    own, theirs = here[:, :, None], here[partner][:, :, None]
    values = torch.where(own, torch.where(theirs, both, x), torch.where(theirs, other, 0.0))
    alone = (partner == torch.arange(len(x), device=x.device))[:, None, None]
    return replace(each, values=torch.where(alone, x, values), lengths=torch.maximum(lengths, lengths[partner]))
