"""How the methods compare on the tables: gaps to LightGBM, time, and where a simple model is clearly better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean, stdev

from figures import NAMES, Row, Runs, Section, grid, judged, spread
from tables import TABLES

METHODS = ("lamina", "lightgbm", "catboost", "histgb", "linear", "mlp", "realmlp")


def gaps(runs: Runs, method: str, name: str) -> list[float]:
    """(error - error of LightGBM) / error of LightGBM, on each split that both have."""
    base = {each["seed"]: each["error"] for each in runs.of("lightgbm", name)}
    found = {each["seed"]: each["error"] for each in runs.of(method, name)}
    return [(found[seed] - base[seed]) / base[seed] for seed in found if base.get(seed)]


def clearly_better(runs: Runs, method: str, name: str) -> bool:
    """Less error than Lamina on every split, by more than two standard errors of the differences."""
    theirs = {each["seed"]: each["error"] for each in runs.of(method, name)}
    less = [each["error"] - theirs[each["seed"]] for each in runs.of("lamina", name) if each["seed"] in theirs]
    return len(less) > 1 and min(less) > 0 and mean(less) > 2 * stdev(less) / len(less) ** 0.5


def tables(runs: Runs) -> Section:
    whole = [name for name in runs.sets if gaps(runs, "lamina", name) and gaps(runs, "realmlp", name)]
    right = [1 - error for error in runs.figures("lamina", "adult", "error")]
    took = runs.figures("lamina", "adult", "learn_seconds")
    rows = [
        Row("Tables, mean gap to LightGBM", "less than RealMLP-TD-S's"),
        Row("Tables, time summed over the sets", "≤ 1/5 of RealMLP-TD-S's"),
        judged("adult, accuracy", "≥ 86.6 %, 5 seeds", right, lambda x: x >= 0.866, "{:.2f} %", 100),
        judged("adult, whole process", "≤ 30 s", took, lambda x: x <= 30, "{:.1f} s"),
        Row("Tables where sklearn's MLP or a linear model is clearly better", "none"),
    ]
    if whole:
        ours, theirs = (mean(mean(gaps(runs, m, name)) for name in whole) for m in ("lamina", "realmlp"))
        rows[0].reached = f"{100 * ours:+.1f} % against {100 * theirs:+.1f} % (sets: {len(whole)})"
        rows[0].holds = ours < theirs
        spent, their = (sum(mean(runs.figures(m, n, "seconds")) for n in whole) for m in ("lamina", "realmlp"))
        cpu, their_cpu = (sum(mean(runs.figures(m, n, "cpu")) for n in whole) for m in ("lamina", "realmlp"))
        rows[
            1
        ].reached = (
            f"{spent:.0f} s against {their:.0f} s: {spent / their:.2f} (of the processors: {cpu / their_cpu:.2f})"
        )
        rows[1].holds = spent <= their / 5
    compared = [name for name in runs.sets if runs.of("lamina", name) and runs.of("linear", name)]
    if compared:
        worse = [
            f"{name} ({NAMES[m]})" for name in compared for m in ("linear", "mlp") if clearly_better(runs, m, name)
        ]
        rows[4].reached, rows[4].holds = ", ".join(worse) or f"none of {len(compared)}", not worse
    return Section(rows, table_text(runs) if runs.good else [])


def table_text(runs: Runs) -> list[str]:
    methods = [method for method in METHODS if runs.of(method)]
    head = ["", *(NAMES[method] for method in methods)]

    def each(cell: Callable[[str, str], str], sets: Sequence[str]) -> list[list[str]]:
        return [[name, *(cell(method, name) for method in methods)] for name in sets]

    def error(method: str, name: str) -> str:
        found = runs.figures(method, name, "error")
        if not found and any((f["method"], f["set"]) == (method, name) for f in runs.failed):
            return "failed"
        if TABLES[name].kind == "category":
            return spread(found, "{:.1f}", 100)
        return spread(found, "{:,.0f}" if found and mean(found) > 100 else "{:.3f}")

    def gap(method: str, name: str) -> str:
        return spread(gaps(runs, method, name), "{:+.1f}", 100).replace("± +", "± ")

    def seconds(method: str, name: str) -> str:
        return spread(runs.figures(method, name, "seconds"), "{:.1f}")

    def auc(method: str, name: str) -> str:
        return spread(runs.figures(method, name, "auc"), "{:.3f}")

    full = [name for name in runs.sets if all(gaps(runs, method, name) for method in methods)]
    overall = [f"{100 * mean(mean(gaps(runs, m, name)) for name in full):+.1f}" if full else "–" for m in methods]
    timed = [name for name in runs.sets if all(runs.of(method, name) for method in methods)]
    total = [f"{sum(mean(runs.figures(m, n, 'seconds')) for n in timed):.0f}" for m in methods]
    two = [name for name in runs.sets if runs.figures("lamina", name, "auc")]
    return [
        "Identical rows for every method, defaults for every method, a whole process each (for Lamina two: learning "
        "and then `lamina predict`). adult: its official test rows; california_housing: 80/20; titanic: five folds of "
        "its labelled file, without name, ticket, cabin and number of a person; the others: 70/30, the last column is "
        "the target. Split N is `numpy.random.RandomState(N).permutation`. Lamina has no budget but half a minute for "
        "adult. The linear models and scikit-learn's MLP get standardised numbers and a column per category; where "
        "missing numbers are not taken, medians. Lamina's defaults for tables were chosen on splits of these same sets "
        "(of adult on its training rows only), so that its figures on the others are somewhat optimistic.",
        "Error: wrong answers in %, or root mean squared error (california_housing, abalone, auto_imports); mean and "
        "standard deviation over splits (adult: over seeds).",
        grid(head, each(error, runs.sets)),
        "Gap to LightGBM in % of its error, a negative gap is better; the mean is over the sets that all methods have. "
        "A set where LightGBM makes no error on a split is averaged over the other splits.",
        grid(head, [*each(gap, runs.sets), ["**mean**", *overall]]),
        "Seconds on the clock.",
        grid(head, [*each(seconds, runs.sets), [f"**sum of {len(timed)}**", *total]]),
        *(["Area under the ROC curve, where there are two classes.", grid(head, each(auc, two))] if two else []),
        "Clearly better means: less error on every split, by more than two standard errors of the differences.",
    ]
