"""Videos to a few frames each, evenly in time: decoded once, small, never mirrored."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json, MissingExtra, Unreadable
from lamina.inputs._rows import Allocate, over_time
from lamina.inputs.image import Image

if TYPE_CHECKING:
    from PIL import Image as Pillow

FRAMES = 8  # that a network gets of each video
SIDE = 96  # pixels of a frame's shorter side at most
PIXELS = 8_000_000  # of one frame: a larger one is refused before it is decoded
RATE = 1_000  # frames a second
LONG = 1_000  # frames: of a longer video only what lies around the wanted ones is decoded
MICROSECONDS = 1_000_000  # in which FFmpeg counts a file's time
PROBED = 200  # videos whose size is looked at
# What FFmpeg may take a file for, by its names: containers that hold all there is. A playlist (concat, HLS, DASH, SDP) names
# other files and addresses, which whoever sent it would have read from here.
CONTAINERS = ("mov", "avi", "matroska", "mpeg", "mpegts", "mpegvideo", "asf", "flv", "ogg")


class Video:
    """Paths or bytes of video files, paths of folders of numbered frames, or arrays [T, H, W, 3] to uint8 [B, T, H, W, 3].

    Of each video `frames` are kept, from the middles of as many equal stretches of its time; one with fewer keeps all of
    them. A file that is no video, holds no picture or breaks off is absent, and `problems` says why.

    Raises:
        MissingExtra: a file is given, and PyAV is not installed.
    """

    kind: ClassVar[str] = "video"
    holds: ClassVar[str] = "video"
    suffixes: ClassVar[frozenset[str]] = frozenset(
        [".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".3gp"]
    )

    def __init__(self, frames: int = FRAMES, side: int | None = None) -> None:
        self.frames = frames
        self.side = side
        self.picture = Image(side)
        self.longest = 0  # frames of the longest video, at most `frames`

    def observe(self, values: Any) -> None:
        for value in [each for each in values if each is not None][:PROBED]:
            try:
                frames = _frames(value, self.frames)
                first, more = next(frames), sum(1 for _ in frames)
            except Unreadable:
                continue
            self.picture.observe([first] if isinstance(first, str) else np.stack([first]))
            self.longest = max(self.longest, 1 + more)

    def merge(self, other: Self) -> None:
        self.picture.merge(other.picture)
        self.longest = max(self.longest, other.longest)

    def settle(self) -> None:
        self.picture.colours = 1  # frames have colours
        self.picture.settle()
        height, width, _ = self.picture.shape
        shrink = max(1.0, min(height, width) / (self.side or SIDE))
        self.picture.shape = (max(8, round(height / shrink)), max(8, round(width / shrink)), 3)

    @property
    def form(self) -> Form:
        return Form("film", (max(self.longest, 1), *self.picture.shape))

    def encode(self, values: Any, allocate: Allocate | None = None) -> Encoded:
        """values: paths, bytes or arrays (None: missing)."""
        # One at a time, and of it one large frame at a time: films are large.
        return over_time(values, self.form, self._frames, allocate, at_once=False)

    def _frames(self, value: Any) -> Array:
        return np.stack([self._small(frame) for frame in _frames(value, self.form.shape[0])])

    def _small(self, frame: Any) -> Array:
        found = self.picture.encode([frame])
        if found.problems:
            raise Unreadable(f"has a frame that cannot be read: {found.problems[0][1]}")
        return np.asarray(found.values[0])

    def decode(self, x: Array) -> list[Pillow.Image]:
        """The frames as pictures."""
        return [self.picture.decode(frame) for frame in x]

    def unlike(self, values: Any) -> dict[int, str]:
        return {}

    def state(self) -> Json:
        return {"longest": self.longest, "picture": self.picture.state()}

    @classmethod
    def restore(cls, state: Json) -> Self:
        video = cls()
        video.longest = int(state["longest"])
        video.picture = Image.restore(state["picture"])
        return video


def check(value: Any) -> None:
    """Raises:
    Unreadable: it is missing (then without a word), no video, or breaks off.
    """
    for _ in _frames(value, FRAMES):
        pass


def _frames(value: Any, count: int) -> Iterator[Any]:
    """At most `count` frames, evenly in time, one by one: arrays [H, W, 3], or paths of pictures.

    Raises:
        Unreadable: there is none, or it breaks off.
    """
    if value is None:
        raise Unreadable("")
    if isinstance(value, np.ndarray):
        if value.ndim != 4 or not value.size or value.shape[3] not in (1, 3):
            raise Unreadable(f"is an array of shape {value.shape}, not [frames, height, width, 3]")
        yield from (
            np.repeat(frame, 3, 2) if frame.shape[2] == 1 else frame for frame in value[evenly(len(value), count)]
        )
        return
    if isinstance(value, str) and Path(value).is_dir():
        paths = sorted((each for each in Path(value).iterdir() if each.suffix.lower() in Image.suffixes), key=_number)
        if not paths:
            raise Unreadable("is a folder without pictures")
        yield from (str(paths[place]) for place in evenly(len(paths), count))
        return
    yield from _decoded(value, count)


def evenly(total: int, count: int) -> list[int]:
    """Places of the middles of `count` equal stretches: `evenly(8, 4) == [1, 3, 5, 7]`; all, where there are fewer."""
    kept = min(total, count)
    return [int((place + 0.5) * total / kept) for place in range(kept)]


def _number(path: Path) -> tuple[int, str]:
    """Frames in the order of the number at the end of their names: 9 comes before 10."""
    found = re.search(r"(\d+)$", path.stem)
    return (int(found[1]) if found else -1), path.name


def _decoded(value: str | bytes, count: int) -> Iterator[Array]:
    with _opened(value) as (container, stream):
        total = int(stream.frames or 0)
        said = f" of {total:,}" if total else ""
        total = total or _packets(container, stream)
        if total > LONG and (length := _duration(container, stream)):
            yield from _sought(container, stream, count, length)
            return
        wanted = set(evenly(total, count))
        seen = 0
        for seen, frame in enumerate(container.decode(stream), 1):
            if seen - 1 in wanted:
                yield frame.to_ndarray(format="rgb24")
        if not seen or seen < 0.9 * total:
            raise Unreadable(f"breaks off after {seen:,}{said} frames" if seen else "holds no frame that can be read")


@contextmanager
def _opened(value: str | bytes) -> Iterator[tuple[Any, Any]]:
    """A file or its bytes, and the first stream of pictures in it.

    Raises:
        Unreadable: it is no video, holds no picture, or has larger frames than anybody needs.
    """
    try:
        import av
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading a video", "video") from error
    if not (len(value) if isinstance(value, bytes) else _size(value)):
        raise Unreadable("is empty")
    options = {"format_whitelist": ",".join(CONTAINERS), "max_pixels": str(PIXELS)}
    try:
        with (
            io.BytesIO(value) if isinstance(value, bytes) else Path(value).open("rb") as file,  # never an address
            av.open(file, "r", options=options, metadata_errors="ignore", io_open=_nothing_else) as container,
        ):
            if not container.streams.video:
                raise Unreadable("holds no picture")
            stream = container.streams.video[0]
            if not 0 < stream.width * stream.height <= PIXELS:
                raise Unreadable(f"has frames of more than {PIXELS:,} pixels, or of a size that is not said")
            yield container, stream
    except av.error.ArgumentError:
        raise Unreadable(f"is no video that can be read; expected is {', '.join(CONTAINERS)}") from None
    except av.error.EOFError:
        raise Unreadable("breaks off") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Unreadable((getattr(error, "strerror", None) or str(error))[:120]) from error


def _size(path: str) -> int:
    """Bytes of a file; 1 where that is not to be known: opening it tells why."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 1


def lasts(file: str | bytes) -> float:
    """Seconds of a video, as its container says; 0 where nothing says it.

    Raises:
        Unreadable: it is no video that can be read, or claims more frames a second than any camera takes.
    """
    with _opened(file) as (container, stream):
        seconds = float(_duration(container, stream) * stream.time_base) if stream.time_base else 0.0
        frames = int(stream.frames or 0) or _packets(container, stream)
        if frames > RATE * max(seconds, 1.0):
            raise Unreadable(f"has {frames:,} frames in {seconds:,.1f} seconds; expected are at most {RATE:,} a second")
        return seconds


def _nothing_else(address: str, flags: int, options: Any) -> Any:
    raise OSError("a video that names another file")


def _packets(container: Any, stream: Any) -> int:
    """Frames of a file that does not say how many it has (Matroska, MPEG): counted without decoding them."""
    total: int = sum(int(packet.size > 0) for packet in container.demux(stream))
    container.seek(0)
    return total


def _duration(container: Any, stream: Any) -> int:
    """In the stream's own units of time; 0 where nothing says it."""
    if stream.duration:
        return int(stream.duration)
    return int(container.duration / MICROSECONDS / stream.time_base) if container.duration else 0


def _sought(container: Any, stream: Any, count: int, length: int) -> Iterator[Array]:
    """The frames around the wanted moments of a long video, without decoding what lies between. length: as `_duration`."""
    for place in range(count):
        moment = int((place + 0.5) * length / count) + int(stream.start_time or 0)
        container.seek(moment, stream=stream)
        for frame in container.decode(stream):
            if frame.pts is None or frame.pts >= moment:
                yield frame.to_ndarray(format="rgb24")
                break
        else:
            raise Unreadable(f"breaks off: only {place} of {count} moments can be read")
