"""A few lines that ask a served model: curl, Python's own library, JavaScript."""

from __future__ import annotations

import json
import pprint
from typing import TYPE_CHECKING

from lamina.core import Json

if TYPE_CHECKING:
    from lamina.serving.contract import Contract


def all_of(contract: Contract, example: Json, address: str, token: bool) -> dict[str, str]:
    """Language to lines. address: of the model's predict. token: whether callers show one."""
    if contract.lone_file:
        return files(contract.lone_file, contract.kinds[contract.lone_file], address, token, forms=True)
    return rows({"rows": [example]}, address, token)


def rows(request: Json, address: str, token: bool, answers: str = "answers") -> dict[str, str]:
    """For a request of rows, or another in JSON. answers: where in the response what was asked for stands."""
    body = json.dumps(request, ensure_ascii=False, indent=1)
    quoted = body.replace("'", "'\\''")
    shown = ' \\\n  -H "Authorization: Bearer $LAMINA_TOKEN"' if token else ""
    bearer = '\nrequest.add_header("Authorization", f"Bearer {os.environ[\'LAMINA_TOKEN\']}")' if token else ""
    secret = ', "Authorization": `Bearer ${process.env.LAMINA_TOKEN}`' if token else ""
    return {
        "curl": f"curl {address} \\\n  -H 'Content-Type: application/json'{shown} \\\n  -d '{quoted}'",
        "python": (
            f"import json{', os' if token else ''}, urllib.request\n\n"
            f"rows = {_python(request)}\n"
            f'request = urllib.request.Request("{address}", json.dumps(rows).encode(), {{"Content-Type": "application/json"}})'
            f'{bearer}\nprint(json.load(urllib.request.urlopen(request))["{answers}"])'
        ),
        "javascript": (
            f'const response = await fetch("{address}", {{\n  method: "POST",\n'
            f'  headers: {{"Content-Type": "application/json"{secret}}},\n'
            f"  body: JSON.stringify({_indented(body)}),\n}});\nconsole.log((await response.json()).{answers});"
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
