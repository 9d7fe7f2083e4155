"""Somebody's own module as a network: it gets what such modules expect, and learns and predicts like ours."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, PlanError, Recipe
from lamina.networks._layered import Layered
from lamina.networks._time import mask


class Own(Layered):
    """Wraps an `nn.Module` from float32 [B, C, H, W] (pictures) or [B, D] (a table: scaled numbers with 0 for missing,
    one column per category), standardised, to features [B, W]. Lamina adds the read-out. Over time the module is called
    with lengths [B] too: `module(x, lengths)`, x [B, C, T] (a series), [B, F, T] (a sound) or codes [B, T] (a text)."""

    kind = "own"
    accepts = frozenset({"vector", "grid", "sequence", "spectrum", "tokens", "film"})
    recipe = Recipe(rate=2e-3, batch=128, epochs=30, average=0.99)
    center: Tensor
    scale: Tensor

    def __init__(self, module: nn.Module, form: Form) -> None:
        super().__init__()
        self.form = form
        self.numbers = [j for j, size in enumerate(form.sizes) if not size]
        self.words = [(j, size) for j, size in enumerate(form.sizes) if size]
        channels = len(self.numbers) if form.kind == "vector" else form.shape[-1]
        self.register_buffer("center", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))
        self.start = nn.Identity()  # a name for what the module is given
        self.module = module
        example = torch.zeros((2, *form.shape), dtype=getattr(torch, form.dtype))
        lengths = torch.full((2,), form.shape[0]) if form.timed else None
        with torch.no_grad():
            try:
                found = self.eval()._asked(example, lengths)
            except (RuntimeError, TypeError, ValueError) as error:
                raise PlanError(f"The network given cannot take this input ({tuple(form.shape)}): {error}") from error
        if not isinstance(found, Tensor) or found.shape[0] != 2:
            raise PlanError("The network given must return one tensor of features, [B, W] for B rows.")
        self.width = found.flatten(1).shape[1]

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor | None = None) -> None:
        if lengths is not None and self.form.kind != "tokens":
            values = values[mask(values, lengths)]  # the steps that hold something, one after the other
        if self.form.kind == "vector":
            x = values[:, self.numbers]
            if x.shape[1]:
                self.center.copy_(x.nanmean(0).nan_to_num(0))
                self.scale.copy_((x - self.center).square().nanmean(0).sqrt().nan_to_num(1).clamp_min(1e-6))
        elif self.form.kind in ("sequence", "spectrum"):
            self.center.copy_(values.nanmean(0).nan_to_num(0))
            self.scale.copy_((values - self.center).square().nanmean(0).sqrt().nan_to_num(1).clamp_min(1e-6))
        elif self.form.kind != "tokens":
            over = tuple(range(values.ndim - 1))
            self.center.copy_(values.float().mean(over))
            self.scale.copy_(values.float().std(over).clamp_min(1.0))

    @property
    def starts(self) -> tuple[nn.Module, ...]:
        return () if self.form.kind == "tokens" else (self.start,)  # a module embeds tokens itself

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Features:
        return Features(self._asked(x, lengths).flatten(1))

    def _asked(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        x = self.start(self._prepared(x))
        found: Tensor = self.module(x) if lengths is None else self.module(x, lengths)
        return found

    def _prepared(self, x: Tensor) -> Tensor:
        if self.form.kind == "tokens":
            return x.long()
        if self.form.kind != "vector":
            scaled = ((x.float() - self.center) / self.scale).nan_to_num(0.0)
            return scaled.permute(0, x.ndim - 1, *range(1, x.ndim - 1))  # movedim would be written wrongly as ONNX
        numbers = x[:, self.numbers]
        parts = [torch.where(numbers.isnan(), 0.0, (numbers - self.center) / self.scale)]
        parts += [(x[:, j : j + 1] == torch.arange(size, device=x.device)).float() for j, size in self.words]
        return torch.cat(parts, 1)
