"""The encoder of Whisper (Radford et al. 2022) on clips of any length, taken apart where its last layers may learn on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lamina.core import Json, LaminaError
from lamina.networks import _time
from lamina.networks._weights import learn_gently, library, must_be, restored

SILENCE = (
    50  # states (one second) of silence that a clip is followed by: Whisper never heard one that ends with its sound
)
GENTLY = 0.02  # of the learning rate, for layers that learn on
DEEP = 2.0  # below the loudest band of a clip its floor lies, and never below
LEAST = -1.5
# A network of the usual shape that knows nothing: what a network without weights is.
BLANK: Json = {
    "model_type": "whisper",
    "d_model": 16,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 16,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 16,
    "vocab_size": 8,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "decoder_start_token_id": 0,
}


class Encoder(nn.Module):
    """Log-mel spectra [B, T, F] with lengths [B] to a state every 20 ms [B, S, W].

    learned: how many of the last layers learn; what is before them is frozen: `maps` is what enters them, and `rest`
    goes on from there. A clip is followed by a second of silence, not by as much as fills 30 seconds, which takes ten times
    as long: features are others than with all of it; without any, short clips are told apart clearly worse.
    """

    def __init__(self, config: Json, learned: int = 0) -> None:
        super().__init__()
        module = library().models.whisper.modeling_whisper.WhisperEncoder
        made = restored(config)
        made._attn_implementation = "eager"
        self.read = module(made)
        self.read.requires_grad_(False)
        self.width: int = made.d_model
        self.depth = len(self.read.layers)
        self.learned = min(learned, self.depth)
        self.entry = self.depth - self.learned
        learn_gently(self.read.layers[self.entry :], GENTLY)
        # Voices are told apart by the first layers, words by later ones.
        self.marks = sorted({1, max(1, round(0.7 * self.depth)), self.depth})
        self.features = 2 * self.width * len(self.marks)
        self.eval()

    def parted(self) -> bool:
        """Whether some layers learn."""
        return self.learned > 0

    def load(self, folder: str, digest: str) -> None:
        """Weights from a folder, without code.

        Raises:
            LaminaError: they are not what they were when the network was chosen, or no Whisper's.
        """
        must_be(Path(folder), digest)
        self.read.load_state_dict(_held(Path(folder), self.read.state_dict()))

    def train(self, mode: bool = True) -> Encoder:
        return super().train(False)  # what it knows must not be blurred, also where it learns on

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of spectra, or of maps that were kept in half precision: what `rest` gives."""
        return self.rest(x.float(), lengths) if x.dtype == torch.float16 else self.rest(*self.maps(x, lengths))

    def whole(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Of spectra: features of clips [B, features]."""
        return self.rest(*self.maps(x, lengths))[0]

    def maps(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """What enters the first layer that learns, [B, S, W], and how many of those steps [B] are a clip's.

        First come the features of layers before that one, then the states of the clip, then those of its silence.
        """
        here = _time.mask(x, lengths)
        floor = (x.masked_fill(~here[:, :, None], LEAST).amax((1, 2), keepdim=True) - DEEP).clamp_min(LEAST)
        after = floor.expand(-1, 2 * SILENCE + 4, x.shape[2])  # convolutions end in silence, not at an edge
        heard = torch.cat([torch.where(here[:, :, None], x, floor), after], 1)
        read, gelu = self.read, nn.functional.gelu
        states = gelu(read.conv2(gelu(read.conv1(heard.transpose(1, 2))))).transpose(1, 2)
        states = states[:, :-2]
        place = torch.arange(states.shape[1], device=x.device).clamp_max(read.embed_positions.num_embeddings - 1)
        states = states + read.embed_positions(place)
        states, seen = self._through(states, _states(lengths), range(self.entry))
        return torch.cat([*(seen[mark] for mark in self._before), states], 1), self.kept(lengths)

    @property
    def _before(self) -> list[int]:
        """Depths whose features are frozen while later layers learn."""
        return [mark for mark in self.marks if mark <= self.entry]

    def kept(self, lengths: Tensor) -> Tensor:
        """How many steps of maps [B] come of clips of so many steps."""
        return _states(lengths) + SILENCE + 2 * len(self._before)

    def rest(self, maps: Tensor, kept: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """From there to the features of clips [B, features], and the last states [B, S, W], [B, S] bool being theirs.

        Features are means and standard deviations of the states at three depths."""
        before = self._before
        seen = {mark: maps[:, 2 * k : 2 * k + 2] for k, mark in enumerate(before)}
        count = kept - SILENCE - 2 * len(before)
        states, later = self._through(maps[:, 2 * len(before) :], count, range(self.entry, self.depth))
        here = torch.arange(states.shape[1] - SILENCE, device=maps.device) < count[:, None]
        return torch.cat(list((seen | later).values()), 1).flatten(1), self.read.layer_norm(states)[:, :-SILENCE], here

    def _through(self, states: Tensor, count: Tensor, layers: range) -> tuple[Tensor, dict[int, Tensor]]:
        """Through some of the layers: [B, S, W], and at the depths that are marked mean and spread [B, 2, W]."""
        place = torch.arange(states.shape[1], device=states.device)
        hidden = torch.finfo(torch.float32).min * (place >= (count + SILENCE)[:, None])[:, None, None].float()
        here = place < count[:, None]
        seen = {}
        for k in layers:
            states = self.read.layers[k](states, hidden)
            if k + 1 in self.marks:
                found = self.read.layer_norm(states) if k + 1 == self.depth else states
                middle = _time.mean(found, here)
                spread = (_time.mean((found - middle[:, None]).square(), here) + 1e-8).sqrt()
                seen[k + 1] = torch.stack([middle, spread], 1)
        return states, seen


def _states(lengths: Tensor) -> Tensor:
    """How many states [B] a clip has of so many steps: one each two."""
    return torch.div(lengths + 1, 2, rounding_mode="floor")


def _held(folder: Path, wanted: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of the encoder in a folder."""
    from safetensors.torch import load_file

    found: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        for name, tensor in load_file(path).items():
            ours = name.removeprefix("model.").removeprefix("encoder.")
            if "encoder." in name and ours in wanted:
                found[ours] = tensor.float()
    if missing := sorted(wanted.keys() - found.keys()):
        raise LaminaError(
            f"'{folder}' holds no encoder of Whisper: '{missing[0]}' and {len(missing) - 1} more are missing."
        )
    return found
