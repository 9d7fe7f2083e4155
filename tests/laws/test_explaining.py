"""What must hold of every explanation: it adds up, it sees what matters and nothing else, and it depends on the weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lamina
import worlds
from lamina.core import Encoded
from lamina.insight.explain import Explainer, Explanation
from lamina.insight.occlusion import occlusion
from lamina.insight.ranks import similarity
from lamina.insight.twin import ALIKE, said, twin
from lamina.insight.why import Columns, Places
from lamina.model.model import Model


@pytest.fixture(scope="module")
def shop() -> Model:
    """Numbers, a word and a date; a class and a number; an ensemble of folds."""
    return worlds.learned(worlds.shop(240, 0), ["returns", "visits"], 30, folds=3)


@pytest.fixture(scope="module")
def stripes() -> Model:
    return worlds.learned(worlds.stripes(240, 0), "label", 60, network="cnn")


def columns(found: Explanation) -> Columns:
    part = found.parts[0]
    assert isinstance(part, Columns)
    return part


def places(found: Explanation) -> Places:
    part = found.parts[0]
    assert isinstance(part, Places)
    return part


@pytest.mark.parametrize("target", ["returns", "visits"])
def test_contributions_add_up_to_the_difference_of_the_answers(shop: Model, target: str) -> None:
    rows = worlds.shop(12, 3)
    rows["money spent"][0] = np.nan
    rows["region"][1] = "the moon"
    for each in lamina.explain(shop, rows, target=target):
        part = columns(each)
        assert part.effects is not None
        size = np.abs(part.effects.values).sum()
        assert part.effects.values.sum() == pytest.approx(part.end - part.start, abs=0.003 * size + 1e-5)


@pytest.mark.parametrize("target", ["returns", "visits"])
def test_both_ends_are_what_the_model_answers(shop: Model, target: str) -> None:
    rows = worlds.shop(3, 4)
    explainer = Explainer(shop, target)
    answers = shop.predict(explainer.usual).targets[target], shop.predict(rows).targets[target]
    for row, each in enumerate(lamina.explain(shop, rows, target=target)):
        part = columns(each)
        for score, answer in ((part.start, answers[0][0]), (part.end, answers[1][row])):
            expected = answer.value if each.about is None else dict(answer.alternatives)[each.about]
            assert each.asked.share(score) == pytest.approx(expected, rel=1e-4)


def test_a_usual_row_needs_no_reason(shop: Model) -> None:
    part = columns(lamina.explain(shop, Explainer(shop).usual)[0])
    assert part.effects is not None
    assert np.abs(part.effects.values).max() < 1e-6
    assert part.without == pytest.approx(np.full(3, part.end), abs=1e-6)


def test_of_a_linear_network_contributions_are_weight_times_difference() -> None:
    rng = np.random.default_rng(0)
    rows: dict[str, Any] = {name: rng.standard_normal(300) for name in "abc"}
    rows["y"] = 3 * rows["a"] - 2 * rows["b"] + 0.1 * rows["c"]
    model = worlds.learned(rows, "y", 80, network=nn.Linear(3, 4, bias=False))
    found = lamina.explain(model, {"a": 0.5, "b": -0.4, "c": 0.3})[0]
    part = columns(found)
    join = model.network.members[0]
    weight = join.networks["table"].module.weight.T @ join.heads["y"].weight[0][:, 0]
    weight = weight * join.heads["y"].scale[0, 0] / join.networks["table"].scale
    usual = torch.tensor([Explainer(model).usual[name] for name in "abc"])
    expected = weight * (torch.tensor([0.5, -0.4, 0.3]) - usual)
    assert part.effects is not None
    assert part.effects.values == pytest.approx(expected.detach().numpy(), rel=1e-3, abs=1e-4)


class Half(nn.Module):
    """Sees nothing of the right half: a convolution, then the mean over the left."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 5, 3, padding=1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        half = x.shape[3] // 2
        left = torch.cat([x[:, :, :, :half], torch.zeros_like(x[:, :, :, half:])], 3)
        return self.act(self.conv(left)).mean((2, 3))


@pytest.fixture(scope="module")
def half() -> Model:
    return worlds.learned(worlds.stripes(160, 1), "label", 40, network=Half())


def test_covering_what_the_network_does_not_see_changes_nothing(half: Model) -> None:
    part = places(lamina.explain(half, {"image": worlds.stripes(1, 7)["image"]})[0])
    seen, unseen = np.split(part.covered.values, 2, axis=1)
    assert np.abs(unseen).max() < 1e-6 < np.abs(seen).max()


def test_gradcam_is_the_class_activation_map_where_a_mean_is_read_out(half: Model) -> None:
    """Of a mean followed by a linear read-out the evidence is known without gradients (Zhou et al. 2016)."""
    found = lamina.explain(half, {"image": worlds.stripes(1, 8)["image"]})[0]
    part = places(found)
    join = half.network.members[0]
    own = join.networks["image"]
    with torch.no_grad():
        picture = own._prepared(found.asked.inputs["image"].values)
        left = picture.clone()
        left[:, :, :, 6:] = 0
        maps = own.module.conv(left).relu()[0]
        weight = join.heads["label"].weight[0]
        code = half.outputs["label"].classes.index(found.about)  # type: ignore[attr-defined]
        contrast = (weight[:, code] - weight[:, 1 - code]) / half.outputs["label"].temperature  # type: ignore[attr-defined]
        expected = (contrast[:, None, None] * maps).sum(0) / maps[0].numel()
    assert part.evidence is not None
    assert part.evidence.values == pytest.approx(expected.numpy(), abs=1e-5)


def test_twins_keep_the_weights_and_lose_what_was_learned(stripes: Model) -> None:
    network = stripes.network
    other = twin(network, 0)
    for (name, one), (_, two) in zip(network.named_parameters(), other.named_parameters(), strict=True):
        assert torch.equal(one.flatten().sort().values, two.flatten().sort().values), name
    rows = worlds.stripes(80, 9)
    arrays = {"image": Encoded(torch.from_numpy(rows["image"]), torch.ones(80, dtype=torch.bool))}
    with torch.no_grad():
        raws = [each(arrays)[0]["label"].argmax(1).numpy() for each in (network, other)]
    truth = (rows["label"] == "upright").astype(int)
    assert (raws[0] == truth).mean() > 0.9 > 0.75 > (raws[1] == truth).mean()


def test_the_check_tells_an_explanation_of_weights_from_one_of_the_picture_alone(stripes: Model) -> None:
    """Brightness is a map that no network has a part in."""
    explanations = [places(each) for each in lamina.explain(stripes, {"image": worlds.stripes(8, 10)["image"]})]
    alike = [
        part.evidence.alike for part in explanations if part.evidence is not None and part.evidence.alike is not None
    ]
    assert len(alike) == 8
    assert np.mean(alike) < ALIKE - 0.2
    brightness = explanations[0].pixels.mean(2)
    assert "much alike" in said(similarity(brightness, brightness))


def test_rank_correlation_is_that_of_ranks() -> None:
    a = np.array([3.0, 1.0, 2.0, 2.0])
    assert similarity(a, np.exp(a)) == pytest.approx(1)
    assert similarity(a, -a) == pytest.approx(-1)
    assert similarity(a, np.ones(4)) == 0
    rng = np.random.default_rng(0)
    from scipy.stats import spearmanr

    one, two = rng.integers(0, 9, 50), rng.integers(0, 9, 50)
    assert similarity(one, two) == pytest.approx(spearmanr(one, two).statistic)


def test_of_a_picture_and_a_number_both_are_explained() -> None:
    model = worlds.learned(worlds.mixed(160, 0), "label", 20)
    rows = worlds.mixed(2, 1)
    kinds = [part.kind for part in lamina.explain(model, rows)[0].parts]
    assert sorted(kinds) == ["columns", "places"]
    gone = lamina.explain(model, {"image": [None], "number": [0.5]})[0]
    assert [part.kind for part in gone.parts] == ["columns"]


def test_occlusion_covers_every_pixel_once(stripes: Model) -> None:
    found = lamina.explain(stripes, {"image": worlds.stripes(1, 11)["image"]})[0]
    assert occlusion(found.asked, "image", patches=1).shape == (1, 1)
    assert occlusion(found.asked, "image", patches=5).shape == (4, 4)  # 12 pixels in patches of 3
