"""What counts as measured, and how methods are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def run(minutes: float, *, ours: bool = True) -> Any:
    from record import Run

    return Run("lamina", "digits", 3, lambda place: {}, ours, None, {"minutes": minutes})


def test_a_run_is_held_for_the_same_code_and_the_same_budget(tmp_path: Path) -> None:
    from record import Record

    record = Record(tmp_path / "digits.json")
    record.add(run(2), {"accuracy": 0.5, "code": "a"})
    kept = Record(tmp_path / "digits.json")
    assert kept.holds(run(2), "a") == {
        "method": "lamina", "set": "digits", "seed": 3, "minutes": 2, "accuracy": 0.5, "code": "a"
    }  # fmt: skip
    assert kept.holds(run(2), "b") is None
    assert kept.holds(run(2), None)
    assert kept.holds(run(2, ours=False), "b"), "a peer does not change with our code"
    assert kept.holds(run(3), "a") is None


def test_a_new_figure_replaces_the_old_one(tmp_path: Path) -> None:
    from record import Record

    record = Record(tmp_path / "digits.json")
    record.add(run(2), {"accuracy": 0.5, "code": "a"})
    record.add(run(3), {"accuracy": 0.6, "code": "b"})
    assert [each["accuracy"] for each in json.loads(record.path.read_text())["runs"]] == [0.6]


def test_gaps_are_taken_split_by_split_and_failures_are_said(tmp_path: Path) -> None:
    from figures import Runs
    from gaps import clearly_better, gaps
    from table import shortfalls

    errors = {"lightgbm": (0.2, 0.1), "lamina": (0.3, 0.1), "linear": (0.25, 0.04)}
    runs = [
        {"method": method, "set": "sonar", "seed": seed, "error": error}
        for method, found in errors.items()
        for seed, error in enumerate(found)
    ]
    runs.append({"method": "realmlp", "set": "sonar", "seed": 0, "failed": "did not end within 1,800 s"})
    (tmp_path / "tables.json").write_text(json.dumps({"runs": runs}))
    found = Runs(tmp_path / "tables.json")
    assert gaps(found, "lamina", "sonar") == pytest.approx([0.5, 0.0])
    assert clearly_better(found, "linear", "sonar")
    assert not clearly_better(found, "lightgbm", "sonar"), "equal on a split"
    assert shortfalls([], {"tables": found}) == ["- RealMLP-TD-S on sonar, seed 0: did not end within 1,800 s"]


def test_a_unit_is_said_once() -> None:
    from figures import spread

    assert spread([1, 2], "{:.1f} times the vectors") == "1.5 ± 0.7 times the vectors"
    assert spread([0.25], "{:.0f} %", 100) == "25 %"


def test_a_child_that_ends_badly_or_late_is_a_failure() -> None:
    import sys

    from measure import Failed, child

    with pytest.raises(Failed, match=r"status 3: ouch"):
        child([sys.executable, "-c", "import sys; print('ouch', file=sys.stderr); sys.exit(3)"])
    with pytest.raises(Failed, match="did not end within"):
        child([sys.executable, "-c", "import time; time.sleep(60)"], limit=0.5)
    ended = child([sys.executable, "-c", "print('first'); print('{\"a\": 1}')"])
    assert ended.last == {"a": 1}


@pytest.mark.parametrize("folds", [None, 5])
def test_splits_part_the_rows_the_same_way_each_time(tmp_path: Path, folds: int | None) -> None:
    from tables import Table, split

    (tmp_path / "made.csv").write_text("".join(f"{row},?,'{row % 2}'\n" for row in range(20)))
    table = Table("made.csv", "category", folds=folds)

    def rows(seed: int, name: str, place: str) -> list[str]:
        truth = split(table, tmp_path, seed, tmp_path / place)
        head, *found = (tmp_path / place / "rows" / f"{name}.csv").read_text().split()
        assert head == ("c1,c2" if name == "ask" else "c1,c2,target")
        if name == "test":
            assert [each.rsplit(",", 1)[1] for each in found] == truth
        return found

    train, test = rows(0, "train", "a"), rows(0, "test", "b")
    assert sorted(train + test) == sorted(f"{row},?,{row % 2}" for row in range(20))
    assert rows(0, "test", "c") == test != rows(1, "test", "d")
    assert [each.rsplit(",", 1)[0] for each in test] == rows(0, "ask", "e")
    if folds:
        assert len({each for seed in range(folds) for each in rows(seed, "test", f"f{seed}")}) == 20
