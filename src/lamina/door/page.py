"""Pages in the browser: what goes on inside, of a model, beside a training, or as the report in one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamina.door.models import load
from lamina.door.options import needs_serve, options

if TYPE_CHECKING:
    from lamina.core import Progress
    from lamina.learning.running import Running
    from lamina.model.model import Model
    from lamina.page.opening import Opening
    from lamina.page.run import Page

ENDING = 2.5  # seconds in which what was learned is told and the process ends


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


def open_with(model: Model | str | Path, data: Any, opening: Opening, wait: bool = True) -> Page | None:
    """`show`, with its settings made."""
    with needs_serve("The page"):
        from lamina.page import local, run
    page = run.show(model, data, opening)
    print(f"shows    {page.views.opened.shown}\npage     {page.url}", flush=True)
    if wait:
        print("stop     Ctrl-C", flush=True)
    if not opening.no_browser:
        local.show_in_browser(page.url)
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
    with needs_serve("The page"):
        from lamina.page import local, run
        from lamina.page.opening import Opening as Settings
    settings = opening or Settings()
    page, progress = run.beside(running, out.name.removesuffix(".lamina"), settings, running.plan.generate)

    def told() -> Iterator[Progress]:
        yield from progress
        settle_report(running.model, out, examples, running.plan.minutes)
        run.done(page, out)

    with page:
        if not settings.no_browser:
            local.show_in_browser(page.url)
        yield page, told()


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
    with needs_serve("The page in one file"):
        from lamina.page.told import write
    write(load(model) if isinstance(model, (str, Path)) else model, Path(to), data)
    return Path(to)


def leave_time(running: Running) -> None:
    """Learn for so much less that `settle_report` ends within the minutes that were given, if any were."""
    with suppress(ModuleNotFoundError):  # as `settle_report` will say
        from lamina.page.told import allowed

        if running.plan.minutes is not None:
            running.budget.after = allowed(60 * running.plan.minutes) + ENDING


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
