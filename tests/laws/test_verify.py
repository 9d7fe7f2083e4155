"""Is it the same one? Whoever is asked about was never learned from, and what is settled holds for others too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lamina
import worlds
from lamina import Model
from lamina.core import DataError, PlanError
from lamina.examples import Reading, read, split
from lamina.examples.reading import TRAIN
from lamina.examples.thresholds import place
from terminal import run

NEW = 240


@pytest.fixture(scope="module")
def model() -> Model:
    return lamina.learn(worlds.people(640, 0), "person", verify=True, steps=150, seed=1)


def without(world: worlds.World) -> worlds.World:
    return {name: values for name, values in world.items() if name != "person"}


def told(model: Model, world: worlds.World) -> tuple[float, float]:
    """Shares of the same that are missed, and of different ones taken for the same."""
    found = model.compare(without(world), without(world))
    who = world["person"]
    alike, one = who[:, None] == who, ~np.eye(len(who), dtype=bool)
    return float((~found.same)[alike & one].mean()), float(found.same[~alike].mean())


def test_the_threshold_holds_for_new_people(model: Model) -> None:
    missed, taken = told(model, worlds.people(NEW, 7))
    assert missed < 0.1
    assert taken < 0.1
    [target] = model.card.results["targets"]
    assert target["figures"]["eer"]["value"] < 0.08
    assert target["figures"]["eer"]["value"] < min(each["figures"]["eer"] for each in target["baselines"])


def test_names_that_mean_nothing_teach_nothing() -> None:
    world = worlds.shuffled(worlds.people(640, 0), "person")
    figures = lamina.learn(world, "person", verify=True, steps=60).card.results["targets"][0]["figures"]
    assert 0.4 < figures["eer"]["value"] < 0.6


def test_who_is_judged_never_taught() -> None:
    world = worlds.people(640, 0)
    for seed in range(5):
        examples = read(world, Reading(kind={"person": "identity"}), target=("person",))
        found = split(examples, ("person",), seed=seed, apart=True)
        parts: dict[str, set[int]] = {}
        for who, part in zip(world["person"], found.parts, strict=True):
            parts.setdefault(str(who), set()).add(int(part))
        assert all(len(each) == 1 for each in parts.values())
        assert len({next(iter(each)) for each in parts.values()}) == 3
        assert 0.5 < (found.parts == TRAIN).mean() < 0.85


def test_later_examples_of_people_go_where_they_were() -> None:
    from lamina.examples import keys

    world, later = worlds.people(640, 0), worlds.people(640, 0, each=4)
    told = Reading(kind={"person": "identity"})
    first = read(world, told, target=("person",))
    found = split(first, ("person",), apart=True)
    more = read(later, told, target=("person",))
    placed = place(found.thresholds, keys.of_labels(more, "person"))
    before = dict(zip(world["person"], found.parts, strict=True))
    known = [who in before for who in later["person"]]
    assert sum(known) > 100
    assert all(before[who] == part for who, part, old in zip(later["person"], placed, known, strict=True) if old)


def test_the_order_of_both_does_not_matter(model: Model) -> None:
    world = without(worlds.people(80, 3))
    some, others = {k: v[:5] for k, v in world.items()}, {k: v[5:20] for k, v in world.items()}
    one, two = model.compare(some, others), model.compare(others, some)
    np.testing.assert_allclose(one.distance, two.distance.T, atol=1e-6)
    np.testing.assert_allclose(one.probability, two.probability.T, atol=1e-6)
    assert np.diag(model.compare(some, some).distance) == pytest.approx(0, abs=1e-6)


def test_the_most_alike_come_first(model: Model) -> None:
    world = without(worlds.people(80, 3))
    found = model.compare({k: v[:1] for k, v in world.items()}, {k: v[1:40] for k, v in world.items()})
    assert [each.distance for each in found] == sorted(found.distance[0])
    assert found[0].b in {f"row {k}" for k in range(1, 8)}  # of the same one
    assert found[0].same
    assert found[0].probability > 0.5
    assert len(found) == 39
    assert found[-1].distance == found.distance.max()
    with pytest.raises(IndexError):
        found[39]


def test_it_compares_after_saving_and_as_the_network_does(model: Model, tmp_path: Path) -> None:
    import torch

    world = without(worlds.people(80, 3))
    back = lamina.load(model.save(tmp_path / "people.lamina"))
    found = back.compare(world, world)
    np.testing.assert_array_equal(found.distance, model.compare(world, world).distance)
    rows = model.intake.encode(model.read(world))["table"]
    with torch.inference_mode():
        raws, _ = back.network({"table": type(rows)(torch.from_numpy(rows.values), torch.from_numpy(rows.present))})
    places = raws["person"].numpy()
    np.testing.assert_allclose(1 - places @ places.T, found.distance, atol=1e-4)


def test_the_command_says_it(model: Model, tmp_path: Path) -> None:
    place = model.save(tmp_path / "people.lamina")
    world = worlds.people(80, 3)
    lines = [",".join(without(world))]
    lines += [",".join(f"{value:.6f}" for value in row) for row in zip(*without(world).values(), strict=True)]
    for name, some in (("a", lines[1:2]), ("b", lines[2:3]), ("many", lines[2:])):
        (tmp_path / f"{name}.csv").write_text("\n".join([lines[0], *some]))

    said = run("compare", str(place), str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))
    assert said.startswith("the same, ")
    ranked = run("compare", str(place), str(tmp_path / "a.csv"), str(tmp_path / "many.csv"), "--json", "--most", "3")
    found = [json.loads(line) for line in ranked.splitlines()]
    assert [each["distance"] for each in found] == sorted(each["distance"] for each in found)
    assert len(found) == 3
    with pytest.raises(PlanError, match="lamina compare"):
        run("predict", str(place), str(tmp_path / "a.csv"))


def test_the_report_shows_distances_and_the_hardest_pairs(model: Model) -> None:
    assert "The hardest pairs" in model.report
    assert "Distances" in model.report
    assert "equal error rate" in model.report
    private = lamina.learn(worlds.people(320, 0), "person", verify=True, steps=5, private=True)
    assert "The hardest pairs" not in private.report


def test_score_takes_people_that_are_new(model: Model) -> None:
    found = model.score(worlds.people(NEW, 9)).targets["person"]
    assert found["eer"].low <= found["eer"].value <= found["eer"].high
    assert found["eer"].value < 0.1


def test_what_cannot_be_compared_is_refused(model: Model, small_model: Path) -> None:
    with pytest.raises(PlanError, match="--verify"):
        lamina.load(small_model).compare({"x": [1.0]}, {"x": [2.0]})
    with pytest.raises(DataError, match="At least two are needed"):
        lamina.learn(worlds.people(24, 0), "person", verify=True, steps=5)
    with pytest.raises(PlanError, match="no --folds"):
        lamina.learn(worlds.people(320, 0), "person", verify=True, steps=5, folds=3)
    with pytest.raises(PlanError, match="lamina compare"):
        model.predict(without(worlds.people(8, 0)))
