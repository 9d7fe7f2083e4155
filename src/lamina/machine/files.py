"""Files that are whole or absent: written aside, then renamed, so that a crash leaves what was there before."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lamina.core import LaminaError


@contextlib.contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission into a message for a person."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LaminaError(
                f"The disk is full: '{path}' could not be written. Free some space and try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise LaminaError(f"No permission to write '{path}'. Choose another place with --out.") from error
        raise


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A place to write; on success it becomes `path` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with full_disk(path):
            yield aside
            _flush(aside)
            os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill; on success it becomes `path`, and what was there before goes away only then."""
    path = path.absolute()
    with full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        with full_disk(path):
            yield aside
            for file in aside.rglob("*"):
                if file.is_file():
                    _flush(file)
            aside.chmod(0o755)
            old = aside.with_suffix(".old")
            if path.exists():
                os.replace(path, old)
            try:
                os.replace(aside, path)
            except BaseException:
                if old.exists():
                    os.replace(old, path)
                raise
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
