"""Examples per second of Lamina's learning loop beside a hand-written one: same network, same arrays, in turn.

Both learn in this process, a few steps each and alternately, so that whatever else the machine does meets both; the
ratio is the median over the rounds. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import lamina.learning  # noqa: F401 - settles how threads wait, before torch is loaded
from lamina.core import Encoded, Progress
from lamina.examples import read
from lamina.learning.augment import Augment
from lamina.learning.budget import Budget
from lamina.learning.choose import choose
from lamina.learning.plan import Plan
from lamina.learning.prepare import prepare
from lamina.learning.trial import Lesson, Trial

SETS = {"mnist": "label", "adult": "income"}
ROUNDS, STEPS = 9, 40
CLIP = 5.0


def drain(steps: object) -> None:
    """Run a stream of progress to its end."""
    for progress in steps:  # type: ignore[attr-defined]
        assert isinstance(progress, Progress)


def lesson(source: Path, target: str) -> Lesson:
    """What Lamina would learn from this source."""
    plan = Plan(target=(target,), steps=1)
    prepared = prepare(read(source, target=target), plan)
    device = torch.device("cpu")
    choosing = choose(prepared, plan, Budget(time.monotonic(), None), device)
    while True:
        try:
            next(choosing)
        except StopIteration as ended:
            choice = ended.value
            return Lesson(prepared, choice.said, choice.recipe, 0, device)


def ours(trial: Trial) -> Callable[[int], int]:
    """Steps of Lamina's loop; gives the rows they took. No looks at validation rows, no checkpoints: neither has any."""
    drain(trial.learn(1))
    loop = trial.loop
    assert loop is not None

    def go(steps: int) -> int:
        for _ in range(steps):
            loop._step()
            loop.step += 1
        return steps * loop.batch

    return go


def by_hand(trial: Trial) -> Callable[[int], int]:
    """The same steps as a person writes them: shuffle, gather, change, forward, loss, backward, clip, step, average."""
    recipe, prepared = trial.lesson.recipe, trial.lesson.prepared
    network = copy.deepcopy(trial.network)
    network.train()
    (name, inputs), (target, output) = next(iter(prepared.rows.inputs.items())), next(iter(prepared.named.items()))
    x, labels, rows = inputs.values, prepared.rows.targets[target], torch.from_numpy(trial.taught)
    batch = min(recipe.batch, len(rows))
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.rate, betas=recipe.betas, weight_decay=recipe.weight_decay, fused=True
    )
    change = Augment(recipe.augment, {name: prepared.intake.forms[name].kind})
    parameters = list(network.parameters())
    averages = [each.detach().clone() for each in parameters] if recipe.average else []
    order = torch.empty(0, dtype=torch.int64)

    def take() -> Tensor:
        nonlocal order
        if len(order) < batch:
            order = rows[torch.randperm(len(rows))]
        taken, order = order[:batch], order[batch:]
        return taken

    def go(steps: int) -> int:
        for _ in range(steps):
            index = take()
            raw = network(change({name: Encoded(x[index], None)}))[0][target]
            each = output.losses(raw, labels[index], recipe.smoothing)
            loss = each.mean() if trial.copies is None else each[trial.copies[index]].mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimiser.step()
            if averages:
                torch._foreach_lerp_(averages, [each.detach() for each in parameters], 1 - recipe.average)
        return steps * batch

    go(1)
    return go


def rate(go: Callable[[int], int], steps: int) -> float:
    begun = time.perf_counter()
    rows = go(steps)
    return rows / (time.perf_counter() - begun)


def compare(source: Path, target: str, rounds: int, steps: int) -> dict[str, float]:
    trial = Trial(taught := lesson(source, target), taught.prepared.folds[0])
    mine, hand = ours(trial), by_hand(trial)
    pairs = []
    for turn in range(rounds):  # who goes first changes
        first, second = (mine, hand) if turn % 2 else (hand, mine)
        one, other = rate(first, steps), rate(second, steps)
        pairs.append((one, other) if turn % 2 else (other, one))
    return {
        "ratio": statistics.median(a / b for a, b in pairs),
        "lamina, examples per second": statistics.median(a for a, _ in pairs),
        "by hand, examples per second": statistics.median(b for _, b in pairs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("LAMINA_DATA"), help="the folder of data sets")
    parser.add_argument("--quick", action="store_true", help="few steps, to see that it works")
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("Say --data, or set LAMINA_DATA.")
    rounds, steps = (2, 5) if asked.quick else (ROUNDS, STEPS)
    found = {name: compare(Path(asked.data) / name, target, rounds, steps) for name, target in SETS.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
