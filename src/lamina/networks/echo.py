"""Echo state networks: a random memory that fades slowly and never learns; only what is read from it does."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from lamina.core import Features, Form, Recipe
from lamina.networks._layered import Stepwise
from lamina.networks._time import Signals, mask

OPEN = 30.0  # a gate's bias at which it is wholly open in float32
AT_ONCE = 256  # rows whose echoes are made at once while settling


class Echo(Stepwise):
    """A reservoir of leaky units (Jaeger 2001; Lukoševičius and Jaeger 2009): each forgets at its own pace, between `slow` and
    `fast` a step, and hears the signals and the other units through random weights. The last state, turned so that its
    directions are uncorrelated, is read out. With a few hundred series it does better than networks that learn their
    memory, in a fraction of the time.

    width: units. radius: largest eigenvalue of the weights among the units; near 1, an echo fades slowly. strength: of the
    signals. held: variance, of 1 on average, below which a direction is held back as noise.

    It is written as a GRU whose gates are constant, so it is a GRU in ONNX too, and follows a stream (`step`).
    """

    kind: ClassVar[str] = "echo"
    accepts: ClassVar[frozenset[str]] = frozenset({"sequence"})
    recurrent: ClassVar[bool] = True
    follows = True
    recipe = Recipe(rate=0.02, batch=64, epochs=40, betas=(0.9, 0.95), weight_decay=0.01, smoothing=0.1, most=1.0)
    center: Tensor
    turn: Tensor

    def __init__(
        self,
        form: Form,
        width: int = 200,
        slow: float = 0.05,
        fast: float = 0.2,
        radius: float = 0.99,
        strength: float = 0.5,
        held: float = 3e-3,
    ) -> None:
        super().__init__()
        self.held = held
        self.first = Signals(form)
        self.memory = nn.GRU(self.first.width, width, batch_first=True).requires_grad_(False)
        self._draw(torch.exp(torch.linspace(math.log(slow), math.log(fast), width)), radius, strength)
        self.register_buffer("center", torch.zeros(width))
        self.register_buffer("turn", torch.eye(width))
        self.width = width

    def depth(self) -> int:
        return 1

    def _draw(self, leak: Tensor, radius: float, strength: float) -> None:
        """h' = (1 - leak) h + leak tanh(W x + U h + b): the update gate is constant, the reset gate open."""
        width = len(leak)
        among = torch.randn(width, width)
        among *= radius / torch.linalg.eigvals(among).abs().max()
        weights = dict(self.memory.named_parameters())
        for weight in weights.values():
            nn.init.zeros_(weight)
        weights["weight_hh_l0"].data[2 * width :] = among
        weights["weight_ih_l0"].data[2 * width :].uniform_(-strength, strength)
        bias = weights["bias_ih_l0"].data
        bias[:width] = OPEN
        bias[width : 2 * width] = ((1 - leak) / leak).log()
        bias[2 * width :].uniform_(-strength, strength)

    def settle(self, values: Tensor, generator: torch.Generator, lengths: Tensor) -> None:
        self.first.settle(values, lengths)
        if not len(values):
            return
        pieces = zip(torch.split(values, AT_ONCE), torch.split(lengths, AT_ONCE), strict=True)
        states = torch.cat([self._heard(x, some)[0] for x, some in pieces]).double()
        self.center.copy_(states.mean(0))
        spread = states.std(0, correction=0).clamp_min(1e-6)
        alike = ((states - states.mean(0)) / spread).T @ ((states - states.mean(0)) / spread) / len(states)
        variance, directions = torch.linalg.eigh(alike)
        self.turn.copy_(directions / spread[:, None] / (variance.clamp_min(0) + self.held).sqrt())

    def forward(self, x: Tensor, lengths: Tensor) -> Features:
        end, steps = self._heard(x, lengths)
        return Features((end - self.center) @ self.turn, (steps.transpose(1, 2),), end[None])

    def step(self, x: Tensor, carried: Tensor | None = None) -> tuple[Features, Tensor]:
        """As of `Stepwise`; carried: the state [B, W]."""
        every = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        begun = x.new_zeros(x.shape[0], self.width) if carried is None else carried
        steps, end = self.memory(self.first(x, every), begun[None])
        return Features((end[0] - self.center) @ self.turn, (steps.transpose(1, 2),), end), end[0]

    def _heard(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The state after the last step that holds something [B, W], and all states [B, T, W], zero where nothing is."""
        here = mask(x, lengths)
        with torch.no_grad():
            steps = self.memory(self.first(x, here), x.new_zeros(1, x.shape[0], self.width))[0]
        end = steps.gather(1, (lengths - 1)[:, None, None].expand(-1, 1, self.width))[:, 0]
        return end, steps * here[:, :, None]
