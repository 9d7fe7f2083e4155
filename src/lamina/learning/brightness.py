"""Whether pictures may be made brighter and darker: where how bright they are does not tell what they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array
from lamina.learning.choose import Choice
from lamina.learning.mirror import labelled, outlined, pictured
from lamina.learning.prepare import Prepared


def with_shades(choice: Choice, prepared: Prepared, seed: int) -> Choice:
    """The choice, without shades where its recipe has them and these could change what a picture is, and why.

    A shoe stays one in the shade; a night does not stay night in the light. With other inputs beside the pictures, or
    something else asked for than one class, nobody knows: nothing is shaded.
    """
    if "shade" not in choice.recipe.augment:
        return choice
    pictures, target = labelled(prepared, seed)
    if len(target) and not tells(pictures, target):
        return choice
    augment = tuple(each for each in choice.recipe.augment if each != "shade")
    reason = (
        f"{pictured(prepared)}: pictures are not made brighter or darker: how bright they are may tell what they are."
    )
    return replace(choice, recipe=replace(choice.recipe, augment=augment), reasons=[*choice.reasons, reason])


def tells(pictures: Tensor, target: Array) -> bool:
    """Whether the picture nearest in brightness and contrast is of the same class at least as often as the one nearest in
    all else.

    pictures: uint8 [N, H, W, C]; target: [N].
    """
    values = pictures.flatten(1, 2).float()
    levels = torch.cat([values.mean(1), values.std(1, correction=0)], 1)
    levels = (levels - levels.mean(0)) / (levels.std(0, correction=0) + 1e-6)
    by_level, by_rest = (_right(each, target) for each in (levels, torch.from_numpy(outlined(pictures))))
    return by_level >= by_rest


def _right(places: Tensor, target: Array) -> float:
    """The share of places [N, F] whose nearest other one has the same class."""
    apart = torch.cdist(places.float(), places.float())
    apart.fill_diagonal_(torch.inf)
    near: Array = apart.argmin(1).numpy()
    return float(np.mean(target[near] == target))
