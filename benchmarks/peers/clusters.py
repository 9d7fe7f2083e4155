"""One way to cluster pixels: python benchmarks/peers/clusters.py METHOD FOLDER SEED

Learns from FOLDER/train.npy and writes the cluster of each picture of FOLDER/ask.npy to FOLDER/METHOD.npy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

MOST = 10_000  # pictures that HDBSCAN gets: it compares all with all
CLUSTERS = 10


def main() -> None:
    method, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    train, ask = (np.load(folder / f"{name}.npy") for name in ("train", "ask"))
    train, ask = (each.reshape(len(each), -1).astype(np.float32) / 255 for each in (train, ask))
    if method == "kmeans":
        from sklearn.cluster import KMeans

        found = KMeans(CLUSTERS, random_state=seed).fit(train).predict(ask)
    else:
        from sklearn.cluster import HDBSCAN
        from sklearn.neighbors import KNeighborsClassifier

        some = np.random.default_rng(seed).permutation(len(train))[:MOST]
        labels = HDBSCAN(copy=True).fit_predict(train[some])
        found = KNeighborsClassifier(1).fit(train[some], labels).predict(ask)
    np.save(folder / f"{method}.npy", found)


if __name__ == "__main__":
    main()
