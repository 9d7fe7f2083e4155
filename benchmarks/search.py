"""Search among a million vectors: python benchmarks/search.py [--quick] prints one JSON object.

The vectors are features of MNIST digits that were shifted, turned and stretched at random: pixels blurred, then projected to
256 directions that are drawn once. They are written to a file piece by piece, and read from it. build_seconds: making the
lists and writing the index; recall: share of the exact 10 nearest that is found; query_ms: the mean time of one query;
query_cpu_ms: of the processors; memory: peak of the process over the size of the vectors.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

COUNT, WIDTH, QUERIES, NEAREST = 1_000_000, 256, 1000, 10
PIECE = 20_000
QUICK = 60_000


def vectors(data: Path, path: Path, count: int, seed: int) -> None:
    """Write count × 256 float32 to a file."""
    import torch
    from plain.idx import idx

    from lamina.learning.augment import shift, turn

    pictures = torch.from_numpy(idx(data / "mnist" / "train-images-idx3-ubyte.gz").copy())[..., None]
    rng = np.random.default_rng(0)
    directions = (rng.standard_normal((28 * 28, WIDTH)) / 28).astype(np.float32)
    torch.manual_seed(seed)
    with path.open("wb") as file:
        for start in range(0, count, PIECE):
            rows = torch.randint(0, len(pictures), (min(PIECE, count - start),))
            changed = shift(turn(pictures[rows], degrees=15), share=0.08)
            blurred = torch.nn.functional.avg_pool2d(changed[..., 0][:, None].float() / 64, 3, 1, 1)
            file.write((blurred.flatten(1).numpy() @ directions).tobytes())


def main() -> None:
    from lamina.found._lists import Lists

    data = Path(os.environ["LAMINA_DATA"])
    count = QUICK if "--quick" in sys.argv else COUNT
    with tempfile.TemporaryDirectory(prefix="lamina-bench-") as folder:
        place = Path(folder)
        if os.fork() == 0:  # in a process of its own: its memory is not that of the index
            vectors(data, place / "vectors", count, 0)
            vectors(data, place / "queries", QUERIES, 1)
            os._exit(0)
        os.wait()
        x = np.memmap(place / "vectors", np.float32, "r", shape=(count, WIDTH))
        queries = np.fromfile(place / "queries", np.float32).reshape(QUERIES, WIDTH)
        began = time.perf_counter()
        lists, order = Lists.build(x, np.random.default_rng(0), exact=0)
        with (place / "index").open("wb") as file:
            for start in range(0, count, PIECE):
                file.write(x[order[start : start + PIECE]].tobytes())
        del x  # what was mapped of it would count twice
        lists.hold(np.memmap(place / "index", np.float32, "r", shape=(count, WIDTH)))
        build = time.perf_counter() - began
        lists.search(queries[:50], NEAREST)
        began, used = time.perf_counter(), time.process_time()
        found = np.concatenate([lists.search(queries[row : row + 1], NEAREST)[0] for row in range(QUERIES)])
        asked, used = time.perf_counter() - began, time.process_time() - used
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        x = np.memmap(place / "vectors", np.float32, "r", shape=(count, WIDTH))
        exact = Lists(x, np.arange(count), np.zeros((1, WIDTH), np.float32), np.array([0, count]))
        truth, _ = exact.search(queries, NEAREST)
        recall = np.mean([len(set(a) & set(b)) / NEAREST for a, b in zip(found.tolist(), truth.tolist(), strict=True)])
    figures = {
        "vectors": count,
        "build_seconds": round(build, 2),
        "recall": round(float(recall), 4),
        "query_ms": round(1000 * asked / QUERIES, 3),
        "query_cpu_ms": round(1000 * used / QUERIES, 3),
        "memory": round(memory / (count * WIDTH * 4), 3),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
