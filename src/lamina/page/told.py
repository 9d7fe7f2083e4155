"""Where the report in one file is written: into the model that was just learned, within what that may cost, or to any other place."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lamina.core import PlanError
from lamina.machine.files import new_file, standing
from lamina.model.bundle import CARD, REPORT
from lamina.model.model import Model
from lamina.model.retold import retell
from lamina.page.data import nothing
from lamina.page.single import single

SHARE, SHORTEST, LONGEST = 0.03, 1.5, 5.0  # of what learning cost, and seconds of the processor: what asking may cost
UNBUILT = "This copy of Lamina has no page: its front end was not built. In its sources: python hatch_build.py"


def allowed(spent: float) -> float:
    """Seconds that the page of a model may take, learning of which took so many."""
    return min(LONGEST, max(SHORTEST, SHARE * spent))


def write(model: Model, to: Path, data: Any) -> None:
    """All of it, to any file; a model's own report.html is replaced so that the model stays whole.

    Raises:
        LaminaError: the data cannot be read, the page was never built, no report was made.
    """
    from lamina.page.run import data_of  # with the server, which learning has no use for

    name = model.files.name if isinstance(model.files, Path) else "MODEL"
    whole = single(model, name, data_of(model, data))
    if whole is None:
        raise PlanError(UNBUILT)
    if to.name == REPORT and (to.parent / CARD).is_file():
        if not isinstance(model.files, Path) or standing(to.parent).resolve() != standing(model.files).resolve():
            raise PlanError(
                f"'{to.parent}' is another model: its report stays its own. Choose another place with --to."
            )
        retell(to.parent, whole)
        return
    with new_file(to) as aside:
        aside.write_text(whole, encoding="utf-8", newline="")


def settle(model: Model, place: Path, examples: Any, minutes: float | None) -> str:
    """Put it into a model that was just learned and saved; '' or, in words, why its report is as it was.

    minutes: that learning was given, if any.
    """
    seconds = allowed(time.process_time() if minutes is None else 60 * minutes)
    if model.card.makes:
        examples = nothing("It learned from no examples that could be shown one by one.")
    try:
        if whole := single(model, place.name, examples, seconds):
            retell(place, whole)
    except KeyboardInterrupt:
        return "Ended by hand: what goes on inside is not in the report."
    except Exception as error:  # whatever it is: model and report are there, and stay
        return f"What goes on inside could not be written into the report: {error}"
    return ""
