"""The sections of a model's report, whatever it does: answer, find something without labels, or make something new."""

from __future__ import annotations

from lamina.core import Json, PlanError
from lamina.insight import discovered, pictured, report, written
from lamina.insight.page import Sections

NONE = "No report was made of this model: whoever learned it asked for none."


def sections(results: Json) -> Sections:
    """Drawn anew from what the card keeps, so that every word is escaped as it is today. results: of the card.

    Raises:
        PlanError: no report was made, or it was by a version that kept less.
    """
    if not results:
        raise PlanError(NONE)
    draw = report.sections
    if results.get("makes"):
        draw = written.sections if results["makes"][0]["kind"] == "text" else pictured.sections
    elif results.get("found"):
        draw = discovered.sections
    try:
        return draw(results)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(
            "The report was made by another version of Lamina, which kept other things. It lies beside the model: report.html."
        ) from error
