"""Make something new with this folder alone: NumPy and ONNX Runtime, and Pillow where it is pictures.

python generate.py -n 8 --out new/                 as `lamina generate` does, with its options
python generate.py --serve 8000 [--host 0.0.0.0]   POST /generate with {"count": 8, …}
"""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from lamina import kinds
from lamina.core import Json, Made, Piece, PlanError, nearest
from lamina.made._handing import hand, wholes
from lamina.made._wish import SEEDS, WORDS, Wish, option, pairs, wish_of
from lamina.model.onnx import Runner
from lamina.serving import limits
from lamina.serving.standalone_http import Streamed, serve
from lamina.serving.standalone_run import run

MODEL, NETWORK = "model.json", "network.onnx"


class Folder:
    """A model that was exported. `Folder(path).generate(4, seed=1)` gives texts, or pictures as uint8 [H, W, C]."""

    def __init__(self, folder: Path) -> None:
        said = json.loads((folder / MODEL).read_text(encoding="utf-8"))
        [each] = said["outputs"]
        self.fingerprint: str = said["fingerprint"]
        self.made: Made = kinds.find("made", each["kind"]).restore(each["state"])
        self.graph = Runner(folder / NETWORK, str(folder)).feed

    def generate(self, n: int = 1, **wish: Any) -> list[Any]:
        """Make `n` new ones. wish: the options of the command line by their names, such as `top_p=0.95`.

        Raises:
            LaminaError: a wish that cannot be met.
        """
        return [value for _, value in wholes(self.made, self.pieces(n, **wish))]

    def pieces(self, n: int = 1, **wish: Any) -> Iterator[Piece]:
        """As `generate`, piece by piece: `number` says of which one it is, `value` is some letters, or a picture."""
        asked = wish_of(n, wish)
        self.made.check(asked)
        return self.made.make(self.graph, asked)

    def read(self, body: Any) -> tuple[Wish, bool]:
        """What a request wants, and whether as a stream.

        Raises:
            PlanError: it is not what the model takes, or too much at once.
        """
        if not isinstance(body, dict):
            raise PlanError('Expected is an object, such as {"count": 1}.')
        known = [*(each.name for each in fields(Wish) if each.name in self.made.hears), "stream"]
        for name in body.keys() - {*known, *(each.name for each in fields(Wish))}:
            raise PlanError(f"There is no '{name}' to be said. {nearest(name, known)}")
        said = {"count": 1, "seed": secrets.randbelow(SEEDS), **body}
        stream = said.pop("stream", False)
        if not isinstance(stream, bool):
            raise PlanError(f"stream is {stream!r:.80}. Expected is true or false.")
        wish = wish_of(said.pop("count"), said)
        self.made.check(wish)
        limits.check(self.made, wish, stream)
        return wish, stream

    def respond(self, wanted: tuple[Wish, bool]) -> Json | Streamed:
        """What a request wants, made: whole, or as it comes."""
        wish, stream = wanted
        pieces = self.made.make(self.graph, wish)
        if stream:
            return Streamed((piece.value for piece in pieces), {"x-seed": str(wish.seed)})
        made = [self.made.record(value) for _, value in wholes(self.made, pieces)]
        return {"fingerprint": self.fingerprint, "seed": wish.seed, "made": made}


def asking(made: Made) -> argparse.ArgumentParser:
    """The options of a wish, of which the help shows those that mean something here, and where it goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    hints = get_type_hints(Wish)
    for each in fields(Wish):
        help = each.metadata["help"]
        shown = f"{help[:1].upper()}{help[1:]}." if each.name in made.hears else argparse.SUPPRESS
        said: Json = {"help": shown, "dest": each.name, "default": each.default}
        if hints[each.name] == WORDS:
            said |= {"action": "append", "default": [], "metavar": "COLUMN=VALUE"}
        else:
            said["type"] = next(kind for kind in (int, float, str) if hints[each.name] in (kind, kind | None))
        parser.add_argument(option(each.name), **said)
    parser.add_argument("--out", type=Path, help="Where to write: a file or folder for texts, a folder for pictures.")
    parser.add_argument("--json", action="store_true", help="One JSON object for each that is made.")
    parser.add_argument("--serve", type=int, metavar="PORT", help="Answer over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    return parser


def wished(asked: argparse.Namespace) -> Wish:
    """Raises:
    PlanError: a value that cannot be.
    """
    said = {each.name: getattr(asked, each.name) for each in fields(Wish)}
    return Wish(**{**said, "given": pairs(said["given"])})


def main() -> None:
    folder = Folder(Path(__file__).parent)
    asked = asking(folder.made).parse_args()
    if asked.serve is not None:
        return serve(asked.host, asked.serve, "/generate", folder.read, folder.respond)
    return hand(folder.made, folder.graph, wished(asked), asked.out, asked.json)


if __name__ == "__main__":
    run(main)
