"""The most memory that learning takes: a table against its size as float32, and 60,000 pictures; prints JSON.

Each is learned by a process of its own. What torch and Lamina take before there is data is measured with a tiny table.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from measure import child
from PIL import Image

ROWS, COLUMNS = 1_000_000, 20
PICTURES, SIDE = 60_000, 28
LEARN = """
import resource, sys, lamina
lamina.learn(sys.argv[1], sys.argv[2], steps=50, folds=0, show=False)
if sys.platform == "linux":  # ru_maxrss starts from the parent's peak there, which held the table
    [line] = [each for each in open("/proc/self/status") if each.startswith("VmHWM:")]
    print(int(line.split()[1]) / 2**10)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
"""


def table(rows: int) -> pl.DataFrame:
    """Numbers with a rule in them; the target is the last column."""
    values = np.random.default_rng(0).standard_normal((rows, COLUMNS - 1), np.float32).astype(np.float64)
    columns = {f"x{k}": values[:, k] for k in range(COLUMNS - 1)}
    return pl.DataFrame({**columns, "y": np.where(values[:, 0] > values[:, 1], "yes", "no")})


def pictures(folder: Path) -> None:
    """PNG files in a folder for each of two labels."""
    rng = np.random.default_rng(0)
    for label in ("dark", "light"):
        (folder / label).mkdir(parents=True)
        for k in range(PICTURES // 2):
            grey = rng.integers(0, 128, (SIDE, SIDE), np.uint8) + (128 if label == "light" else 0)
            Image.fromarray(grey.astype(np.uint8)).save(folder / label / f"{k}.png", compress_level=1)


def peak(source: Path, target: str) -> float:
    """Largest resident memory in megabytes of a process that learns from it."""
    return float(child([sys.executable, "-c", LEARN, source, target]).last)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        os.environ["LAMINA_CACHE"] = str(place / "cache")
        table(2_000).write_parquet(place / "tiny.parquet")
        whole = table(ROWS)
        whole.write_parquet(place / "large.parquet")
        whole.write_csv(place / "large.csv")
        pictures(place / "pictures")
        base = peak(place / "tiny.parquet", "y")
        size = ROWS * COLUMNS * 4 / 2**20
        found = {"before there is data, MB": base, "the table as float32, MB": size}
        for kind in ("parquet", "csv"):
            taken = peak(place / f"large.{kind}", "y")
            found |= {f"{kind}, MB": taken, f"{kind}, times the table above that": (taken - base) / size}
        taken, decoded = peak(place / "pictures", "label"), PICTURES * SIDE * SIDE / 2**20
        found |= {
            f"{PICTURES:,} PNG files, MB": taken,
            "decoded once, MB": decoded,
            "pictures, times that above": (taken - base) / decoded,
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
