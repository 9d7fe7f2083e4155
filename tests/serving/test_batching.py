"""Requests that come together are answered together; a line has an end; nothing that was taken is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from lamina.serving.batcher import Batcher
from lamina.serving.settings import Refused


def double(items: Sequence[int]) -> list[int]:
    return [2 * item for item in items]


def test_what_comes_in_one_turn_is_one_run() -> None:
    sizes: list[int] = []

    async def go() -> None:
        batcher = Batcher(double, most=64, wait=0.005, queue=100, seen=sizes.append)
        found = await asyncio.gather(*(batcher.ask([k, k + 1]) for k in range(10)))
        assert found == [[2 * k, 2 * k + 2] for k in range(10)]

    asyncio.run(go())
    assert sizes == [20]


def test_a_run_has_a_largest_size_but_takes_one_larger_request() -> None:
    sizes: list[int] = []

    async def go() -> None:
        batcher = Batcher(double, most=4, wait=0.005, queue=100, seen=sizes.append)
        found = await asyncio.gather(*(batcher.ask(list(range(n))) for n in (3, 3, 9, 1)))
        assert [len(each) for each in found] == [3, 3, 9, 1]

    asyncio.run(go())
    assert sizes == [3, 3, 9, 1]


def test_a_lone_request_does_not_wait() -> None:
    async def go() -> None:
        batcher = Batcher(double, most=64, wait=3600, queue=100)
        assert await asyncio.wait_for(batcher.ask([1]), 60) == [2]

    asyncio.run(go())


def test_it_waits_for_what_is_on_its_way_but_not_for_ever() -> None:
    sizes: list[int] = []

    async def go() -> None:
        batcher = Batcher(double, most=64, wait=3600, queue=100, seen=sizes.append)
        batcher.coming = 1
        first = batcher.ask([1])
        for _ in range(10):
            await asyncio.sleep(0)
        assert not first.done()
        batcher.coming = 0
        second = batcher.ask([2])
        assert await asyncio.gather(first, second) == [[2], [4]]
        late = Batcher(double, most=64, wait=0.001, queue=100)
        late.coming = 1  # and never arrives
        assert await asyncio.wait_for(late.ask([3]), 60) == [6]

    asyncio.run(go())
    assert sizes == [2]


def test_a_full_line_refuses_and_says_when_to_come_again() -> None:
    gate = threading.Event()

    def slow(items: Sequence[int]) -> list[int]:
        gate.wait()
        return double(items)

    async def go() -> None:
        with ThreadPoolExecutor(1) as threads:
            batcher = Batcher(slow, most=1, wait=0, queue=3, executor=threads)
            running = batcher.ask([0])
            while batcher.waiting:
                await asyncio.sleep(0)
            taken = [batcher.ask([k]) for k in (1, 2, 3)]
            with pytest.raises(Refused) as refused:
                batcher.ask([4])
            assert (refused.value.status, refused.value.later) == (429, 1)
            gate.set()
            assert [await each for each in (running, *taken)] == [[0], [2], [4], [6]]
            assert await batcher.ask(list(range(50))) == double(range(50))  # more than the line, when nobody waits

    asyncio.run(go())


@pytest.mark.parametrize("inline", [True, False])
def test_a_failed_run_fails_those_who_asked_and_no_one_else(inline: bool) -> None:
    def odd(items: Sequence[int]) -> list[int]:
        if 13 in items:
            raise ArithmeticError("13")
        return double(items)

    async def go() -> None:
        with ThreadPoolExecutor(1) as threads:
            batcher = Batcher(odd, most=2, wait=0, queue=100, executor=None if inline else threads)
            found = await asyncio.gather(*(batcher.ask([k]) for k in (13, 1, 2, 3)), return_exceptions=True)
        assert [type(each) for each in found[:2]] == [ArithmeticError, ArithmeticError]
        assert found[2:] == [[4], [6]]

    asyncio.run(go())


def test_who_gave_up_is_not_worked_for() -> None:
    sizes: list[int] = []

    async def go() -> None:
        batcher = Batcher(double, most=64, wait=0, queue=100, seen=sizes.append)
        left = batcher.ask([1, 2, 3])
        left.cancel()
        assert await batcher.ask([4]) == [8]
        assert batcher.waiting == 0

    asyncio.run(go())
    assert sizes == [1]
