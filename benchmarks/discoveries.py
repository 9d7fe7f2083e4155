"""Sections of the page: what is found without labels or with few, and what explanations cost."""

from __future__ import annotations

from statistics import mean, median

from anomalies import KNOWN
from clusters import SETS as GROUPED
from few_labels import DRAWS
from figures import Row, Runs, Section, count, grid, judged, named, per_set, spread
from scarce import SETS
from senses import at_least, at_most

DETECTORS = ("lamina", "iforest", "ecod", "knn", "lof")
GROUPERS = ("lamina", "kmeans", "hdbscan")
RULES = ("hebbian", "random", "backprop")
FEW = ("spread", "equal", "all", "alone", "strange", "brief", "label_spreading", "self_training", "linear")
WAYS = {"all": "with all rows", "strange": "with rows of other classes too"}
KDD, DIGIT = "nsl_kdd", "mnist "


def anomalies(runs: Runs) -> Section:
    bench = [name for name in runs.sets if name != KDD and not name.startswith(DIGIT)]
    methods = [method for method in DETECTORS if runs.of(method)]
    whole = [name for name in bench if all(runs.of(method, name) for method in methods)]
    digits = [f"{DIGIT}{digit}" for digit in range(10)]
    single = [found for name in digits for found in runs.figures("lamina", name, "auc")]
    longest = max((each["seconds"] for name in bench for each in runs.of("lamina", name)), default=None)
    overall = Row("Anomalies, ADBench, mean AUROC", "above the best of PyOD's")
    rows = [
        overall,
        at_most("Anomalies, ADBench, slowest set", [] if longest is None else [longest], 60, "{:.0f} s", 1),
        at_least("Anomalies, nsl_kdd, AUROC", runs.figures("lamina", KDD, "auc"), 0.95, "{:.3f}", 1),
        at_least("Anomalies, MNIST, one digit normal, mean AUROC", single, 0.975, "{:.3f}", 1),
    ]
    if not runs.good:
        return Section(rows)
    found = {m: mean(mean(runs.figures(m, name, "auc")) for name in whole) for m in methods} if whole else {}
    if len(found) > 1 and "lamina" in found:
        best = max((method for method in found if method != "lamina"), key=found.__getitem__)
        overall.reached = f"{found['lamina']:.3f} against {found[best]:.3f} of {named(best)} (sets: {len(whole)})"
        overall.holds = found["lamina"] > found[best]
    minutes = " or ".join(
        f"{each:g}" for each in sorted({run["minutes"] for name in bench for run in runs.of("lamina", name)})
    )
    text = [
        f"`lamina learn rows.csv --find anomalies --minutes N --seed N`, minutes: {minutes}, then `lamina predict`: odd rows among the others, "
        "no labels; every row is scored. nsl_kdd: learned from normal rows in two minutes, tested on new attacks too. MNIST: one "
        "digit is normal. The peers get standardised columns and have their own defaults. Area under the ROC curve.",
        per_set(runs, methods, [*bench, *(name for name in (KDD, *digits) if name in runs.sets)], "auc", "{:.3f}"),
    ]
    if found:
        text.append(
            f"Mean of {len(whole)} sets of ADBench: " + ", ".join(f"{named(m)} {x:.3f}" for m, x in found.items()) + "."
        )
        worst = min(whole, key=lambda name: mean(runs.figures("lamina", name, "auc")))
        text.append(f"Lamina's worst set is {worst}: {spread(runs.figures('lamina', worst, 'auc'), '{:.3f}')}.")
    if named_too := runs.of(KNOWN):
        seeing, blind = (mean(each[key] for each in named_too) for key in ("auc", "blind"))
        sets = sorted({each["set"] for each in named_too})
        text += [
            f"Ten odd rows of each set named (`--odd`), 300 steps, the others asked about: {seeing:.3f} on average, {blind:.3f} with none named "
            f"(sets: {len(sets)}).",
            grid(
                ["", "ten known", "none"],
                [
                    [name, *(spread(runs.figures(KNOWN, name, key), "{:.3f}") for key in ("auc", "blind"))]
                    for name in sets
                ],
            ),
        ]
    return Section(rows, [*text, "Seconds of whole processes.", per_set(runs, methods, runs.sets, "seconds")])


def clusters(runs: Runs) -> Section:
    own = {name: (minutes, "learn_seconds") for name, (_, minutes) in GROUPED.items()}
    rows = [
        at_least("Clusters, MNIST, 10 given", runs.figures("lamina", "mnist", "accuracy"), 0.95),
        at_most("Clusters, MNIST, time to learn", _seconds(runs, "lamina", "mnist", *own["mnist"]), 300, "{:.0f} s", 1),
        at_least("Clusters, cats_dogs, 2 given", runs.figures("lamina", "cats_dogs", "accuracy"), 0.95),
        at_most(
            "Clusters, cats_dogs, time to learn",
            _seconds(runs, "lamina", "cats_dogs", *own["cats_dogs"]),
            120,
            "{:.0f} s",
            1,
        ),
    ]
    if not runs.good:
        return Section(rows)
    return Section(
        rows,
        [
            "`lamina learn pictures --find clusters --clusters N --minutes M --seed N`, then `lamina predict` of the test "
            "pictures. Each cluster counts as one label at most, so that the most are right; in %. The peers have the pixels, "
            "KMeans the number too, HDBSCAN 10,000 of the pictures. Where the machine lent one core, minutes were doubled, and the time above is "
            "half of what the processor took.",
            per_set(runs, GROUPERS, runs.sets, "accuracy", "{:.2f}", 100),
            "Seconds of whole processes.",
            per_set(runs, GROUPERS, runs.sets, "seconds"),
        ],
    )


def hebbian(runs: Runs) -> Section:
    learned, drawn = (runs.figures(method, "mnist", "accuracy") for method in ("hebbian", "random"))
    gain = [100 * (mean(learned) - mean(drawn))] if learned and drawn else []
    rows = [
        at_least("MNIST by Hebb's rule", learned, 0.99),
        at_least("MNIST by Hebb's rule, above random filters", gain, 0.4, "{:.2f} points", 1),
        at_most("MNIST by Hebb's rule, time", runs.figures("hebbian", "mnist", "seconds"), 1200, "{:.0f} s", 1),
    ]
    if gain:
        rows[1].reached = f"{gain[0]:.2f} points (means of {len(learned)} and {len(drawn)} runs)"
    if not runs.good:
        return Section(rows)
    return Section(
        rows,
        [
            "`--network hebbian`, the same with filters as drawn (`hebbian random=true`), and `--network cnn`, which learns by "
            "backpropagation, 20 minutes each at most; test accuracy in %. Of mnist 1000 nothing but 1,000 digits is learned from; of mnist 1000 others also the other 59,000, which have no label.",
            per_set(runs, RULES, runs.sets, "accuracy", "{:.2f}", 100),
            "Processor seconds of learning.",
            per_set(runs, RULES, runs.sets, "cpu"),
        ],
    )


def _seconds(runs: Runs, way: str, name: str, usual: float, key: str = "seconds") -> list[float]:
    """On the clock; of runs that had more than the usual minutes because the machine lent one core, half of what its processor
    took."""
    return [
        each["cpu"] / 2 if each["machine"].startswith("1 cores") and each["minutes"] > usual else each[key]
        for each in runs.of(way, name)
    ]


def few_labels(runs: Runs) -> Section:
    def row(name: str, least: float) -> Row:
        return at_least(f"{name.replace('_', ' ')} labels", runs.figures("all", name, "accuracy"), least)

    rows = [
        at_least("MNIST, 10 labels, transductive", runs.figures("spread", "mnist 10", "accuracy"), 0.95),
        at_most(
            "MNIST, 10 labels, time", _seconds(runs, "spread", "mnist 10", SETS["mnist 10"].minutes), 300, "{:.0f} s", 1
        ),
        row("mnist 100", 0.983),
        _gain(runs, "mnist 100", "all", ("alone",), 0.01),
        at_most(
            "MNIST, 100 labels, time", _seconds(runs, "all", "mnist 100", SETS["mnist 100"].minutes), 600, "{:.0f} s", 1
        ),
        row("fashion_mnist 100", 0.80),
        row("cats_dogs 20", 0.97),
        at_most(
            "cats dogs, 20 labels, time",
            _seconds(runs, "all", "cats_dogs 20", SETS["cats_dogs 20"].minutes),
            120,
            "{:.0f} s",
            1,
        ),
        *(_gain(runs, name, "all", ("alone", "self_training"), 1e-9) for name in ("sms_spam 50", "trec 60")),
        _gain(runs, "adult 100", "all", ("alone",), 0),
        *(_gain(runs, name, "strange", (SETS[name].beside,), 0) for name in SETS),
    ]
    if not runs.good:
        return Section(rows)
    busy = [each for each in runs.good if each.get("minutes", 0) > SETS[each["set"]].minutes]
    return Section(
        rows,
        [
            "So many labels, drawn anew by each seed (of pictures, photos and questions as many of each class), and all other training "
            "rows without one. Spread: `--transduce`, judged on those rows; equal: with `--shares equal`. All: `lamina learn labelled --unlabelled others`, judged "
            "on rows of their own; alone: without the others; strange: rows of other classes, or noise, among them, of mnist 100 and "
            "fashion_mnist 100 by `--steps 400 --unlabelled-steps 400`, and brief: by labels alone with as many; of mnist 10 spread by as many, among 4,000 clothes. "
            "Texts and the table: `--steps 100 --unlabelled-steps 200`; the others: minutes. The peers have the pixels, TF-IDF of words, or numbers on one scale, and at most 10,000 of the others; linear is the logistic regression of SelfTraining by itself. In %.",
            per_set(runs, FEW, runs.sets, "accuracy", "{:.2f}", 100),
            *(
                [
                    f"The machine did other work during {len(busy)} of these runs, or lent them one core; they had more minutes for that. Where it lent one core, "
                    "the time above is half of what the processor took."
                ]
                if busy
                else []
            ),
            "Seconds of the processors, whole processes.",
            per_set(runs, FEW, runs.sets, "cpu"),
        ],
    )


def _gain(runs: Runs, name: str, way: str, others: tuple[str, ...], least: float) -> Row:
    """By how much one way is right more often than others, on the draws that all of them have."""
    of = {each: {run["seed"]: run["accuracy"] for run in runs.of(each, name)} for each in (way, *others)}
    draws = sorted(set.intersection(*(set(each) for each in of.values())))
    beside = " and ".join(named(each) for each in others)
    what = f"{name.replace('_', ' ')} labels, {WAYS[way]}"
    wanted = DRAWS if way == "strange" else 1
    must = (
        f"not below {beside}{f', {DRAWS} draws' * (wanted > 1)}"
        if not least
        else f"above {beside}" + (f" by {100 * least:g} points" * (least > 0.001))
    )
    if not draws:
        return Row(what, must)
    gains = [mean(of[way][seed] - of[each][seed] for seed in draws) for each in others]
    reached = ", ".join(f"{100 * gain:+.2f}" for gain in gains)
    return Row(what, must, f"{reached} points ({count(draws)})", min(gains) >= least if len(draws) >= wanted else None)


def search(runs: Runs) -> Section:
    said = [each["said"] for each in runs.good]
    rows = [
        at_least("Search among a million vectors, recall at 10", [each["recall"] for each in said], 0.98, "{:.3f}", 1),
        judged("Search, a query", "< 5 ms", [each["query_ms"] for each in said], lambda x: x < 5, "{:.1f} ms"),
        at_most("Search, index built", [each["build_seconds"] for each in said], 180, "{:.0f} s", 1),
        at_most("Search, peak memory", [each["memory"] for each in said], 1.5, "{:.2f} times the vectors", 1),
    ]
    if not said:
        return Section(rows)
    text = (
        f"{said[0]['vectors']:,} vectors of 256 numbers: pixels of MNIST digits that were shifted, turned and stretched, projected to "
        "directions drawn at random (`benchmarks/search.py`). One query at a time, on an index that is mapped from a file; "
        "recall is against comparing with all."
    )
    names = {
        "recall": "recall at 10",
        "query_ms": "a query, ms",
        "query_cpu_ms": "a query, ms of the processors",
        "build_seconds": "building, s",
        "memory": "memory, times the vectors",
    }
    cells = [[words, spread([each[name] for each in said], "{:.3f}")] for name, words in names.items()]
    return Section(rows, [text, grid(["", "figure"], cells)])


def explain(runs: Runs) -> Section:
    said = [each["said"] for each in runs.good]

    def ms(name: str, act: str) -> list[float]:
        return [each[name][act]["ms"] for each in said if act in each[name]]

    agreed = [found[key] for each in said for found in each.values() for key in found if key.startswith("rank")]
    rows = [
        row
        for name in ("digits", "cats_dogs")
        for row in (
            at_most(f"Grad-CAM of a picture, {name}", ms(name, "gradcam"), 100, "{:.0f} ms", 1),
            at_most(f"Trace of an example, {name}", ms(name, "trace"), 200, "{:.0f} ms", 1),
        )
    ]
    least = [min(agreed)] if agreed else []
    rows.append(at_least("Explanations, least rank correlation with Captum", least, 0.99, "{:.4f}", 1))
    if not said:
        return Section(rows)
    acts = list(
        dict.fromkeys(act for each in said for found in each.values() for act in found if "ms" in str(found[act]))
    )
    cells = [[act, *(spread(ms(name, act), "{:.1f}") for name in said[0])] for act in acts]
    text = "Milliseconds on the clock with the worker warm, medians of several runs."
    return Section(rows, [text, grid(["", *said[0]], cells)])


def page(runs: Runs) -> Section:
    said = [each["said"] for each in runs.good]
    slowest = [max(each["views"].values()) for each in said]
    lost = [100 * (median(each["learning"]["beside_cpu"]) / median(each["learning"]["alone_cpu"]) - 1) for each in said]
    rows = [
        at_most("The page, 100,000 examples and 100 layers: the slowest view, warm", slowest, 200, "{:.0f} ms", 1),
        at_most("The page, learning beside it: more processor time", lost, 3, "{:.1f} %", 1),
    ]
    if not said:
        return Section(rows)
    cells = [[path, spread([each["views"][path] for each in said], "{:.1f}")] for path in said[0]["views"]]
    text = (
        "Milliseconds over HTTP, medians of several requests. That learning is slowed is told in processor time, which other work on the machine "
        "disturbs least; what is below zero is noise."
    )
    return Section(rows, [text, grid(["view", "ms"], cells)])
