"""The public verbs: read, learn, load. The command line says the same ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lamina.core import MissingExtra, PlanError, nearest

if TYPE_CHECKING:
    from torch import nn

    from lamina.core import Progress
    from lamina.examples import Examples, Reading
    from lamina.insight.explain import Explanations
    from lamina.learning.discovery import Discovery
    from lamina.learning.making import Making
    from lamina.learning.running import Running
    from lamina.learning.training import Training
    from lamina.model.model import Model
    from lamina.page.opening import Opening
    from lamina.page.run import Page
    from lamina.serving.run import Background
    from lamina.serving.settings import Serving

Options = TypeVar("Options")


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


def load(path: str | Path, network: nn.Module | None = None) -> Model:
    """A saved model. network: the own module that it was learned with, if any.

    Raises:
        ModelError: no model is there, or it is damaged.

    >>> import lamina
    >>> lamina.load("nowhere.lamina")
    Traceback (most recent call last):
    lamina.core.errors.ModelError: 'nowhere.lamina' does not exist. Learn it: lamina learn PATH ...
    """
    from lamina.model.model import Model

    return Model.load(path, network)


def explain(
    model: Model | str | Path,
    source: Any,
    *,
    target: str | None = None,
    about: str | None = None,
    examples: Any = None,
) -> Explanations:
    """Why the answers to these examples are what they are: which columns, words or moments, which part of a picture.

    Args:
        model: a model, or its path.
        source: whatever `model.predict` takes.
        target: which answer, of a model with several.
        about: a class or tag to ask about; by default the one that is answered.
        examples: the labelled examples that it learned from; those that speak most for an answer then stand beside it.

    Returns:
        Explanations: computed when they are looked at. They show themselves in a notebook; `.table()`, `.json()`,
        `.save("why.html")`.

    Raises:
        MissingExtra: torch is not installed. PlanError: there is no such target or class.

    >>> import lamina
    >>> rows = {"x": [k % 40 for k in range(80)], "y": [k % 40 > 19 for k in range(80)]}
    >>> model = lamina.learn(rows, "y", steps=40, folds=0)
    >>> lamina.explain(model, {"x": 35})[0].about
    'true'
    """
    try:
        from lamina.insight.explain import explain as explained
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise MissingExtra("Explaining", "learn") from error
        raise
    return explained(load(model) if isinstance(model, (str, Path)) else model, source, target, about, examples)


def serve(
    models: Model | str | Path | Sequence[Model | str | Path], *, wait: bool = True, **serving: Any
) -> Background | None:
    """Answer over HTTP: a page to try it, typed JSON, files and tables, batching, health and figures.

    Args:
        models: a model, its path, or several of them.
        wait: go on until it is stopped; without, it serves in a thread and gives the service, with its `url` and `stop()`.
        serving: fields of `lamina.serving.settings.Serving`: `port=8000`, `workers=2`, `token="…"`, …

    Raises:
        MissingExtra: `lamina[serve]` is not installed. LaminaError: a model cannot be read, the port is in use, …
    """
    from lamina.model.model import Model
    from lamina.serving.settings import Serving

    several = [models] if isinstance(models, (str, Path, Model)) else list(models)
    return serve_with(several, options(Serving, serving), wait)


def serve_with(models: Sequence[Model | str | Path], serving: Serving, wait: bool = True) -> Background | None:
    """`serve`, with its settings made."""
    with _served("Serving"):
        from lamina.serving.run import Background, run
    if not wait:
        return Background(models, serving)
    run(models, serving)
    return None


def show(model: Model | str | Path, data: Any = None, *, wait: bool = False, **opening: Any) -> Page | None:
    """Open a page that shows what is going on inside a model: its layers, one example on its way through them, what each
    neuron has learned to see, why an answer is what it is, where it fails, a map of the examples.

    Args:
        model: a model, or its path.
        data: examples to show, whatever `lamina.read` reads; by default those that it learned from, if they are still there.
        wait: go on until it is closed (Ctrl-C); without, it is served in a thread and given back, with its `url` and `stop()`.
        opening: fields of `lamina.page.opening.Opening`: `port=8765`, `no_browser=True`.

    Raises:
        MissingExtra: `lamina[serve]` is not installed. LaminaError: model or data cannot be read, the port is in use, …
    """
    from lamina.page.opening import Opening

    return open_with(model, data, options(Opening, opening), wait)


def report(model: Model | str | Path, to: str | Path = "report.html", data: Any = None) -> Path:
    """Write what `show` shows into one file that needs no server: the report, and what goes on inside at some examples.

    Args:
        model: a model, or its path.
        to: the file; the `report.html` of the model itself may be given, too.
        data: examples to show, whatever `lamina.read` reads; by default those that it learned from, if they are still there. Of a
            model that was learned with `private=True` none is shown.

    Raises:
        MissingExtra: `lamina[serve]` is not installed. LaminaError: model or data cannot be read, the page was never built, …
    """
    with _served("The page in one file"):
        from lamina.page.told import write
    write(load(model) if isinstance(model, (str, Path)) else model, Path(to), data)
    return Path(to)


def settle_report(model: Model, place: Path, examples: Any, minutes: float | None = None) -> None:
    """Put the page into the report of a model that was just learned and saved; why that could not be goes to standard error.

    What it costs is bounded by what learning cost. minutes: that learning was given, if any.
    """
    import sys

    try:
        from lamina.page.told import settle
    except ModuleNotFoundError as error:
        problem = f"{error.name} is missing, so the report holds its sections alone. For all of it: pip install 'lamina[serve]'"
    else:
        problem = settle(model, place, examples, minutes)
    if problem:
        print(problem, file=sys.stderr)


def open_with(model: Model | str | Path, data: Any, opening: Opening, wait: bool = True) -> Page | None:
    """`show`, with its settings made."""
    with _served("The page"):
        from lamina.page import run
    page = run.show(model, data, opening)
    print(f"shows    {page.views.opened.shown}\npage     {page.url}", flush=True)
    if wait:
        print("stop     Ctrl-C", flush=True)
    if not opening.no_browser:
        run.show_in_browser(page.url)
    if not wait:
        return page
    page.wait()
    return None


@contextmanager
def learning_with(
    running: Running, out: Path, examples: Any, opening: Opening | None = None
) -> Iterator[tuple[Page, Iterable[Progress]]]:
    """A page beside a training: the page, and the training's progress, to be gone through here. What was learned and saved
    in `out` opens on it when learning has ended. examples: that it learns from.

    Raises:
        MissingExtra: `lamina[serve]` is not installed.
    """
    with _served("The page"):
        from lamina.page import run
        from lamina.page.opening import Opening as Settings
    settings = opening or Settings()
    page, progress = run.beside(running, out.name.removesuffix(".lamina"), settings, running.plan.generate)

    def told() -> Iterator[Progress]:
        yield from progress
        settle_report(running.model, out, examples, running.plan.minutes)
        run.done(page, out)

    with page:
        if not settings.no_browser:
            run.show_in_browser(page.url)
        yield page, told()


def export(model: Model | str | Path, to: str | Path, *, overwrite: bool = False) -> Path:
    """Write a folder that answers, or makes, like the model with NumPy and ONNX Runtime alone: no Lamina, no torch.

    Raises:
        ModelError: something is there already, and `overwrite` was not given, or it is no exported folder.
    """
    from lamina.serving.export import export as write

    return write(load(model) if isinstance(model, (str, Path)) else model, Path(to), overwrite=overwrite)


@contextmanager
def _served(what: str) -> Iterator[None]:
    """What is imported here needs `lamina[serve]`: where it is not installed, that is said."""
    try:
        yield
    except ModuleNotFoundError as error:
        needed = ("starlette", "uvicorn", "httptools", "pydantic")
        if (error.name or "").partition(".")[0] in needed:
            raise MissingExtra(what, "serve") from error
        raise


def options(kind: type[Options], asked: Mapping[str, Any]) -> Options:
    """A dataclass from named options; an unknown name gets a suggestion."""
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for name in asked:
        if name not in known:
            raise PlanError(f"There is no option '{name}'. {nearest(name, known)}")
    return kind(**asked)


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
    if given in found.kinds and found.kinds[given].name not in ("category", "text"):
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
