"""Features of clips from a network that has heard a great deal of speech: any Whisper that `transformers` opens."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from lamina.core import Form, Json
from lamina.networks._features import PretrainedFeatures
from lamina.networks._whisper import BLANK, Encoder


class PretrainedSound(PretrainedFeatures):
    """Means and spreads of what three layers of the encoder say of a clip, standardised.

    config: of the network, as `transformers` has it. learned: how many of the last layers learn; everything before them is
    frozen. forward takes spectra [B, T, F] as Whisper hears them, or what was kept of them.
    """

    kind: ClassVar[str] = "pretrained_sound"
    accepts: ClassVar[frozenset[str]] = frozenset({"spectrum"})
    reader: Encoder

    def __init__(
        self, form: Form, config: Json | None = None, weights: str | None = None, digest: str = "", learned: int = 0
    ) -> None:
        super().__init__(Encoder(config or BLANK | {"num_mel_bins": form.shape[1]}, learned), weights, digest)

    def told(self, x: Tensor, lengths: Tensor) -> Tensor:
        found: Tensor = self.reader(x, lengths)[0]
        return found
