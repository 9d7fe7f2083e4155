"""One way to learn from few labels: python benchmarks/peers/few_labels.py METHOD FOLDER TARGET SEED [--open]

Learns from the rows in FOLDER that `scarce.py` wrote, with a label and without, and writes its answers to the rows to be
asked (--open: to those without a label) to FOLDER/METHOD.npy. Pictures are pixels, photos of 32 × 32; texts are TF-IDF of words and
pairs of words (for neighbours the 100 main directions of it); numbers are standardised, other cells are one column for each word.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

MOST = 10_000  # rows without a label that are learned from: graphs of more do not fit, and self-training takes hours
SIDE = 32  # pixels of a photo


def main() -> None:
    method, folder, target, seed = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    labels, known, free, ask = encoded(folder, target, dense=method == "label_spreading")
    some = np.random.default_rng(seed).permutation(free.shape[0])[:MOST]
    names, codes = np.unique(labels, return_inverse=True)
    y = np.concatenate([codes, np.full(len(some), -1)])
    if method == "label_spreading":
        from sklearn.semi_supervised import LabelSpreading

        model = LabelSpreading(kernel="knn", n_neighbors=10)
    else:
        from sklearn.linear_model import LogisticRegression
        from sklearn.semi_supervised import SelfTrainingClassifier

        model = LogisticRegression(max_iter=300)
        if method == "self_training":
            model = SelfTrainingClassifier(model)
        else:  # from the labelled rows alone, by numbers that all rows were looked at for
            some, y = some[:0], codes
    asked = free if "--open" in sys.argv else ask
    np.save(folder / f"{method}.npy", names[model.fit(_stacked([known, free[some]]), y).predict(asked)])


def encoded(folder: Path, target: str, dense: bool) -> tuple[Any, Any, Any, Any]:
    """Labels, and numbers of the rows with one, of those without, of those to be asked."""
    if (folder / "labelled.npz").exists():
        labelled, others = np.load(folder / "labelled.npz"), np.load(folder / "others.npz")
        pictures = labelled["image"], others["image"], np.load(folder / "ask.npy")
        return labelled["label"].astype(str), *(
            each.reshape(len(each), -1).astype(np.float32) / 255 for each in pictures
        )
    if (folder / "labelled").is_dir():
        files = [sorted((folder / part).rglob("*.*")) for part in ("labelled", "others", "ask")]
        return [each.parent.name for each in files[0]], *map(_pixels, files)
    head, rows = _read(folder / "labelled.csv")
    at = head.index(target)
    labels = [row.pop(at) for row in rows]
    parts = [rows, *(_read(folder / f"{part}.csv")[1] for part in ("others", "ask"))]
    return labels, *(_texts if len(rows[0]) == 1 else _columns)(parts, dense)


def _texts(parts: list[list[list[str]]], dense: bool) -> list[Any]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [[row[0] for row in rows] for rows in parts]
    words = TfidfVectorizer(ngram_range=(1, 2)).fit(texts[0] + texts[1])
    found = [words.transform(each) for each in texts]
    if not dense:
        return found
    main = TruncatedSVD(100, random_state=0).fit(_stacked(found[:2]))
    return [main.transform(each) for each in found]


def _columns(parts: list[list[list[str]]], dense: bool) -> list[Any]:
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    found: list[list[Any]] = [[] for _ in parts]
    for columns in zip(*(zip(*rows, strict=True) for rows in parts), strict=True):
        try:
            numbers = [np.array([float(cell or "nan") for cell in column])[:, None] for column in columns]
            middle = np.nanmedian(np.concatenate(numbers[:2]))
            numbers = [np.nan_to_num(each, nan=float(middle)) for each in numbers]
            scale = StandardScaler().fit(np.concatenate(numbers[:2]))
            each = [scale.transform(number) for number in numbers]
        except ValueError:
            words = [np.array(column, object)[:, None] for column in columns]
            coded = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.concatenate(words[:2]))
            each = [coded.transform(word) for word in words]
        for into, values in zip(found, each, strict=True):
            into.append(values)
    return [np.hstack(each) for each in found]


def _pixels(files: list[Path]) -> Any:
    from PIL import Image

    return np.stack(
        [np.asarray(Image.open(each).convert("RGB").resize((SIDE, SIDE)), np.float32).ravel() / 255 for each in files]
    )


def _stacked(parts: list[Any]) -> Any:
    from scipy import sparse

    return sparse.vstack(parts).tocsr() if sparse.issparse(parts[0]) else np.concatenate(parts)


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    return head, rows


if __name__ == "__main__":
    main()
