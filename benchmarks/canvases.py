"""Canvases of two digits with a sentence each, some of which are never shown; and whether a model makes what a sentence says.

python benchmarks/canvases.py --data MNIST --out FILE.npz             # what is learned from: image, caption
python benchmarks/canvases.py --data MNIST --judge MODEL              # prints one JSON object

Two digits of 16 pixels stand side by side or one above the other on 32 × 32 pixels. The sentence names the first one first, or
the second: "a three above a seven" and "a seven below a three" show the same. Of the 200 combinations 20 % never come.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from plain.idx import idx

import lamina
from lamina.core import Array, Form
from lamina.learning.eyes import Classifier

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
BESIDE = (("left of", "right of"), ("above", "below"))  # as the first digit says it, and as the second one does
SIDE, HALF = 32, 16
ROWS, JUDGING = 30_000, 20_000
NEVER = 0.2
EACH = 5  # pictures of each combination that are judged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--judge", type=Path)
    asked = parser.parse_args()
    if asked.out is not None:
        pictures, _, said = canvases(asked.data, "train", ROWS, 0, shown())
        np.savez(asked.out, image=pictures, caption=said)
    if asked.judge is not None:
        print(json.dumps(judged(asked.data, asked.judge)))


def combinations() -> list[tuple[int, int, int]]:
    return [(beside, first, second) for beside in (0, 1) for first in range(10) for second in range(10)]


def shown() -> Array:
    """[200] bool: which combinations are learned from."""
    every = combinations()
    found = np.ones(len(every), bool)
    found[np.random.default_rng(0).permutation(len(every))[: round(NEVER * len(every))]] = False
    return found


def canvases(data: Path, part: str, rows: int, seed: int, kept: Array) -> tuple[Array, Array, Array]:
    """Pictures [N, 32, 32, 1], combinations [N, 3], sentences [N]. kept: which combinations may come."""
    rng = np.random.default_rng(seed)
    digits, labels = (idx(data / f"{part}-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    some = rng.permutation(len(digits))[:10_000]
    small = np.stack(
        [np.asarray(Image.fromarray(digits[k]).resize((HALF, HALF), Image.Resampling.BILINEAR)) for k in some]
    )
    of = [small[labels[some] == digit] for digit in range(10)]
    every = np.array(combinations())[kept]
    truth = every[rng.integers(0, len(every), rows)]
    pictures, said = np.zeros((rows, SIDE, SIDE, 1), np.uint8), []
    for row, (beside, first, second) in enumerate(truth):
        canvas = pictures[row, :, :, 0] if beside == 1 else pictures[row, :, :, 0].T
        for place, digit in enumerate((first, second)):
            one = of[digit][rng.integers(len(of[digit]))]
            across = HALF // 2 + rng.integers(-3, 4)
            canvas[place * HALF : (place + 1) * HALF, across : across + HALF] = one if beside == 1 else one.T
        said.append(sentence(beside, first, second, bool(rng.integers(2))))
    return pictures, truth, np.array(said)


def sentence(beside: int, first: int, second: int, turned: bool) -> str:
    """`sentence(1, 3, 7, False) == "a three above a seven"`."""
    one, other = (second, first) if turned else (first, second)
    return f"a {WORDS[one]} {BESIDE[beside][turned]} a {WORDS[other]}"


def judged(data: Path, place: Path) -> dict[str, float]:
    """The share of the made pictures in which both digits and their place are right, by classifiers that learned it from
    real canvases of all combinations; of what was shown, of what never was, and of real canvases of other digits."""
    everything = np.ones(len(combinations()), bool)
    pictures, truth, _ = canvases(data, "train", JUDGING, 1, everything)
    form = Form("grid", pictures.shape[1:])
    eyes = [
        Classifier(form, torch.from_numpy(pictures), truth[:, what], kinds, 1_000)
        for what, kinds in enumerate((2, 10, 10))
    ]

    def right(found: Array, wanted: Array) -> Array:
        seen = np.stack([each.told(torch.from_numpy(found)) for each in eyes], 1)
        good: Array = (seen == wanted).all(1)
        return good

    model, every, known = lamina.load(place), np.array(combinations()), shown()
    made, wanted = [], []
    for number, combination in enumerate(every):
        for k in range(EACH):
            said = sentence(*combination, turned=bool(k % 2))
            made += model.generate(1, text=said, seed=number * EACH + k)
            wanted.append(combination)
    good = right(np.stack(made), np.array(wanted))
    of = np.repeat(known, EACH)
    held, real, _ = canvases(data, "t10k", 2_000, 2, everything)
    return {"shown": float(good[of].mean()), "never": float(good[~of].mean()), "real": float(right(held, real).mean())}


if __name__ == "__main__":
    main()
