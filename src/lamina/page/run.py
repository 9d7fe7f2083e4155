"""Open the page of a model, tell where it is, and keep it open until it is closed; or beside learning, in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lamina.core import Progress
from lamina.model.model import Model
from lamina.page.app import application
from lamina.page.course import Course, Steered
from lamina.page.data import Data, open_data, parted
from lamina.page.local import Local, listening
from lamina.page.opened import Opened
from lamina.page.opening import Opening
from lamina.page.views import Views

if TYPE_CHECKING:
    import socket


class Learns(Steered, Protocol):
    """A training: it yields progress, and can be stopped and paused."""

    def __iter__(self) -> Iterator[Progress]: ...
    @property
    def model(self) -> Model: ...


class Page(Local):
    """A page that is open, in a thread: `with Page(views, listening(opening)) as page: page.url`."""

    def __init__(self, views: Views, taken: socket.socket) -> None:
        self.views = views
        super().__init__(partial(application, views), taken)

    def stop(self) -> None:
        """Close it."""
        self.views.closing = True
        super().stop()

    def _repr_html_(self) -> str:
        return f'<a href="{self.url}" target="_blank" rel="noopener">{self.views.name}: what is going on inside</a>'


def show(model: Model | str | Path, data: Any, opening: Opening) -> Page:
    """Open the page of a model. The port is taken first: a mistake is said before anything is read.

    Raises:
        LaminaError: the port is in use, or model or data cannot be read.
    """
    taken = listening(opening)
    try:
        return Page(opened(model, data), taken)
    except BaseException:
        taken.close()
        raise


def opened(model: Model | str | Path, data: Any = None) -> Views:
    """A model with its examples, opened. data: whatever `lamina.read` reads; by default what the model was learned from.

    Raises:
        LaminaError: the model or the data cannot be read.
    """
    loaded = model if isinstance(model, Model) else Model.load(model)
    name = Path(model).name.removesuffix(".lamina") if isinstance(model, (str, Path)) else _name(loaded)
    found = Opened(name, loaded, data_of(loaded, data))
    found.warm()
    return Views(name, found)


def beside(running: Learns, name: str, opening: Opening, makes: str | None = None) -> tuple[Page, Iterable[Progress]]:
    """A page beside a training, and the training's progress, which has to be gone through: it is told to the page on its way.

    The other views open when learning is done and `done` is called. makes: what it learns to make, if anything.
    """
    course = Course(running, makes)
    page = Page(Views(name, course=course, makes=makes), listening(opening))

    def told() -> Iterator[Progress]:
        try:
            for progress in running:
                course.add(progress)
                if progress.stage == "paused":  # the page may be closed by now: the terminal says how to go on
                    progress = replace(progress, message=f"{progress.message}. To go on: {page.url}")
                yield progress
        except BaseException as error:
            course.end("failed", str(error) or "Learning was ended.")
            raise

    return page, told()


def done(page: Page, model: Model | str | Path, data: Any = None) -> None:
    """Learning beside a page has ended: the other views open."""
    views = opened(model, data)
    page.views.opened = views.opened
    if page.views.live is not None:
        page.views.live.end()


def data_of(model: Model, data: Any) -> Data:
    """The examples to show: Examples, what `lamina.read` reads, or by default what the model was learned from."""
    from lamina.examples import Examples

    if isinstance(data, Examples):
        return parted(model, data)
    if data is None or isinstance(data, (str, Path)):
        return open_data(model, None if data is None else str(data))
    return open_data(model, data)


def _name(model: Model) -> str:
    return model.files.name.removesuffix(".lamina") if isinstance(model.files, Path) else "model"
