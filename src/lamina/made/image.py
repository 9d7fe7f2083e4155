"""Pictures from noise, and what they are to show: a label or a sentence."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina import kinds
from lamina.core import Array, Coded, Form, Graph, Input, Json, Piece, PlanError, chunks, nearest
from lamina.made._wish import EVERY, Wish

if TYPE_CHECKING:
    from PIL import Image as Pillow
    from torch import nn

NOISE, GIVEN, PICTURES = "noise", "given", "pictures"  # arrays of the graph
AT_ONCE = 64
MOST = 100_000  # pictures: more are another command's
SHEET = 100  # pictures on a contact sheet, the first ones
GAP = 2  # pixels between them
ENLARGED = 48  # pixels a side that they are enlarged to there, by whole numbers


class Image:
    """column, picture: of the pictures, and the input that decodes them. noise: numbers that one is made from. asked, given:
    the column that says what is to be seen, and its input; shares: of a label, how often each was among the examples, by
    which it is drawn where nobody asks for one.
    """

    kind: ClassVar[str] = "image"
    called: ClassVar[str] = "pictures"
    takes: ClassVar[frozenset[str]] = frozenset({"given", "text"})
    suffix: ClassVar[str] = ".png"
    shown: ClassVar[bool] = False

    def __init__(
        self,
        picture: Input,
        noise: int,
        column: str = "image",
        asked: str = "",
        given: Input | None = None,
        shares: Mapping[str, float] | None = None,
        examples: Sequence[str] = (),
    ) -> None:
        self.picture, self.noise, self.column = picture, noise, column
        self.asked, self.given, self.shares, self.examples = asked, given, dict(shares or {}), list(examples)

    @property
    def hears(self) -> frozenset[str]:
        """As of `Made`: a label or a sentence, where one was learned from."""
        return EVERY | ({"text"} if self.worded else {"given"} if self.asked else set())

    @property
    def inputs(self) -> list[Input]:
        """As of `Made`."""
        return [self.picture, *([] if self.given is None else [self.given])]

    @property
    def worded(self) -> bool:
        """Whether a sentence says what is to be seen."""
        return self.given is not None and self.given.form.kind == "tokens"

    def check(self, wish: Wish) -> None:
        """As of `Made`: a column and a label that exist, a sentence of words that it knows."""
        wish.only(self.called, self.takes, self.hears)
        if self.given is None and (wish.given or wish.text is not None):
            raise PlanError(
                f"This model was learned without --given and makes pictures of any kind. Leave {'--given' if wish.given else '--text'} "
                "out, or learn one with it: lamina learn PATH --generate image --given label"
            )
        if wish.text is not None and not self.worded:
            raise PlanError(
                f"This model takes no sentence, but --given {self.asked}=… with one of: {', '.join(list(self.shares)[:12])}."
            )
        if wish.count > MOST:
            raise PlanError(f"{wish.count:,} pictures were asked for. It makes {MOST:,} at once, such as -n 64.")
        for column in wish.given:
            if column != self.asked:
                raise PlanError(f"Nothing called '{column}' can be asked for. {nearest(column, [self.asked])}")
        if wish.text is not None and wish.given:
            raise PlanError("Both --text and --given were said. They mean the same: say one.")
        said = self._said(wish)
        if said is None:
            if self.worded and not self.examples:
                raise PlanError("This model keeps no sentence of its examples. Say what is to be seen: --text SENTENCE")
            return
        if not said.strip():
            raise PlanError(f"Nothing stands in what was asked for. Say what is to be seen. {self._such()}")
        if self.worded:
            self._check_words(said)
        elif said not in self.shares:
            raise PlanError(f"There is no {self.asked} '{said}'. {nearest(said, self.shares)}")

    def make(self, graph: Graph, wish: Wish) -> Iterator[Piece]:
        """Pictures [H, W, C] of bytes, one after the other. The first ones are the same however many are asked for."""
        self.check(wish)
        noise = np.random.default_rng(np.random.SeedSequence(wish.seed).spawn(1)[0])
        said = self.wishes(wish)
        for numbers in chunks(range(wish.count), AT_ONCE):
            feed: dict[str, Array] = {NOISE: noise.standard_normal((len(numbers), self.noise)).astype(np.float32)}
            if self.given is not None:
                feed |= self.encoded([said[number] for number in numbers])
            for number, picture in zip(numbers, graph(feed)[PICTURES], strict=True):
                yield Piece(number, picture)

    def wishes(self, wish: Wish) -> list[str]:
        """What each picture is to show: what was asked for; else labels as often as the examples had them, or sentences
        of theirs. Empty where nothing says it."""
        said = self._said(wish)
        if self.given is None or said is not None:
            return [said or ""] * wish.count
        rng = np.random.default_rng(np.random.SeedSequence(wish.seed).spawn(2)[1])
        known, shares = (self.examples, None) if self.worded else (list(self.shares), list(self.shares.values()))
        return [str(each) for each in rng.choice(np.array(known, object), wish.count, p=shares)]

    def encoded(self, said: Sequence[str]) -> dict[str, Array]:
        """What is asked for as the graph takes it."""
        assert self.given is not None
        words = tuple(dict.fromkeys(said))
        place = {word: code for code, word in enumerate(words)}
        found = self.given.encode(Coded(np.array([place[each] for each in said], np.int32), words))
        feed: dict[str, Array] = {GIVEN: found.values}
        if found.lengths is not None:
            feed[f"{GIVEN}_lengths"] = found.lengths
        return feed

    def whole(self, pieces: Sequence[Any]) -> Array:
        [picture] = pieces
        found: Array = picture
        return found

    def decoded(self, picture: Array) -> Pillow.Image:
        found: Pillow.Image = self.picture.decode(picture)
        return found

    def record(self, value: Array) -> Json:
        buffer = io.BytesIO()
        self.decoded(value).save(buffer, "PNG")
        return {"image": base64.b64encode(buffer.getvalue()).decode(), "type": "image/png"}

    def save(self, pieces: Iterator[Piece], wish: Wish, out: Path) -> list[Path]:
        """A PNG file for each into a folder, as `01.png` or `01 cat.png`, and the first ones together in `sheet.png`."""
        if out.suffix.lower() == self.suffix or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
            raise PlanError(
                f"'{out}' is no place for pictures. Expected is a new or an empty folder, such as --out new/"
            )
        out.mkdir(parents=True, exist_ok=True)
        width, names = len(str(wish.count)), self.wishes(wish)
        files, first = [], list[Array]()
        for number, picture in pieces:
            path = out / f"{number + 1:0{width}d}{_file(names[number])}{self.suffix}"
            self.decoded(picture).save(path)
            files.append(path)
            if len(first) < SHEET:
                first.append(picture)
        if len(first) > 1:
            files.append(out / "sheet.png")
            self.sheet(first).save(files[-1])
        return files

    def sheet(self, pictures: Sequence[Array], across: int | None = None) -> Pillow.Image:
        """Pictures beside and below each other, the smallest enlarged. across: how many in a line."""
        high, wide, channels = pictures[0].shape
        scale = max(1, ENLARGED // max(high, wide))
        across = across or math.ceil(math.sqrt(len(pictures)))
        down = math.ceil(len(pictures) / across)
        high, wide = scale * high + GAP, scale * wide + GAP
        page = np.full((down * high - GAP, across * wide - GAP, channels), 255, np.uint8)
        for number, each in enumerate(pictures):
            y, x = number // across * high, number % across * wide
            page[y : y + high - GAP, x : x + wide - GAP] = each.repeat(scale, 0).repeat(scale, 1)
        return self.decoded(page)

    def network(self, said: Mapping[str, Json]) -> nn.Module:
        from lamina.networks.generator import Generator

        options = {**said[self.column]["options"], "given": self.asked_form}
        return Generator(self.picture.form, **options)

    @property
    def asked_form(self) -> Form | None:
        """The form of what is asked for."""
        return None if self.given is None else self.given.form

    def state(self) -> Json:
        return {
            "picture": {"kind": self.picture.kind, "state": self.picture.state()},
            "noise": self.noise,
            "column": self.column,
            "asked": self.asked,
            "given": None if self.given is None else {"kind": self.given.kind, "state": self.given.state()},
            "shares": self.shares,
            "examples": self.examples,
        }

    @classmethod
    def restore(cls, state: Json) -> Self:
        found: list[Any] = [
            None if said is None else kinds.find("inputs", said["kind"]).restore(said["state"])
            for said in (state["picture"], state["given"])
        ]
        picture, given = found
        return cls(
            picture, int(state["noise"]), state["column"], state["asked"], given, state["shares"], state["examples"]
        )

    def _said(self, wish: Wish) -> str | None:
        return wish.text if wish.text is not None else wish.given.get(self.asked)

    def _check_words(self, said: str) -> None:
        """Words that no sentence had mean nothing to it."""
        given: Any = self.given
        if unknown := given.unknown(said):
            known = () if given.private else [word for word in given.codes if "…" not in word]  # no pieces of words
            raise PlanError(
                f"No sentence that it learned from has the word{'s' if len(unknown) > 1 else ''} "
                f"{', '.join(map(repr, unknown[:6]))}. {nearest(unknown[0], known) if known else ''} {self._such()}".rstrip()
            )

    def _such(self) -> str:
        known = self.examples if self.worded else list(self.shares)
        return f"Such as '{known[0]}'." if known else ""


def _file(word: str) -> str:
    """What was asked for, as a part of a file's name."""
    plain = "".join(each if each.isalnum() or each in "-_ " else "_" for each in word)[:60].strip()
    return f" {plain}" if plain else ""
