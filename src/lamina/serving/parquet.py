"""A Parquet table to the rows of a JSON request, in a process of its own that may only take so much memory and time.

A table can claim or unfold to anything, so it is read where that harms nobody. `python -m lamina.serving.parquet ROWS BYTES`
reads a table of at most so many rows on standard input and writes at most so many bytes of JSON to standard output.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from lamina.serving.settings import MIB, Refused

MEMORY = 3 * 1024 * MIB  # of addresses: Polars reserves far more than it uses


def to_json(body: bytes, rows: int, largest: int, seconds: float) -> bytes:
    """The request that a table says. largest: bytes that it may unfold to.

    Raises:
        Refused: it is no table, or too large.
    """
    if body[:4] != b"PAR1":
        raise Refused(422, f"The body begins with {body[:4]!r}; a Parquet table begins with b'PAR1'.")
    env = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "lamina.serving.parquet", str(rows), str(largest)],
            input=body, capture_output=True, timeout=seconds, check=False, env=env,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused(413, f"The table could not be read within {seconds:g} s. Send fewer rows.") from None
    if done.returncode == 3:
        raise Refused(413, done.stderr.decode())
    if done.returncode:
        raise Refused(
            422, "The body is not a Parquet table that can be read, or it unfolds to too much. Write it again."
        )
    return done.stdout


def main(most: int, largest: int) -> int:
    """Read standard input; the exit status says how it went: 0 done, 3 too much."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import polars as pl

    body = sys.stdin.buffer.read()
    count = pl.scan_parquet(io.BytesIO(body)).select(pl.len()).collect().item()
    if count > most:
        sys.stderr.write(f"The table has {count:,} rows; expected are at most {most:,} in one request.")
        return 3
    frame = pl.read_parquet(io.BytesIO(body))
    sys.stdout.write('{"rows": [')
    written = 0
    for number, row in enumerate(rows(frame)):
        said = ("," if number else "") + json.dumps(row, allow_nan=False)
        written += len(said)
        if written > largest:
            sys.stderr.write(f"The table unfolds to more than {largest:,} bytes. Send fewer rows.")
            return 3
        sys.stdout.write(said)
    sys.stdout.write("]}")
    return 0


def rows(frame: Any) -> Iterator[dict[str, Any]]:
    for row in frame.iter_rows(named=True):
        yield {column: _cell(value) for column, value in row.items()}


def _cell(value: Any) -> Any:
    match value:
        case float():
            return value if value == value else None
        case bytes():
            return base64.b64encode(value).decode()
        case datetime() | date():
            return value.isoformat()
        case {"bytes": bytes(inside)}:  # as Hugging Face writes pictures
            return base64.b64encode(inside).decode()
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
