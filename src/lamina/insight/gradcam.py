"""Where in a picture, or in each frame of a film, the evidence for an answer lies: Grad-CAM (Selvaraju et al. 2017).

The last maps of the network that still have places, each weighed by how much the answer rises with it. It passes both
randomisation tests of Adebayo et al. (2018).
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from lamina.core import Array
from lamina.insight.hooks import hooked
from lamina.insight.question import Question

_NOWHERE: nn.Module = nn.Identity()
_places: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()


def gradcam(question: Question, array: str) -> Array | None:
    """[h, w] of a picture, [T, h, w] of the T frames of a film: above 0 where it speaks for what is asked about, below where it
    speaks against it.

    None where no layer of the network has maps with places, or of a film where none has maps of each frame.
    """
    places = _where(question, array)
    if not places:
        return None
    kept: list[Tensor] = []

    def hook(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_())
        return kept[-1].clone()  # what comes next may change it in place

    with hooked(places, hook), torch.enable_grad():
        score = question.score({array: question.inputs[array].values})
        gradients = torch.autograd.grad(score.sum(), kept)
    each = [(g.mean((2, 3), keepdim=True) * maps.detach()).sum(1) for g, maps in zip(gradients, kept, strict=True)]
    found: Array = torch.stack(each).sum(0).double().numpy()
    return found if _film(question, array) else found[0]


def _film(question: Question, array: str) -> bool:
    return bool(question.inputs[array].values.ndim == 5)


def _where(question: Question, array: str) -> list[nn.Module]:
    """Of each member of the network, the module that gives its last maps [B, C, h, w] with more than one place; B are the
    frames of a film."""
    for network in question.networks(array):
        if network not in _places:
            _places[network] = _last(question, network, array)
    found = [_places[network] for network in question.networks(array)]
    return [module for module in found if module is not _NOWHERE]


def _last(question: Question, network: nn.Module, array: str) -> nn.Module:
    found: list[nn.Module] = [_NOWHERE]
    rows = question.inputs[array].values.shape[1] if _film(question, array) else 1

    def hook(module: nn.Module, inputs: Any, output: Any) -> None:
        mapped = isinstance(output, Tensor) and output.ndim == 4 and output.shape[2] * output.shape[3] > 1
        if mapped and output.shape[0] == rows:
            found.append(module)

    with hooked(tuple(network.modules()), hook), torch.no_grad():
        question.score({array: question.inputs[array].values})
    return found[-1]
