"""What is special to sounds: files of every kind, damaged ones, other rates, long recordings, what a spectrum shows."""

from __future__ import annotations

import io
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

import worlds
from lamina.core import Array
from lamina.inputs import _recording
from lamina.inputs import sound as sounds
from lamina.inputs._recording import MOST, joined, opened
from lamina.inputs.sound import LONGEST, Sound, spectrum

RATE = 16_000
FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "PCM_24"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", None),
    ("AIFF", "PCM_16"),
]


def tone(hertz: float = 440.0, seconds: float = 1.0, rate: int = RATE, loud: float = 0.3) -> Array:
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).standard_normal(len(time))
    found: Array = loud * np.sin(2 * np.pi * hertz * time) + 0.002 * noise
    return found.astype(np.float32)


def file(samples: Array, rate: int = RATE, kind: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def settled(*values: object) -> Sound:
    sound = Sound()
    sound.observe(list(values))
    sound.settle()
    return sound


def heard(sound: Sound, value: object) -> Array:
    """The steps of one sound."""
    encoded = sound.encode([value])
    assert encoded.problems == []
    steps: Array = encoded.values[0, : encoded.lengths[0]]
    return steps


@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
def test_every_format_says_the_same(kind: str, subtype: str | None) -> None:
    sound = settled(file(tone()))
    plain, other = heard(sound, file(tone())), heard(sound, file(tone(), kind=kind, subtype=subtype))
    assert abs(len(plain) - len(other)) <= 12  # an MP3 is padded
    assert np.argmax(plain[50]) == np.argmax(other[50])
    assert abs(plain[50].max() - other[50].max()) < 0.3


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_every_rate_is_brought_to_one(rate: int) -> None:
    sound = settled(file(tone()))
    one, other = heard(sound, file(tone())), heard(sound, file(tone(rate=rate), rate))
    assert abs(len(one) - len(other)) <= 1
    assert np.argmax(one[50]) == np.argmax(other[50])
    assert abs(one[50].max() - other[50].max()) < 0.1


def test_channels_are_averaged_and_paths_read(tmp_path: Path) -> None:
    left = tone()
    path = tmp_path / "two.wav"
    path.write_bytes(file(np.stack([left, np.zeros_like(left)], 1)))
    sound = settled(str(path))
    np.testing.assert_allclose(heard(sound, str(path))[50].max(), heard(sound, file(left / 2))[50].max(), atol=0.02)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint8, np.float64, np.float32])
def test_arrays_are_samples_at_16_khz(dtype: type) -> None:
    samples = tone()
    sound = settled(file(samples))
    whole = {np.int16: 32767, np.int32: 2**31 - 1, np.uint8: 127}.get(dtype, 1)
    given = (samples * whole + (128 if dtype is np.uint8 else 0)).astype(dtype)
    assert abs(heard(sound, given)[50].max() - heard(sound, samples)[50].max()) < 0.05


def test_a_tone_lies_in_its_band_and_loudness_is_a_logarithm() -> None:
    """Ten times the amplitude is 20 dB; a full-scale sine is at 0 dB but for what its neighbours take."""
    places = [int(np.argmax(spectrum(tone(hertz), RATE, 64)[40])) for hertz in (200, 500, 1000, 3000, 6000)]
    assert places == sorted(places)
    assert len(set(places)) == 5
    quiet, loud = (spectrum(tone(1000, loud=each), RATE, 64)[40].max() for each in (0.05, 0.5))
    assert abs(loud - quiet - np.log(100)) < 0.05
    assert -2 < spectrum(tone(1000, loud=1.0), RATE, 64)[40].max() < 0.5


@pytest.mark.parametrize("rate", [4_000, 8_000, 16_000, 32_000])
def test_no_band_is_deaf(rate: int) -> None:
    bands = 40 if rate <= 11_025 else 64
    noise = np.random.default_rng(0).standard_normal(rate).astype(np.float32)
    assert spectrum(noise, rate, bands).std(1).max() < 3
    assert spectrum(noise, rate, bands).shape == (1 + (rate - round(0.025 * rate)) // round(0.01 * rate), bands)


@cache
def zoo() -> dict[str, tuple[object, str]]:
    """Files that are no sound, and what is said of them."""
    wav, flac, ogg, mp3 = (file(tone(), kind=kind) for kind in ("WAV", "FLAC", "OGG", "MP3"))
    odd = bytearray(file(tone()))
    odd[24:28] = struct.pack("<I", 3)  # samples a second
    long = bytearray(file(np.zeros(40_000, np.float32), 1_000, "FLAC"))
    samples = int((MOST + 10) * 1_000)  # a header claims hours; the file has 40 seconds
    long[21] = (long[21] & 0xF0) | (samples >> 32)
    long[22:26] = struct.pack(">I", samples & 0xFFFFFFFF)
    fast, wide = bytearray(file(tone())), bytearray(file(tone()))
    fast[24:28] = struct.pack("<I", 10_000_000)
    wide[22:24], wide[32:34] = struct.pack("<H", 255), struct.pack("<H", 510)  # channels, bytes of one sample of all
    claims = bytearray(file(tone(), kind="AU"))
    claims[8:12] = struct.pack(">I", 0xFFFFFFF0)  # bytes of samples, of 4 GB that are not there
    huge = bytearray(long)
    huge[21], huge[22:26] = huge[21] | 0x0F, b"\xff\xff\xff\xff"  # as many as a header can claim
    return {
        "ten million samples a second": (bytes(fast), "claims 10,000,000 samples a second"),
        "255 channels": (bytes(wide), "255 channels"),
        "a tiny file of five hours": (file(np.zeros(5 * 3_600 * 1_000, np.int16), 1_000, "FLAC"), "lasts 5.0 hours"),
        "four GB that are not there": (bytes(claims), ""),
        "sixty thousand million samples": (bytes(huge), "hours; expected are at most 4"),
        "nothing": (b"", "is empty"),
        "text": (b"just words " * 20, "is not a sound"),
        "a picture": (worlds.png(np.zeros((4, 4, 3), np.uint8)), "is not a sound"),
        "no samples": (file(np.zeros(0, np.float32)), "holds no sound"),
        "silence": (file(np.zeros(8000, np.float32)), "is silent"),
        "half a wav": (wav[: len(wav) // 2], "breaks off after 0.50 of 1.00"),
        "a wav's head": (wav[:40], "is not a sound"),
        "half a flac": (flac[: len(flac) // 2], "is damaged"),
        "a flac with a hole": (flac[: len(flac) // 2] + bytes(300) + flac[len(flac) // 2 + 300 :], "is damaged"),
        "half an ogg": (ogg[: len(ogg) // 2], ""),
        "half an mp3": (mp3[: len(mp3) // 2], "breaks off"),
        "three samples a second": (bytes(odd), "claims 3 samples a second"),
        "four hours": (bytes(long), "hours; expected are at most 4"),
        "not a number": (file(np.full(8000, np.nan, np.float32), subtype="FLOAT"), "no numbers"),
        "no such file": ("/nowhere/a.wav", "No such file"),
        "a cube": (np.zeros((4, 4, 4)), "is an array"),
        "words": (np.array(["a"]), "is an array"),
    }


@pytest.mark.parametrize("name", zoo())
def test_what_cannot_be_heard_is_absent_and_says_why(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    value, why = zoo()[name]
    sound = settled(file(tone()), value)
    encoded = sound.encode([value, file(tone())])
    assert encoded.present.tolist() == [False, True]
    assert not encoded.values[0].any()
    [(row, text)] = encoded.problems
    assert row == 0
    assert why in text
    assert len(text) < 140
    capfd.readouterr()  # the MP3 decoder speaks to the terminal itself


def test_a_recorder_that_left_the_length_open_is_heard() -> None:
    wav = bytearray(file(tone()))
    wav[40:44] = b"\xff\xff\xff\xff"
    assert len(heard(settled(file(tone())), bytes(wav))) == 98


def test_of_a_clip_longer_than_all_the_middle_is_heard_and_its_pieces_cover_it() -> None:
    sound = settled(file(tone()))
    long = np.concatenate([tone(300, 2.0), tone(1500, 1.4), tone(300, 2.0)])
    steps = heard(sound, file(long))
    assert len(steps) == sound.form.shape[0]
    assert np.argmax(steps[50]) == np.argmax(heard(sound, file(tone(1500)))[50])
    pieces = sound.pieces([file(tone()), file(long), None])
    assert list(pieces) == [1]
    starts, ends = [each.start for each in pieces[1]], [each.end for each in pieces[1]]
    assert starts[0] == 0
    assert ends[-1] == pytest.approx(5.4, abs=0.01)
    assert all(start <= end for start, end in zip(starts[1:], ends, strict=False))
    places = [int(np.argmax(heard(sound, each)[50])) for each in pieces[1]]
    assert places[0] == places[-1] != places[len(places) // 2]


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_the_pieces_of_a_file_are_those_of_its_samples(kind: str) -> None:
    sound = settled(file(tone()))
    long = np.concatenate([tone(200 * (1 + number), 0.7) for number in range(5)])
    whole, _ = soundfile.read(io.BytesIO(file(long, kind=kind)), dtype="float32")
    for value in (file(long, kind=kind), sound.heard(file(long, kind=kind))):
        for each, same in zip(sound.pieces([value])[0], sound.pieces([whole])[0], strict=True):
            np.testing.assert_allclose(heard(sound, each), heard(sound, same), atol=0.01)


def test_rate_and_length_settle_on_what_most_clips_have() -> None:
    clips = [file(tone(seconds=0.5)), file(tone(seconds=0.5)), file(tone(seconds=2, rate=44_100), 44_100)]
    sound = settled(*clips)
    assert (sound.rate, sound.form.shape) == (16_000, (198, 64))
    assert settled(clips[2]).rate == 32_000
    assert settled(file(tone(rate=8_000), 8_000)).form.shape == (98, 40)
    assert settled(file(tone(seconds=30, rate=8_000), 8_000)).form.shape[0] == round(LONGEST * 100) - 2


def test_a_lower_rate_than_any_learned_from_is_unlike() -> None:
    sound = settled(file(tone()))
    found = sound.unlike([file(tone()), file(tone(rate=8_000), 8_000), None, b"no sound"])
    assert list(found) == [1]
    assert "8,000 Hz" in found[1]


@pytest.mark.parametrize("kind", ["FLAC", "OGG"])
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_read_in_stretches_it_is_the_same(kind: str, rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import soxr

    two = np.stack([tone(300, 1.3, rate), tone(700, 1.3, rate)], axis=1)
    content = file(two, rate, kind)
    with opened(content) as found:
        whole = found.read(0, found.frames)
        count = len(whole)
    expected = whole if rate == RATE else soxr.resample(whole, rate, RATE)
    monkeypatch.setattr(_recording, "BLOCK", 1_000)
    with opened(content) as found:
        assert len(list(found.blocks(0, count))) > 40
    with opened(content) as found:
        assert np.array_equal(joined(found.at(RATE, 0, count)), expected)
    with opened(content) as found:
        assert np.array_equal(found.read(5_000, 7_777), whole[5_000:12_777])


def test_what_a_recording_needs_of_memory_does_not_grow_with_its_channels_or_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import tracemalloc

    sound = settled(file(tone(rate=8_000), 8_000))
    content = file(np.tile(tone(seconds=20, rate=48_000)[:, None], 8), 48_000, "FLAC")
    decoded = 20 * 48_000 * 8 * 4
    monkeypatch.setattr(_recording, "BLOCK", 2**16)
    monkeypatch.setattr(sounds, "LARGE", 1_000)
    tracemalloc.start()
    try:
        kept = sound.heard(content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < decoded / 20
    assert isinstance(kept.file, np.memmap)  # it lies aside
    assert kept.frames == 20 * 8_000
    monkeypatch.setattr(sounds, "LARGE", 2**24)
    assert np.array_equal(kept.read(0, kept.frames), sound.heard(content).file)


def test_a_recording_that_breaks_off_before_its_middle_is_damaged_alone() -> None:
    """Long ones are heard from their middle: to look for it there ends in an error of the library."""
    noise = np.random.default_rng(0).normal(0, 0.1, 60 * RATE).astype(np.float32)
    whole = file(noise, kind="FLAC")
    sound = settled(tone(seconds=20))
    encoded = sound.encode([whole, whole[: 3 * len(whole) // 10]])
    assert encoded.present.tolist() == [True, False]
    [(row, text)] = encoded.problems
    assert row == 1
    assert "damaged" in text or "breaks off" in text
