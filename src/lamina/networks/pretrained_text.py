"""Features of texts from a network that has read a great many others: any that `transformers` opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Form, Json
from lamina.networks import _time
from lamina.networks._features import PretrainedFeatures
from lamina.networks._weights import learn_gently, library, must_be, restored

GENTLY = 0.05  # of the learning rate, for layers that learn on
# A network of the usual shape that knows nothing: what a network without weights is.
BLANK: Json = {
    "model_type": "bert",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


class PretrainedText(PretrainedFeatures):
    """The mean of what the last layer says of each word, standardised.

    config: of the network, as `transformers` has it. learned: how many of the last layers learn; everything before them is
    frozen. forward takes codes [B, T], or what was kept of them.
    """

    kind: ClassVar[str] = "pretrained_text"
    accepts: ClassVar[frozenset[str]] = frozenset({"tokens"})
    reader: Reader

    def __init__(
        self, form: Form, config: Json | None = None, weights: str | None = None, digest: str = "", learned: int = 0
    ) -> None:
        blank = BLANK | {"vocab_size": form.sizes[0], "max_position_embeddings": 2 * form.shape[0]}
        super().__init__(Reader(config or blank, learned), weights, digest)

    def told(self, x: Tensor, lengths: Tensor) -> Tensor:
        found: Tensor = _time.alike(x, lengths, self.reader) if self.training else self.reader(x, lengths)
        return found


class Reader(nn.Module):
    """Codes [B, T], the network's own and one more (0 is padding), with lengths [B], to features [B, W].

    learned: how many of the last layers learn, where they can be told from the others (as of BERT and its like); what is
    before them is frozen: `maps` is what enters them, and `rest` goes on from there.
    """

    def __init__(self, config: Json, learned: int = 0) -> None:
        super().__init__()
        self.read = library().AutoModel.from_config(restored(config), attn_implementation="eager")
        self.read.requires_grad_(False)
        self.features: int = self.read.config.hidden_size
        self.padding: int = self.read.config.pad_token_id or 0
        layers = getattr(getattr(self.read, "encoder", None), "layer", None)
        self.depth = len(layers) if isinstance(layers, nn.ModuleList) else 0
        self.learned = min(learned, self.depth)
        learn_gently(self.last, GENTLY)
        self.eval()

    @property
    def last(self) -> nn.ModuleList:
        """The layers that learn."""
        if not self.learned:
            return nn.ModuleList()
        found: nn.ModuleList = self.read.encoder.layer[-self.learned :]
        return found

    def parted(self) -> bool:
        """Whether some layers learn, and what follows from taking them apart is what the whole gives."""
        codes, lengths = torch.arange(1, 7).reshape(2, 3), torch.tensor([3, 2])
        try:
            with torch.no_grad():
                apart, whole = self.rest(*self.maps(codes, lengths))[0], self._whole(codes, lengths)
        except (AttributeError, TypeError, ValueError, RuntimeError, IndexError):
            return False  # its layers are called in another way
        return self.learned > 0 and torch.allclose(apart, whole, atol=1e-4)

    def load(self, folder: str, digest: str) -> None:
        """Weights from a folder, without code.

        Raises:
            LaminaError: they are not what they were when the network was chosen.
        """
        must_be(Path(folder), digest)
        opened = library().AutoModel.from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, attn_implementation="eager", dtype=torch.float32
        )
        self.read.load_state_dict(opened.state_dict())

    def train(self, mode: bool = True) -> Reader:
        return super().train(False)  # what it knows must not be blurred, also where it learns on

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Of codes, or of maps that were kept in half precision: features [B, W]."""
        return self.rest(x.float(), lengths)[0] if x.dtype == torch.float16 else self.whole(x, lengths)

    def whole(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Of codes: features [B, W]."""
        return self.rest(*self.maps(x, lengths))[0] if self.learned else self._whole(x, lengths)

    def maps(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """What enters the first layer that learns, [B, T, W], and its lengths."""
        if self.learned == self.depth:
            return self.read.embeddings(input_ids=self._codes(x, _time.mask(x, lengths))), lengths
        found = self._asked(x, lengths, output_hidden_states=True).hidden_states
        return found[len(found) - 1 - self.learned], lengths

    def kept(self, lengths: Tensor) -> Tensor:
        """How many steps of maps [B] come of texts of so many codes."""
        return lengths

    def rest(self, maps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """From there to features [B, W], and the last states [B, T, W], [B, T] bool being theirs."""
        here = _time.mask(maps, lengths)
        for layer in self.last:
            found = layer(maps, _hidden(here))
            maps = found if isinstance(found, Tensor) else found[0]
        return _time.mean(maps.float(), here), maps, here

    def _whole(self, x: Tensor, lengths: Tensor) -> Tensor:
        return _time.mean(self._asked(x, lengths).last_hidden_state, _time.mask(x, lengths))

    def _asked(self, x: Tensor, lengths: Tensor, **said: bool) -> Any:
        here = _time.mask(x, lengths)
        return self.read(input_ids=self._codes(x, here), attention_mask=_hidden(here), **said)

    def _codes(self, x: Tensor, here: Tensor) -> Tensor:
        """As the network itself counts them."""
        return torch.where(here, x.long() - 1, self.padding).clamp_min(0)


def _hidden(here: Tensor) -> Tensor:
    """What is added to the scores of attention [B, 1, 1, T]: nothing where something is."""
    return torch.finfo(torch.float32).min * (~here)[:, None, None, :].float()
