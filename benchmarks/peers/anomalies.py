"""One detector on one table: python benchmarks/peers/anomalies.py METHOD FOLDER SEED

Learns from FOLDER/train.csv without labels and writes how odd each row of FOLDER/ask.csv is to FOLDER/METHOD.csv: a column
`anomaly_score`, more is odder. Every method has its own defaults, on columns that are standardised (mean 0, spread 1, by the
rows that teach), as distances need. Columns of text are switched on word by word.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.preprocessing import StandardScaler


def detector(method: str, seed: int) -> Any:
    match method:
        case "iforest":
            from pyod.models.iforest import IForest

            return IForest(random_state=seed)
        case "ecod":
            from pyod.models.ecod import ECOD

            return ECOD()
        case "knn":
            from pyod.models.knn import KNN

            return KNN()
        case "lof":
            from pyod.models.lof import LOF

            return LOF()
    raise ValueError(f"There is no detector '{method}' here.")


def main() -> None:
    method, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    train, ask = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "ask.csv")
    both = pd.get_dummies(pd.concat([train, ask]), dtype=float).fillna(0.0).to_numpy()
    both = StandardScaler().fit(both[: len(train)]).transform(both)
    found = detector(method, seed)
    found.fit(both[: len(train)])
    same = train.equals(ask)
    scores = found.decision_scores_ if same else found.decision_function(both[len(train) :])
    pd.DataFrame({"anomaly_score": scores}).to_csv(folder / f"{method}.csv", index=False)


if __name__ == "__main__":
    main()
