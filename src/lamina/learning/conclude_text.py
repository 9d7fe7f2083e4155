"""What comes after learning to write: judged on the end of the text, beside counts of letters; samples, and whether they are
copies; the model and its report."""

from __future__ import annotations

import datetime
from collections.abc import Generator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from lamina.core import Array, Json, Progress
from lamina.insight.copied import around, longest
from lamina.insight.written import render, verdict
from lamina.learning import _ngrams
from lamina.learning.apprentice_text import PIECE, Apprentice
from lamina.learning.carded import versions
from lamina.learning.findings import about_learning
from lamina.learning.making import repeating
from lamina.made._alphabet import STOP, Alphabet
from lamina.made.text import Text
from lamina.model.bundle import NETWORK, REPORT, WEIGHTS
from lamina.model.card import MADE, Card
from lamina.model.model import Model
from lamina.model.onnx import write
from lamina.networks._build import spelt_out
from lamina.networks._writer import Writer

if TYPE_CHECKING:
    from lamina.learning.make_text import Craft
    from lamina.learning.making import Making

TEMPERATURES = (0.5, 0.8, 1.0)  # of the samples in the report
LENGTH = 600  # letters of each
BLOCK = 500  # letters that are drawn together for an interval: neighbours are alike
FEWEST = 20  # such runs
DRAWS = 1_000
GRAPH_STEPS = 4


def conclude(craft: Craft, apprentice: Apprentice, making: Making) -> Generator[Progress, None, Model]:
    """Judge it, tell of it, and put the model together."""
    plan, lines = craft.plan, craft.lines
    judged = apprentice.nats(lines.judged)
    yield making.said("Counting which letters follow each other, to compare")
    order, rival, of = simple(craft, min(_ngrams.MOST, int(_ngrams.PACE * making.budget.baselines)))
    letters = lines.letters[lines.codes[lines.judged]]
    found: Json = {
        "kind": "text",
        "column": "text",
        "letters": int(letters.sum()),
        "alphabet": len(craft.alphabet.letters),
        "rare": int((lines.codes[lines.judged] == 0).sum()),
        "figures": figures(judged, letters),
        "baselines": [{"name": counted(order, of), "figures": figures(*rival)}],
        "lead": lead(judged, letters, *rival),
    }
    made = craft.made(apprentice.network.memory)
    network = apprentice.network.eval().cpu()
    files = {
        WEIGHTS: save({k: v.contiguous() for k, v in network.state_dict().items()}),
        NETWORK: graph(network),
        REPORT: b"",
    }
    model = Model(card(craft, made), files)
    yield making.said("Writing some, and looking whether it is copied")
    found |= samples(model, craft) if not plan.private else {"samples": []}
    found["said"] = verdict(found)
    assert apprentice.loop is not None
    found["course"] = apprentice.loop.shown
    model.card.results = {
        "made": model.card.made,
        "makes": [found],
        "targets": [],
        "data": about_data(craft),
        "learning": about_learning([apprentice], making.budget.started),
        "network": about_network(craft, network),
        "plan": plan.asked() | {"steps": apprentice.loop.step},
        "versions": model.card.versions,
        "command": repeating(making.command, apprentice.loop, craft.size, making.stopped),
        "stopped": making.stopped,
    }
    model.files = files | {REPORT: render(model.card.results).encode()}
    return model


def graph(network: Writer) -> bytes:
    """The network as ONNX: tokens [B, T] and the memory before them [B, 2 × layers, units] (hidden states, then cells) to
    logits [B, T, V] and the memory after them."""
    layers, units = network.memory

    class Step(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, tokens: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
            before = memory.transpose(0, 1)
            logits, hidden, cell = self.network(tokens, before[:layers], before[layers:])
            return logits, torch.cat([hidden, cell]).transpose(0, 1)

    example = [torch.zeros(2, GRAPH_STEPS, dtype=torch.int32), torch.zeros(2, 2 * layers, units)]
    return write(Step(), example, ["tokens", "memory"], ["logits", "memory_after"], ("tokens", "logits"))


def simple(craft: Craft, most: int) -> tuple[int, tuple[Array, Array], int | None]:
    """Of counts of letters: how many in a row, and nats of each letter at the end, with how many letters each is (1). most: letters
    that there is time to count, the last ones; the third says how many where that is not all."""
    passages = {part: [craft.text[a:b] for a, b, each in craft.parts if each == part] for part in ("taught", "chosen")}
    alphabet = Alphabet.of(passages["taught"])
    taught, chosen = (alphabet.encode("".join(passages[part])) for part in ("taught", "chosen"))
    end = craft.parts[-1][0]
    judged = alphabet.encode(craft.text[max(0, end - _ngrams.LONGEST) :])
    order, nats = _ngrams.best(taught[-most:], chosen, judged, len(alphabet))
    return order, (nats, np.ones(len(nats), np.int64)), most if most < len(taught) else None


def counted(order: int, of: int | None) -> str:
    """What a simple model counts, for people. of: letters, where these are not all that taught."""
    some = "" if of is None else f", of the last {of:,}"
    return {0: "equal chances for all letters", 1: f"counts of single letters{some}"}.get(
        order, f"counts of {order} letters in a row{some}"
    )


def blocks(values: Array, letters: Array) -> tuple[Array, Array]:
    """Sums of nats and of letters over runs of about `BLOCK` letters, of fewer where there are few."""
    size = min(BLOCK, max(1, int(letters.sum()) // FEWEST))
    place = (np.cumsum(letters) - 1) // size
    return np.bincount(place, values), np.bincount(place, letters)


def drawn(count: int) -> Array:
    """[DRAWS, count] blocks drawn with replacement."""
    return np.random.default_rng(0).integers(0, count, (DRAWS, count))


def figures(nats: Array, letters: Array) -> Json:
    """Nats and bits a letter, and perplexity, each with a 95 % interval from blocks drawn with replacement."""
    sums, counts = blocks(nats, letters)
    some = drawn(len(sums))
    means = sums[some].sum(1) / counts[some].sum(1)
    three = [float(nats.sum() / letters.sum()), *np.quantile(means, [0.025, 0.975]).tolist()]
    ways = {"nats": three, "bits": [each / np.log(2) for each in three], "perplexity": np.exp(three).tolist()}
    return {name: dict(zip(("value", "low", "high"), map(float, each), strict=True)) for name, each in ways.items()}


def lead(nats: Array, letters: Array, other: Array, other_letters: Array) -> Json:
    """By how many nats a letter it is better than a simple model on the same blocks, with an interval."""
    (mine, count), (theirs, _) = blocks(nats, letters), blocks(other, other_letters)
    some = drawn(min(len(mine), len(theirs)))
    ahead = (theirs[some].sum(1) - mine[some].sum(1)) / count[some].sum(1)
    value = (other.sum() - nats.sum()) / letters.sum()
    return {"value": float(value), "low": float(np.quantile(ahead, 0.025)), "high": float(np.quantile(ahead, 0.975))}


def samples(model: Model, craft: Craft) -> Json:
    """What it writes at several temperatures, each with the longest passage that stands in what it learned from; and the
    longest that passages of the held-out end have in common with it, which is how much texts repeat themselves anyway.
    Compared are as many letters of each: the longer a passage, the longer what it repeats."""
    learned = STOP.join(craft.text[start:stop] for start, stop, part in craft.parts if part == "taught")
    end = craft.text[craft.parts[-1][0] :]
    size = min(LENGTH, len(end))
    written = []
    for temperature in TEMPERATURES:
        [text] = model.generate(1, length=LENGTH, temperature=temperature, seed=craft.plan.seed)
        found = longest(text[:size], learned)
        written.append({"temperature": temperature, "text": text, "start": found.start, "length": found.length})
        if found.place >= 0:
            written[-1]["passage"] = [each.replace(STOP, "\n") for each in around(learned, found.place, found.length)]
    places = np.linspace(0, len(end) - size, 5 if len(end) > size else 1).astype(int)
    real = [longest(end[at : at + size], learned).length for at in places]
    return {"samples": written, "compared": size, "real": real}


def card(craft: Craft, made: Text) -> Card:
    plan, prose = craft.plan, craft.prose
    return Card(
        inputs=[],
        networks={name: spelt_out(each) for name, each in craft.networks.items()},
        members=1,
        outputs=[{"column": "text", "name": "text", "kind": made.kind, "room": MADE, "state": made.state()}],
        features=0,
        novelty=None,
        reading={},
        split={"kept": [list(each) for each in craft.parts if each[2] != "taught"]},
        plan=plan.asked(),
        results={},
        versions=versions(),
        data={"source": "" if plan.private else prose.source, "rows": len(prose), "columns": {}},
        private=plan.private,
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def about_data(craft: Craft) -> Json:
    counted = {
        part: sum(b - a for a, b, each in craft.parts if each == part) for part in ("taught", "chosen", "judged")
    }
    notes = [] if craft.plan.private else [{"level": each.level, "text": str(each)} for each in craft.prose.notes]
    return {
        "source": "" if craft.plan.private else craft.prose.source,
        "rows": len(craft.prose),
        "letters": craft.prose.letters,
        "parts": counted,
        "private": craft.plan.private,
        "notes": notes,
    }


def about_network(craft: Craft, network: Writer) -> Json:
    said = spelt_out(craft.networks["text"])
    options: Any = said["options"]
    what = "token" if craft.alphabet.pairs else "letter"
    layers = [
        {"name": name, "layer": type(m).__name__, "parameters": sum(p.numel() for p in m.parameters(recurse=False))}
        for name, m in network.named_modules()
        if not list(m.children())
    ]
    size = sum(p.numel() for p in network.parameters())
    where = "one layer" if options["depth"] == 1 else f"each of {options['depth']} layers"
    return {
        "kinds": {"text": said["kind"]},
        "members": 1,
        "parameters": size,
        "learned": size,
        "depth": len(network.reader.layers) + 2,
        "time_steps": PIECE,
        "layers": layers,
        "recipe": asdict(craft.recipe),
        "reasons": [
            f"A recurrent network ({options['cell'].upper()}) reads {what} by {what}; its memory holds {options['width']} numbers in "
            f"{where}. An example is a run of {PIECE} {what}s."
        ],
        "tried": [],
    }
