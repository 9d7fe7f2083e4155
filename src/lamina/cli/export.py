"""`lamina export`: a folder that answers, or makes, without Lamina."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(export)


def export(
    model: Annotated[Path, typer.Argument(help="A saved model.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The folder to write.", show_default=False)],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an exported folder.")] = False,
) -> None:
    """Write ONNX with its preprocessing as a small folder: NumPy and ONNX Runtime answer, or make something new, with a
    Dockerfile."""
    from lamina.door import export as write
    from lamina.model.model import Model
    from lamina.serving.export import GENERATE, PREDICT

    loaded = Model.load(model)
    folder = write(loaded, to, overwrite=overwrite)
    ask = (
        f"make     python {folder / GENERATE} --help"
        if loaded.card.makes
        else f"ask      python {folder / PREDICT} FILE"
    )
    print(f"folder   {folder}\nread     {folder / 'README.md'}\n{ask}")
