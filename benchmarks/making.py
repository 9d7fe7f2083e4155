"""Pictures that are made: digits and clothes given the label beside a plain DCGAN, three digits in one, and cats.

The plain script gets as many seconds of the processors as there are in the minutes that Lamina has, for learning alone. Both
make as many pictures of each label as there are among the official test pictures, with which the same eyes compare them
(`resemble.py`): other shares of labels would count as a distance that nobody's pictures have.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measure import child
from ours import LAMINA
from plain.idx import idx
from record import Run, Setting

import lamina

HERE = Path(__file__).parent
MINUTES, LONG, PHOTOS = 15, 60, 30
SEEDS = 3
STACKED = 26_000  # pictures in which kinds are counted, as is usual


def runs(setting: Setting) -> Iterator[Run]:
    minutes, long, photos = (0.3 if setting.quick else each * setting.times for each in (MINUTES, LONG, PHOTOS))
    for name in ("mnist", "fashion_mnist"):
        yield Run("real", name, 0, partial(resembling, setting.data / name, None))
    for seed in range(setting.count(SEEDS)):
        for name in ("mnist", "fashion_mnist"):
            data, asked = setting.data / name, {"minutes": minutes}
            yield Run("lamina", name, seed, partial(labelled, data, minutes, seed), True, None, asked)
            yield Run("dcgan", name, seed, partial(plain, data, minutes, seed), False, None, asked)
        yield Run(
            "lamina",
            "stacked mnist",
            seed,
            partial(stacked, setting.data / "mnist", long, seed),
            True,
            None,
            {"minutes": long},
        )
        act = partial(captions, setting.data / "mnist", photos, seed)
        yield Run("lamina", "captions", seed, act, True, None, {"minutes": photos})
        for side in (32, 64):
            act = partial(cats, setting.data / "cats_dogs" / "train" / "cats", photos, side, seed)
            yield Run("lamina", f"cats {side}", seed, act, True, None, {"minutes": photos})


def learn(
    source: Path, place: Path, minutes: float, seed: int, *options: object
) -> tuple[dict[str, Any], dict[str, float]]:
    """`lamina learn --generate image`: what its report says, and what the whole process took."""
    command = [LAMINA, "learn", source, "--generate", "image", "--out", place / "model", "--json"]
    words = [*command, "--minutes", minutes, "--seed", seed, *options]
    ended = child(words, limit=2 * 60 * minutes + 600, LAMINA_CACHE=str(place / "cache"))
    return ended.last["results"]["makes"][0], ended.took


def labelled(data: Path, minutes: float, seed: int, place: Path) -> dict[str, Any]:
    """Pictures of each label, beside the official test pictures."""
    _, took = learn(data, place, minutes, seed, "--given", "label")
    model = lamina.load(place / "model")
    counts = np.bincount(idx(data / "t10k-labels-idx1-ubyte.gz"))
    names = sorted(model.maker.state()["shares"])
    made = [
        model.generate(int(count), given={"label": name}, seed=seed * 1_000 + code)
        for code, (name, count) in enumerate(zip(names, counts, strict=True))
    ]
    np.savez(place / "made.npz", pictures=np.concatenate(made), labels=np.repeat(np.arange(len(names)), counts))
    return resembling(data, place / "made.npz", place) | took


def plain(data: Path, minutes: float, seed: int, place: Path) -> dict[str, Any]:
    seconds = 60 * minutes * (len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1)
    words = ["--data", data, "--out", place / "made.npz", "--processor-seconds", seconds, "--seed", seed]
    ended = child([sys.executable, HERE / "plain" / "dcgan.py", *words], limit=4 * seconds + 600)
    return resembling(data, place / "made.npz", place) | ended.took | {"steps": ended.last["steps"]}


def resembling(data: Path, made: Path | None, place: Path) -> dict[str, Any]:
    """As `resemble.py` says."""
    words = ["--data", data, *(["--made", made] if made else [])]
    found: dict[str, Any] = child([sys.executable, HERE / "resemble.py", *words]).last
    return found


def stacked(data: Path, minutes: float, seed: int, place: Path) -> dict[str, Any]:
    """Three digits as the colours of one picture, without labels: how many of the 1,000 kinds are made?"""
    digits = idx(data / "train-images-idx3-ubyte.gz")
    rows = np.random.default_rng(seed).integers(0, len(digits), (len(digits), 3))
    np.savez(place / "stacked.npz", images=np.stack([digits[rows[:, k]] for k in range(3)], 3))
    _, took = learn(place / "stacked.npz", place, minutes, seed)
    np.savez(place / "made.npz", pictures=np.stack(lamina.load(place / "model").generate(STACKED, seed=seed)))
    return resembling(data, place / "made.npz", place) | took


def captions(data: Path, minutes: float, seed: int, place: Path) -> dict[str, Any]:
    """Two digits on a canvas, from sentences (`canvases.py`)."""
    script = [sys.executable, HERE / "canvases.py", "--data", data]
    child([*script, "--out", place / "canvases.npz"])
    options = ("--given", "caption", "--kind", "caption=text")
    _, took = learn(place / "canvases.npz", place, minutes, seed, *options)
    found: dict[str, Any] = child([*script, "--judge", place / "model"]).last
    return found | took


def cats(data: Path, minutes: float, side: int, seed: int, place: Path) -> dict[str, Any]:
    """600 photos: what the report says."""
    made, took = learn(data, place, minutes, seed, "--side", side)
    likeness, copies = made["likeness"][0], made["copies"]
    real = {f"real_{name}": value for name, value in likeness["real"].items()}
    return {**likeness["made"], **real, "close": copies["close"], "rows": made["rows"], **took}
