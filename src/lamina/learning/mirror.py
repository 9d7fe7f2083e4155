"""Which classes look the same in a mirror: their pictures may be flipped, and only theirs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lamina.core import Array
from lamina.learning.choose import Choice
from lamina.learning.prepare import CATEGORY, Prepared

SAMPLE = 3_000  # training pictures that are looked at
SIDE = 14  # pixels a side that they are averaged down to
FEWEST = 20  # pictures of a class: fewer say nothing
FURTHER = 1.3  # times as far from the others of its class a mirrored picture may lie, on average
TELLING = 0.4  # of the way from guessing to certain: what the nearest picture must know of the class


def with_flips(choice: Choice, prepared: Prepared, seed: int) -> Choice:
    """The choice, with the classes whose pictures are flipped where its recipe flips, and what was seen of them.

    Letters, digits and arrows mean something else in a mirror; a shirt stays a shirt. With other inputs beside the
    pictures, or several answers, nobody knows what a mirror means: nothing is flipped.
    """
    if "flip" not in choice.recipe.augment:
        return choice
    name, output = pictured(prepared), next(iter(prepared.outputs.values()))
    found = alike(*labelled(prepared, seed))
    same = tuple(int(each) for each in np.flatnonzero(found))
    if not same:
        augment = tuple(each for each in choice.recipe.augment if each != "flip")
        reason = f"{name}: pictures are not mirrored: in a mirror they are not seen to stay what they are."
        return replace(choice, recipe=replace(choice.recipe, augment=augment), reasons=[*choice.reasons, reason])
    words = ", ".join(str(output.classes[each]) for each in same)  # type: ignore[attr-defined]
    reason = f"{name}: pictures that look the same in a mirror are flipped: {words}."
    return replace(choice, recipe=replace(choice.recipe, mirrored=same), reasons=[*choice.reasons, reason])


def pictured(prepared: Prepared) -> str:
    """The first input that is pictures."""
    return next(name for name, form in prepared.intake.forms.items() if form.kind == "grid")


def labelled(prepared: Prepared, seed: int) -> tuple[Tensor, Array]:
    """Some training pictures [N, H, W, C] and their classes [N]; none where there are other inputs beside the pictures, or
    something else is asked for."""
    [column, *others] = prepared.outputs
    [name, *beside] = prepared.rows.inputs
    pictures, targets = prepared.rows.inputs[name], prepared.rows.targets[prepared.names[column]]
    rows = np.random.default_rng(seed).permutation(prepared.folds[0].train)[:SAMPLE]
    index = torch.from_numpy(
        rows if prepared.outputs[column].kind == CATEGORY and not others and not beside else rows[:0]
    )
    seen = pictures.present[index] & (prepared.rows.known[prepared.names[column]][index] > 0)
    return pictures.values[index][seen], targets[index][seen].numpy().astype(np.int64)


def alike(pictures: Tensor, target: Array) -> Array:
    """For each class, whether its mirrored pictures lie about as near to its other pictures as they do themselves.

    pictures: uint8 [N, H, W, C]; target: [N]. Where the nearest picture hardly tells a class, distances tell nothing:
    then no class is alike.
    """
    classes = int(target.max(initial=-1)) + 1
    found = np.zeros(classes, bool)
    if len(target) < FEWEST:
        return found
    plain, mirrored = outlined(pictures), outlined(pictures.flip(2))
    near = 2 - 2 * plain @ plain.T  # squared distances, since all have length 1
    turned = 2 - 2 * mirrored @ plain.T
    for distances in (near, turned):
        np.fill_diagonal(distances, np.inf)  # nothing is compared with itself
    guess = np.bincount(target).max() / len(target)
    right = (target[near.argmin(1)] == target).mean()
    if right - guess < TELLING * (1 - guess):
        return found
    for each in range(classes):
        own = np.flatnonzero(target == each)
        if len(own) >= FEWEST:
            before, after = (distances[np.ix_(own, own)].min(1).mean() for distances in (near, turned))
            found[each] = after <= FURTHER * before
    return found


def outlined(pictures: Tensor) -> Array:
    """[N, F] of length 1: averaged down, without brightness and contrast."""
    shrink = max(1, max(pictures.shape[1:3]) // SIDE)
    found = torch.nn.functional.avg_pool2d(pictures.permute(0, 3, 1, 2).float(), shrink, ceil_mode=True).flatten(1)
    found = found - found.mean(1, keepdim=True)
    result: Array = (found / (found.norm(dim=1, keepdim=True) + 1e-6)).numpy()
    return result
