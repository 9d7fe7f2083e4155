"""Explanations of films: frame by frame they are what asking one film after the other gives, and what pads a film is no frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lamina
import worlds
from lamina.core import Array, PlanError
from lamina.insight.explain import Explanation
from lamina.insight.frames import hidden
from lamina.insight.gradcam import gradcam
from lamina.insight.trace import trace
from lamina.insight.units import units
from lamina.insight.why import Frames
from lamina.model.model import Model


@pytest.fixture(scope="module")
def model() -> Model:
    return worlds.learned(worlds.flashes(160, 0), "label", 70)


@pytest.fixture(scope="module")
def explained(model: Model) -> tuple[worlds.World, list[Explanation]]:
    rows = worlds.flashes(10, 1)
    return rows, list(lamina.explain(model, {"film": rows["film"]}))


def frames(found: Explanation) -> Frames:
    part = found.parts[0]
    assert isinstance(part, Frames)
    return part


def covered(film: Array) -> Array:
    """Of each frame the film without it, in its own median colour."""
    changed = np.repeat(film[None], len(film), 0)
    for place in range(len(film)):
        changed[place, place] = np.sort(film.reshape(-1, 3), 0)[(film.size // 3 - 1) // 2]
    return changed


def log_odds(model: Model, films: Array, about: str | None) -> Array:
    """As the saved model answers, one film after the other, without what explains."""
    column = model.outputs["label"].classes.index(about)  # type: ignore[attr-defined]
    shares = np.array([model.predict({"film": [film]}).targets["label"].shares[0, column] for film in films])
    return np.asarray(np.log(shares / (1 - shares)))


def test_a_frames_part_is_the_fall_of_the_answer_when_it_alone_is_hidden(
    model: Model, explained: tuple[worlds.World, list[Explanation]]
) -> None:
    for film, each in list(zip(explained[0]["film"], explained[1], strict=True))[:3]:
        part = frames(each)
        before = log_odds(model, film[None], each.about)[0]
        assert part.end == pytest.approx(before, abs=2e-3)
        assert part.hidden.values == pytest.approx(before - log_odds(model, covered(film), each.about), abs=4e-3)
        assert part.alone is not None
        nothing = covered(film[:1])[0]
        for place in (0, len(film) - 1):
            only = np.repeat(nothing, len(film), 0)
            only[:] = covered(film)[place, place]
            only[place] = film[place]
            assert part.alone[place] == pytest.approx(log_odds(model, only[None], each.about)[0], abs=4e-3)


def test_the_frame_that_decides_is_the_one_that_is_found(
    explained: tuple[worlds.World, list[Explanation]],
) -> None:
    hits = [
        frames(each).hidden.values.argmax() == film.reshape(len(film), -1).min(1).argmin()
        for film, each in zip(explained[0]["film"], explained[1], strict=True)
    ]
    assert sum(hits) >= 8


def test_hiding_nothing_changes_nothing(explained: tuple[worlds.World, list[Explanation]]) -> None:
    asked = explained[1][0].asked
    assert hidden(asked, "film", [(0, 0), (3, 3)]) == pytest.approx([0, 0], abs=1e-6)


def test_a_film_of_one_colour_has_no_frame_that_matters(model: Model) -> None:
    part = frames(lamina.explain(model, {"film": [np.full((6, 10, 12, 3), 185, np.uint8)]})[0])
    assert part.hidden.values == pytest.approx(np.zeros(6), abs=1e-6)
    assert part.start == pytest.approx(part.end, abs=1e-6)


def test_what_pads_a_short_film_is_no_frame(model: Model) -> None:
    """A film beside longer ones is explained as it is alone, and no unit is said to be excited by what is not there."""
    films = sorted(worlds.flashes(40, 2)["film"], key=len)
    some = np.empty(2, object)
    some[:] = [films[0], films[-1]]
    assert len(films[0]) < len(films[-1]) == model.intake.forms["film"].shape[0]
    short = frames(lamina.explain(model, {"film": some})[0])
    assert len(short.spans) == len(short.pixels) == len(films[0])
    assert short.evidence is not None
    assert len(short.evidence.values) == len(films[0])
    held = np.empty(40, object)
    held[:] = films
    found = units(model, {"film": held, "label": ["left"] * 40})
    lengths = np.array([len(film) for film in films])
    for layer in found.layers.values():
        assert (layer.frames < lengths[layer.top]).all()
    first = next(iter(found.layers.values()))
    assert len(np.unique(first.frames)) > 2, "it says in which frame"


class Mean(nn.Module):
    """Filters over each frame, and their mean over places and frames."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.act = nn.ReLU()

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        rows, channels, steps, height, width = x.shape
        each = self.act(self.conv(x.transpose(1, 2).reshape(rows * steps, channels, height, width)))
        here = (torch.arange(steps) < lengths[:, None]).to(each)
        found: Tensor = (each.mean((2, 3)).reshape(rows, steps, 6) * here[:, :, None]).sum(1) / lengths[:, None]
        return found


def test_gradcam_of_each_frame_is_the_class_activation_map_where_a_mean_is_read_out() -> None:
    """Known without gradients, frame by frame (Zhou et al. 2016)."""
    model = worlds.learned(worlds.flashes(60, 3), "label", 15, network=Mean())
    found = lamina.explain(model, {"film": worlds.flashes(1, 4)["film"]})[0]
    join: Any = model.network.members[0]
    own, output = join.networks["film"], model.outputs["label"]
    weight, code = join.heads["label"].weight[0], output.classes.index(found.about)  # type: ignore[attr-defined]
    contrast = (weight[:, code] - weight[:, 1 - code]) / output.temperature  # type: ignore[attr-defined]
    film = found.asked.inputs["film"].values
    with torch.no_grad():
        for frame in range(film.shape[1]):
            maps = own.module.conv(own._prepared(film)[:, :, frame]).relu()[0]
            expected = (contrast[:, None, None] * maps).sum(0) / maps[0].numel() / film.shape[1]
            evidence = frames(found).evidence
            assert evidence is not None
            assert evidence.values[frame] == pytest.approx(expected.numpy(), abs=1e-5)


class Whole(nn.Module):
    """Looks at all frames at once: it has no maps of any one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, 4, 3, padding=1)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        found: Tensor = self.conv(x).relu().mean((2, 3, 4))
        return found


def test_a_network_that_does_not_look_at_frames_one_by_one_has_no_maps_of_them() -> None:
    model = worlds.learned(worlds.flashes(40, 5), "label", 3, network=Whole())
    found = lamina.explain(model, {"film": worlds.flashes(1, 6)["film"]})[0]
    assert frames(found).evidence is None
    assert gradcam(found.asked, "film") is None
    assert "Which frames" in lamina.explain(model, {"film": worlds.flashes(1, 6)["film"]}).page()


def test_a_trace_follows_one_frame_of_a_film(model: Model) -> None:
    film = worlds.flashes(1, 7)["film"]
    seen = [trace(model, {"film": film}, frame=frame) for frame in range(len(film[0]))]
    assert [each.frame for each in seen] == list(range(len(film[0])))
    assert trace(model, {"film": film}).frame == len(film[0]) // 2
    name = next(name for name, layer in seen[0].layers.items() if layer.framed)
    for frame, each in enumerate(seen):
        pixels = each[name].inputs
        assert pixels is not None
        assert np.array_equal(pixels, film[0][frame])
    with pytest.raises(PlanError, match="was asked for"):
        trace(model, {"film": film}, frame=len(film[0]))
