"""Videos to a few frames each, evenly in time: decoded once, small, never mirrored."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json, MissingExtra
from lamina.inputs.image import Image

if TYPE_CHECKING:
    from PIL import Image as Pillow

FRAMES = 8  # that a network gets of each video
SIDE = 96  # pixels of a frame's shorter side at most
PIXELS = 8_000_000  # of one frame: a larger one is refused before it is decoded
LONG = 1_000  # frames: of a longer video only what lies around the wanted ones is decoded
PROBED = 200  # videos whose size is looked at

Allocate = Callable[[tuple[int, ...]], Array]


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
                some = _frames(value, self.frames)
            except _Unreadable:
                continue
            self.picture.observe(some[:1] if isinstance(some[0], str) else np.stack(some[:1]))
            self.longest = max(self.longest, len(some))

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
        pixels = (allocate or _zeros)((len(values), *self.form.shape))
        present = np.zeros(len(values), bool)
        lengths = np.ones(len(values), np.int64)
        problems: list[tuple[int, str]] = []
        for row, value in enumerate(values):
            try:
                found = self.picture.encode(_frames(value, self.form.shape[0]))
                if found.problems:
                    raise _Unreadable(f"has a frame that cannot be read: {found.problems[0][1]}")
            except _Unreadable as error:
                problems += [(row, str(error))] if str(error) else []
                continue
            lengths[row], present[row] = len(found.values), True
            pixels[row, : lengths[row]] = found.values
        return Encoded(pixels, present, problems, lengths)

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


class _Unreadable(Exception):
    """Why a video is absent; empty when it is merely missing."""


def _frames(value: Any, count: int) -> list[Any]:
    """At most `count` frames, evenly in time: arrays [H, W, 3], or paths of pictures."""
    if value is None:
        raise _Unreadable("")
    if isinstance(value, np.ndarray):
        if value.ndim != 4 or not value.size or value.shape[3] not in (1, 3):
            raise _Unreadable(f"is an array of shape {value.shape}, not [frames, height, width, 3]")
        return [np.repeat(frame, 3, 2) if frame.shape[2] == 1 else frame for frame in value[evenly(len(value), count)]]
    if isinstance(value, str) and Path(value).is_dir():
        paths = sorted((each for each in Path(value).iterdir() if each.suffix.lower() in Image.suffixes), key=_number)
        if not paths:
            raise _Unreadable("is a folder without pictures")
        return [str(paths[place]) for place in evenly(len(paths), count)]
    return _decoded(value, count)


def evenly(total: int, count: int) -> list[int]:
    """Places of the middles of `count` equal stretches: `evenly(8, 4) == [1, 3, 5, 7]`; all, where there are fewer."""
    kept = min(total, count)
    return [int((place + 0.5) * total / kept) for place in range(kept)]


def _number(path: Path) -> tuple[int, str]:
    """Frames in the order of the number at the end of their names: 9 comes before 10."""
    found = re.search(r"(\d+)$", path.stem)
    return (int(found[1]) if found else -1), path.name


def _decoded(value: str | bytes, count: int) -> list[Array]:
    try:
        import av
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading a video", "video") from error
    try:
        with av.open(io.BytesIO(value) if isinstance(value, bytes) else value, "r") as container:
            if not container.streams.video:
                raise _Unreadable("holds no picture")
            stream = container.streams.video[0]
            if stream.width * stream.height > PIXELS:
                raise _Unreadable(f"has frames of {stream.width} × {stream.height} pixels, more than {PIXELS:,}")
            said = int(stream.frames or 0)
            if said > LONG and stream.duration:
                return _sought(container, stream, count)
            kept = set(evenly(said, count)) if said else None
            frames: list[Array] = []
            seen = 0
            for frame in container.decode(stream):
                if kept is None or seen in kept:
                    frames.append(frame.to_ndarray(format="rgb24"))
                seen += 1
                if seen > LONG:
                    break
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _Unreadable((getattr(error, "strerror", None) or str(error))[:120]) from error
    if not frames or seen < 0.9 * said:
        raise _Unreadable(f"breaks off after {seen} of {said} frames" if said else "holds no frame that can be read")
    return frames if kept is not None else [frames[place] for place in evenly(len(frames), count)]


def _sought(container: Any, stream: Any, count: int) -> list[Array]:
    """The frames around the wanted moments of a long video, without decoding what lies between."""
    found: list[Array] = []
    for place in range(count):
        moment = int((place + 0.5) * stream.duration / count) + int(stream.start_time or 0)
        container.seek(moment, stream=stream)
        for frame in container.decode(stream):
            if frame.pts is None or frame.pts >= moment:
                found.append(frame.to_ndarray(format="rgb24"))
                break
    if len(found) < count:
        raise _Unreadable(f"breaks off: only {len(found)} of {count} moments can be read")
    return found


def _zeros(shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, np.uint8)
