"""Laws of crashes and full disks: what was there before is whole, or what is new is whole; nothing in between."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import lamina
import worlds
from lamina.core import ModelError
from lamina.learning import loop as loops
from lamina.machine import checkpoint
from lamina.machine.files import ABANDONED, DiskFull, new_file, new_folder, standing
from lamina.model.bundle import CARD, FILES

DIES = """
import os, shutil, sys
from pathlib import Path
from lamina.machine.files import new_folder

left = int(sys.argv[2])

def counted(act):
    def acts(*given, **named):
        global left
        if not left:
            os._exit(9)
        left -= 1
        return act(*given, **named)
    return acts

os.fsync, os.replace, shutil.rmtree = counted(os.fsync), counted(os.replace), counted(shutil.rmtree)
with new_folder(Path(sys.argv[1])) as aside:
    (aside / "a").write_text("new")
    (aside / "b").write_text("new")
os._exit(0)
"""


def words(folder: Path) -> list[str]:
    return [(folder / name).read_text() for name in ("a", "b")]


def write(folder: Path, word: str) -> None:
    with new_folder(folder) as aside:
        for name in ("a", "b"):
            (aside / name).write_text(word)


def test_a_death_at_any_moment_leaves_the_old_or_the_new_folder(tmp_path: Path) -> None:
    found, acts = [], 0
    while True:
        place = tmp_path / f"{acts}" / "folder"
        write(place, "old")
        died = subprocess.run([sys.executable, "-c", DIES, str(place), str(acts)], check=False).returncode
        there = words(standing(place))
        assert there in (["old", "old"], ["new", "new"])
        found.append((place.exists(), there[0]))
        write(place, "next")  # goes on as if nothing had happened
        assert words(place) == ["next", "next"]
        assert not place.with_name(f".{place.name}.old").exists()
        if died == 0:
            break
        assert died == 9
        acts += 1
    assert (False, "old") in found  # between the two renames
    assert {word for _, word in found} == {"old", "new"}


def test_a_model_that_a_crash_left_aside_is_loaded_and_not_lost(small_model: Path, tmp_path: Path) -> None:
    place = tmp_path / "a.lamina"
    model = lamina.load(small_model)
    model.save(place)
    place.rename(tmp_path / ".a.lamina.old")  # as if killed before the new one took its place
    aside = lamina.load(place)
    assert aside.predict({"x": 3.0})[0].value == "low"
    with pytest.raises(ModelError, match="--overwrite"):
        model.save(place)
    aside.save(place, overwrite=True)
    assert aside.predict({"x": 3.0})[0].value == "low"
    assert [path.name for path in tmp_path.iterdir()] == ["a.lamina"]
    assert sorted(path.name for path in place.iterdir()) == sorted([CARD, *FILES])


def test_what_killed_writing_left_aside_is_swept_away_but_not_what_is_being_written(tmp_path: Path) -> None:
    old, new = tmp_path / ".a.1.part", tmp_path / ".a.2.part"
    for folder in (old, new):
        folder.mkdir()
        (folder / "half").write_text("…")
    os.utime(old, times=(0, time.time() - ABANDONED - 1))
    with new_file(tmp_path / "a") as aside:
        aside.write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.2.part", "a"]


# ------------------------------------------------------------------------------------------------ a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root on Linux alone")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_model_does_not_fit_and_the_old_one_stays(small_model: Path, small_disk: Path) -> None:
    place = small_disk / "a.lamina"
    model = lamina.load(small_model)
    model.save(place)
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    fill(small_disk)
    with pytest.raises(DiskFull, match=r"disk is full.*Free some space"):
        model.save(place, overwrite=True)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["a.lamina", "filler"]


def test_a_checkpoint_that_does_not_fit_is_said_and_learning_goes_on(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "SAVE_EVERY", -1.0)
    running = lamina.training(worlds.blobs(200, 0), "label", steps=12, folds=0, out=small_disk / "a.lamina")
    said: list[str] = []

    def watch() -> None:
        for progress in running:
            if progress.stage == "learning":
                if not said:
                    fill(small_disk)
                said.append(progress.message)

    with pytest.raises(DiskFull, match=r"a\.lamina"):
        watch()
    assert len(said) == 12
    assert "disk is full" in said[-1]
    kept = small_disk / ".a.lamina.partial"
    assert json.loads((kept / "run.json").read_text())["steps"] == 12
    assert sorted(path.name for path in small_disk.iterdir()) == [".a.lamina.partial", "filler"]
    (small_disk / "filler").unlink()
    running.model.save(tmp_path / "elsewhere.lamina")  # what was learned is still there


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_answers_that_do_not_fit_end_in_one_message(small_model: Path, small_disk: Path, suffix: str) -> None:
    from lamina.cli.predict import write as write_answers

    answers = lamina.load(small_model).predict({"x": [0.1 * k for k in range(400)]})
    fill(small_disk)
    with pytest.raises(DiskFull, match="answers"):
        write_answers([answers], small_disk / f"answers{suffix}")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_torn_checkpoint_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    place = tmp_path / "0.safetensors"
    checkpoint.write(place, {"a": torch.zeros(3)}, {"step": 1})
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write(place, {"a": torch.ones(3)}, {"step": 2})
    monkeypatch.undo()
    found = checkpoint.read(place)
    assert found is not None
    assert found[1] == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["0.safetensors"]
