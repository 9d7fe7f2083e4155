"""What a model's card says, however it was learned: what it takes, gives, was learned from and with."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version

from lamina.core import Json
from lamina.examples.reading import Reading
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.model.card import Card
from lamina.model.drift import reference
from lamina.networks._build import spelt_out

LIBRARIES = ("lamina", "torch", "numpy", "onnxruntime", "polars", "scikit-learn")


def card_of(
    prepared: Prepared,
    plan: Plan,
    said: Mapping[str, Json],
    outputs: list[Json],
    *,
    members: int,
    features: int,
    novelty: float | None,
) -> Card:
    """The card, its results still to come. said: for each array its network; features: how many the graph gives."""
    train = prepared.folds[0].train
    followed = [] if plan.private else [c for c, each in prepared.intake.inputs.items() if each.form.kind == "vector"]
    columns = {column: reference(prepared.examples.values(column, train)) for column in followed}
    kinds = prepared.examples.kinds
    # How cells are written that are not plain: decimal commas, the order of day and month.
    written = {name: kinds[name].how for name in (*prepared.intake.inputs, *prepared.outputs) if kinds[name].how}
    return Card(
        inputs=prepared.intake.state(plan.private),
        networks={name: spelt_out(each) for name, each in said.items()},
        members=members,
        outputs=outputs,
        features=features,
        novelty=novelty,
        reading={
            "separator": prepared.examples.reading.separator,
            "written": written,
            "asked": {} if plan.private else _asked(prepared.examples.reading),
        },
        split=prepared.split.thresholds,
        plan=plan.asked(),
        results={},
        versions=versions(),
        data={
            "source": "" if plan.private else prepared.examples.source,
            "rows": len(prepared.examples),
            "columns": {name: found for name, found in columns.items() if found is not None},
        },
        private=plan.private,
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def versions() -> dict[str, str]:
    """Of Python and what learning stands on."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _asked(reading: Reading) -> Json:
    """How the examples were read, as far as somebody said so: then the same rows are found in them again."""
    plain = Reading()
    said = {each.name: getattr(reading, each.name) for each in fields(reading) if each.name != "query"}
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in said.items()
        if value != getattr(plain, name)
    }
