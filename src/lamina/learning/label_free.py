"""Features of every row that no label had a say in: for what is told by nearness alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from lamina.core import Array, Encoded, Form, chunks
from lamina.learning._summary import over_time
from lamina.learning.prepare import Prepared
from lamina.networks._values import Pixels, values_of

SETTLED = 20_000  # rows that scales are taken from
ASKED = 512  # rows at once
TOPICS = 100  # that texts are told by
RARE = 2  # texts that a word must be in


def features(
    prepared: Prepared, rows: Array, rng: np.random.Generator, own: Mapping[str, Array] | None = None
) -> Array:
    """[n, F] of these rows, each input's with the same weight: an input is left at 0 where it is absent.

    Features of a pretrained network as they are; columns and pixels on one scale; texts by the topics of their words; what
    lies over time by its mean, spread and extremes. own: features [n, F] that were learned without labels, by input.
    """
    found = []
    for name, form in prepared.intake.forms.items():
        each = _of(prepared.rows.inputs[name], rows)
        here = each.present.numpy()
        told = own[name] if own and name in own else one(each, form, rng)
        spread = float(np.sqrt(told[here].var(0).sum())) if here.any() else 0.0
        found.append(np.where(here[:, None], told, 0) / (spread or 1.0))
    return np.concatenate(found, 1, dtype=np.float32)


def _of(each: Encoded, rows: Array) -> Encoded:
    index = torch.from_numpy(rows)
    return Encoded(
        each.values[index], each.present[index], lengths=None if each.lengths is None else each.lengths[index]
    )


def one(each: Encoded, form: Form, rng: np.random.Generator) -> Array:
    """[N, F] of one input's rows."""
    values = each.values
    if form.kind == "tokens" and not values.dtype.is_floating_point:
        return _topics(values.numpy(), rng)
    if form.kind == "vector" or (form.kind == "grid" and values.dtype == torch.uint8):
        even = values_of(form)
        even.settle(values[np.sort(rng.permutation(len(values))[:SETTLED])])
        with torch.inference_mode():
            return np.concatenate([even(values[rows]).numpy() for rows in chunks(np.arange(len(values)), ASKED)])
    if form.kind == "film" and values.dtype == torch.uint8:
        return _frames(values, form)
    if each.lengths is not None:
        return _scaled(over_time(values.numpy(), each.lengths.numpy()))
    if values.ndim > 2:  # maps of a pretrained network whose last blocks learn on
        values = values.flatten(2).mean(2)
    whole: Array = values.float().numpy()  # of a pretrained network: directions count, not lengths
    return np.asarray(whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12))


def _scaled(x: Array) -> Array:
    known = np.nan_to_num(x)
    spread = known.std(0)
    return np.asarray((known - known.mean(0)) / np.where(spread > 0, spread, 1))


def _frames(films: torch.Tensor, form: Form) -> Array:
    """Values of the mean frame, and of how much each place changes."""
    pixels = Pixels(Form("grid", form.shape[1:]))
    found = []
    with torch.inference_mode():
        for rows in chunks(np.arange(len(films)), 64):
            some = films[rows].float()
            found.append(torch.cat([pixels(some.mean(1)), pixels(some.std(1, correction=0))], 1).numpy())
    return np.concatenate(found)


def _topics(texts: Array, rng: np.random.Generator) -> Array:
    """[N, T] codes of words to how much each text is about each topic (latent semantic analysis, Deerwester et al. 1990)."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts = TfidfVectorizer(analyzer=lambda row: row[row > 0].tolist(), sublinear_tf=True, min_df=RARE)
    try:
        words = counts.fit_transform(texts)
    except ValueError:  # no word is in two texts
        return np.zeros((len(texts), 1), np.float32)
    if min(words.shape) <= TOPICS:
        topics = words.toarray()
    else:
        topics = TruncatedSVD(TOPICS, random_state=int(rng.integers(2**31))).fit_transform(words)
    return np.asarray(topics / np.maximum(np.linalg.norm(topics, axis=1, keepdims=True), 1e-12), np.float32)
