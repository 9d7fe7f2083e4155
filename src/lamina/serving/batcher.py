"""Many requests, one run: what waits while a run is on goes into the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

from lamina.serving.settings import Refused

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Gathers the items of several requests for one call of `work`, which gives a result for each item.

    A free worker starts as soon as a turn of the event loop brings nothing more, so that a lone request never waits; it
    waits, at most `wait` seconds, while every turn brings more or `coming` says that more is on its way. When more than `queue` items are in line, the next are refused.

    executor: where work runs; None: right on the event loop, for work of a millisecond or two.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Sequence[Result]],
        *,
        most: int,
        wait: float,
        queue: int,
        executor: Executor | None = None,
        workers: int = 1,
        seen: Callable[[int], None] = lambda size: None,
    ) -> None:
        self.work, self.most, self.wait, self.queue = work, most, wait, queue
        self.executor, self.workers, self.seen = executor, workers, seen
        self.coming = 0  # items that other steps will hand in soon
        self.waiting = 0  # items in line
        self._line: deque[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]] = deque()
        self._busy = 0
        self._soon = False
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, items: Sequence[Item]) -> asyncio.Future[Sequence[Result]]:
        """The results for these items, in order.

        Raises:
            Refused: the line is full.
        """
        self.room(len(items))
        future: asyncio.Future[Sequence[Result]] = asyncio.get_running_loop().create_future()
        self._line.append((items, future))
        self.waiting += len(items)
        self.arrange()
        return future

    def room(self, count: int) -> None:
        """Refuse what the line cannot take. A request larger than the line is taken when nobody waits."""
        if self.waiting and self.waiting + count > self.queue:
            raise Refused(
                429, f"{self.waiting:,} rows are in line, and {self.queue:,} may be. Ask again in a second.", later=1
            )

    def arrange(self) -> None:
        """See whether the next run can start; called whenever something changed."""
        if not self._line or self._busy >= self.workers or self._soon:
            return
        if self.coming and self.waiting < self.most:
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self.wait, self._start)
            return
        self._soon = True
        loop = asyncio.get_running_loop()
        loop.call_soon(self._gather, self.waiting, loop.time() + self.wait)

    def _gather(self, before: int, until: float) -> None:
        """Start once a turn of the event loop has brought nothing more."""
        loop = asyncio.get_running_loop()
        if before < self.waiting < self.most and loop.time() < until:
            loop.call_soon(self._gather, self.waiting, until)
        else:
            self._start()

    def _start(self) -> None:
        self._soon = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._line or self._busy >= self.workers:
            return None
        taken: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]] = []
        items: list[Item] = []
        while self._line and (not taken or len(items) + len(self._line[0][0]) <= self.most):
            request = self._line.popleft()
            self.waiting -= len(request[0])
            if not request[1].cancelled():
                taken.append(request)
                items.extend(request[0])
        if not taken:
            return self.arrange()
        self.seen(len(items))
        self._busy += 1
        if self.executor is None:
            done: asyncio.Future[Sequence[Result]] = asyncio.get_running_loop().create_future()
            try:
                done.set_result(self.work(items))
            except Exception as error:  # it goes to those who asked, as it does from an executor
                done.set_exception(error)
            return self._finish(taken, done)
        running = asyncio.get_running_loop().run_in_executor(self.executor, self.work, items)
        running.add_done_callback(lambda done: self._finish(taken, done))
        return self.arrange()

    def _finish(
        self,
        taken: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]],
        done: asyncio.Future[Sequence[Result]],
    ) -> None:
        self._busy -= 1
        error = done.exception()
        start = 0
        for items, future in taken:
            if future.cancelled():
                pass
            elif error is not None:
                future.set_exception(error)
            else:
                future.set_result(done.result()[start : start + len(items)])
            start += len(items)
        self.arrange()
