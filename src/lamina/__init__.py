"""Lamina learns from examples: photos or a table in, a calibrated, honest model out that predicts without torch.

>>> import lamina
>>> examples = lamina.read({"age": [k % 40 for k in range(80)], "adult": [k % 40 > 17 for k in range(80)]})
>>> model = lamina.learn(examples, target="adult", steps=40, folds=0)
>>> place = model.save("adults.lamina")
>>> lamina.load(place).predict({"age": 70})[0].value
'true'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamina.core import (
        Answer,
        Answers,
        DataError,
        LaminaError,
        MissingExtra,
        ModelError,
        PlanError,
        Progress,
    )
    from lamina.door import explain, export, label, learn, load, read, report, serve, show, training
    from lamina.examples import Examples, Reading
    from lamina.learning.plan import Plan
    from lamina.learning.training import Training
    from lamina.model.model import Model

__version__ = "0.1.0"

_HOMES = {
    "read": "lamina.door",
    "label": "lamina.door",
    "learn": "lamina.door",
    "load": "lamina.door",
    "serve": "lamina.door",
    "explain": "lamina.door",
    "export": "lamina.door",
    "report": "lamina.door",
    "show": "lamina.door",
    "training": "lamina.door",
    "Examples": "lamina.examples",
    "Reading": "lamina.examples",
    "Plan": "lamina.learning.plan",
    "Training": "lamina.learning.training",
    "Model": "lamina.model.model",
    "Answer": "lamina.core",
    "Answers": "lamina.core",
    "Progress": "lamina.core",
    "LaminaError": "lamina.core",
    "DataError": "lamina.core",
    "PlanError": "lamina.core",
    "ModelError": "lamina.core",
    "MissingExtra": "lamina.core",
}

__all__ = [
    "Answer",
    "Answers",
    "DataError",
    "Examples",
    "LaminaError",
    "MissingExtra",
    "Model",
    "ModelError",
    "Plan",
    "PlanError",
    "Progress",
    "Reading",
    "Training",
    "explain",
    "export",
    "label",
    "learn",
    "load",
    "read",
    "report",
    "serve",
    "show",
    "training",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is: `import lamina` itself stays fast."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'lamina' has no attribute '{name}'")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
