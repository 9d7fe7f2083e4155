"""Rows over time, however long, as values on one scale: sounds and series by their course, films by their frames, texts by their topics."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Form
from lamina.networks import _time
from lamina.networks._values import Pixels
from lamina.networks.outline import Stretches

PARTS = 4  # stretches of a course
CURVES = 13  # of a spectrum: its height is left out, so that a loud sound is near a soft one
TOPICS = 256  # that texts are told by
RARE = 2  # texts that a word must be in
POWER = 2  # rounds by which topics are sought


class Course(nn.Module):
    """[B, T, C] to values [B, n]: each channel's mean over each of four stretches of the row, over all of it its spread, and how
    much it changes from step to step. Of a spectrum, curves along its bands take the channels' place (mel cepstra, Davis and Mermelstein 1980)."""

    center: Tensor
    spread: Tensor
    curves: Tensor

    def __init__(self, form: Form) -> None:
        super().__init__()
        channels = form.shape[-1]
        self.heard = form.kind == "spectrum"
        band = torch.arange(channels) + 0.5
        turns = torch.arange(1, min(CURVES, channels) + 1)
        self.register_buffer("curves", torch.cos(math.pi / channels * band[:, None] * turns), persistent=False)
        self.stretches, self.all = Stretches(PARTS), Stretches(1)
        self.width = PARTS * len(turns) if self.heard else (PARTS + 2) * channels
        self.owners = [""] * self.width
        self.register_buffer("center", torch.zeros(self.width))
        self.register_buffer("spread", torch.zeros(self.width))

    def settle(self, values: Tensor, lengths: Tensor) -> None:
        """Scales from training rows."""
        found = [self._told(*each) for each in zip(torch.split(values, 512), torch.split(lengths, 512), strict=True)]
        if not found:
            return
        told = torch.cat(found).double()
        self.center.copy_(told.nanmean(0).nan_to_num(0.0))
        wide = (told - self.center).square().nanmean(0).sqrt().nan_to_num(0.0)
        self.spread.copy_(torch.where(wide > 1e-9, 1 / wide.clamp_min(1e-9), 0.0))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return ((self._told(x, lengths) - self.center) * self.spread).nan_to_num(0.0)

    def _told(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Not yet on one scale; NaN where nothing is there."""
        x = x.float()
        means = self.stretches(x, lengths)[:, :-1].unflatten(1, (PARTS, x.shape[2]))
        if self.heard:
            found: Tensor = (means @ self.curves).flatten(1)
            return found
        middle = self.all(x, lengths)[:, None, :-1]
        spread = self.all((x - middle).square(), lengths)[:, :-1].sqrt()
        change = (x[:, 1:] - x[:, :-1]).square() if x.shape[1] > 1 else torch.full_like(x, torch.nan)
        change = change.masked_fill(~_time.mask(change, lengths - 1)[:, :, None], torch.nan)
        rough = self.all(change, (lengths - 1).clamp_min(1))[:, :-1].sqrt()
        return torch.cat([means.flatten(1), spread, rough], 1)


class Frames(nn.Module):
    """Films [B, T, H, W, C] to values [B, n]: of the mean frame, and of how much each place changes."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.mean, self.change = Pixels(Form("grid", form.shape[1:])), Pixels(Form("grid", form.shape[1:]))
        self.width = self.mean.width + self.change.width
        self.owners = [*self.mean.owners, *self.change.owners]

    def settle(self, values: Tensor, lengths: Tensor) -> None:
        """The ground, from first frames."""
        self.mean.settle(values[:, 0])

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        here = _time.mask(x, lengths)[:, :, None, None, None].float()
        count = here.sum(1).clamp_min(1)
        mean = (x.float() * here).sum(1) / count
        change = (((x.float() - mean[:, None]) * here).square().sum(1) / count).sqrt()
        return torch.cat([self.mean(mean), self.change(change)], 1)


class Topics(nn.Module):
    """Codes of words [B, T] to how much each text is about each topic [B, n], of length 1: latent semantic analysis (Deerwester et
    al. 1990) of how often each word stands in it, weighed by how rare it is."""

    says: Tensor  # [words, n] what each word says of the topics

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.width = min(TOPICS, form.sizes[0])
        self.owners = [""] * self.width
        self.register_buffer("says", torch.zeros(form.sizes[0], self.width))

    def settle(self, values: Tensor, lengths: Tensor) -> None:
        """Topics of training texts."""
        codes = values.long() * _time.mask(values, lengths)
        row, step = codes.nonzero(as_tuple=True)
        if not len(row):
            return
        size = len(self.says)
        keys, times = np.unique((row * size + codes[row, step]).numpy(), return_counts=True)
        places, counts = torch.from_numpy(np.stack([keys // size, keys % size])), torch.from_numpy(times)
        texts = torch.bincount(places[1], minlength=size)
        weigh = torch.where(texts >= RARE, ((1 + len(values)) / (1 + texts.double())).log() + 1, 0.0)
        cells = (1 + counts.double().log()) * weigh[places[1]]
        sums = torch.zeros(len(values), dtype=torch.double).index_add_(0, places[0], cells.square())
        cells = (cells / sums[places[0]].sqrt().clamp_min(1e-12)).float()
        said = torch.sparse_coo_tensor(places, cells, (len(values), size), check_invariants=False)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            *_, topics = torch.svd_lowrank(said, q=min(self.width, len(values)), niter=POWER)
        self.says.zero_()
        self.says[:, : topics.shape[1]] = weigh.float()[:, None] * topics

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        codes = x.long() * _time.mask(x, lengths)
        found: Tensor = (nn.functional.embedding(codes, self.says) * (codes > 0)[:, :, None]).sum(1)
        return found / found.square().sum(1, keepdim=True).sqrt().clamp_min(1e-6)
