"""`lamina demo`: the whole way on digits and a medical table that scikit-learn ships, as a user would go it."""

from __future__ import annotations

import csv
import shlex
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from lamina.core import MissingExtra

HELD_BACK = 12  # examples of each that nothing learns from


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Learn")(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the examples and models.")] = Path("lamina-demo"),
    quick: Annotated[bool, typer.Option("--quick", help="A few seconds of learning only.")] = False,
) -> None:
    """Learn digits from pictures and a diagnosis from a table, in about two minutes, and show every command."""
    write_examples(out)
    minutes = "0.2" if quick else "0.6"
    digits, table = out / "digits", out / "breast_cancer.csv"
    for source, target, new in (
        (digits, "label", out / "new" / "digits"),
        (table, "diagnosis", out / "new" / "breast_cancer.csv"),
    ):
        model = out / f"{source.stem}.lamina"
        run("look", str(source), "--target", target)
        run("learn", str(source), "--target", target, "--minutes", minutes, "--out", str(model), "--overwrite")
        run("predict", str(model), str(new))
    print(
        f"\nOpen {out / 'digits.lamina' / 'report.html'} in a browser to see what was learned. What goes on inside it:"
    )
    print(f"\n$ lamina open {shlex.quote(str(out / 'digits.lamina'))}")


def run(*words: str) -> None:
    """Show a command, then run it in this process."""
    from lamina.cli import clock
    from lamina.cli.main import add_commands, app

    add_commands(words[0])
    print(f"\n$ lamina {shlex.join(words)}", flush=True)
    clock.started = time.monotonic()
    app(list(words), standalone_mode=False)
    sys.stdout.flush()


def write_examples(out: Path) -> None:
    """Digits as PNG files in a folder per label, the table as CSV; some of each under `new/`, without labels."""
    try:
        from sklearn.datasets import load_breast_cancer, load_digits
    except ModuleNotFoundError as error:
        raise MissingExtra("The demo", "learn") from error
    from PIL import Image

    digits = load_digits()
    for number, (pixels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        held = number < HELD_BACK
        folder = out / "new" / "digits" if held else out / "digits" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray((pixels * 15.9).astype("uint8"))
        picture.save(folder / (f"{number:04d}-is-{label}.png" if held else f"{number:04d}.png"))
    cells = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in cells.feature_names]
    for path, rows, said in (
        (out / "breast_cancer.csv", range(HELD_BACK, len(cells.data)), True),
        (out / "new" / "breast_cancer.csv", range(HELD_BACK), False),
    ):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*names, *(["diagnosis"] if said else [])])
            for row in rows:
                writer.writerow([*cells.data[row], *([cells.target_names[cells.target[row]]] if said else [])])
