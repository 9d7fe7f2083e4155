"""To have something made on the page: what can be asked for, and what comes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from starlette.responses import Response, StreamingResponse

from lamina.core import Json
from lamina.made.image import Image
from lamina.model.model import Model
from lamina.page.schema import making
from lamina.serving.limits import LETTERS, MOST
from lamina.serving.making import Maker
from lamina.serving.settings import Serving

LABELS = 1_000  # that can be chosen from


class Makes:
    """What a model that makes something makes for whoever looks at its page."""

    def __init__(self, name: str, model: Model) -> None:
        self.name, self.model = name, model

    @cached_property
    def _maker(self) -> Maker:
        return Maker(self.name, self.model, Serving(), ThreadPoolExecutor(1, "making"))

    def about(self) -> making.Makes:
        """What can be asked for."""
        made: Any = self.model.maker
        if not isinstance(made, Image):
            return making.Makes(kind="text", asked="", labels=[], worded=False, sentences=[], most=LETTERS)
        labels = [] if made.worded else list(made.shares)[:LABELS]
        return making.Makes(
            kind="image", asked=made.asked, labels=labels, worded=made.worded, sentences=made.examples, most=MOST
        )

    async def make(self, wish: making.Wish) -> making.Made | Response:
        """Pictures; of a text the letters as they are written.

        Raises:
            Refused: it is not what the model makes, or too much at once.
        """
        asked: Json = wish.model_dump(exclude_none=True)
        made: Any = self.model.maker
        if "label" in asked:
            asked["given"] = {made.asked: asked.pop("label")} if isinstance(made, Image) else asked["label"]
        if not isinstance(made, Image):
            asked["stream"] = True
        found, stream = self._maker.read(json.dumps(asked).encode())
        if stream:
            self._maker.room()
            seed = {"x-seed": str(found.seed), "cache-control": "no-store"}
            return StreamingResponse(self._maker.stream(found), media_type="text/plain; charset=utf-8", headers=seed)
        whole = await self._maker.whole(found)
        pictures = [f"data:{each['type']};base64,{each['image']}" for each in whole["made"]]
        return making.Made(seed=whole["seed"], pictures=pictures, shown=made.wishes(found))

    def close(self) -> None:
        if "_maker" in self.__dict__:
            self._maker.threads.shutdown(wait=False, cancel_futures=True)
