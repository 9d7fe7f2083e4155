"""Asking somebody for labels: what the verb and the command have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lamina.core import MissingExtra, PlanError
from lamina.door.options import needs_serve, options
from lamina.examples.reading import Reading

if TYPE_CHECKING:
    from lamina.core import Progress
    from lamina.examples.labels import Labels
    from lamina.insight.interview import Interview
    from lamina.learning.label_next import Landscape

COUNT = 50  # examples that are asked about


def label(
    source: str | Path, target: str = "label", *, out: str | Path | None = None, count: int = COUNT, **reading: Any
) -> Path:
    """Ask for labels in the browser, by pictures, players and cells: one example of every group first, then those that are
    least clear and unlike each other. It goes on until somebody says that it is enough, or Ctrl-C; every label is on disk as it is
    given.

    Args:
        source: a folder of files, or a table.
        target: the column that holds the labels.
        out: the table to write; by default the source, if it is a CSV file with such a column, else `labels.csv`.
        count: examples to ask about.
        reading: fields of `lamina.Reading`.

    Returns:
        The table of all examples, with and without a label, from which `lamina.learn` learns.

    Raises:
        MissingExtra: `lamina[serve]` or `lamina[learn]` is not installed.
        LaminaError: the examples cannot be read, have no file that a table could name, or the table cannot be written.
    """
    sitting = Sitting.of(str(source), options(Reading, reading), target, None if out is None else Path(out), count)
    sitting.check()
    landscape = sitting.landscape()
    interview = sitting.interview(landscape)
    try:
        label_with(interview, landscape, sitting.place)
    finally:
        interview.end()
    return sitting.place


@dataclass(slots=True)
class Sitting:
    """Examples, the labels that there are, and the table that they are written into. into: whether that is the one they came in.
    count: examples to ask about."""

    kept: Labels
    source: str
    place: Path
    into: bool
    count: int

    @classmethod
    def of(
        cls,
        source: str,
        reading: Reading | None = None,
        target: str = "label",
        out: Path | None = None,
        count: int = COUNT,
    ) -> Self:
        from lamina.examples.labels import Labels

        if count < 1:
            raise PlanError(f"{count} examples were asked for. At least 1 is needed, such as 50.")
        kept = Labels.of(source, reading or Reading(), target)
        place = out or (Path(source) if kept.told and Path(source).suffix == ".csv" else Path("labels.csv"))
        return cls(kept, source, place, place.absolute() == Path(source).absolute(), count)

    def check(self) -> None:
        """Refuse a place that cannot be written to, before anybody has said anything."""
        from lamina.examples.labels import check_place

        check_place(self.place, self.source)
        if self.into:
            self.kept.add_to(self.place)  # nothing as yet: to see that it can be done

    def landscape(self, tell: Callable[[Progress], None] | None = None) -> Landscape:
        """What is near what, by which the next examples are chosen."""
        try:
            import numpy as np

            from lamina.learning.label_next import Landscape
        except ModuleNotFoundError as error:
            if error.name in ("torch", "sklearn"):
                raise MissingExtra("Choosing what to label", "learn") from error
            raise
        examples = self.kept.examples.without(*({self.kept.target} & set(self.kept.examples.kinds)))
        running = Landscape.of(examples, np.array(sorted(self.kept.said), np.int64))
        while True:
            try:
                progress = next(running)
            except StopIteration as end:
                found: Landscape = end.value
                return found
            if tell is not None:
                tell(progress)

    def interview(self, landscape: Landscape) -> Interview:
        from lamina.insight.interview import Interview

        write = self.kept.add_to if self.into else self.kept.write
        return Interview(self.kept, landscape, self.count, partial(write, self.place))


def label_with(interview: Interview, landscape: Landscape, place: Path) -> None:
    """Ask in the browser, until it is enough.

    Raises:
        MissingExtra: `lamina[serve]` is not installed. LaminaError: no port is free.
    """
    with needs_serve("Labelling in the browser"):
        from lamina.page import labelling, local
        from lamina.page.opening import Opening
    interview.alike = labelling.ALIKE
    with labelling.Desk(interview, landscape.inputs, place, local.listening(Opening())) as desk:
        print(f"page     {desk.url}\nstop     Ctrl-C, or in the page", flush=True)
        local.show_in_browser(desk.url)
        desk.wait()
