"""`lamina cache`: what is kept between runs, and how to be rid of it."""

from __future__ import annotations

from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(cache)


def cache(clear: Annotated[bool, typer.Option("--clear", help="Remove everything kept.")] = False) -> None:
    """Show (or clear) what is cached between runs: spectra of sounds, features of pictures, texts and sounds. Nothing in it is needed."""
    from lamina.machine import cache as kept

    if clear:
        print(f"Freed {kept.clear() / 1e6:,.1f} MB.")
        return
    found = kept.files()
    size = sum(path.stat().st_size for path in found)
    print(f"{kept.folder()}: {len(found)} files, {size / 1e6:,.1f} MB of at most {kept.limit() / 1e6:,.0f} MB.")
