"""What every input promises, whatever its kind. A new file in `inputs/` is held to it as soon as it is there."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import worlds
from lamina import kinds
from lamina.core import Input
from lamina.inputs.video import evenly

ROWS = 60

pytestmark = pytest.mark.parametrize("kind", kinds.names("inputs"))


def settled(kind: str, *shards: Any) -> Input:
    """An input that has seen these values, each shard apart."""
    found = [kinds.find("inputs", kind)() for _ in shards or (0,)]
    for each, values in zip(found, shards, strict=False):
        each.observe(values)
    for other in found[1:]:
        found[0].merge(other)
    found[0].settle()
    whole: Input = found[0]
    return whole


def test_its_name_is_its_file(kind: str) -> None:
    assert kinds.find("inputs", kind).kind == kind


def test_encoded_rows_have_the_form(kind: str) -> None:
    values = worlds.column(kind, ROWS, 0)
    each = settled(kind, values)
    encoded = each.encode(values)
    assert encoded.values.shape == (ROWS, *each.form.shape)
    assert encoded.values.dtype == each.form.dtype
    assert (encoded.lengths is not None) == each.form.timed
    if encoded.lengths is not None:
        assert encoded.lengths.dtype == np.int64
        assert encoded.lengths.min() >= 1
        assert encoded.lengths.max() <= each.form.shape[0]
        beyond = np.arange(each.form.shape[0]) >= encoded.lengths[:, None]
        assert not encoded.values[beyond].any()
        assert not encoded.values[~encoded.present].any()
    assert encoded.present.shape == (ROWS,)
    assert encoded.present.dtype == bool
    assert 0 < encoded.present.sum() < ROWS  # the made column has missing cells
    assert encoded.problems == []  # a missing cell is no problem
    if each.form.kind == "vector":
        assert len(each.form.sizes) == each.form.shape[0]
        for place, size in enumerate(each.form.sizes):
            codes = encoded.values[:, place]
            assert not size or (np.isin(codes, np.arange(size)).all() and (codes[~encoded.present] == 0).all())
            assert size or (np.isfinite(codes) == encoded.present).all()


def test_a_row_is_encoded_by_itself(kind: str) -> None:
    values = worlds.column(kind, ROWS, 0)
    each = settled(kind, values)
    whole = each.encode(values)
    rows = np.random.default_rng(1).permutation(ROWS)[:17]
    some = [values[row] for row in rows] if isinstance(values, list) else values[rows]
    part = each.encode(some)
    np.testing.assert_array_equal(part.values, whole.values[rows])
    np.testing.assert_array_equal(part.present, whole.present[rows])


@pytest.mark.parametrize("cut", [0, 1, 23, ROWS])
def test_shards_observed_apart_give_the_same(kind: str, cut: int) -> None:
    values = worlds.column(kind, ROWS, 0)
    whole, merged = settled(kind, values), settled(kind, values[:cut], values[cut:])
    assert merged.state() == whole.state()
    assert merged.form == whole.form
    np.testing.assert_array_equal(merged.encode(values).values, whole.encode(values).values)


def test_its_state_is_json_and_restores(kind: str) -> None:
    each = settled(kind, worlds.column(kind, ROWS, 0))
    state = json.loads(json.dumps(each.state(), allow_nan=False))
    back = kinds.find("inputs", kind).restore(state)
    new = worlds.column(kind, ROWS, 1)
    assert back.form == each.form
    assert back.state() == each.state()
    np.testing.assert_array_equal(back.encode(new).values, each.encode(new).values)
    assert back.unlike(new) == each.unlike(new)


def test_no_row_and_no_value_are_taken(kind: str) -> None:
    values = worlds.column(kind, ROWS, 0)
    each = settled(kind, values)
    assert each.encode(values[:0]).values.shape == (0, *each.form.shape)
    unseen = settled(kind, values[:0])  # a column that was empty while learning
    assert json.loads(json.dumps(unseen.state())) is not None
    encoded = kinds.find("inputs", kind).restore(unseen.state()).encode(values)
    assert encoded.values.shape == (ROWS, *unseen.form.shape)


def test_what_is_unlike_is_said_by_row(kind: str) -> None:
    values = worlds.column(kind, ROWS, 0)
    each = settled(kind, values)
    assert each.unlike(values) == {}  # type: ignore[attr-defined]  # training rows are like themselves


def test_a_value_comes_back(kind: str) -> None:
    values = worlds.column(kind, ROWS, 0)
    each = settled(kind, values)
    encoded = each.encode(values)
    row = int(np.flatnonzero(encoded.present)[0])
    back = each.decode(encoded.values[row])
    match kind:
        case "number":
            assert back == pytest.approx(values[row], rel=1e-6)
        case "text":
            assert back.lower().split() == values.tolist()[row].lower().replace("!", " !").split()
        case "category":
            assert back == values.tolist()[row]
        case "date":
            said = np.datetime64(back).astype("datetime64[s]").astype(float)
            assert abs(said - values[row]) < 600
        case "video":
            kept = values[row][evenly(len(values[row]), each.form.shape[0])]
            np.testing.assert_array_equal(np.stack(back)[: len(kept)], kept)
        case "series":
            steps = values[row]
            np.testing.assert_allclose(np.stack(list(back.values()), 1)[: len(steps)], steps, rtol=1e-6)
        case "image":
            np.testing.assert_array_equal(np.asarray(back), encoded.values[row].squeeze())
