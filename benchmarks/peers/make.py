"""Make the peers' environments: python benchmarks/peers/make.py [trees torch pytabkit keras]

Each peer gets an environment of its own in `benchmarks/.venv-peers/NAME`, from `requirements-NAME.txt` beside this file,
so that no version of a peer binds Lamina's (or in the folder that `LAMINA_PEERS` names). torch is installed first where a peer needs it: its CPU build is then kept.
What was installed is written to `NAME.txt` beside it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
PLACE = Path(os.environ.get("LAMINA_PEERS", HERE.parent / ".venv-peers"))


def names() -> list[str]:
    return sorted(each.stem.removeprefix("requirements-") for each in HERE.glob("requirements-*.txt"))


def python(name: str) -> Path:
    """The interpreter of a peer's environment."""
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    return PLACE / name / scripts / "python"


def make(name: str) -> None:
    wanted = HERE / f"requirements-{name}.txt"
    if not python(name).exists():
        venv.create(PLACE / name, with_pip=True)
    pip = [str(python(name)), "-m", "pip", "install", "--quiet"]
    torch = [line for line in wanted.read_text().split() if line.startswith("torch==")]
    if torch:
        subprocess.run([*pip, *torch], check=True)
    subprocess.run([*pip, "-r", str(wanted)], check=True)
    frozen = subprocess.run([str(python(name)), "-m", "pip", "freeze"], check=True, capture_output=True, text=True)
    (PLACE / f"{name}.txt").write_text(frozen.stdout)
    print(f"{name}: {python(name)}")


def main() -> None:
    for name in sys.argv[1:] or names():
        if name not in names():
            sys.exit(f"There is no peer environment '{name}'. There are: {', '.join(names())}.")
        make(name)


if __name__ == "__main__":
    main()
