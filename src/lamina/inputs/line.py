"""Pictures of a line of text to columns of pixels, from left to right: as wide as they are, all of one height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json
from lamina.inputs._rows import Allocate, in_threads, over_time
from lamina.inputs.image import grey, header

if TYPE_CHECKING:
    from PIL import Image as Pillow

HEIGHT = 32  # pixels that a line is brought to
WIDEST = 60  # times its height; a wider one is squeezed


class Line:
    """Paths, bytes or arrays to float32 [B, T, F]: T columns of F pixels, 0 white to 1 black, with the number of columns.

    A step is a column, so whatever reads sounds along time reads lines too. observe reads headers only: the widest line of
    the training rows is settled. A picture that cannot be read is absent, and `problems` says why.
    """

    kind: ClassVar[str] = "line"
    holds: ClassVar[str] = "image"
    suffixes: ClassVar[frozenset[str]] = frozenset()  # files of pictures are images, unless the target is a transcript

    def __init__(self) -> None:
        self.steps = 0

    def observe(self, values: Any) -> None:
        if isinstance(values, np.ndarray) and values.ndim >= 3:
            sizes = [values.shape[1:3]] if len(values) else []
        else:
            sizes = [found[:2] for found in in_threads(header, list(values)) if found is not None]
        self.steps = max([self.steps, *(_columns(height, width) for height, width in sizes)])

    def merge(self, other: Self) -> None:
        self.steps = max(self.steps, other.steps)

    def settle(self) -> None:
        self.steps = self.steps or HEIGHT

    @property
    def form(self) -> Form:
        return Form("spectrum", (self.steps, HEIGHT), hop=1 / HEIGHT)

    def encode(self, values: Any, allocate: Allocate | None = None) -> Encoded:
        """values: object array or list of paths, bytes and arrays (None: missing), or [B, H, W(, C)]."""
        return over_time(values, self.form, self._steps, allocate)

    def _steps(self, value: Any) -> Array:
        """The columns of a picture [T, HEIGHT], from left to right: 0 for paper, 1 for ink."""
        picture = grey(value)
        wide = min(self.steps, _columns(picture.height, picture.width))
        found: Array = 1 - np.asarray(picture.resize((wide, HEIGHT)), np.float32).T / 255
        return found

    def decode(self, x: Array) -> Pillow.Image:
        from PIL import Image as Pillow

        return Pillow.fromarray(np.round(255 * (1 - np.clip(x.T, 0, 1))).astype(np.uint8))

    def unlike(self, values: Any) -> dict[int, str]:
        return {}

    def state(self) -> Json:
        return {"steps": self.steps}

    @classmethod
    def restore(cls, state: Json) -> Self:
        line = cls()
        line.steps = int(state["steps"])
        return line


def _columns(height: int, width: int) -> int:
    """Of a picture at the settled height."""
    return int(np.clip(round(width * HEIGHT / max(height, 1)), 1, WIDEST * HEIGHT))
