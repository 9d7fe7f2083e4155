"""Files that are whole or absent: written aside, then renamed, so that a crash leaves what was there before.

A folder that is replaced needs two renames: the old one aside, the new one in its place. A crash between them leaves the
old one aside: `standing` finds it there, and the next `new_folder` puts it back.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lamina.core import LaminaError

ABANDONED = 3600.0  # seconds after which nobody is still writing what lies aside


class DiskFull(LaminaError):
    """There was no room to write."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The disk is full: '{path}' could not be written. Free some space and try again.")


@contextlib.contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission into a message for a person."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(path) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise LaminaError(f"No permission to write '{path}'. Choose another place with --out.") from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            raise LaminaError(
                f"'{path}' cannot be made: a file lies where a folder is needed. Choose another place with --out."
            ) from error
        raise


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A place to write; on success it becomes `path` in one step."""
    with full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
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
    old = _old(path)
    with full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        with full_disk(path):
            yield aside
            for file in aside.rglob("*"):
                if file.is_file():
                    _flush(file)
            aside.chmod(0o755)
            if standing(path) == old:
                os.replace(old, path)
            shutil.rmtree(old, ignore_errors=True)
            if path.exists():
                os.replace(path, old)
            try:
                os.replace(aside, path)
            except BaseException:
                if old.exists():
                    os.replace(old, path)
                raise
            _flush_names(path.parent)
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def standing(path: Path) -> Path:
    """Where the folder of that name lies: there, or aside, where a crash in the middle of replacing it left it whole."""
    old = _old(path)
    return old if not path.exists() and old.is_dir() else path


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _sweep(path: Path) -> None:
    """Remove what earlier writing of `path` left aside when it was killed."""
    for each in path.parent.iterdir():
        if each.name.startswith(f".{path.name}.") and each.name.endswith(".part"):
            with contextlib.suppress(OSError):  # it may be gone by now
                if time.time() - each.stat().st_mtime > ABANDONED:
                    shutil.rmtree(each) if each.is_dir() else each.unlink()


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_names(folder: Path) -> None:
    """Make renames within a folder last through a loss of power, where the system lets one."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
