"""One peer on one table: python benchmarks/peers/tables.py METHOD FOLDER KIND SEED

Learns from FOLDER/train.csv, answers the rows of FOLDER/ask.csv in FOLDER/METHOD.csv: a column `target`, and for classes
one `target=CLASS` per class with its share, as `lamina predict --out` writes them. Every method has its own defaults.
Columns of text are categories; where a method takes no missing values, numbers get the median and categories a word.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def lightgbm(classes: bool, seed: int) -> Any:
    import lightgbm

    kind = lightgbm.LGBMClassifier if classes else lightgbm.LGBMRegressor
    return kind(random_state=seed, verbose=-1)


def catboost(classes: bool, seed: int) -> Any:
    import catboost

    kind = catboost.CatBoostClassifier if classes else catboost.CatBoostRegressor
    return kind(random_state=seed, verbose=0, allow_writing_files=False)


def histgb(classes: bool, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return kind(random_state=seed)


def linear(classes: bool, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    return plain(LogisticRegression(max_iter=1000) if classes else Ridge())


def mlp(classes: bool, seed: int) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if classes:
        return plain(MLPClassifier(random_state=seed))
    return TransformedTargetRegressor(plain(MLPRegressor(random_state=seed)), transformer=StandardScaler())


def realmlp(classes: bool, seed: int) -> Any:
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    kind = RealMLP_TD_S_Classifier if classes else RealMLP_TD_S_Regressor
    return kind(random_state=seed)


METHODS = {each.__name__: each for each in (lightgbm, catboost, histgb, linear, mlp, realmlp)}
WHOLE = ("linear", "mlp", "realmlp")  # take no missing numbers


def plain(model: Any) -> Any:
    """Standardised numbers and one column per category before a model."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_column_selector(dtype_include="number")
    words = make_column_selector(dtype_exclude="number")
    return make_pipeline(
        make_column_transformer(
            (StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words)
        ),
        model,
    )


def inputs(train: pd.DataFrame, ask: pd.DataFrame, whole: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numbers as they are; words as categories known from training, others and missing ones as one more."""
    train, ask = train.copy(), ask.copy()
    for name in train.columns:
        if pd.api.types.is_numeric_dtype(train[name]):
            ask[name] = pd.to_numeric(ask[name], errors="coerce")
            if whole:
                middle = train[name].median()
                train[name], ask[name] = train[name].fillna(middle), ask[name].fillna(middle)
        else:
            known = sorted(train[name].dropna().astype(str).unique())
            for frame in (train, ask):
                cells = frame[name].astype(str).where(frame[name].notna() & frame[name].astype(str).isin(known), "none")
                frame[name] = pd.Categorical(cells, [*known, "none"])
    return train, ask


def main() -> None:
    method, folder, kind, seed = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    train = pd.read_csv(folder / "train.csv", na_values=["?"])
    words = pd.read_csv(folder / "train.csv", usecols=["target"], dtype=str)["target"]
    ask = pd.read_csv(folder / "ask.csv", na_values=["?"])
    train, ask = inputs(train.drop(columns="target"), ask, method in WHOLE)
    classes, truth = np.unique(words, return_inverse=True) if kind == "category" else (None, words.astype(float))
    model = METHODS[method](classes is not None, seed)
    if method == "catboost":
        model.set_params(cat_features=list(train.select_dtypes("category").columns))
    model.fit(train, truth)
    if classes is None:
        answers = pd.DataFrame({"target": np.ravel(model.predict(ask))})
    else:
        shares = model.predict_proba(ask)
        answers = pd.DataFrame(shares, columns=[f"target={word}" for word in classes])
        answers.insert(0, "target", classes[shares.argmax(1)])
    answers.to_csv(folder / f"{method}.csv", index=False)


if __name__ == "__main__":
    main()
