"""Speech to text from scratch: digit strings of a speaker never heard, and sentences of one speaker.

Character and word errors on the test rows, which are read once, by the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ours
import strings
from record import Run, Setting

SPEAKERS = ("jackson", "theo", "yweweler")  # each left out once
STRINGS = 4_000, 300  # to learn from, and of the speaker left out
MINUTES = {"strings": 14, "vctk_p239": 20}
SEEDS = 3


def runs(setting: Setting) -> Iterator[Run]:
    for seed in range(setting.count(SEEDS)):
        speaker = SPEAKERS[seed % len(SPEAKERS)]
        for name in ("strings", "vctk_p239"):
            budget = ("--steps", 20) if setting.quick else ("--minutes", MINUTES[name])
            asked = {"budget": " ".join(map(str, budget))} | ({"speaker": speaker} if name == "strings" else {})
            if name == "strings":
                act = partial(digits, setting.data / "fsdd", speaker, budget, seed, setting.quick)
            else:
                act = partial(sentences, setting.data / "vctk_p239", budget, seed)
            yield Run("lamina", name, seed, act, True, None, asked)


def digits(data: Path, speaker: str, budget: tuple[str, float], seed: int, quick: bool, place: Path) -> dict[str, Any]:
    """Three to six digits, by a speaker who was never heard."""
    train, test = (200, 40) if quick else STRINGS
    table = strings.make(data, place / "strings", speaker, train, test, seed)
    return ours.learn(table, "text", place, "--kind", "text=transcript", *budget, "--seed", seed)


def sentences(data: Path, budget: tuple[str, float], seed: int, place: Path) -> dict[str, Any]:
    """Twenty-three minutes of one speaker, and other sentences of hers."""
    return ours.learn(data / "transcripts.csv", "text", place, *budget, "--seed", seed)
