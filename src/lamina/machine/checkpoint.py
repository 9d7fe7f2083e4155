"""Where a run stood, in one file: tensors as safetensors, the rest as JSON in its header. No pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, empty_like
from torch.optim import Optimizer

from lamina.core import Json
from lamina.machine.files import new_file


def write(path: Path, tensors: Mapping[str, Tensor], meta: Json) -> None:
    """Write aside and rename: a crash leaves the checkpoint before it."""
    with new_file(path) as aside:
        kept = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
        aside.write_bytes(save(kept, metadata={"lamina": json.dumps(meta)}))


def read(path: Path) -> tuple[dict[str, Tensor], Json] | None:
    """The checkpoint, or None where there is none that is whole."""
    try:
        with safe_open(str(path), framework="pt") as file:
            meta: Json = json.loads((file.metadata() or {})["lamina"])
            return {name: file.get_tensor(name) for name in file.keys()}, meta  # noqa: SIM118  not a dict
    except (OSError, SafetensorError, KeyError, ValueError):
        return None


def optimizer_tensors(optimizer: Optimizer, prefix: str) -> dict[str, Tensor]:
    """An optimiser's state by name: `prefix.3.exp_avg`."""
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {
        f"{prefix}.{index}.{key}": value
        for index, values in state.items()
        for key, value in values.items()
        if isinstance(value, Tensor)
    }


def restore_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Put back what `optimizer_tensors` gave."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(f"{prefix}."):
            index, key = name.removeprefix(f"{prefix}.").split(".", 1)
            state.setdefault(int(index), {})[key] = tensor
    whole = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
    # Fused steps walk the memory as it lies, and files keep no order of memory such as channels_last.
    for parameter, values in optimizer.state.items():
        for key, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape and value.stride() != parameter.stride():
                values[key] = empty_like(parameter, dtype=value.dtype).copy_(value)
