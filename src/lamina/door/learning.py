"""From examples to a model: read, learn, and a training to go through step by step."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamina.core import MissingExtra, PlanError
from lamina.door.models import load
from lamina.door.options import options

if TYPE_CHECKING:
    from torch import nn

    from lamina.examples import Examples, Reading
    from lamina.learning.discovery import Discovery
    from lamina.learning.making import Making
    from lamina.learning.training import Training
    from lamina.model.model import Model


def read(source: Any, **reading: Any) -> Examples:
    """Read examples from a folder, a file, an array, a frame, a dict of columns, or a database.

    Args:
        source: what to read.
        reading: fields of `lamina.Reading`: `kind={"zip": "category"}`, `drop=("name",)`, `group="patient"`, …

    Returns:
        Examples: a table whose columns have kinds. It shows itself in a notebook.

    Raises:
        DataError: nothing can be read there.

    >>> import lamina
    >>> len(lamina.read({"height": [1.7, 1.8], "sex": ["f", "m"]}))
    2
    """
    from lamina.examples import Reading
    from lamina.examples import read as read_examples

    return read_examples(source, options(Reading, reading))


def training(
    examples: Any,
    target: str | Sequence[str] = (),
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    network: str | nn.Module | None = None,
    start: Model | str | Path | None = None,
    unlabelled: Any = None,
    started: float | None = None,
    command: str = "",
    **plan: Any,
) -> Training | Discovery | Making:
    """A training to iterate over: it yields `Progress`, can be stopped, and holds the `model` at the end.

    Arguments as of `learn`.

    >>> import lamina
    >>> rows = {"x": [k % 40 for k in range(80)], "y": [2.0 * (k % 40) for k in range(80)]}
    >>> running = lamina.training(rows, "y", steps=3, folds=0)
    >>> list(dict.fromkeys(progress.stage for progress in running))
    ['reading', 'trying', 'learning', 'judging']
    """
    from lamina.learning.plan import Plan

    try:
        from torch import nn  # not torch.nn: beside a thread that is loading torch, its parts come too early

        from lamina.learning.discovery import Discovery
        from lamina.learning.making import Making
        from lamina.learning.training import Training
    except ModuleNotFoundError as error:
        if error.name in ("torch", "sklearn", "onnx"):
            raise MissingExtra("Learning", "learn") from error
        raise
    if network is not None and not isinstance(network, (str, nn.Module)):
        raise PlanError(
            f"The network given is {network!r}. Give the name of a kind ('cnn'), or a module: an instance, not its class."
        )
    targets = (target,) if isinstance(target, str) else tuple(target)
    name = network if isinstance(network, str) else None
    made = options(Plan, {**plan, "target": targets, "network": name})
    where = None if out is None else Path(out)
    if made.generate is not None:
        if start is not None or isinstance(network, nn.Module) or unlabelled is not None:
            raise PlanError(
                f"generate='{made.generate}' learns its own network, from examples alone: leave out start, unlabelled and an "
                "own network."
            )
        source = to_make_from(examples, made.generate, made.given)
        return Making(source, made, out=where, overwrite=overwrite, started=started, command=command)
    if made.find is not None:
        if start is not None or isinstance(network, nn.Module):
            raise PlanError(f"find='{made.find}' learns its own network from the start: leave out start and network.")
        return Discovery(
            _examples(examples, (), {}, unlabelled),
            made,
            out=where,
            overwrite=overwrite,
            started=started,
            command=command,
        )
    begun = load(start) if isinstance(start, (str, Path)) else start
    if begun is not None:
        begun.must_answer()
    return Training(
        _examples(examples, targets, made.kinds, unlabelled),
        made,
        out=where,
        overwrite=overwrite,
        network=network if isinstance(network, nn.Module) else None,
        start=begun,
        started=started,
        command=command,
    )


def learn(
    examples: Any,
    target: str | Sequence[str] = (),
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    network: str | nn.Module | None = None,
    start: Model | str | Path | None = None,
    unlabelled: Any = None,
    show: bool | None = None,
    **plan: Any,
) -> Model:
    """Learn to answer `target` from the other columns, to `find` something in them without labels, or to `generate` more.

    Args:
        examples: what `lamina.read` gives, or anything that it reads.
        target: the column to answer, or several.
        out: folder to save the model to; a run that was cut off goes on when it is started again.
        network: a kind of network ("mlp", "cnn", "pretrained"), or an own `nn.Module` from float32 [B, C, H, W] or
            [B, D] to features [B, W].
        start: a model (or its path) to go on from, with its vocabularies and weights.
        unlabelled: more examples, without labels, to learn from as well; rows whose target is empty are learned from too.
        show: show progress; by default in a terminal or notebook.
        plan: fields of `lamina.Plan`: `find="anomalies"`, `generate="text"`, `minutes=2`, `steps=500`, `seed=1`, `metric="auc"`, `folds=5`, …

    Returns:
        Model: calibrated and judged on rows that it never saw; `model.save(path)`, `model.predict(x)`.

    Raises:
        DataError: the examples cannot be learned from. PlanError: the plan does not fit them.

    >>> import lamina
    >>> rows = {"x": [k % 40 for k in range(80)], "y": [k % 40 > 19 for k in range(80)]}
    >>> lamina.learn(rows, "y", steps=40, folds=0).predict({"x": 35})[0].value
    'true'
    """
    from lamina.screen import watch

    running = training(
        examples, target, out=out, overwrite=overwrite, network=network, start=start, unlabelled=unlabelled, **plan
    )
    watch(running, show)
    return running.model


def to_make_from(source: Any, generate: str, given: str | None = None, reading: Reading | None = None) -> Any:
    """What is learned from to make more of it: texts as they stand, whole and in order, or examples.

    reading: how a table is read. given: the column that says what they are like.
    """
    if generate == "text":
        from lamina.examples import prose

        return prose.read(source, reading)
    from lamina.examples import Examples, Reading
    from lamina.examples import read as read_examples

    if isinstance(source, Examples):
        return source
    reading = reading or Reading()
    found = read_examples(source, reading)
    # A sentence would be no target; what is no word yet may be one of few classes, as a target is.
    if given in found.kinds and found.kinds[given].name not in ("category", "text", "constant", "empty"):
        found = read_examples(source, reading, target=(given,))
    # Pictures beside texts look like lines that are to be read; here the text says what is to be seen.
    told = {column: "image" for column, kind in found.kinds.items() if kind.name == "line"}
    told |= {column: "text" for column, kind in found.kinds.items() if kind.name == "transcript"}
    return read_examples(source, dataclasses.replace(reading, kind=told | dict(reading.kind))) if told else found


def _examples(source: Any, targets: tuple[str, ...], told: Mapping[str, str], unlabelled: Any) -> Examples:
    from lamina.examples import Examples, Reading
    from lamina.examples import read as read_examples

    if not isinstance(source, Examples):
        return read_examples(source, Reading(kind=told, unlabelled=unlabelled), target=targets)
    if unlabelled is not None:
        raise PlanError("The examples were read before: give unlabelled= to lamina.read, with them.")
    return source
