"""How soon Lamina is there: whole processes against bare Python and `import torch`, in turn, medians; prints JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
from measure import child
from PIL import Image

import lamina

ROUNDS = 9
AGES = {"age": [20.0 + k % 50 for k in range(400)], "job": [("cook", "smith", "clerk")[k % 3] for k in range(400)]}


def models(place: Path) -> dict[str, list[object]]:
    """Small models, and the commands that ask each for one answer."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (200, 28, 28), np.uint8)
    old = [age > 45 for age in AGES["age"]]
    lamina.learn({"image": pixels, "label": [k % 2 for k in range(200)]}, "label", steps=2, folds=0).save(place / "p")
    lamina.learn({**AGES, "old": old}, "old", steps=2, folds=0).save(place / "t")
    tones = [np.sin(np.arange(4000) * (0.1 + 0.1 * (k % 2))).astype(np.float32) for k in range(40)]
    for k, tone in enumerate(tones):
        (place / "tones" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        soundfile.write(place / "tones" / "ab"[k % 2] / f"{k}.wav", tone, 8000)
    lamina.learn(place / "tones", "label", steps=2, folds=0).save(place / "s")
    said = {
        "text": [f"{('good', 'bad')[k % 2]} film number {k}" for k in range(200)],
        "label": [k % 2 for k in range(200)],
    }
    lamina.learn(lamina.read(said, kind={"text": "text"}), "label", steps=2, folds=0).save(place / "w")
    drawn = {"image": pixels, "label": [("odd", "even")[k % 2] for k in range(200)]}
    lamina.learn(drawn, generate="image", given="label", steps=2, looks=1, size=1).save(place / "m")
    Image.fromarray(pixels[0]).save(place / "one.png")
    (place / "one.txt").write_text("a good film")
    (place / "one.csv").write_text("age,job\n31,cook\n")
    command = [sys.executable, "-c", "from lamina.cli import main; main()"]
    predict, make = [*command, "predict"], [*command, "generate", place / "m", "--json", "--seed", "1"]
    return {
        "predict a picture": [*predict, place / "p", place / "one.png"],
        "predict a row": [*predict, place / "t", place / "one.csv"],
        "predict a sound": [*predict, place / "s", place / "tones" / "a" / "0.wav"],
        "predict a text": [*predict, place / "w", place / "one.txt"],
        "make a picture": make,
        "make 64 pictures": [*make, "-n", "64"],
    }


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once, not at every start
    with tempfile.TemporaryDirectory() as folder:
        commands: dict[str, list[object]] = {
            "bare Python": [sys.executable, "-c", "pass"],
            "import lamina": [sys.executable, "-c", "import lamina"],
            "import torch": [sys.executable, "-c", "import torch"],
            **models(Path(folder)),
        }
        cache = {"PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        clock: dict[str, list[float]] = {name: [] for name in commands}
        processors: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(ROUNDS + 1):
            for name, command in commands.items():
                found = child(command, **cache)
                if turn:  # the first compiles
                    clock[name].append(found.seconds)
                    processors[name].append(found.cpu)
    print(json.dumps({"clock": figures(clock), "processors": figures(processors), "rounds": ROUNDS}))


def figures(every: dict[str, list[float]]) -> dict[str, float]:
    """Median seconds, and what must stay small."""
    found = {f"{name}, s": median(each) for name, each in every.items()}
    torch = median(every["import torch"])
    return found | {
        "import lamina above bare Python, s": median(every["import lamina"]) - median(every["bare Python"]),
        "predict a picture, of import torch": median(every["predict a picture"]) / torch,
        "predict a row, of import torch": median(every["predict a row"]) / torch,
        "predict a sound, of import torch": median(every["predict a sound"]) / torch,
        "predict a text, of import torch": median(every["predict a text"]) / torch,
        "make a picture, of import torch": median(every["make a picture"]) / torch,
    }


if __name__ == "__main__":
    main()
