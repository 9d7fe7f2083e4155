"""The random-brain check: the same explanation of the same network with random weights, and how alike the two are.

An explanation that hardly changes when all that was learned is taken away shows the input, not the model (Adebayo et
al. 2018).
"""

from __future__ import annotations

import copy

import torch

from lamina.networks._join import Ensemble

ALIKE = 0.7  # rank correlations from here on are said to be alike
PARTLY = 0.4


def twin(network: Ensemble, seed: int) -> Ensemble:
    """A copy whose weights are shuffled within each layer: their sizes stay, and nothing that was learned does."""
    found = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in found.parameters():
            flat = parameter.flatten()
            parameter.copy_(flat[torch.randperm(len(flat), generator=generator)].view_as(parameter))
    return found.eval()


def said(alike: float) -> str:
    """What a similarity means, in words."""
    if alike >= ALIKE:
        return "much alike: this shows the example more than what was learned"
    if alike >= PARTLY:
        return "partly alike: some of this comes from the example alone"
    return "unlike: this comes from what was learned"
