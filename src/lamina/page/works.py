"""Work that takes longer than a person waits: begun by the first who asks, kept for all who ask after."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from lamina.core import LaminaError
from lamina.serving.settings import Refused

KEPT = 1_000  # answers
PATIENCE = 0.3  # seconds after which who asks is told to ask again
AGAIN = 0.5

Told = Callable[[float], None]


class StillWorking(Exception):
    """It is not there yet. share: of it that is done, None where nobody can tell."""

    def __init__(self, words: str, share: float | None) -> None:
        super().__init__(words)
        self.words, self.share = words, share


@dataclass
class Work:
    """One piece."""

    words: str
    future: Future[Any] = field(default_factory=Future)
    share: float | None = None

    def told(self, share: float) -> None:
        self.share = share


class Works:
    """Pieces of work by key. lanes: threads by name, so that what is quick does not wait for what is slow."""

    def __init__(self) -> None:
        self._lanes: dict[str, ThreadPoolExecutor] = {}
        self._works: OrderedDict[str, Work] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: str, words: str, make: Callable[[Told], Any], lane: str) -> Work:
        """The piece of work under a key; begun if it is new, or failed before."""
        with self._lock:
            known = self._works.get(key)
            if known is not None and not (known.future.done() and known.future.exception()):
                self._works.move_to_end(key)
                return known
            work = self._works[key] = Work(words)
            while len(self._works) > KEPT:
                self._works.popitem(last=False)
            pool = self._lanes.setdefault(lane, ThreadPoolExecutor(1, f"lamina-page-{lane}"))
            work.future = pool.submit(make, work.told)
            return work

    def known(self, key: str) -> Work | None:
        """The piece of work under a key, where it was begun."""
        with self._lock:
            return self._works.get(key)

    async def get(
        self, key: str, words: str, make: Callable[[Told], Any], lane: str = "quick", patience: float = PATIENCE
    ) -> Any:
        """What the work gives.

        Raises:
            StillWorking: it is not there yet. Refused: it cannot be done.
        """
        work = self.begin(key, words, make, lane)
        end, pause = time.monotonic() + patience, 0.001
        while not work.future.done() and time.monotonic() < end:
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.02)
        if not work.future.done():
            raise StillWorking(work.words, work.share)
        return outcome(work)

    def close(self) -> None:
        for pool in self._lanes.values():
            pool.shutdown(wait=False, cancel_futures=True)


def outcome(work: Work) -> Any:
    """What a piece that has ended gave.

    Raises:
        Refused: it failed, and why.
    """
    error = work.future.exception()
    match error:
        case None:
            return work.future.result()
        case Refused():
            raise error
        case LaminaError():
            raise Refused(409, str(error))
    raise error
