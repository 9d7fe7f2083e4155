"""Hand signs of a person never learned from: 24 letters, clips of one signer, tested on another. Ten minutes, from scratch and
with features of photographs of each frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ours
from record import Run, Setting

MINUTES = 10
SEEDS = 3
SEEN = "lamina, photographs"
NETWORKS = {"lamina": "video", SEEN: "pretrained"}


def runs(setting: Setting) -> Iterator[Run]:
    minutes = 0.5 if setting.quick else MINUTES
    for seed in range(setting.count(SEEDS)):
        for method, network in NETWORKS.items():
            options = ("--drop", "signer", "--network", network, "--minutes", minutes, "--seed", seed)
            act = partial(learn, setting.data / "asl_clips", options)
            yield Run(method, "asl_clips", seed, act, True, None, {"minutes": minutes})


def learn(data: Path, options: tuple[object, ...], place: Path) -> dict[str, Any]:
    """The table beside the clips says letter, signer and part; the report judges on the other signer."""
    return ours.learn(data, "letter", place, *options)
