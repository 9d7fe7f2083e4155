"""How large the files of one request may be: each of them, and all together."""

from __future__ import annotations

from threading import Lock

from lamina.core import Unreadable
from lamina.serving.settings import Serving


class Allowance:
    """Pixels of pictures, seconds of sounds or of videos. Whoever decodes asks it, from any thread, before anything is decoded."""

    def __init__(self, each: float, together: float, unit: str) -> None:
        self.each, self.together, self.unit = each, together, unit
        self._left = together
        self._lock = Lock()

    def take(self, size: float) -> None:
        """So much of what the request may have.

        Raises:
            Unreadable: with the others it is too much.
        """
        with self._lock:
            self._left -= size
            if self._left >= 0:
                return
        raise Unreadable(
            f"is too much: the files of this request have more than {self.together:,.12g} {self.unit} together. Send fewer at once"
        )


def allowance(kind: str, serving: Serving) -> Allowance:
    """What the files of one kind may have in a new request."""
    match kind:
        case "sound":
            return Allowance(serving.sound, max(serving.sound, serving.sounds), "seconds of sound")
        case "video":
            return Allowance(serving.video, max(serving.video, serving.videos), "seconds of video")
        case _:
            return Allowance(serving.pixels, max(serving.pixels, int(serving.pictures * 1e6)), "pixels")
