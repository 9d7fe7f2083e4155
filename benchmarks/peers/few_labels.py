"""One way to learn from few labels: python benchmarks/peers/few_labels.py METHOD FOLDER SEED

Learns from FOLDER/data.npz (known, labels, free) and writes its answers to `ask` to FOLDER/METHOD.npy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

MOST = (
    10_000  # pictures without a label that are learned from: graphs of more do not fit, and self-training takes hours
)


def main() -> None:
    method, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    data = np.load(folder / "data.npz")
    known, free, ask = (
        data[name].reshape(len(data[name]), -1).astype(np.float32) / 255 for name in ("known", "free", "ask")
    )
    some = np.random.default_rng(seed).permutation(len(free))[:MOST]
    x = np.concatenate([known, free[some]])
    y = np.concatenate([data["labels"].astype(int), np.full(len(some), -1)])
    if method == "label_spreading":
        from sklearn.semi_supervised import LabelSpreading

        model = LabelSpreading(kernel="knn", n_neighbors=10)
    else:
        from sklearn.linear_model import LogisticRegression
        from sklearn.semi_supervised import SelfTrainingClassifier

        model = SelfTrainingClassifier(LogisticRegression(max_iter=300))
    np.save(folder / f"{method}.npy", model.fit(x, y).predict(ask))


if __name__ == "__main__":
    main()
