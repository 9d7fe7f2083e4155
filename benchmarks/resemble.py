"""How much made pictures are like the official test pictures, whoever made them: the same eyes for all.

python benchmarks/resemble.py --data MNIST [--made FILE.npz]: `pictures` [N, H, W, C] and the `labels` that were asked for;
without a file, as many training pictures of each label, which is the best that can be reached. With three channels, each is a digit of its
own, and kinds of three digits are counted. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from plain.idx import idx

from lamina.core import Array, Form
from lamina.insight.resemblance import density_coverage, frechet, nearest
from lamina.learning._lesson import few_pixels
from lamina.learning.eyes import Classifier

SEED = 1_000  # of the classifier: not that of any run
KINDS = 10
COPIES = 2_000, 0.01  # pictures whose nearest is sought, and the share of the test pictures that lie nearer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--made", type=Path)
    asked = parser.parse_args()
    learned, test = (pictures(asked.data, part) for part in ("train", "t10k"))
    codes, truth = (labels(asked.data, part) for part in ("train", "t10k"))
    eyes = Classifier(Form("grid", learned.shape[1:]), torch.from_numpy(learned), codes, KINDS, SEED)
    right = float((eyes.told(torch.from_numpy(test)) == truth).mean())
    if asked.made is None:
        rng, counts = np.random.default_rng(0), np.bincount(truth)
        some = np.concatenate([rng.permutation(np.flatnonzero(codes == k))[:count] for k, count in enumerate(counts)])
        found, wanted = learned[some], codes[some]
    else:
        file = np.load(asked.made)
        found, wanted = file["pictures"], file["labels"] if "labels" in file.files else None
    if found.shape[3] == 3:
        print(json.dumps({"modes": modes(eyes, found), "pictures": len(found), "right": right}))
        return
    figures = {**compared(eyes, found, test), **told(eyes, found, wanted), "right": right}
    if asked.made is not None:
        figures |= copied(found, test, learned)
    print(json.dumps(figures))


def pictures(data: Path, part: str) -> Array:
    return idx(data / f"{part}-images-idx3-ubyte.gz")[..., None].copy()


def labels(data: Path, part: str) -> Array:
    found: Array = idx(data / f"{part}-labels-idx1-ubyte.gz").astype(np.int64)
    return found


def compared(eyes: Classifier, found: Array, test: Array) -> dict[str, float]:
    held, seen = eyes.features(torch.from_numpy(test)), eyes.features(torch.from_numpy(found))
    density, coverage = density_coverage(held, seen)
    return {"frechet": frechet(held, seen), "density": density, "coverage": coverage}


def copied(found: Array, test: Array, learned: Array) -> dict[str, float]:
    """The share of what was made that lies nearer to a training picture than all but a hundredth of the test pictures."""
    most, share = COPIES
    known = few_pixels(learned, np.arange(len(learned)), 16)
    rows = np.random.default_rng(0).permutation(len(found))[:most]
    _, mine = nearest(few_pixels(found, rows, 16), known)
    _, usual = nearest(few_pixels(test, np.arange(min(most, len(test))), 16), known)
    return {"close": float((mine < np.quantile(usual, share)).mean())}


def told(eyes: Classifier, found: Array, wanted: Any) -> dict[str, float]:
    return {} if wanted is None else {"agreement": float((eyes.told(torch.from_numpy(found)) == wanted).mean())}


def modes(eyes: Classifier, found: Array) -> int:
    """Kinds of three digits, of 1,000, that were made at least once."""
    three = [eyes.told(torch.from_numpy(np.ascontiguousarray(found[..., k : k + 1]))) for k in range(3)]
    return len(np.unique(three[0] * 100 + three[1] * 10 + three[2]))


if __name__ == "__main__":
    main()
