"""The site: Markdown pages, docstrings and the help of the command line. `make docs` builds it, warnings are errors."""

from __future__ import annotations

import inspect
import re
from typing import Any

from lamina import __version__

project = "Lamina"
author = "The Lamina authors"
copyright = "the Lamina authors, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_*"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "Lamina"
html_static_path = ["_static"]
html_css_files = ["lamina.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

default_role = "code"  # docstrings write `names` as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
nitpicky = True
nitpick_ignore_regex = [  # what signatures name and this site does not describe: other libraries, and what lies inside
    ("py:.*", r"(np|numpy|nn|torch|polars|pl|sklearn|collections|typing|pathlib)\..*"),
    ("py:.*", r"(N|int8|Tensor|Path|Any|Self|Sequence|Mapping|Iterator|Iterable|Literal|ClassVar|Protocol|Collection)"),
    (
        "py:.*",
        r"(.*\.)?(Array|Json|Kind|Note|Score|Column|Coded|Ensemble|Options|Card|Rows|Drift|Figure|Background|Question|Beside|Table|Found|Explainer|Page|Piece|Files)",
    ),
    ("py:.*", r".*\[.*"),  # a type that was cut at its comma
]


def setup(app: Any) -> None:
    app.connect("source-read", commands)
    app.connect("autodoc-process-docstring", plain)


def commands(app: Any, page: str, source: list[str]) -> None:
    """Put the help of every command where the page of commands asks for it: an option is said once, in the code."""
    if page != "reference/commands":
        return
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from lamina.cli.main import add_commands
    from lamina.cli.main import app as lamina

    add_commands()
    group: Any = get_command(lamina)
    parts = []
    with group.make_context("lamina", [], resilient_parsing=True) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            parts.append(get_docs_for_click(obj=command, ctx=context, indent=1, name=name, call_prefix="lamina"))
    source[0] = source[0].replace("<!-- commands -->", "\n".join(parts))


def plain(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain words: a star, a bar or an underscore at a word's end is what it looks like."""
    if what == "class" and obj.__doc__ is not None and inspect.isclass(obj) and not any(lines):
        return
    for number, line in enumerate(lines):
        if line.lstrip().startswith((">>>", "...", ":")):
            continue
        parts = re.split(r"(`[^`]*`)", line)
        lines[number] = "".join(
            part if part.startswith("`") else re.sub(r"(?<!\\)([*|]|_(?=\W|$))", r"\\\1", part) for part in parts
        )
