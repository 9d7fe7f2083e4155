"""One peer on one set of texts: python benchmarks/peers/texts.py METHOD FOLDER SEED

Learns from FOLDER/train.csv (text, label) and answers the texts of FOLDER/ask.csv in FOLDER/METHOD.csv.
"""

from __future__ import annotations

import csv
import re
import sys
import tempfile
from pathlib import Path


def tfidf(texts: list[str], labels: list[str], asked: list[str], seed: int) -> list[str]:
    """Words and pairs of words, weighted by TF-IDF, and logistic regression at its default strength times ten."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=1000))
    return list(model.fit(texts, labels).predict(asked))


def fasttext(texts: list[str], labels: list[str], asked: list[str], seed: int) -> list[str]:
    """As its authors have it for small sets: pairs of words, 25 passes."""
    import fasttext as peer

    names = sorted(set(labels))
    words = [" ".join(re.findall(r"\w+|[^\w\s]", text.lower())) for text in [*texts, *asked]]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{names.index(label)} {text}\n" for label, text in zip(labels, words))  # noqa: B905
        file.flush()
        model = peer.train_supervised(file.name, lr=0.5, epoch=25, wordNgrams=2, dim=50, thread=2, verbose=0)
    found = model.f.multilinePredict([f"{text}\n" for text in words[len(texts) :]], 1, 0.0, "strict")[0]
    return [names[int(each[0].removeprefix("__label__"))] for each in found]


METHODS = {each.__name__: each for each in (tfidf, fasttext)}


def main() -> None:
    method, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    with (folder / "train.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (folder / "ask.csv").open(newline="", encoding="utf-8") as file:
        asked = [row["text"] for row in csv.DictReader(file)]
    answers = METHODS[method]([row["text"] for row in rows], [row["label"] for row in rows], asked, seed)
    with (folder / f"{method}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["label"], *([answer] for answer in answers)])


if __name__ == "__main__":
    main()
