"""A pause between two steps: nothing is lost, the budget's clock stands still, and whoever wants it to end is heard."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest
import torch

import worlds
from lamina.core import Progress
from lamina.examples import read
from lamina.learning.loop import Loop
from lamina.learning.plan import Plan
from lamina.learning.training import Training
from lamina.screen import watch

REST = 0.4  # seconds


def training(**said: object) -> Training:
    plan = Plan(target=("label",), **{"steps": 60, "folds": 0, **said})  # type: ignore[arg-type]
    return Training(read(worlds.blobs(100, 0), target="label"), plan, report=False)


def loop_of(running: Training) -> Loop:
    assert running._led is not None
    assert running._led.loop is not None
    return running._led.loop


def rested(running: Training, after: int) -> Iterator[Progress]:
    """Its progress, with one pause after a step; somebody lets it go on a little later."""
    for progress in running:
        if progress.stage == "learning" and progress.step >= after and not running.paused:
            running.pause()
            after = 10**9
        if progress.stage == "paused":
            threading.Timer(REST, running.go_on).start()
        yield progress


def test_a_pause_changes_no_weight() -> None:
    plain, paused = training(), training()
    list(plain)
    stages = [each.stage for each in rested(paused, 20)]
    assert stages.count("paused") == 1
    assert stages.index("learning") < stages.index("paused") < len(stages) - 3
    one, other = plain.model.network.state_dict(), paused.model.network.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_clock_of_the_budget_stands_still() -> None:
    running = training(steps=None, minutes=0.05)
    begun = running.budget.started
    for progress in rested(running, 1):
        if progress.stage == "paused":
            assert running.budget.started == begun
    assert running.budget.started - begun >= REST
    assert loop_of(running)._rested == running.budget.started - begun


def test_a_pause_comes_after_the_step_at_hand_and_not_at_the_next_report() -> None:
    running = training(steps=4_000)  # of which every 20th is told
    steps = []
    for progress in running:
        if progress.stage == "learning":
            steps.append(progress.step)
            if len(steps) == 3:
                threading.Timer(0.0, running.pause).start()
        if progress.stage == "paused":
            break
    assert steps[-1] - steps[-2] <= 20
    loop = loop_of(running)
    loop.report()
    assert next(iter(loop)).step == steps[-1] + 1


def test_stop_ends_a_pause_and_keeps_the_best() -> None:
    running = training()
    for progress in running:
        if progress.stage == "learning" and progress.step >= 20:
            running.pause()
        if progress.stage == "paused":
            threading.Timer(0.1, running.stop).start()
    assert running.stopped
    assert 20 <= loop_of(running).step < 60
    assert loop_of(running).best.step > 0


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send to oneself")
def test_ctrl_c_ends_a_pause_and_keeps_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    running = training()

    def told() -> Iterator[Progress]:
        for progress in running:
            if progress.stage == "learning" and progress.step >= 2:  # before anything was judged
                running.pause()
            if progress.stage == "paused":
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
            yield progress

    watch(running, True, progress=told())
    assert running.stopped
    assert loop_of(running).step < 60
    assert loop_of(running).best.weights
    said = capsys.readouterr().err
    assert "paused: Paused, and the budget's clock stands still; Ctrl-C ends it and keeps the best so far" in said
