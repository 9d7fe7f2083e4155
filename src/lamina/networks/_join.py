"""One network per input, joined, with a head per target; and several of these that answer as one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from lamina.core import Encoded, Features, Taught
from lamina.networks._heads import Along, Head
from lamina.networks._layered import Layered
from lamina.networks._map import Map

MIXED = 128  # width of the features that several inputs are joined to


def joined(networks: Sequence[Layered]) -> tuple[int, int]:
    """Width and copies of the features of networks when joined: what a head is built for."""
    return (networks[0].width if len(networks) == 1 else MIXED), max(network.copies for network in networks)


class Join(nn.Module):
    """Inputs to raw answers: each input through its network, the features joined, a head per target.

    An absent input (no photo on this row) is replaced by a learned stand-in. forward takes the encoded inputs by name;
    it gives raw answers [B, k, C] by target, and the joined features [B, W] or [B, k, W]. Answers along time are read from
    the steps of the lead, the first network that gives steps: raw [B, 1, T, C].
    """

    def __init__(self, networks: Mapping[str, Layered], heads: Mapping[str, Head | Along]) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(networks)
        self.copies = max(network.copies for network in networks.values())
        widths = {name: network.width for name, network in networks.items()}
        if len(networks) > 1:
            self.stand_in = nn.ParameterDict({name: nn.Parameter(torch.zeros(width)) for name, width in widths.items()})
            self.mix = Mix(widths)
        self.heads = nn.ModuleDict(heads)
        self.lead = next((name for name, network in networks.items() if network.steps), None)

    def each(self, inputs: Mapping[str, Encoded]) -> dict[str, Features]:
        """The features of each network."""
        return {
            name: network(inputs[name].values)
            if inputs[name].lengths is None
            else network(inputs[name].values, inputs[name].lengths)
            for name, network in self.networks.items()
        }

    def features(self, every: Mapping[str, Features], inputs: Mapping[str, Encoded]) -> Tensor:
        """Joined."""
        wholes = {}
        for name, found in every.items():
            whole: Tensor = found.whole
            if len(self.networks) > 1:
                here = inputs[name].present.reshape(-1, *[1] * (whole.ndim - 1))
                whole = torch.where(here, whole, self.stand_in[name])
                if whole.ndim == 2 and self.copies > 1:
                    whole = whole[:, None].expand(-1, self.copies, -1)
                elif whole.ndim == 3 and whole.shape[1] != self.copies:
                    whole = whole[:, [copy % whole.shape[1] for copy in range(self.copies)]]
            wholes[name] = whole
        if len(wholes) == 1:
            return wholes[name]
        mixed: Tensor = self.mix(wholes)
        return mixed

    def forward(self, inputs: Mapping[str, Encoded]) -> tuple[dict[str, Tensor], Tensor]:
        every = self.each(inputs)
        features = self.features(every, inputs)
        raws = {}
        for name, head in self.heads.items():
            if isinstance(head, Along):
                assert self.lead is not None
                raws[name] = head(every[self.lead].maps[-1], every[self.lead].here)
            else:
                raws[name] = head(features)
        return raws, features


class Mix(nn.Module):
    """Features of several inputs, each [B, W] or [B, k, W] of its own width, to joined ones [B, MIXED] or [B, k, MIXED].

    Each input begins with as much say as any other, and learns as fast, however wide it is: a step of Adam is as large for each
    of a thousand features of a photo as for each of the two that say what words say, and would follow the photos alone.
    """

    def __init__(self, widths: Mapping[str, int]) -> None:
        super().__init__()
        self.scales = {name: MIXED / max(width, 1) for name, width in widths.items()}
        self.weight = nn.ParameterDict(
            {
                name: nn.Parameter(torch.randn(width, MIXED) * math.sqrt(max(width, 1) / len(widths)) / MIXED)
                for name, width in widths.items()
            }
        )
        self.bias = nn.Parameter(torch.zeros(MIXED))

    def forward(self, wholes: Mapping[str, Tensor]) -> Tensor:
        said = [whole * self.scales[name] @ self.weight[name] for name, whole in wholes.items()]
        return nn.functional.silu(torch.stack(said).sum(0) + self.bias)


class Beside(nn.Module):
    """Inputs to features beside each other, unmixed [B, F]: what is found without labels tells them apart. An absent
    input's features are 0. map: to their place on a plane, which then follows them."""

    def __init__(self, networks: Mapping[str, Layered], map: Map | None = None) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(networks)
        self.map = map

    def forward(self, inputs: Mapping[str, Encoded]) -> tuple[dict[str, Tensor], Tensor]:
        """No raw answers, and the features."""
        wholes = []
        for name, network in self.networks.items():
            each = inputs[name]
            found: Features = network(each.values) if each.lengths is None else network(each.values, each.lengths)
            whole: Tensor = found.whole if found.whole.ndim == 2 else found.whole.mean(1)
            wholes.append(whole if len(self.networks) == 1 else whole * each.present[:, None].to(whole.dtype))
        features = torch.cat(wholes, 1)
        return {}, features if self.map is None else torch.cat([features, self.map(features)], 1)


class Ensemble(nn.Module):
    """Several joined networks (of folds, of seeds) that answer as one: each output combines the copies of all."""

    def __init__(self, members: Sequence[Join | Beside], outputs: Mapping[str, Taught]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.outputs = dict(outputs)

    def forward(self, inputs: Mapping[str, Encoded]) -> tuple[dict[str, Tensor], Tensor]:
        """Raw answers [B, C] (along time [B, T, C]) by target, and the features of all members beside each other [B, F]."""
        every = [member(inputs) for member in self.members]
        raws = {
            name: output.combine(torch.cat([raw[name] for raw, _ in every], 1)) for name, output in self.outputs.items()
        }
        features = [whole if whole.ndim == 2 else whole.mean(1) for _, whole in every]
        return raws, torch.cat(features, 1)
