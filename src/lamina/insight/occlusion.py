"""What happens to the answer when a part of the picture is covered (Zeiler & Fergus 2014): an experiment, not a formula."""

from __future__ import annotations

import math

import torch

from lamina.core import Array
from lamina.insight.question import Question

PATCHES = 7  # along the shorter side
SMALLEST = 2  # pixels


def occlusion(question: Question, array: str, patches: int = PATCHES) -> Array:
    """[rows, columns]: by how much the score falls when that patch of a picture is covered.

    What covers is the picture's own median colour, since any other would add something that was not there.
    """
    picture = question.inputs[array].values  # [1, H, W, C]
    _, height, width, channels = picture.shape
    side = max(SMALLEST, math.ceil(min(height, width) / patches))
    rows, columns = math.ceil(height / side), math.ceil(width / side)
    colour = picture.reshape(-1, channels).median(0).values
    covered = picture.repeat(rows * columns, 1, 1, 1)
    for number in range(rows * columns):
        top, left = number // columns * side, number % columns * side
        covered[number, top : top + side, left : left + side] = colour
    scores = question.scores({array: torch.cat([picture, covered])})
    found: Array = (scores[0] - scores[1:]).reshape(rows, columns)
    return found
