"""What comes after learning to make pictures: how much they are like real ones, and whether they are copies; samples; the
model and its report."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from lamina.core import Array, Coded, Json, Progress
from lamina.insight import duel, thumbnails
from lamina.insight.pictured import render, verdict
from lamina.insight.resemblance import density_coverage, frechet, nearest
from lamina.learning._lesson import few_pixels
from lamina.learning.apprentice_image import Apprentice
from lamina.learning.carded import card_of
from lamina.learning.eyes import Classifier, Eyes, Photographs
from lamina.learning.findings import about_data, about_learning
from lamina.learning.make_image import FEWEST, JUDGED
from lamina.learning.making import repeating
from lamina.made.image import GIVEN, NOISE, PICTURES, Image
from lamina.model.bundle import NETWORK, REPORT, WEIGHTS
from lamina.model.card import MADE
from lamina.model.model import Model
from lamina.model.onnx import write
from lamina.networks._build import spelt_out
from lamina.networks.generator import Generator as Network
from lamina.networks.pretrained import available

if TYPE_CHECKING:
    from lamina.learning.make_image import Craft
    from lamina.learning.making import Making

SIDE = 16  # pixels a side by which copies are looked for
CLOSE = (
    0.01  # of the held-out pictures lie so near to one that was learned from: nearer ones are suspected of being copies
)
ACROSS, DOWN = 12, 8  # pictures on the sheet of the report
BESIDE = 8  # pictures that the nearest ones are shown beside
STEPS, WALKS = 10, 4  # pictures between two points, and how many such walks
PHOTO = 32  # pixels of the shorter side of a photograph, at least
SEEN = 20  # photographs that a network looks at in a second, about
FEW_SEEN = 200  # that it looks at however little time there is


def conclude(craft: Craft, apprentice: Apprentice, making: Making) -> Generator[Progress, None, Model]:
    """Judge it, tell of it, and put the model together."""
    plan, gallery = craft.plan, craft.gallery
    rng = np.random.default_rng(plan.seed)
    tested = rng.permutation(craft.tested)[: min(JUDGED, len(gallery.taught))]
    learned = rng.permutation(gallery.taught)[: len(tested)]
    noise = torch.from_numpy(rng.standard_normal((len(tested), craft.made().noise)).astype(np.float32))
    pictures = apprentice.make(noise, gallery.wishes(tested))
    yield making.said("Comparing what is made with pictures it never saw")
    found: Json = {
        "kind": Image.kind,
        "column": craft.column,
        "asked": craft.asked,
        "worded": craft.made().worded,
        "rows": len(tested),
        "side": list(gallery.form.shape),
        "likeness": [
            likeness(each, gallery.pictures(tested[:most]), gallery.pictures(learned[:most]), pictures[:most])
            for each, most in eyes(craft, making, len(tested))
        ],
    }
    if isinstance(craft.eyes, Classifier) and (agreed := agreement(craft, craft.eyes, tested, pictures)):
        found["agreement"] = agreed
    yield making.said("Looking whether it copies")
    copies, close = copied(craft, tested, pictures.numpy())
    found["copies"] = copies
    found["scores"] = scores(apprentice, tested, pictures)
    made = craft.made()
    if not plan.private:
        found |= shown(craft, apprentice, made, pictures.numpy(), close)
    assert apprentice.loop is not None
    found["setbacks"] = apprentice.loop.setbacks
    found["course"] = apprentice.loop.shown
    found["said"] = verdict(found)
    network = apprentice.network.eval().cpu()
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    files = {WEIGHTS: save(weights), NETWORK: graph(network, gallery.wishes(tested[:2])), REPORT: b""}
    output: Json = {"column": craft.column, "name": "image", "kind": made.kind, "room": MADE, "state": made.state()}
    card = card_of(craft.prepared, plan, craft.networks, [output], members=1, features=0, novelty=None)
    card.inputs = []  # it takes none: what it is asked for is said by what it makes
    model = Model(card, files)
    card.results = {
        "made": card.made,
        "makes": [found],
        "targets": [],
        "data": about_data(craft.prepared, plan.private),
        "learning": healthy(about_learning([apprentice], making.budget.started)),
        "network": about_network(craft, apprentice),
        "plan": plan.asked() | {"steps": apprentice.loop.step},
        "versions": card.versions,
        "command": repeating(making.command, apprentice.loop, craft.size, making.stopped),
        "stopped": making.stopped,
    }
    model.files = files | {REPORT: render(card.results).encode()}
    return model


def healthy(learned: Json) -> Json:
    """Without looks at which the duel had failed: their figures need be no numbers, and setbacks are told beside."""
    curves = [[each for each in one if np.isfinite(list(each.values())).all()] for one in learned["curves"]]
    return learned | {"curves": curves}


def eyes(craft: Craft, making: Making, rows: int) -> list[tuple[Eyes, int]]:
    """What looks at the pictures: what did while learning; and of photographs in colour, what knows those. With each, how many of
    `rows` pictures it looks at: as many as the budget allows."""
    form, budget = craft.gallery.form, making.budget
    found: list[tuple[Eyes, int]] = [(craft.eyes, rows)]
    if isinstance(craft.eyes, Classifier) and form.shape[2] == 3 and min(form.shape[:2]) >= PHOTO and available():
        most = rows if budget.seconds is None else max(FEW_SEEN, int(SEEN * budget.baselines))
        some = craft.gallery.taught[: min(1_000, 2 * most)]
        found.append((Photographs(form, craft.gallery.pictures(some)), min(rows, most)))
    return found


def likeness(eyes: Eyes, tested: Tensor, learned: Tensor, made: Tensor) -> Json:
    """How much made pictures are like held-out ones, and how much as many learned ones are: the best that can be."""
    held = eyes.features(tested)
    figures: Json = {"eyes": eyes.name, "rows": len(made)}
    for name, pictures in (("made", made), ("real", learned)):
        seen = eyes.features(pictures)
        density, coverage = density_coverage(held, seen)
        figures[name] = {"frechet": frechet(held, seen), "density": density, "coverage": coverage}
    return figures


def agreement(craft: Craft, eyes: Classifier, tested: Array, made: Tensor) -> Json | None:
    """How often a made picture, and a held-out real one, is taken for what it is to show; and which labels it fails at. None
    where hardly any held-out picture has a label."""
    codes = craft.codes(tested)
    assert codes is not None
    known = codes >= 0
    if known.sum() < FEWEST:
        return None
    right = eyes.told(made)[known] == codes[known]
    real = eyes.told(craft.gallery.pictures(tested))[known] == codes[known]
    names = list(craft.made().given.codes)  # type: ignore[union-attr]
    each = [
        {
            "label": names[code],
            "share": float(right[codes[known] == code].mean()),
            "rows": int((codes[known] == code).sum()),
        }
        for code in np.unique(codes[known])
    ]
    return {
        "made": float(right.mean()),
        "real": float(real.mean()),
        "labels": sorted(each, key=lambda one: one["share"]),
    }


def copied(craft: Craft, tested: Array, made: Array) -> tuple[Json, tuple[Array, Array]]:
    """How near made pictures lie to those learned from, beside held-out ones; and for each made one the nearest, and how far."""
    gallery = craft.gallery
    learned = few_pixels(gallery.rows.inputs[gallery.name].values.numpy(), gallery.taught, SIDE)
    _, usual = nearest(few_pixels(gallery.pictures(tested).numpy(), np.arange(len(tested)), SIDE), learned)
    place, apart = nearest(few_pixels(made, np.arange(len(made)), SIDE), learned)
    limit = float(np.quantile(usual, CLOSE))
    said = {
        "made": float(np.median(apart)),
        "real": float(np.median(usual)),
        "close": float((apart < limit).mean()),
        "usual": float((usual < limit).mean()),
    }
    return said, (gallery.taught[place], apart)


def scores(apprentice: Apprentice, tested: Array, made: Tensor) -> Json:
    """How real the discriminator holds held-out and made pictures for: shares of them, by score."""
    wishes = apprentice.gallery.wishes(tested)
    real, new = apprentice.scores(apprentice.gallery.pictures(tested), wishes), apprentice.scores(made, wishes)
    return duel.scores(real, new) | {"told": float((real[:, None] > new[None, :]).mean())}


def shown(craft: Craft, apprentice: Apprentice, made: Image, pictures: Array, close: tuple[Array, Array]) -> Json:
    """Pictures for the report: samples that nobody chose, those nearest to a learned one beside it, walks between points."""
    gallery, (places, apart) = craft.gallery, close
    rng = np.random.default_rng(craft.plan.seed)
    some, rows = sampled(craft, apprentice, rng)
    order = np.argsort(apart, kind="stable")[:BESIDE]
    pairs = [pictures[order], gallery.pictures(places[order]).numpy()]
    return {
        "sheet": thumbnails.url(made.sheet(list(some), ACROSS), "PNG"),
        "rows_of": rows,
        "nearest": thumbnails.url(made.sheet([each for one in pairs for each in one], len(order)), "PNG"),
        "walks": thumbnails.url(made.sheet(list(walks(craft, apprentice, rng)), STEPS), "PNG"),
    }


def sampled(craft: Craft, apprentice: Apprentice, rng: Any) -> tuple[Array, list[str]]:
    """Pictures as they come, and what each line of them shows: a label each, where there are not too many, or a sentence of
    a held-out picture."""
    made, count = craft.made(), ACROSS * DOWN
    noise = torch.from_numpy(rng.standard_normal((count, made.noise)).astype(np.float32))
    if made.given is None:
        return apprentice.make(noise, []).numpy(), []
    if made.worded:
        some = rng.permutation(craft.tested)
        told = dict(list({said: row for row, said in _sentences(craft, some)}.items())[:DOWN])
        rows = np.repeat(np.array([*told.values()] or some[:1]), ACROSS)
        return apprentice.make(noise[: len(rows)], craft.gallery.wishes(rows)).numpy(), [*told]
    labels = list(made.shares)[:DOWN] if len(made.shares) > DOWN + 4 else list(made.shares)
    noise = torch.from_numpy(rng.standard_normal((ACROSS * len(labels), made.noise)).astype(np.float32))
    wishes = torch.from_numpy(made.encoded([label for label in labels for _ in range(ACROSS)])[GIVEN])
    return apprentice.make(noise, [wishes]).numpy(), labels


def _sentences(craft: Craft, rows: Array) -> Iterator[tuple[int, str]]:
    """Rows with a sentence, and the sentences."""
    said: Coded = craft.examples.values(craft.asked, rows)
    for row, each in zip(rows.tolist(), said.tolist(), strict=True):
        if each is not None:
            yield row, each


def walks(craft: Craft, apprentice: Apprentice, rng: Any) -> Array:
    """From one noise to another, step by step along the sphere on which they lie; what is asked for stays."""
    ends = rng.standard_normal((2, WALKS, craft.made().noise))
    ends /= np.linalg.norm(ends, axis=2, keepdims=True)
    angle = np.arccos(np.clip((ends[0] * ends[1]).sum(1), -1, 1))[:, None, None]
    t = np.linspace(0, 1, STEPS)[None, :, None]
    way = (np.sin((1 - t) * angle) * ends[0][:, None] + np.sin(t * angle) * ends[1][:, None]) / np.sin(angle)
    noise = torch.from_numpy(way.reshape(WALKS * STEPS, -1).astype(np.float32))
    wishes = craft.gallery.wishes(np.repeat(rng.permutation(craft.tested)[:WALKS], STEPS))
    return apprentice.make(noise[: len(wishes[0])] if wishes else noise, wishes).numpy()


def graph(network: Network, wishes: list[Tensor]) -> bytes:
    """The generator as ONNX: noise [B, N], and what is asked for with the lengths of sentences, to pictures [B, H, W, C]."""

    class Make(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, noise: Tensor, *given: Tensor) -> Tensor:
            return self.network.make(noise, *given)

    inputs = [NOISE, GIVEN, f"{GIVEN}_lengths"][: 1 + len(wishes)]
    noise = torch.zeros(2, network.noise)
    return write(Make(), [noise, *wishes], inputs, [PICTURES], (GIVEN,) if len(wishes) > 1 else ())


def about_network(craft: Craft, apprentice: Apprentice) -> Json:
    """Both networks: the one that is kept, and its opponent."""
    parts: dict[str, nn.Module] = {"generator": apprentice.network, "discriminator": apprentice.duellist.critic}
    layers = [
        {
            "name": f"{part}.{name}",
            "layer": type(module).__name__,
            "parameters": sum(p.numel() for p in module.parameters(recurse=False)),
        }
        for part, network in parts.items()
        for name, module in network.named_modules()
        if not list(module.children())
    ]
    sizes = {name: sum(p.numel() for p in network.parameters()) for name, network in parts.items()}
    return {
        "kinds": {name: said["kind"] for name, said in craft.networks.items()},
        "members": 1,
        "parameters": sum(sizes.values()),
        "learned": sum(sizes.values()),
        "depth": apprentice.network.depth(),
        "layers": layers,
        "recipe": asdict(craft.recipe),
        "said": {name: spelt_out(each) for name, each in craft.networks.items()},
        "reasons": [
            f"A generator ({sizes['generator']:,} numbers) makes pictures from noise; a discriminator "
            f"({sizes['discriminator']:,}) learns to tell them from real ones, and the generator learns from what it sees. The "
            "generator is kept; its opponent is not."
        ],
        "tried": [],
    }
