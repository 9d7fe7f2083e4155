"""What comes into the first sum over a table is called by its column."""

from __future__ import annotations

import numpy as np
import torch

import worlds
from lamina.insight.question import tensors
from lamina.insight.trace import traced
from lamina.page.features import features


def test_every_feature_of_a_table_is_named_and_is_what_its_name_says() -> None:
    rows = worlds.shop(200, 0)
    model = worlds.learned(rows, "returns", 10)
    member = model.network.members[0]
    names = features(member, "networks.table.first", model.intake)
    assert len(names) == member.networks["table"].columns.width
    assert features(member, "networks.table.layers.layer2.0", model.intake) == []
    assert {"money spent", "money spent is missing", "region: north", "region: south"} <= set(names)

    found = traced(model.network, tensors(model.intake.encode(model.read({k: v[:1] for k, v in rows.items()}))))
    unit = found.unit("networks.table.first", (0,))
    columns = member.networks["table"].columns
    by_name = {names[term.place[-1]]: term.value + float(columns.mean[term.place[-1]]) for term in unit.terms}
    here = str(rows["region"][0])
    assert np.isclose(by_name[f"region: {here}"], 1.0)
    assert np.isclose(by_name[f"region: {'south' if here == 'north' else 'north'}"], 0.0)
    assert torch.isfinite(columns.left).all()


def test_what_a_series_becomes_is_not_called_by_columns_of_a_table() -> None:
    model = worlds.learned(worlds.wobbles(60, 0), "label", 2, network="outline")
    assert features(model.network.members[0], "networks.series.told.first", model.intake) == []
