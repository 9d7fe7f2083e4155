"""Metrics in words: what one is called, and how its value is written."""

from __future__ import annotations

import math

NAMES = {
    "accuracy": "share right", "balanced_accuracy": "balanced accuracy", "log_loss": "log loss", "auc": "AUC", "f1": "F1",
    "rmse": "typical error (RMSE)", "mae": "mean error (MAE)", "r2": "explained variance (R²)", "cost": "mean cost",
    "coverage": "intervals that hold", "exact": "wholly right", "hamming": "tags right",
    "eer": "equal error rate", "cer": "character errors", "wer": "word errors", "misses": "same missed at 1 % false alarms",
}  # fmt: skip
# Those that are told in percent.
SHARES = (
    "accuracy",
    "balanced_accuracy",
    "coverage",
    "exact",
    "hamming",
    "eer",
    "misses",
    "cer",
    "wer",
)


def name(metric: str) -> str:
    """A metric in words."""
    return NAMES.get(metric, metric.replace("_", " "))


def figure(metric: str, value: float | None) -> str:
    """A metric's value as people write it: a share in percent, other figures short."""
    if value is None or value != value:
        return "–"
    return percent(value) if metric in SHARES else short(value)


def short(value: float) -> str:
    """A number in few characters: `short(12345.6) == "12,350"`, `short(0.98765) == "0.988"`."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value)))
    if size >= 6:
        return f"{value:.3g}"
    if size >= 3:
        return f"{round(value, 3 - size):,.0f}"
    shown = f"{value:.{max(0, 2 - size)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def percent(share: float, form: str = ".1f") -> str:
    """`percent(0.912)` is 91.2 %, with a space that does not break; `percent(0.0012, ".2g")` is 0.12 %."""
    return f"{100 * share:{form}}\u00a0%"


def title(words: str) -> str:
    """`title("log loss") == "Log loss"`."""
    return words[:1].upper() + words[1:]
