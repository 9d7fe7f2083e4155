"""Pictures of any size and mode to one array of bytes [B, H, W, C]. Decoded once, by threads, at reduced size."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json, Unreadable
from lamina.inputs._rows import Allocate, allocated, in_threads

if TYPE_CHECKING:
    from PIL import Image as Pillow

GREY = frozenset({"1", "L", "LA", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # JPEG opens MPO too
PIXELS = 200_000_000  # a larger picture is refused before it is decoded
LARGE = 20_000_000  # of such pictures one is decoded at a time, so that several bombs do not fill the memory
ORIENTATION = 0x0112  # the EXIF tag
LARGEST = 192  # side of the array that large photos become


class TooLarge(Unreadable):
    """A picture of more pixels than were wished for."""

    def __init__(self, width: int, height: int, most: int) -> None:
        super().__init__(f"{width} × {height} pixels are more than {most:,}")
        self.width, self.height = width, height


Allow = Callable[[int, int], None]  # hears width and height, and raises Unreadable where they are too large
_alone = Lock()


def up_to(most: int) -> Allow:
    """Allows pictures of so many pixels."""

    def allow(width: int, height: int) -> None:
        if width * height > most:
            raise TooLarge(width, height, most)

    return allow


ALLOWED = up_to(PIXELS)


class Image:
    """Paths, bytes or arrays to uint8 [B, H, W, C]. Small pictures of one size keep it; photos become a square.

    observe reads headers only. Rotation by EXIF is undone, 16-bit greys become 8-bit, transparency lies on white.
    A picture that cannot be read is absent: `present` is False and `problems` says why. side: of the shorter side; most:
    what large photos become, where no side is given.
    """

    kind: ClassVar[str] = "image"
    holds: ClassVar[str] = "image"
    suffixes: ClassVar[frozenset[str]] = frozenset(
        [".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".avif"]
    )

    def __init__(self, side: int | None = None, most: int = LARGEST) -> None:
        self.side, self.most = side, most
        self.sizes: Counter[tuple[int, int]] = Counter()  # (height, width) to how many
        self.colours = 0
        self.shape: tuple[int, int, int] = (0, 0, 0)

    def observe(self, values: Any) -> None:
        if isinstance(values, np.ndarray) and values.ndim >= 3:
            self.sizes[(values.shape[1], values.shape[2])] += len(values)
            self.colours += len(values) if values.ndim == 4 and values.shape[3] >= 3 else 0
            return
        for found in in_threads(header, list(values)):
            if found is not None:
                height, width, colour = found
                self.sizes[(height, width)] += 1
                self.colours += colour

    def merge(self, other: Self) -> None:
        self.sizes.update(other.sizes)
        self.colours += other.colours

    def settle(self) -> None:
        channels = 3 if self.colours else 1
        if not self.sizes:
            self.shape = (self.side or 32, self.side or 32, channels)
            return
        sides = np.array(list(self.sizes), np.float64)
        counts = np.array(list(self.sizes.values()))
        ratios = sides[:, 0] / sides[:, 1]
        short = np.sort(np.repeat(sides.min(axis=1), counts))[counts.sum() // 2]
        side = self.side or int(min(self.most, 32 * np.ceil(short / 32) if short > 64 else short))
        if ratios.max() / ratios.min() < 1.05:  # one shape: keep it
            ratio = float(ratios.mean())
            height, width = (side * ratio, side) if ratio > 1 else (side, side / ratio)
            if max(height, width) <= 4 * side:
                self.shape = (max(1, round(height)), max(1, round(width)), channels)
                return
        self.shape = (max(8, side), max(8, side), channels)

    @property
    def form(self) -> Form:
        return Form("grid", self.shape)

    def encode(self, values: Any, allocate: Allocate | None = None) -> Encoded:
        """values: object array or list of paths and bytes (None: missing), or [B, H, W(, C)].

        allocate: makes the array for a shape (the place for a memory-mapped one)."""
        pixels = allocated(allocate, (len(values), *self.shape), "uint8")
        present = np.ones(len(values), bool)
        problems: list[tuple[int, str]] = []
        if isinstance(values, np.ndarray) and values.ndim >= 3 and self._copy(values, pixels):
            return Encoded(pixels, present)

        def one(row: int) -> None:
            try:
                pixels[row] = self.one(values[row])
            except Unreadable as error:
                pixels[row] = 0
                present[row] = False
                if str(error):
                    problems.append((row, str(error)))

        in_threads(one, range(len(values)))
        return Encoded(pixels, present, sorted(problems))

    def one(self, value: Any, allow: Allow = ALLOWED) -> Array:
        """The pixels [H, W, C] of one picture: its path, its bytes or an array. allow: hears the size that its header says.

        Raises:
            Unreadable: it is missing, no picture, damaged or not allowed.
        """
        height, width, channels = self.shape
        with decoded(value, "RGB" if channels == 3 else "L", (width, height), allow) as flat:
            if flat.size != (width, height):
                from PIL import Image as Pillow
                from PIL import ImageOps

                flat = ImageOps.fit(flat, (width, height), Pillow.Resampling.BILINEAR)
            return np.asarray(flat).reshape(self.shape)

    def decode(self, x: Array) -> Pillow.Image:
        from PIL import Image as Pillow

        return Pillow.fromarray(x[:, :, 0] if x.shape[2] == 1 else x)

    def unlike(self, values: Any) -> dict[int, str]:
        return {}

    def state(self) -> Json:
        return {"shape": list(self.shape)}

    @classmethod
    def restore(cls, state: Json) -> Self:
        image = cls()
        height, width, channels = (int(size) for size in state["shape"])
        image.shape = (height, width, channels)
        return image

    def _copy(self, values: Array, pixels: Array) -> bool:
        """Arrays that already have the size are copied whole."""
        if values.dtype == bool:
            values = values.astype(np.uint8) * 255
        values = values[..., None] if values.ndim == 3 else values
        if values.dtype != np.uint8 or values.shape[1:3] != self.shape[:2] or values.shape[3] not in (1, self.shape[2]):
            return False
        pixels[:] = values
        return True


@contextmanager
def decoded(
    value: Any, mode: str, size: tuple[int, int] | None = None, allow: Allow = ALLOWED
) -> Iterator[Pillow.Image]:
    """A picture that stands upright on white, in a mode. size: a JPEG is not decoded much larger than this. allow: hears the
    size that it has itself, before anything is decoded.

    Raises:
        Unreadable: it is missing, no picture, damaged or too large.
    """
    from PIL import Image as Pillow
    from PIL import ImageOps, UnidentifiedImageError

    try:
        with _open(value) as picture:
            allow(*_held(picture))
            picture.draft(mode, size or picture.size)
            with _alone if picture.width * picture.height > LARGE else nullcontext():
                upright = ImageOps.exif_transpose(picture) if _orientation(picture) > 1 else picture
                yield _flatten(upright, mode)
    except UnidentifiedImageError:
        raise Unreadable("is not a picture that can be read") from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        TypeError,
        EOFError,
        MemoryError,
        Pillow.DecompressionBombError,
    ) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unreadable(why[:120] or type(error).__name__) from error


def grey(value: Any) -> Pillow.Image:
    """A picture in shades of grey.

    Raises:
        Unreadable: as of `decoded`.
    """
    with decoded(value, "L") as found:
        return found.copy()


def _held(picture: Pillow.Image) -> tuple[int, int]:
    """Width and height of what is decoded at once: a TIFF may cut a small picture out of a tile of any size."""
    tags = getattr(picture, "tag_v2", {})
    tile = int(tags.get(322, 0)), int(tags.get(323, 0))
    return tile if tile[0] * tile[1] > picture.width * picture.height else picture.size


def _open(value: Any) -> Pillow.Image:
    from PIL import Image as Pillow

    Pillow.MAX_IMAGE_PIXELS = None  # checked against PIXELS by name, before decoding
    if value is None:
        raise Unreadable("")
    if isinstance(value, np.ndarray):
        return Pillow.fromarray(_bytes(value))
    if isinstance(value, Pillow.Image):
        return value.copy()
    return Pillow.open(io.BytesIO(value) if isinstance(value, bytes) else value, formats=FORMATS)


def _bytes(value: Array) -> Array:
    """Any picture array as 8 bits: [H, W] or [H, W, 1 | 3 | 4]; floats reach from 0 to 1, or to 255."""
    value = value[..., 0] if value.ndim == 3 and value.shape[2] == 1 else value
    if value.dtype == np.uint8:
        return value
    if value.dtype == np.uint16:
        return (value >> 8).astype(np.uint8)
    values = np.nan_to_num(value.astype(np.float64))
    return np.clip(values * (255 if 0 < values.max(initial=0) <= 1 else 1), 0, 255).astype(np.uint8)


def header(value: Any) -> tuple[int, int, bool] | None:
    """(height, width, in colour), from the header alone; None where it cannot be read."""
    try:
        with _open(value) as picture:
            width, height = picture.size
            if width * height > PIXELS:
                return None
            if _orientation(picture) >= 5:  # lies on its side
                width, height = height, width
            return height, width, picture.mode not in GREY
    except (Unreadable, OSError, ValueError, SyntaxError, TypeError):
        return None


def _orientation(picture: Pillow.Image) -> int:
    """How the camera was held, 1 to 8. Pillow would decode a whole PNG to look for what few have, and before its pixels."""
    if picture.format == "PNG" and "exif" not in picture.info:
        return 1
    return int(picture.getexif().get(ORIENTATION, 1))


def _flatten(picture: Pillow.Image, mode: str) -> Pillow.Image:
    from PIL import Image as Pillow

    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture, np.float64)
        scale = 257.0 if values.max(initial=0) > 255 else 1.0
        picture = Pillow.fromarray(np.clip(values / scale, 0, 255).astype(np.uint8))
    if "A" in picture.getbands() or "transparency" in picture.info:
        over = picture.convert("RGBA")
        picture = Pillow.alpha_composite(Pillow.new("RGBA", over.size, "white"), over)
    return picture if picture.mode == mode else picture.convert(mode)
