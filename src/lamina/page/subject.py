"""What is laid out as a map: one network, what goes into it and comes out of it, and how to run it on some examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamina.core import Array
from lamina.insight.question import tensors
from lamina.made._wish import Wish
from lamina.made.image import GIVEN, NOISE, Image
from lamina.made.text import Text
from lamina.model.cells import Cells
from lamina.model.model import Model
from lamina.model.usual import usual
from lamina.page import answering, words
from lamina.page.data import Data

SEEN, VALUES = 128, 2**22  # examples whose activations are counted, and values that all of them have, at most
MADE = 32  # pictures that are made to see what a generator's layers give
WRITTEN = 200  # letters that are written to see what a writer's layers give

Ran = tuple[Mapping[str, Any], Any]


@dataclass(frozen=True, slots=True)
class End:
    """An input or an output of the map. name: as its node is called, without `input.` or `output.`."""

    name: str
    title: str
    shape: tuple[int, ...]
    does: str
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """inputs, outputs: what is drawn at both ends. one: a row for each input, and what it is run by: what comes out by the names of
    the outputs, and features. some: runs the network on several examples; None where there are none.
    """

    member: nn.Module
    inputs: tuple[End, ...]
    outputs: tuple[End, ...]
    one: Callable[[], tuple[Mapping[str, Tensor], Callable[[], Ran]]]
    some: Callable[[], object] | None


def subject(model: Model, data: Data) -> Subject:
    """Of a model that answers or finds, the first member; of one that makes, what makes."""
    if not model.card.makes:
        return _answering(model, data)
    made: Any = model.maker
    return _painting(model, made) if isinstance(made, Image) else _writing(model, made)


def _answering(model: Model, data: Data) -> Subject:
    member: nn.Module = model.network.members[0]
    inputs = []
    for name, form in model.intake.forms.items():
        columns = model.intake.groups[name]
        called = columns[0] if len(columns) == 1 else f"{len(columns)} columns"
        inputs.append(End(name, called, tuple(form.shape), words.about_input(form.kind, form.shape)))
    outputs = []
    for each in [*model.card.taught, *model.card.found]:
        output: Any = model.outputs.get(each["column"])
        count = len(getattr(output, "classes", ()) or ()) or 1
        does = words.about_output(output) if output is not None else "What it finds in the features, without labels."
        outputs.append(End(each["column"], each["column"], (count,), does, count))
    named = {each["name"]: each["column"] for each in model.card.taught}
    found = [each["column"] for each in model.card.found]

    def example() -> Any:
        if data.examples is not None and len(data):
            return model.intake.encode(data.examples, np.array([0]))
        return model.intake.encode(Cells.settle([usual(model)], model.intake.holds))

    def one() -> tuple[Mapping[str, Tensor], Callable[[], Ran]]:
        row = tensors(example())

        def run() -> Ran:
            raws, features = member(row)
            return {named[name]: raw for name, raw in raws.items()} | dict.fromkeys(found, features), features

        return {name: each.values for name, each in row.items()}, run

    def some() -> object:
        size = answering.affordable(model, SEEN, VALUES)
        rows: Array = np.sort(answering.sample(data, next(iter(model.outputs), None), size))
        assert data.examples is not None
        return member(tensors(model.intake.encode(data.examples, rows)))

    return Subject(member, tuple(inputs), tuple(outputs), one, None if data.examples is None else some)


def _painting(model: Model, made: Image) -> Subject:
    network: Any = model.network
    asked = f"What is to be seen: {made.asked}." if made.asked else ""
    does = f"{made.noise} numbers drawn by chance: another draw, another picture."
    inputs = [End(NOISE, "noise", (made.noise,), does)]
    inputs += [End(GIVEN, made.asked, made.asked_form.shape, asked)] if made.asked_form else []
    shape = tuple(made.picture.form.shape)
    picture = f"A picture of {shape[1]} × {shape[0]} pixels, as the numbers that came out last."

    def feed(count: int) -> list[Tensor]:
        noise = np.random.default_rng(0).standard_normal((count, made.noise)).astype(np.float32)
        return [torch.from_numpy(each) for each in [noise, *_wanted(made, count)]]

    def one() -> tuple[Mapping[str, Tensor], Callable[[], Ran]]:
        row = feed(1)
        named = dict(zip([NOISE, GIVEN], row, strict=False))

        def run() -> Ran:
            found = network(*row)
            return {made.column: found}, found

        return named, run

    return Subject(
        network, tuple(inputs), (End(made.column, made.column, shape, picture),), one, lambda: network(*feed(MADE))
    )


def _writing(model: Model, made: Text) -> Subject:
    network: Any = model.network
    layers, units = made.memory
    letters = len(made.alphabet)
    inputs = (
        End(
            "text",
            "text so far",
            (1,),
            "The last letter, or piece of a word, as a number; what came before is in the memory.",
        ),
    )
    next_ = f"A score for each of {letters:,} letters or pieces; turned into probabilities, one of them is drawn and read next."

    def run_on(codes: Tensor) -> Any:
        nothing = torch.zeros(layers, 1, units)
        return network(codes, nothing, nothing)

    def one() -> tuple[Mapping[str, Tensor], Callable[[], Ran]]:
        codes = torch.tensor([made.begins], dtype=torch.int32)

        def run() -> Ran:
            logits, *_ = run_on(codes)
            return {made.column: logits}, logits

        return {"text": codes}, run

    def some() -> object:
        [text] = model.generate(1, length=WRITTEN, seed=0)
        return run_on(torch.from_numpy(made.alphabet.encode(text or "\n")[None].astype(np.int32)))

    return Subject(network, inputs, (End(made.column, "what comes next", (letters,), next_, letters),), one, some)


def _wanted(made: Image, count: int) -> list[Array]:
    """What is asked for where nobody asks; of one that keeps no sentence, one unknown word."""
    if made.given is None:
        return []
    if made.worded and not made.examples:
        return [np.ones((count, 1), np.int32), np.ones(count, np.int64)]
    return list(made.encoded(made.wishes(Wish(count=count, seed=0))).values())
