"""Run the benchmarks: python benchmarks/run.py [NAME…] [--seeds N] [--quick] [--data DIR]; without names, list them.

Every single run is written to `benchmarks/results/NAME.json` as soon as it ends. The same command again goes on where
it stood; figures of Lamina that belong to other code are measured anew (or kept, with --keep), those of peers stay.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import measure
from peers import make
from record import Record, Run, Setting

HERE = Path(__file__).parent
BENCHMARKS = {
    "start": "import and predict: seconds of whole processes",
    "memory": "peak memory of a table and of many pictures",
    "loop": "examples per second beside a hand-written loop",
    "serving": "requests per second beside an empty endpoint, scikit-learn and a bare loop",
    "soak": "half an hour of good and bad requests at once",
    "mnist": "MNIST in under half a minute, beside a plain torch script",
    "photos": "cats and dogs in two minutes",
    "transcripts": "digit strings of a new speaker, sentences of one speaker: characters and words that are wrong",
    "language": "tiny_shakespeare letter by letter in 15 and 60 minutes, beside counts of letters",
    "verification": "faces of people never learned from: is it the same one?",
    "tables": "twelve tables, beside trees, linear models and other networks",
    "texts": "spam, sentiment, questions, beside TF-IDF and fastText",
    "series": "movement from four signal strengths, same rooms and a new one, beside MiniRocket",
    "videos": "hand signs of a new person, from videos, in ten minutes",
    "sounds": "spoken digits and speakers, beside scikit-learn on the same spectra; an hour of FLAC",
    "five_minutes": "MNIST and Fashion-MNIST in five minutes",
    "anomalies": "what is odd, without labels, beside PyOD",
    "clusters": "clusters without labels, their number given, beside KMeans and HDBSCAN",
    "hebbian": "MNIST by Hebb's rule, beside random filters and backpropagation",
    "few_labels": "few labels and many pictures without, beside LabelSpreading and SelfTraining",
    "making": "digits and clothes made given the label, beside a plain DCGAN; three digits in one; cats",
    "search": "a million vectors: build, recall, milliseconds, memory",
    "explain": "what explanations cost, and whether they agree with Captum's (where it is installed)",
    "page": "the page on 100,000 examples and 100 layers: milliseconds of its views; how much it slows learning",
    "keras_mnist": "Keras's own example on two backends",
}
SCRIPTS = {
    "start": 1,
    "memory": 1,
    "loop": 3,
    "serving": 1,
    "soak": 1,
    "search": 3,
    "explain": 1,
    "page": 1,
}  # measure by themselves, this often; print one JSON object


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; or all")
    parser.add_argument("--seeds", type=int, help="instead of each benchmark's own number")
    parser.add_argument("--quick", action="store_true", help="one small run of each, kept apart, to see that all works")
    parser.add_argument("--data", type=Path, default=os.environ.get("LAMINA_DATA"), help="the folder of data sets")
    parser.add_argument("--only", action="append", metavar="WORD", help="runs of this method or on this set (repeat)")
    parser.add_argument("--results", type=Path, help="where figures are kept")
    parser.add_argument("--keep", action="store_true", help="take Lamina's figures of earlier code as they are")
    parser.add_argument(
        "--times",
        type=float,
        default=1.0,
        help="of few_labels, clusters, transcripts and making: so many times the minutes, on busy cores",
    )
    parser.add_argument("--retry", action="store_true", help="measure again what failed")
    asked = parser.parse_args()
    if not asked.names:
        print("\n".join(f"{name:14}{what}" for name, what in BENCHMARKS.items()))
        return
    names = list(BENCHMARKS) if asked.names == ["all"] else asked.names
    for name in names:
        if name not in BENCHMARKS:
            sys.exit(f"There is no benchmark '{name}'. There are: {', '.join(BENCHMARKS)}.")
    if asked.data is None or not asked.data.is_dir():
        sys.exit(f"The data sets were sought in '{asked.data}'. Say --data DIR, or set LAMINA_DATA.")
    setting = Setting(asked.data.resolve(), asked.seeds, asked.quick, asked.times)
    results = asked.results or HERE / ("results-quick" if asked.quick else "results")
    for name in names:
        every = script(name, setting) if name in SCRIPTS else importlib.import_module(name).runs(setting)
        todo = (run for run in every if not asked.only or {run.method, run.set} & set(asked.only))
        go(name, todo, Record(results / f"{name}.json"), keep=asked.keep, retry=asked.retry)


def go(name: str, todo: Iterator[Run], record: Record, *, keep: bool = False, retry: bool = False) -> None:
    """All runs of a benchmark that are not recorded yet."""
    missing: set[str] = set()
    for run in todo:
        held = record.holds(run, None if keep else measure.code())
        if held is not None and not (retry and "failed" in held):
            continue
        interpreter = make.python(run.environment) if run.environment else Path(sys.executable)
        if not interpreter.exists():
            missing.add(f"{run.method} (python benchmarks/peers/make.py {run.environment})")
            continue
        print(f"{name}: {run} …", end=" ", flush=True)
        with tempfile.TemporaryDirectory(prefix="lamina-bench-") as place:
            try:
                found = run.act(Path(place))
            except measure.Failed as failure:
                found = {"failed": str(failure)}
        print(", ".join(f"{key} {value:.5g}" for key, value in found.items() if isinstance(value, float)) or found)
        record.add(run, {**found, **circumstances(run, interpreter)})
    if missing:
        print(f"{name}: missing: {'; '.join(sorted(missing))}")


def circumstances(run: Run, interpreter: Path) -> dict[str, Any]:
    """When, where and with what a figure was measured."""
    return {
        **({"code": measure.code()} if run.ours else {}),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": measure.machine(),
        "versions": measure.versions(interpreter),
    }


def script(name: str, setting: Setting) -> Iterator[Run]:
    """A benchmark that measures by itself: its JSON is kept as it is."""
    for turn in range(setting.count(SCRIPTS[name])):
        yield Run("lamina", name, turn, partial(call, HERE / f"{name}.py", setting), ours=True)


def call(path: Path, setting: Setting, place: Path) -> dict[str, Any]:
    command = [sys.executable, path, *(["--quick"] if setting.quick else [])]
    return {"said": measure.child(command, limit=3600, LAMINA_DATA=str(setting.data), LAMINA_CACHE=str(place)).last}


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the same command goes on from here.")
