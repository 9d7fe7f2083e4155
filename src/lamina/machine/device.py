"""Where to compute, and how to look after its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamina.core import MissingExtra, PlanError

if TYPE_CHECKING:
    import torch


def choose(name: str = "auto") -> torch.device:
    """The device of that name; `auto` takes a GPU where there is one.

    Raises:
        PlanError: the device is not there.
        MissingExtra: torch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise MissingExtra("Learning", "learn") from error
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise PlanError(f"There is no device called '{name}'. Try auto, cpu, cuda, cuda:1 or mps.") from None
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(device.type, False):
        raise PlanError(f"The device '{name}' is not there on this machine. Use --device cpu, or leave it out.")
    return device


def out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that memory ran out, on a GPU or on the CPU."""
    import torch

    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "can't allocate memory" in text


def halves(device: torch.device) -> bool:
    """Whether bfloat16 multiplies faster there: on GPUs, and on processors with instructions of their own for it."""
    import torch

    if device.type != "cpu":
        return device.type == "cuda"
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def draw_from(seed: int, device: torch.device) -> None:
    """Seed torch here and there. `torch.manual_seed` would keep a stack trace for each call where there is no GPU."""
    import torch

    torch.default_generator.manual_seed(seed)
    match device.type:
        case "cuda":
            torch.cuda.manual_seed(seed)
        case "mps":
            torch.mps.manual_seed(seed)
