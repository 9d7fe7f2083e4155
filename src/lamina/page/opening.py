"""What a person may say about opening a page. The command line derives its options from `Opening`."""

from __future__ import annotations

from dataclasses import dataclass, field

from lamina.core import PlanError

PORT = 8765  # the first one that is tried


@dataclass(frozen=True)
class Opening:
    """Where a page is, and whether a browser is opened. It listens at this machine's own address alone."""

    port: int | None = field(
        default=None, metadata={"help": f"the port of the page; by default {PORT} or, where it is in use, one after it"}
    )
    no_browser: bool = field(default=False, metadata={"help": "print the address only, and open no browser"})

    def __post_init__(self) -> None:
        if self.port is not None and not 0 <= self.port < 65536:
            raise PlanError(f"--port is {self.port}; ports go from 0 to 65535.")
