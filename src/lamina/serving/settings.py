"""What a person may say about a service. The command line derives its options from `Serving`."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field, fields

from lamina.core import PlanError

MIB = 2**20


@dataclass(frozen=True)
class Serving:
    """Where a service listens, who may ask it, and how much at once."""

    host: str = field(
        default="127.0.0.1", metadata={"help": "the address to listen at; any but this machine's own needs a token"}
    )
    port: int = field(default=8000, metadata={"help": "the port to listen at; 0 takes any free one"})
    token: str | None = field(
        default=None, metadata={"help": "what callers must show; better said in the environment as LAMINA_TOKEN"}
    )
    name: tuple[str, ...] = field(
        default=(), metadata={"help": "a name by which callers reach it, such as cats.example.org"}
    )
    workers: int = field(default=1, metadata={"help": "processes that answer"})
    batch: int = field(default=64, metadata={"help": "rows answered in one go at most"})
    wait: float = field(
        default=5.0, metadata={"help": "milliseconds that a row waits for others on their way, at most"}
    )
    queue: int = field(default=1024, metadata={"help": "rows that may wait; beyond, callers are asked to come later"})
    rows: int = field(default=10_000, metadata={"help": "rows in one request at most"})
    body: float = field(default=32.0, metadata={"help": "MiB of one request at most"})
    megapixels: float = field(default=50.0, metadata={"help": "millions of pixels of one picture at most"})
    pictures: float = field(
        default=200.0, metadata={"help": "millions of pixels of all pictures of one request at most"}
    )
    sound: float = field(default=120.0, metadata={"help": "seconds of one sound at most"})
    sounds: float = field(default=1800.0, metadata={"help": "seconds of all sounds of one request at most"})
    video: float = field(default=120.0, metadata={"help": "seconds of one video at most"})
    videos: float = field(default=480.0, metadata={"help": "seconds of all videos of one request at most"})
    seconds: float = field(
        default=30.0, metadata={"help": "seconds that a request may take at most, to arrive and to be answered"}
    )

    def __post_init__(self) -> None:
        if self.token is None:
            object.__setattr__(self, "token", os.environ.get("LAMINA_TOKEN") or None)
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name not in ("port", "wait") and isinstance(value, int | float) and not value > 0:
                raise PlanError(f"--{each.name} is {value}; it has to be above 0.")
        if not 0 <= self.port < 65536:
            raise PlanError(f"--port is {self.port}; ports go from 0 to 65535.")
        if not self.local and not self.token:
            raise PlanError(
                f"Listening at {self.host} lets other machines ask. Give a token that they must show: set LAMINA_TOKEN "
                "(or --token), or listen at 127.0.0.1."
            )
        if self.token is not None and (len(self.token) < 8 or not self.token.isascii() or not self.token.isprintable()):
            raise PlanError("The token has to be at least 8 plain characters, such as `openssl rand -hex 16` gives.")

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or (_is_address(self.host) and ipaddress.ip_address(self.host).is_loopback)

    @property
    def largest(self) -> int:
        """Bytes of one request."""
        return int(self.body * MIB)

    @property
    def pixels(self) -> int:
        return int(self.megapixels * 1e6)

    def knows(self, host: str) -> bool:
        """Whether a Host header names this service.

        An address, `localhost` and the names said do. Any other name could be a page elsewhere whose name was
        pointed at this machine (DNS rebinding).
        """
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").rstrip(".").lower()
        return name == "localhost" or name in {each.lower() for each in self.name} or _is_address(name)


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


class Refused(Exception):
    """A request that is not answered: why, in a sentence that says what was seen, what was expected, what to do."""

    def __init__(self, status: int, error: str, problems: list[dict[str, str]] | None = None, later: int = 0) -> None:
        """later: seconds after which to ask again."""
        super().__init__(error)
        self.status, self.error, self.problems, self.later = status, error, problems or [], later
