"""Render docs/benchmarks.md from the recorded runs: python benchmarks/table.py [--results DIR] [--out FILE]"""

from __future__ import annotations

import argparse
import operator
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean

import discoveries
import makings
import senses
from figures import NAMES, Row, Runs, Section, grid, judged, named, spread
from gaps import tables

HERE = Path(__file__).parent


def accuracy_table(runs: Runs, methods: Sequence[str], sets: Sequence[str]) -> str:
    """Accuracy and seconds of each method on each set, where there are any."""
    rows = []
    for name in sets:
        for method in methods:
            if found := runs.figures(method, name, "accuracy"):
                least = f"{100 * min(found):.2f} to {100 * max(found):.2f}"
                seconds, cpu = (spread(runs.figures(method, name, key), "{:.1f}") for key in ("seconds", "cpu"))
                rows.append([NAMES[method], name, str(len(found)), spread(found, scale=100), least, seconds, cpu])
    return grid(["", "set", "runs", "test accuracy, %", "least to most", "seconds", "processor seconds"], rows)


def mnist(runs: Runs, keras: Runs) -> Section:
    ours, plain = (runs.figures(method, "mnist", "seconds") for method in ("lamina", "torch"))
    right = runs.figures("lamina", "mnist", "accuracy")
    ratio = [mean(ours) / mean(plain)] if ours and plain else []
    rows = [
        judged("MNIST, one pass, accuracy", "mean ≥ 99.0 %", right, lambda x: x >= 0.99, "{:.2f} %", 100),
        judged("MNIST, one pass, whole process", "≤ 25 s", ours, lambda x: x <= 25, "{:.1f} s"),
        judged("MNIST, time beside plain torch", "≤ 1.5 times", ratio, lambda x: x <= 1.5, "{:.2f} times"),
    ]
    if ratio:
        rows[-1].reached = f"{ratio[0]:.2f} times (means of {len(ours)} and {len(plain)} runs)"
    text = []
    if runs.good:
        steps = sorted({each["steps"] for each in runs.of("lamina")})
        text += [
            f"Lamina: `lamina learn mnist --target label --steps {', '.join(map(str, steps))} --seed N`, from the "
            "start of the process to the saved model with its report. The budget is one pass, which was not searched for; seed 0 had been read before it was written down. The "
            f"{runs.of('lamina')[0]['rows']:,} test images are read once, by the report. Plain torch: "
            "`benchmarks/plain/mnist.py`, from start to its accuracy. The two take turns, seed by seed.",
            accuracy_table(runs, ("lamina", "torch"), ("mnist",)),
        ]
    if keras.good:
        rows_keras = [
            [
                NAMES[method],
                str(len(found)),
                spread([each["accuracy"] for each in found], scale=100),
                spread(keras.figures(method, "mnist", "to_target"), "{:.0f}")
                if keras.figures(method, "mnist", "to_target")
                else "not reached",
                spread([each["learning_seconds"] for each in found], "{:.0f}"),
            ]
            for method in ("keras-jax", "keras-torch")
            if (found := keras.of(method))
        ]
        text += [
            "Keras's own `mnist_convnet` example, 15 epochs as it stands (`benchmarks/plain/keras_mnist.py`). Seconds "
            "count from the start of the process; looking at the test images after each epoch is not counted.",
            grid(["", "runs", "test accuracy, %", "seconds to 99.0 %", "seconds in all"], rows_keras),
        ]
    return Section(rows, text)


def five_minutes(runs: Runs) -> Section:
    digits, clothes = (runs.figures("lamina", name, "accuracy") for name in ("mnist", "fashion_mnist"))
    rows = [
        judged("MNIST, 5 minutes", "≥ 99.5 %", digits, lambda x: x >= 0.995, "{:.2f} %", 100),
        judged("Fashion-MNIST, 5 minutes", "≥ 93.5 %", clothes, lambda x: x >= 0.935, "{:.2f} %", 100),
    ]
    if not runs.good:
        return Section(rows)
    text = ["`lamina learn SET --target label --minutes 5 --seed N`, official test images."]
    return Section(rows, [*text, accuracy_table(runs, ("lamina",), ("mnist", "fashion_mnist"))])


def photos(runs: Runs) -> Section:
    found = runs.figures("lamina", "cats_dogs", "accuracy")
    took = runs.figures("lamina", "cats_dogs", "seconds")
    rows = [
        judged("cats_dogs, 2 minutes, accuracy", "≥ 98 %", found, lambda x: x >= 0.98, "{:.2f} %", 100),
        judged("cats_dogs, whole process", "≤ 120 s", took, lambda x: x <= 120, "{:.0f} s"),
    ]
    if not found:
        return Section(rows)
    text = (
        "`lamina learn cats_dogs --target label --minutes 2 --seed N`: 1,200 training photos, nothing cached "
        f"beforehand, {runs.of('lamina')[0]['rows']} photos in the official test folder."
    )
    return Section(rows, [text, accuracy_table(runs, ("lamina",), ("cats_dogs",))])


def loop(runs: Runs) -> Section:
    said = [each["said"] for each in runs.good]
    if not said:
        return Section([Row("Learning loop", "≥ 0.95 of a loop by hand")])
    rows, cells = [], []
    for name, first in said[0].items():
        ratios = [each[name]["ratio"] for each in said]
        rows.append(judged(f"Learning loop, {name}", "≥ 0.95 of a loop by hand", ratios, lambda x: x >= 0.95, "{:.3f}"))
        forms = {key: "{:.3f}" if key == "ratio" else "{:,.0f}" for key in first}
        cells.append([name, *(spread([each[name][key] for each in said], form) for key, form in forms.items())])
    text = (
        "The same network and arrays in one process, a few steps each in turn; a run gives the median over the turns."
    )
    return Section(rows, [text, grid(["", *next(iter(said[0].values()))], cells)])


def start(runs: Runs) -> Section:
    lines: dict[str, tuple[str, str, float, str]] = {
        "import lamina above bare Python, s": ("`import lamina`, above bare Python", "≤ 0.05 s", 0.05, "{:.3f} s"),
        "predict a picture, of import torch": (
            "`lamina predict` of a picture",
            "≤ 1/4 of `import torch`",
            1 / 4,
            "{:.2f}",
        ),
        "predict a row, of import torch": ("`lamina predict` of a row", "≤ 1/3 of `import torch`", 1 / 3, "{:.2f}"),
        "predict a sound, of import torch": ("`lamina predict` of a sound", "≤ 1/3 of `import torch`", 1 / 3, "{:.2f}"),
        "predict a text, of import torch": ("`lamina predict` of a text", "≤ 1/3 of `import torch`", 1 / 3, "{:.2f}"),
        "make a picture, of import torch": (
            "`lamina generate` of a picture",
            "≤ 1/3 of `import torch`",
            1 / 3,
            "{:.2f}",
        ),
    }
    said = [each["said"] for each in runs.good]
    rows = [
        judged(
            what, must, [each["clock"][key] for each in said if key in each["clock"]], partial(operator.ge, most), form
        )
        for key, (what, must, most, form) in lines.items()
    ]
    if not said:
        return Section(rows)
    text = f"Whole processes, in turn; medians of {said[0]['rounds']} rounds after one that compiles."
    cells = [
        [name, *(spread([each[clock][name] for each in said], "{:.3f}") for clock in ("clock", "processors"))]
        for name in said[0]["clock"]
    ]
    return Section(rows, [text, grid(["", "on the clock", "of the processors"], cells)])


def memory(runs: Runs) -> Section:
    said = [each["said"] for each in runs.good]
    lines = {
        "parquet, times the table above that": ("Memory, a table of Parquet", "≤ 3 times its size plus torch", 3),
        "csv, times the table above that": ("Memory, a table of CSV", "≤ 3 times its size plus torch", 3),
        "pictures, times that above": ("Memory, 60,000 PNG files", "< 2 times decoded plus torch", 2),
    }
    rows = [
        judged(what, must, [each[key] for each in said], partial(operator.ge, most), "{:.2f} times")
        for key, (what, must, most) in lines.items()
    ]
    if not said:
        return Section(rows)
    text = "The most resident memory of a process that learns; what it takes for a tiny table is taken off first."
    cells = [[name, spread([each[name] for each in said], "{:,.2f}")] for name in said[0]]
    return Section(rows, [text, grid(["", "figure"], cells)])


LOAD = ("per_second", "p50_ms", "p99_ms")


def serving(runs: Runs) -> Section:
    said = [each["said"] for each in runs.good]
    lines: dict[str, tuple[str, str, Callable[[float], bool], str]] = {
        "of_empty": ("Served rows a second, of an empty FastAPI endpoint", "≥ 0.6", lambda x: x >= 0.6, "{:.2f}"),
        "of_sklearn": ("Served rows a second, of scikit-learn's MLP behind FastAPI", "≥ 1.5", lambda x: x >= 1.5, "{:.2f}"),
        "p99_ms_at_half": ("Served rows at half the peak load: 99 % within", "≤ 50 ms", lambda x: x <= 50, "{:.0f} ms"),
        "first_answer_seconds": ("Serving, from start to first answer", "≤ 1.5 s", lambda x: x <= 1.5, "{:.2f} s"),
    }  # fmt: skip
    for processes, by in ((1, "one process"), (2, "two processes")):
        for size in (1, 8, 32):
            what = f"Digits a second served by {by}, {size} a request, of a bare loop"
            lines[f"pictures_{size}_{processes}_of_bare_loop"] = (what, "≥ 0.7", lambda x: x >= 0.7, "{:.2f}")
    rows = [
        judged(what, must, [each["share"][key] for each in said if key in each["share"]], holds, form)
        for key, (what, must, holds, form) in lines.items()
    ]
    if not said:
        return Section(rows)
    text = (
        f"{said[0]['clients']} clients in a process of their own beside what serves, on one machine; no process is bound to "
        "a core, so that the load takes its part of them from the server. Rows have 30 numbers, digits 28 × 28 pixels. The bare "
        "loop decodes in one process and answers with ONNX Runtime, a thread a core, while nothing else runs."
    )
    loads = [name for name, each in said[0].items() if isinstance(each, dict) and "p99_ms" in each]
    cells = [
        [name.replace("_", " "), *(spread([each[name][key] for each in said], "{:,.1f}") for key in LOAD)]
        for name in loads
    ]
    return Section(rows, [text, grid(["", "requests a second", "median, ms", "99 %, ms"], cells)])


def soak(runs: Runs) -> Section:
    said = [each["said"] for each in runs.good]
    shares = [each["share"] for each in said]
    long = f"{said[0]['seconds'] / 60:.0f} minutes" if said else "30 minutes"
    rows = [
        judged(f"Good and bad requests for {long}: good ones answered, or told to come later", "all",
               [each["good_answered"] for each in shares], lambda x: x == 1, "{:.2%}"),
        judged("The same: crashes, and answers that should not have been", "none",
               [float(each["crashes"] + each["wrong"]) for each in shares], lambda x: x == 0, "{:.0f}"),
        judged("The same: memory of the last fifth, of the first after warming up", "≤ 1.05",
               [each["growth"] for each in shares], lambda x: x <= 1.05, "{:.3f}"),
    ]  # fmt: skip
    if not said:
        return Section(rows)
    text = (
        f"{said[0]['clients']} clients, {said[0]['share']['requests']:,} requests, a third of them bad in one of "
        f"{len({name.rpartition(':')[0] for name in said[0]['bad']})} ways; {said[0]['memory_mib'][0]:.0f} MiB, then "
        f"{said[0]['memory_mib'][1]:.0f}."
    )
    return Section(rows, [text])


def page(results: Path) -> str:
    """The whole page."""
    every = {path.stem: Runs(path) for path in sorted(results.glob("*.json"))}

    def runs(name: str) -> Runs:
        return every.get(name) or Runs(results / f"{name}.json")

    sections = {
        "MNIST in under half a minute": mnist(runs("mnist"), runs("keras_mnist")),
        "Five minutes": five_minutes(runs("five_minutes")),
        "Photos": photos(runs("photos")),
        "Tables": tables(runs("tables")),
        "Texts": senses.texts(runs("texts")),
        "Sounds": senses.sounds(runs("sounds")),
        "Series": senses.series(runs("series")),
        "Videos": senses.videos(runs("videos")),
        "Transcripts": senses.transcripts(runs("transcripts")),
        "Writing": makings.language(runs("language")),
        "The same one?": senses.verification(runs("verification")),
        "Anomalies": discoveries.anomalies(runs("anomalies")),
        "Hebb's rule": discoveries.hebbian(runs("hebbian")),
        "Few labels": discoveries.few_labels(runs("few_labels")),
        "Clusters": discoveries.clusters(runs("clusters")),
        "Pictures that are made": makings.making(runs("making")),
        "Search": discoveries.search(runs("search")),
        "Explanations": discoveries.explain(runs("explain")),
        "The page": discoveries.page(runs("page")),
        "Learning loop": loop(runs("loop")),
        "Start": start(runs("start")),
        "Memory": memory(runs("memory")),
        "Serving": serving(runs("serving")),
        "Serving for half an hour": soak(runs("soak")),
    }
    rows = [row for section in sections.values() for row in section.rows]
    verdict = {True: "yes", False: "**no**", None: ""}
    lines = [[row.what, row.must, row.reached, verdict[row.holds]] for row in rows]
    parts = [
        "# Benchmarks",
        "Lamina and its peers in the same run, each peer in an environment of its own (but for scikit-learn beside "
        "sounds). This page is written by `python benchmarks/table.py` from the single runs in `benchmarks/results/`; "
        "budgets, splits and seeds stand in the code of each benchmark and were settled before these runs. Every figure "
        "is a mean, with the standard deviation where there are several seeds or splits; times are whole processes, "
        "imports included, where nothing else is said. What was not measured yet is named as such.",
        grid(["what", "must reach", "reached", "holds"], lines, figures=False),
        "## What falls short",
        *shortfalls(rows, every),
    ]
    for title, section in sections.items():
        if section.text:
            parts += [f"## {title}", *section.text]
    return "\n\n".join([*parts, "## Where and with what", *circumstances(every), REPEAT]) + "\n"


REPEAT = """## Repeat it

```
python benchmarks/peers/make.py             # the peers' environments, once
LAMINA_DATA=data python benchmarks/run.py all
python benchmarks/table.py
```

`benchmarks/README.md` says where the data sets come from and how to run a part."""


def shortfalls(rows: Sequence[Row], every: dict[str, Runs]) -> list[str]:
    """What was not reached, not measured, or failed, as it is."""
    lines = [f"- {row.what}: {row.reached}, where {row.must} was wanted." for row in rows if row.holds is False]
    unmeasured = [row.what for row in rows if row.holds is None and row.reached == "not yet measured"]
    if unmeasured:
        lines.append(f"- Not yet measured: {'; '.join(unmeasured)}.")
    for runs in every.values():
        for each in runs.failed:
            lines.append(f"- {named(each['method'])} on {each['set']}, seed {each['seed']}: {each['failed']}")
    return ["\n".join(lines) or "Nothing that was measured."]


def circumstances(every: dict[str, Runs]) -> list[str]:
    """The machines, the dates, the versions, and whether one state of the code gave all of Lamina's figures."""
    good = [each for runs in every.values() for each in runs.good]
    if not good:
        return ["Nothing was measured yet."]
    machines, dates = sorted({each["machine"] for each in good}), sorted({each["date"] for each in good})
    users: dict[str, dict[str, None]] = {}  # versions: the methods that ran with them
    for each in good:
        versions = ", ".join(f"{name} {number}" for name, number in each["versions"].items())
        users.setdefault(versions, {})[named(each["method"])] = None
    states = sorted({each["code"] for each in good if "code" in each})
    lines = [f"- {', '.join(who)}: {versions}" for versions, who in users.items()]
    span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return [
        f"{'; '.join(machines)}. {span}. State of Lamina's code: {', '.join(states) or 'none'}"
        + (" (several: not all figures belong to the same code)." if len(states) > 1 else "."),
        "\n".join(lines),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "benchmarks.md")
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(page(asked.results), encoding="utf-8")
    print(asked.out)


if __name__ == "__main__":
    main()
