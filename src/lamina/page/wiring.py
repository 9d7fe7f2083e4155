"""Which layer hands what to which: read from one example on its way through the network, also past what is no layer (sums, joins)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lamina.insight.hooks import hooked

LONGEST = 40  # layers of a stretch that repeats


@dataclass
class Wiring:
    """shapes: of each layer that was passed, without the row, in order; None where it gives no tensor. edges: from a layer to one that gets
    what it gave. lost: why the example did not come through, '' where it did."""

    shapes: dict[str, tuple[int, ...] | None] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    ends: dict[str, list[str]] = field(default_factory=dict)
    lost: str = ""


class _Follow(TorchFunctionMode):
    """Remembers of every tensor from which layers it was made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[int, frozenset[str]] = {}
        self.kept: list[Tensor] = []  # or another tensor could get the same number

    def of(self, value: Any) -> frozenset[str]:
        if isinstance(value, Tensor):
            return self.made.get(id(value), frozenset())
        if isinstance(value, Mapping):
            value = list(value.values())
        if isinstance(value, (tuple, list)):
            return frozenset().union(*(self.of(each) for each in value))
        return frozenset()

    def note(self, value: Any, sources: frozenset[str]) -> None:
        if isinstance(value, Tensor):
            self.made[id(value)] = sources
            self.kept.append(value)
        elif isinstance(value, (tuple, list)):
            for each in value:
                self.note(each, sources)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        sources = self.of([*args, *(kwargs or {}).values()])
        if sources:
            self.note(found, sources)
        return found


def wire(member: nn.Module, inputs: Mapping[str, Tensor], run: Callable[[], tuple[Mapping[str, Any], Any]]) -> Wiring:
    """The wiring of one network. inputs: one row; each is called 'input.NAME'. run: passes it through: what comes out by name, and
    features."""
    leaves = {module: name for name, module in member.named_modules() if not list(module.children())}
    found, follow = Wiring(), _Follow()
    for name, each in inputs.items():
        follow.note(each, frozenset({f"input.{name}"}))

    def enter(module: nn.Module, given: Any) -> None:
        name = leaves[module]
        for source in sorted(follow.of(given)):
            if (source, name) not in found.edges and source != name:
                found.edges.append((source, name))

    def leave(module: nn.Module, given: Any, output: Any) -> None:
        name = leaves[module]
        first = output[0] if isinstance(output, tuple) and output else output
        found.shapes[name] = tuple(first.shape[1:]) if isinstance(first, Tensor) else None
        follow.note(output, frozenset({name}))

    handles = [module.register_forward_pre_hook(enter) for module in leaves]
    try:
        with hooked(leaves, leave), follow, torch.inference_mode():
            raws, features = run()
            found.ends = {name: sorted(follow.of(raw)) for name, raw in raws.items()} or {
                "": sorted(follow.of(features))
            }
    except Exception as error:  # an own module may fail in any way: what was passed until then is shown
        found.lost = f"The example did not come through: {error}"
    finally:
        for handle in handles:
            handle.remove()
    return found


def stages(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The place of each layer from left to right: one more than that of the last layer that it gets something from."""
    found: dict[str, int] = {}
    before: dict[str, list[str]] = {}
    for one, other in edges:
        before.setdefault(other, []).append(one)
    for name in names:  # in the order in which they were passed, so all before are known
        found[name] = max((found[each] + 1 for each in before.get(name, []) if each in found), default=0)
    return found


def repeats(names: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, int, int]]:
    """Stretches of layers that repeat: start, length, times; the longest reach first from each place, none within another."""
    found: list[tuple[int, int, int]] = []
    place = 0
    while place < len(names):
        best = (0, 0, 0)  # reach, -length, times
        for length in range(2, min(LONGEST, (len(names) - place) // 2) + 1):
            times = 1
            while tuple(kinds[place : place + length]) == tuple(
                kinds[place + times * length : place + (times + 1) * length]
            ):
                times += 1
            if times > 1:
                best = max(best, (times * length, -length, times))
        if best[0]:
            found.append((place, -best[1], best[2]))
            place += best[0]
        else:
            place += 1
    return found
