"""What the README of an exported folder says: how to install it, how to ask it, as a container and over HTTP."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields

from lamina.core import Json, Made
from lamina.made._wish import Wish, option
from lamina.made.image import Image
from lamina.model.model import Model
from lamina.model.usual import usual
from lamina.serving import limits, snippets, wishes

PORT = 8000
SHOWN = {"curl": "sh"}  # language to its name in Markdown
LABELS = 30  # that are named


def answers(model: Model) -> str:
    """Of a model that answers."""
    row = usual(model)
    columns = "\n".join(f"| `{column}` | {kind} |" for column, kind in model.intake.kinds.items())
    address, kinds = f"http://127.0.0.1:{PORT}/predict", model.intake.kinds
    alone = next(iter(kinds)) if len(kinds) == 1 and next(iter(kinds.values())) in snippets.NAMES else None
    lines = (
        snippets.rows({"rows": [row]}, address, token=False)
        if alone is None
        else snippets.files(alone, kinds[alone], address, token=False, forms=False)
    )
    return ANSWERS.format(
        targets=", ".join([*model.outputs, *model.found]),
        columns=columns,
        snippets=_shown(lines),
        port=PORT,
        row="{" + ", ".join(f'"{column}": …' for column in model.intake.kinds) + "}",
        file="rows.csv" if alone is None else snippets.NAMES[kinds[alone]],
    )


def makes(made: Made) -> str:
    """Of a model that makes something."""
    example = wishes.example(made)
    lines = snippets.wish(example, f"http://127.0.0.1:{PORT}/generate", token=False, made=made)
    said = [each for each in fields(Wish) if each.name in made.hears]
    place = "" if made.shown else " --out new/"
    return MAKES.format(
        what=made.called,
        command=f"python generate.py {' '.join(_words(example))}{place}",
        comes="A text shows as it is written; `--out new.txt` keeps it."
        if made.shown
        else "The folder then holds PNG files, and `sheet.png` with the first hundred of them.",
        options="\n".join(
            f"| `{option(each.name)}` | `{each.name}` | {_sentence(each.metadata['help'])} |" for each in said
        ),
        can=_can(made),
        port=PORT,
        limit=f"At most {limits.LETTERS:,} letters" if made.shown else f"At most {limits.MOST} {made.called}",
        streams=STREAMS if made.shown else "",
        snippets=_shown(lines),
        python=", ".join(f"{name}={value!r}" for name, value in example.items() if name != "count"),
        n=example.get("count", 1),
        gives="a list of texts" if made.shown else "a list of pictures, arrays [height, width, channels] of bytes",
    )


def _can(made: Made) -> str:
    """What can be asked for, where it is to be said."""
    if not isinstance(made, Image) or not made.asked:
        return ""
    if made.worded:
        such = f", such as *{made.examples[0]}*" if made.examples else ""
        return f"\nIt knows the words of the sentences that it learned from{such}; of others it says so.\n"
    known = list(made.shares)
    more = f" and {len(known) - LABELS} more" if len(known) > LABELS else ""
    return f"\n{made.asked} can be: {', '.join(f'`{each}`' for each in known[:LABELS])}{more}.\n"


def _words(example: Json) -> list[str]:
    """As a command line says it."""
    found = []
    for name, value in example.items():
        if isinstance(value, Mapping):
            found += [
                word for column, each in value.items() for word in (option(name), shlex.quote(f"{column}={each}"))
            ]
        else:
            found += [option(name), shlex.quote(str(value))]
    return found


def _sentence(help: str) -> str:
    return f"{help[:1].upper()}{help[1:]}."


def _shown(lines: Mapping[str, str]) -> str:
    return "\n\n".join(f"```{SHOWN.get(language, language)}\n{code}\n```" for language, code in lines.items())


ANSWERS = """# A learned model, by itself

It answers {targets}. It needs neither Lamina nor torch:

```sh
pip install -r requirements.txt
python predict.py {file}
python predict.py --serve {port}
```

As a container:

```sh
docker build -t model . && docker run -p 127.0.0.1:{port}:{port} model
```

A row holds (`null`, or an empty cell of a CSV, is unknown; dates are ISO 8601; pictures and sounds are base64 in JSON):

| column | kind |
|---|---|
{columns}

Ask the running one:

{snippets}

From Python without HTTP: `from predict import Folder; Folder(path).answer([{row}])`. There a picture is the bytes of
its file.
"""

MAKES = """# A learned model that makes {what}, by itself

It needs neither Lamina nor torch:

```sh
pip install -r requirements.txt
{command}
python generate.py --serve {port}
```

{comes} The same seed makes the same again, as `lamina generate` does.
Without one, another is drawn each time, and told.

| option | in JSON, in Python | |
|---|---|---|
{options}
{can}
As a container:

```sh
docker build -t model . && docker run -p 127.0.0.1:{port}:{port} model
```

Ask the running one. {limit} may be asked for in one request.{streams}

{snippets}

From Python without HTTP: `from generate import Folder; Folder(path).generate({n}, {python})`
gives {gives}; `pieces` instead of `generate` gives them as they are made.
"""

STREAMS = '\nWith `"stream": true` it sends the letters as they are written, as plain text.'
