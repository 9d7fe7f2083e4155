"""A model that answers over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamina.door.options import needs_serve, options

if TYPE_CHECKING:
    from lamina.model.model import Model
    from lamina.serving.run import Background
    from lamina.serving.settings import Serving


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
    with needs_serve("Serving"):
        from lamina.serving.run import Background, run
    if not wait:
        return Background(models, serving)
    run(models, serving)
    return None
