"""A few lines that ask a served model: curl, Python's own library, JavaScript."""

from __future__ import annotations

import json
import pprint
from typing import TYPE_CHECKING, NamedTuple

from lamina.core import Json, Made

if TYPE_CHECKING:
    from lamina.serving.contract import Contract


def all_of(contract: Contract, example: Json, address: str, token: bool) -> dict[str, str]:
    """Language to lines. address: of the model's predict. token: whether callers show one."""
    if contract.lone_file:
        return files(contract.lone_file, contract.kinds[contract.lone_file], address, token, forms=True)
    return rows({"rows": [example]}, address, token)


class Use(NamedTuple):
    """What is done with the answer. curl: more of its command. python, javascript: lines in which the parsed body stands as
    `{body}`. imports, head: what these need before them."""

    curl: str
    python: str
    javascript: str
    imports: tuple[str, ...] = ()
    head: str = ""


def rows(request: Json, address: str, token: bool) -> dict[str, str]:
    """For a request of rows."""
    return _asked(request, "rows", address, token, Use("", 'print({body}["answers"])', "console.log({body}.answers);"))


def wish(request: Json, address: str, token: bool, made: Made) -> dict[str, str]:
    """For something to be made: a text is shown, files are written."""
    shown = Use("", 'print({body}["made"][0]["text"])', "console.log({body}.made[0].text);")
    written = Use(
        " \\\n  --output made.json",
        f'''for number, each in enumerate({{body}}["made"]):
    pathlib.Path(f"{{number}}{made.suffix}").write_bytes(base64.b64decode(each["{made.kind}"]))''',
        f"""for (const [number, each] of {{body}}.made.entries()) {{
  await writeFile(`${{number}}{made.suffix}`, Buffer.from(each.{made.kind}, "base64"));
}}""",
        ("base64", "pathlib"),
        'import {writeFile} from "node:fs/promises";\n\n',
    )
    return _asked(request, "wish", address, token, shown if made.shown else written)


def _asked(request: Json, called: str, address: str, token: bool, use: Use) -> dict[str, str]:
    body = json.dumps(request, ensure_ascii=False, indent=1)
    quoted = body.replace("'", "'\\''")
    shown = ' \\\n  -H "Authorization: Bearer $LAMINA_TOKEN"' if token else ""
    bearer = '\nrequest.add_header("Authorization", f"Bearer {os.environ[\'LAMINA_TOKEN\']}")' if token else ""
    secret = ', "Authorization": `Bearer ${process.env.LAMINA_TOKEN}`' if token else ""
    imports = ", ".join(sorted(["json", "urllib.request", *(["os"] if token else []), *use.imports]))
    return {
        "curl": f"curl {address} \\\n  -H 'Content-Type: application/json'{shown} \\\n  -d '{quoted}'{use.curl}",
        "python": (
            f"import {imports}\n\n{called} = {_python(request)}\n"
            f'request = urllib.request.Request("{address}", json.dumps({called}).encode(), {{"Content-Type": "application/json"}})'
            f"{bearer}\n{use.python.replace('{body}', 'json.load(urllib.request.urlopen(request))')}"
        ),
        "javascript": (
            f'{use.head}const response = await fetch("{address}", {{\n  method: "POST",\n'
            f'  headers: {{"Content-Type": "application/json"{secret}}},\n'
            f"  body: JSON.stringify({_indented(body)}),\n}});\n"
            f"{use.javascript.replace('{body}', '(await response.json())')}"
        ),
    }


def _python(request: Json) -> str:
    """The request as Python writes it."""
    return pprint.pformat(request, sort_dicts=False, width=100)


def _indented(body: str) -> str:
    return body.replace("\n", "\n  ")


NAMES = {"image": "picture.png", "sound": "sound.wav", "video": "video.mp4"}  # of a file of each kind


def files(column: str, kind: str, address: str, token: bool, forms: bool) -> dict[str, str]:
    """For a model that takes nothing but a picture, a sound or a video. forms: whether files are taken as they are, else as base64."""
    name = NAMES[kind]
    called = name.partition(".")[0]
    shown = ' -H "Authorization: Bearer $LAMINA_TOKEN"' if token else ""
    field = json.dumps(column, ensure_ascii=False)
    header = ', "Authorization": f"Bearer {os.environ[\'LAMINA_TOKEN\']}"' if token else ""
    secret = ", Authorization: `Bearer ${process.env.LAMINA_TOKEN}`" if token else ""
    inside = json.dumps({"rows": [{column: "FILE"}]}, ensure_ascii=False).replace('"', '\\"')
    coded = inside.replace("FILE", f"$(base64 -w0 {name})")
    body = f"-F {field}=@{name}" if forms else f"-H 'Content-Type: application/json' \\\n  -d \"{coded}\""
    return {
        "curl": f"curl {address}{shown} {body}",
        "python": (
            f"import base64, json{', os' if token else ''}, pathlib, urllib.request\n\n"
            f'{called} = base64.b64encode(pathlib.Path("{name}").read_bytes()).decode()\n'
            f'rows = {{"rows": [{{{field}: {called}}}]}}\n'
            f'headers = {{"Content-Type": "application/json"{header}}}\n'
            f'request = urllib.request.Request("{address}", json.dumps(rows).encode(), headers)\n'
            'print(json.load(urllib.request.urlopen(request))["answers"])'
        ),
        "javascript": (
            'import {readFile} from "node:fs/promises";\n\n'
            f'const {called} = (await readFile("{name}")).toString("base64");\n'
            f'const response = await fetch("{address}", {{\n  method: "POST",\n'
            f'  headers: {{"Content-Type": "application/json"{secret}}},\n'
            f"  body: JSON.stringify({{rows: [{{{field}: {called}}}]}}),\n}});\n"
            "console.log((await response.json()).answers);"
        ),
    }
