"""Spectra that are kept between runs: the very same ones, and only of the very same sounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import worlds
from lamina.core import Array, Encoded
from lamina.inputs.sound import Sound
from lamina.learning.heard import spectra
from lamina.machine import cache


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Files, bytes, samples, one that is missing and one that is damaged."""
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path / "cache"))
    wavs = worlds.beeps(4, 0)["sound"]
    (tmp_path / "a.wav").write_bytes(wavs[0])
    (tmp_path / "damaged.wav").write_bytes(wavs[1][:30])
    samples: Array = np.sin(np.arange(3_000)).astype(np.float32)
    return [str(tmp_path / "a.wav"), wavs[2], samples, None, str(tmp_path / "damaged.wav"), str(tmp_path / "gone.wav")]


def settled(values: list[Any]) -> Sound:
    sound = Sound()
    sound.observe(values)
    sound.settle()
    return sound


def same(one: Encoded, other: Encoded) -> None:
    for name in ("values", "present", "lengths"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.problems == other.problems


def test_what_was_kept_is_what_was_made(sounds: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sound = settled(sounds)
    first = spectra(sound, sounds)
    same(first, sound.encode(sounds))
    assert first.present.tolist() == [True, True, True, False, False, False]
    assert len(first.problems) == 2
    made = cache.files()
    assert len(made) == 2

    def refuse(*_: object) -> Encoded:
        raise AssertionError("made again")

    monkeypatch.setattr(Sound, "encode", refuse)
    same(spectra(sound, sounds), first)
    moved = Path(sounds[0]).rename(Path(sounds[0]).with_name("b.wav"))  # what it holds counts, not where it lies
    same(spectra(sound, [str(moved), *sounds[1:]]), first)
    for other, heard in ((sounds[1:], sound), ([*sounds[1:], sounds[0]], sound), (sounds, _whispered(sounds))):
        with pytest.raises(AssertionError, match="made again"):
            spectra(heard, other)


def _whispered(values: list[Any]) -> Sound:
    sound = settled(values)
    sound.adopt(80)
    return sound


def test_a_file_that_changed_is_heard_anew(sounds: list[Any]) -> None:
    sound = settled(sounds)
    before = spectra(sound, sounds)
    Path(sounds[0]).write_bytes(worlds.beeps(1, 9)["sound"][0])
    assert not np.array_equal(spectra(sound, sounds).values[0], before.values[0])
