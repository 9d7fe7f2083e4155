"""Files of sounds, read some samples at a time: what a recording needs of memory does not grow with its length."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Array, MissingExtra, Unreadable

if TYPE_CHECKING:
    import soundfile

FORMATS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF")
MOST = 4 * 3600.0  # seconds: a longer file is refused before it is decoded
CHANNELS = 32
RATES = 1_000, 768_000  # Hz that a file may claim
SILENT = 1e-4  # largest amplitude of what is called silence
ARRAYS = 16_000  # Hz that samples given as an array are taken to have
BLOCK = 2**20  # samples of all channels that are decoded at once


class Samples:
    """An open file, or samples [n] or [n, channels]. rate: Hz; frames: how many of each channel, as the header says."""

    def __init__(self, file: soundfile.SoundFile | Array, rate: int = ARRAYS) -> None:
        self.file = file
        if isinstance(file, np.ndarray):
            self.rate, self.frames, self.promised = rate, len(file), len(file)
            self.channels = 1 if file.ndim == 1 else file.shape[1]
            self.chained = False
        else:
            self.rate, self.frames, self.promised = file.samplerate, file.frames, _promised(file)
            self.channels = file.channels
            self.chained = file.format in ("MP3", "OGG")  # frames lean on those before: a jump into them is not exact

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    def read(self, start: int, count: int) -> Array:
        """float32 [count], channels averaged.

        Raises:
            Unreadable: the file is damaged, breaks off, or holds nothing but silence.
        """
        return joined(self.blocks(start, count))

    def at(self, rate: int, start: int, count: int) -> Iterator[Array]:
        """As `blocks`, brought to another rate.

        Raises:
            Unreadable: as of `read`.
        """
        if rate == self.rate:
            yield from self.blocks(start, count)
            return
        try:
            import soxr
        except ImportError as error:
            raise MissingExtra("Bringing sounds to one rate", "sound") from error
        stream = soxr.ResampleStream(self.rate, rate, 1, dtype="float32")
        for block in self.blocks(start, count):
            yield stream.resample_chunk(block)
        yield stream.resample_chunk(np.zeros(0, np.float32), last=True)

    def blocks(self, start: int, count: int) -> Iterator[Array]:
        """float32 [n] some at a time, channels averaged.

        Raises:
            Unreadable: as of `read`.
        """
        step = max(1, BLOCK // self.channels)
        if self.chained:
            for before in range(0, start, step):
                self._next(before, min(step, start - before))
        else:
            self._seek(start)
        there, loudest = 0, 0.0
        while there < count:
            found = self._next(start + there, min(step, count - there))
            if not len(found):
                break
            there += len(found)
            samples: Array = found[:, 0] if found.shape[1] == 1 else found.mean(1, dtype=np.float32)
            if not np.isfinite(samples).all():
                raise Unreadable("holds values that are no numbers")
            loudest = max(loudest, float(np.abs(samples).max()))
            yield samples
        if there < count - 0.02 * count - 0.1 * self.rate or not there:
            raise Unreadable(f"breaks off after {(start + there) / self.rate:.2f} of {self.seconds:.2f} seconds")
        if loudest < SILENT:
            raise Unreadable("is silent throughout")

    def _seek(self, start: int) -> None:
        """Where a file goes on from."""
        if isinstance(self.file, np.ndarray):
            return
        import soundfile

        try:
            self.file.seek(start)
        except soundfile.LibsndfileError as error:  # a FLAC that breaks off before that
            raise Unreadable(f"is damaged ({_why(error)})") from None

    def _next(self, start: int, count: int) -> Array:
        """[n, channels] float32, as many as are left. A file goes on from where it stands, which is `start`."""
        if isinstance(self.file, np.ndarray):
            return _floats(self.file[start : start + count])
        import soundfile

        try:
            found: Array = self.file.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise Unreadable(f"is damaged ({_why(error)})") from None
        return found


def joined(parts: Iterable[Array]) -> Array:
    """Parts [n] as one, in memory."""
    found = list(parts)
    return found[0] if len(found) == 1 else np.concatenate(found)


def aside(parts: Iterable[Array]) -> Array:
    """Parts [n] float32 as one that lies in a file without a name, mapped into memory: it is gone with the array."""
    with tempfile.TemporaryFile(prefix="lamina-") as file:
        for each in parts:
            file.write(each.tobytes())
        file.flush()
        return np.memmap(file, np.float32, mode="r")


@contextmanager
def opened(value: Any) -> Iterator[Samples]:
    """A path, the bytes of a file or an array, open to read from; only its header was looked at.

    Raises:
        Unreadable: it is no sound, or its header claims what nobody would record.
    """
    if value is None:
        raise Unreadable("")
    if isinstance(value, Samples):
        yield value
        return
    if isinstance(value, np.ndarray):
        if value.ndim not in (1, 2) or value.dtype.kind not in "iuf":
            raise Unreadable(f"is an array {value.shape} of {value.dtype}; expected are samples [n] or [n, channels]")
        yield _checked(Samples(value))
        return
    with _file(value) as file:
        yield _checked(Samples(file))


def _file(value: str | bytes) -> soundfile.SoundFile:
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtra("Reading sounds", "sound") from error
    if value == b"":
        raise Unreadable("is empty (0 bytes)")
    try:
        if not isinstance(value, bytes):
            os.stat(value)  # says in words why a file cannot be opened
        found = soundfile.SoundFile(io.BytesIO(value) if isinstance(value, bytes) else value)
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"is not a sound that can be read ({_why(error)})") from None
    except (OSError, ValueError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unreadable(why[:120] or type(error).__name__) from error
    if found.format not in FORMATS:
        found.close()
        raise Unreadable(f"is {found.format_info}; expected is WAV, FLAC, OGG or MP3")
    return found


def _why(error: soundfile.LibsndfileError) -> str:
    return str(error.error_string).strip().rstrip(".")


def _checked(sound: Samples) -> Samples:
    """Refuse by the header what could not be decoded, or would fill the memory."""
    if not sound.frames:
        raise Unreadable("holds no sound (0 samples)")
    if not RATES[0] <= sound.rate <= RATES[1]:
        raise Unreadable(f"claims {sound.rate:,} samples a second; expected are {RATES[0]:,} to {RATES[1]:,}")
    if sound.seconds > MOST:
        raise Unreadable(f"lasts {sound.seconds / 3600:,.1f} hours; expected are at most {MOST / 3600:.0f}")
    if sound.channels > CHANNELS:
        raise Unreadable(f"has {sound.channels:,} channels; expected are at most {CHANNELS}")
    if sound.frames < 0.98 * sound.promised:
        raise Unreadable(f"breaks off after {sound.seconds:.2f} of {sound.promised / sound.rate:.2f} seconds")
    return sound


def _promised(file: soundfile.SoundFile) -> int:
    """Samples that a WAV says it has: libsndfile quietly takes what is there. Recorders that stream leave it open."""
    said = re.search(r"^\s*data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if said is None or int(said[1]) >= 0xFFFFFF00 or not int(said[2]):
        return int(file.frames)
    return int(file.frames * int(said[1]) / int(said[2]))


def _floats(values: Array) -> Array:
    """[n, channels] float32 in -1 to 1, from whole numbers of any size or floats."""
    values = values[:, None] if values.ndim == 1 else values
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    middle = 2.0 ** (8 * values.dtype.itemsize - 1)
    return ((values - (middle if values.dtype.kind == "u" else 0.0)) / middle).astype(np.float32)
