"""A saved model: load it, explain its answers, export it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamina.core import MissingExtra

if TYPE_CHECKING:
    from torch import nn

    from lamina.insight.explain import Explanations
    from lamina.model.model import Model


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


def export(model: Model | str | Path, to: str | Path, *, overwrite: bool = False) -> Path:
    """Write a folder that answers, or makes, like the model with NumPy and ONNX Runtime alone: no Lamina, no torch.

    Raises:
        ModelError: something is there already, and `overwrite` was not given, or it is no exported folder.
    """
    from lamina.serving.export import export as write

    return write(load(model) if isinstance(model, (str, Path)) else model, Path(to), overwrite=overwrite)
