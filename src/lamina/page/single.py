"""The report as one file: its sections, which need no script, and the page with what it was asked beforehand inside."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from lamina.insight.page import page
from lamina.insight.sections import sections
from lamina.model.bundle import INSIDE
from lamina.model.model import Model
from lamina.page.app import BUILT
from lamina.page.recording import record

SCRIPT = re.compile(r'<script[^>]+src="\./([^"]+\.js)"')
STYLE = re.compile(r'<link[^>]+href="\./([^"]+\.css)"')
RECORDED = "recorded"  # the front end finds it by this name


def single(model: Model, name: str, examples: Any, seconds: float | None = None, built: Path = BUILT) -> str | None:
    """The whole file, or None where the front end was never built: then the report stays as it is. Asks nobody for anything when it is opened.

    name: of the model's folder. examples: that it was learned from, or `Data`. seconds: of the processor, that asking may cost.
    """
    front = front_end(built)
    if front is None:
        return None
    script, css = front
    found = record(model, "model" if model.card.private else name.removesuffix(".lamina"), examples, seconds)
    called = "MODEL" if model.card.private else name
    left = [f"{each[:1].upper()}{each[1:]}." for each in found.left]
    if found.left:
        left.append(f"To have it all in one file: lamina report {called} --to report.html")
    kept = {
        "command": f"lamina open {called}",
        "left": left,
        "examples": found.examples,
        "answers": list(found.answers.items()),
        "files": found.files,
        "css": css,
    }
    more = (
        f'{INSIDE}<script type="application/json" id="{RECORDED}">{embedded(kept)}</script>'
        f'<script type="module">{script}</script>'
    )
    title, body, style = sections(model.card.results)
    return page(title, body, style, more, [script])


def embedded(value: Any) -> str:
    """JSON that may stand within a page: nothing in it ends a script or begins a comment, whatever examples are called."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def front_end(built: Path = BUILT) -> tuple[str, str] | None:
    """The script and the style of the page; None where they were not built."""
    try:
        start = (built / "index.html").read_text(encoding="utf-8")
        files = [pattern.findall(start) for pattern in (SCRIPT, STYLE)]
        script, style = ("\n".join((built / each).read_text(encoding="utf-8") for each in one) for one in files)
    except OSError:
        return None
    # "<\\/script" is the same to JavaScript, and no end to HTML
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--"), style
