"""A door of the port for each worker. Of one door that all wait at, whoever wakes first takes all that come, and others idle."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import IO, Any, Self

_kept: list[IO[bytes]] = []  # locks of this process, which end with it


class Doors(list[socket.socket]):
    """Sockets that listen at one address, among which the system shares out what comes (SO_REUSEPORT; only Linux does).

    A worker that they are sent to (pickled) gets one that no other has. Whoever sends them keeps all open: what waits at the
    door of a worker that died is answered by the next one.
    """

    folder: Path

    @classmethod
    def instead_of(cls, listening: socket.socket, count: int, folder: Path, waiting: int) -> Self:
        """count doors at the address of a socket, which made sure that nobody else has it, and is closed for them.

        folder: where workers say which door is theirs. waiting: connections that may wait at each.
        """
        if sys.platform != "linux":
            return cls.of([listening], folder)
        address, family = listening.getsockname(), listening.family
        listening.close()
        found = []
        for _ in range(count):
            each = socket.socket(family, socket.SOCK_STREAM)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind(address)
            each.listen(waiting)
            found.append(each)
        return cls.of(found, folder)

    @classmethod
    def of(cls, sockets: list[socket.socket], folder: Path) -> Self:
        found = cls(sockets)
        found.folder = folder
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for each in self:
            each.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _one, (list(self), str(self.folder))


def _one(doors: list[socket.socket], folder: str) -> list[socket.socket]:
    """A door that no other process has; all of them where each is taken, as by workers that are about to be replaced."""
    if len(doors) > 1 and sys.platform != "win32":
        import fcntl

        for number, door in enumerate(doors):
            lock = (Path(folder) / f"door-{number}").open("ab")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            _kept.append(lock)
            for other in doors:
                if other is not door:
                    other.close()
            return [door]
    return doors
