"""What a saved model says of itself, in `card.json`: a versioned, closed schema that names no code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamina.core import Json, ModelError

FORMAT = 1
FOUND, MADE = "found", "made"  # rooms of outputs that were not learned from labels


@dataclass(slots=True)
class Card:
    """Everything but the weights. Every field is JSON.

    inputs: column, kind and settled state, in order. networks: for each array its kind of network and its options;
    members: how many such networks answer as one. outputs: column, name, kind and settled state, with `room` "found"
    where it is found without labels, "made" where it is made anew. roles: columns that
    are not inputs (id, group, time, weight). split: how rows were parted, for later rows. results: the report.
    files: SHA-256 of the files beside the card; seal: of the card itself.
    """

    inputs: list[Json]
    networks: dict[str, Json]
    members: int
    outputs: list[Json]
    features: int
    novelty: float | None
    reading: Json
    split: Json
    plan: Json
    results: Json
    versions: Json
    data: Json
    private: bool
    made: str
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT
    seal: str = ""

    @property
    def taught(self) -> list[Json]:
        """The outputs that were learned from labels."""
        return [each for each in self.outputs if each.get("room") not in (FOUND, MADE)]

    @property
    def found(self) -> list[Json]:
        """What is found in features without labels."""
        return [each for each in self.outputs if each.get("room") == FOUND]

    @property
    def makes(self) -> list[Json]:
        """What it makes that is new."""
        return [each for each in self.outputs if each.get("room") == MADE]

    def mark(self, network: str) -> str:
        """SHA-256 of what it says of the model, whatever files lie beside it. network: the hash of the graph."""
        content = {name: getattr(self, name) for name in self.__slots__} | {"files": {"network": network}}
        return seal(json.loads(json.dumps(content)))  # as it will be read

    def dump(self) -> bytes:
        content = {name: getattr(self, name) for name in self.__slots__}
        content["seal"] = seal(json.loads(json.dumps(content)))  # as it will be read
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=True).encode()

    @classmethod
    def parse(cls, content: bytes, where: str) -> Card:
        """The card, checked.

        Raises:
            ModelError: damaged, of a newer format, or with fields that do not belong.
        """
        try:
            found = json.loads(content)
        except ValueError as error:
            raise ModelError(f"The card of '{where}' is damaged: {error}. Save or copy the model again.") from None
        if not isinstance(found, dict) or not isinstance(found.get("format"), int):
            raise ModelError(f"'{where}' is not a Lamina model: its card.json has no format number.")
        if found["format"] > FORMAT:
            raise ModelError(
                f"'{where}' has format {found['format']}; this Lamina reads up to {FORMAT}. Upgrade: pip install -U lamina"
            )
        types = _types()
        missing, extra = types.keys() - found.keys(), found.keys() - types.keys()
        if missing or extra:
            names = ", ".join(sorted(missing or extra))
            raise ModelError(f"The card of '{where}' {'lacks' if missing else 'has unknown fields'}: {names}.")
        for name, kind in types.items():
            if not isinstance(found[name], kind) or (isinstance(found[name], bool) and kind is not bool):
                raise ModelError(f"The card of '{where}' is damaged: '{name}' holds a {type(found[name]).__name__}.")
        if found["seal"] != seal(found):
            raise ModelError(f"The card of '{where}' was changed after it was saved. Save or copy the model again.")
        return cls(**found)


def _types() -> dict[str, Any]:
    number = (int, float, type(None))
    return {
        "inputs": list, "networks": dict, "members": int, "outputs": list, "features": int, "novelty": number,
        "reading": dict, "split": dict, "plan": dict, "results": dict, "versions": dict, "data": dict,
        "private": bool, "made": str, "files": dict, "format": int, "seal": str,
    }  # fmt: skip


def seal(content: Json) -> str:
    """SHA-256 of what a card says, but for the seal itself."""
    return hashlib.sha256(json.dumps(content | {"seal": ""}, sort_keys=True).encode()).hexdigest()


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
