"""How learning looks while it runs: a live display in a terminal, plain lines elsewhere, JSON lines for machines."""

from __future__ import annotations

import html
import json
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lamina.core import Progress

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lamina.learning.running import Running


def watch(
    running: Running,
    show: bool | None = None,
    *,
    json_lines: bool = False,
    progress: Iterable[Progress] | None = None,
) -> None:
    """Run a training to its end and show it. show: None decides by whether somebody is looking. progress: the training's own,
    where somebody else looks at it on its way.

    The first Ctrl-C while it learns ends learning and keeps the best so far; the next one ends everything at once.
    """
    stream = running if progress is None else progress
    with _first_interrupt_stops(running):
        if json_lines:
            for each in stream:
                print(json.dumps(each.record()), flush=True)
        elif _notebook() and show is not False:
            _in_notebook(stream)
        elif show if show is not None else sys.stderr.isatty():
            _live(stream) if sys.stderr.isatty() else _lines(stream)
        else:
            for _ in stream:
                pass


@contextmanager
def _first_interrupt_stops(running: Running) -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT) or signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or before == signal.SIG_IGN:
        yield  # signals are heard in the main thread alone, and not at all where a shell keeps them away
        return

    def heard(*_: Any) -> None:
        signal.signal(signal.SIGINT, before)
        if not running.learning:
            raise KeyboardInterrupt
        running.stop()

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def line(progress: Progress) -> str:
    """One state of learning in one line: `step 300 of 900 · loss 0.213 · accuracy 0.941 (kept 0.944) · 12 s left`."""
    parts = [progress.message] if progress.message else []
    if progress.steps:
        parts.append(f"step {progress.step:,} of {progress.steps:,}")
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.4g}")
    if progress.value is not None:
        kept = f" (kept {progress.best:.4f})" if progress.best is not None else ""
        parts.append(f"{progress.metric} {progress.value:.4f}{kept}")
    if progress.rate:
        parts.append(f"{progress.rate:,.0f} examples/s")
    if progress.left is not None and progress.stage == "learning" and progress.steps:
        parts.append(f"{clock(progress.left)} left")
    return " · ".join(parts)


def bar(progress: Progress) -> str:
    """One state of learning as HTML, for a notebook."""
    share = progress.step / progress.steps if progress.steps else 0
    said = html.escape(f"{progress.stage}: {line(progress)}")
    return f'<progress value="{share:.4f}" style="width:20em"></progress> <span>{said}</span>'


def clock(seconds: float) -> str:
    """`clock(75) == "1:15"`, `clock(9) == "9 s"`."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _lines(running: Iterable[Progress]) -> None:
    """What a log file should hold: each stage, and each look at validation rows."""
    for progress in running:
        if progress.value is not None or not progress.steps:
            print(f"{progress.stage}: {line(progress)}", file=sys.stderr, flush=True)


def _live(running: Iterable[Progress]) -> None:
    """A display that changes while it learns; what each stage came to stays above it."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    last = Progress("starting")
    with _no_echo(), Live(console=console, refresh_per_second=8, transient=True) as live:
        for progress in running:
            if progress.stage != last.stage and last.stage != "starting":
                said = line(replace(last, left=None))
                console.print(Text.assemble((f"{last.stage:>9}  ", "dim"), said), soft_wrap=True)
            if progress.value is None and progress.steps and last.value is not None and last.steps:
                progress = replace(progress, value=last.value, metric=last.metric)
            live.update(_picture(progress))
            last = progress


def _picture(progress: Progress) -> RenderableType:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    if not progress.steps:
        return Text.assemble((f"{progress.stage:>9}  ", "bold cyan"), progress.message)
    bar = Table.grid(padding=(0, 2))
    left = "" if progress.left is None else f"{clock(progress.left)} left"
    bar.add_row(
        Text(f"{progress.stage:>9}", "bold cyan"),
        ProgressBar(progress.steps, progress.step, width=36),
        f"{progress.step:,} of {progress.steps:,} steps",
        Text(left, "dim"),
    )
    figures: list[Any] = [Text(" " * 9)]
    if progress.loss is not None:
        figures.append(Text.assemble("loss ", (f"{progress.loss:.4g}", "bold")))
    if progress.value is not None:
        figures.append(Text.assemble(f"{progress.metric} ", (f"{progress.value:.4f}", "bold green")))
    if progress.best is not None:
        figures.append(Text(f"kept {progress.best:.4f}"))
    figures.append(Text(f"{progress.rate:,.0f} examples/s", "dim"))
    if progress.message:
        figures.append(Text(progress.message, "dim"))
    numbers = Table.grid(padding=(0, 2))
    numbers.add_row(*figures)
    return Group(bar, numbers)


def _notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def _in_notebook(running: Iterable[Progress]) -> None:
    from IPython.display import HTML, display

    handle = display(HTML("…"), display_id=True)
    for progress in running:
        if progress.value is not None or not progress.steps:
            handle.update(HTML(bar(progress)))


@contextmanager
def _no_echo() -> Iterator[None]:
    """Keep `^C` from being printed into the display."""
    try:
        import termios
    except ImportError:
        yield
        return
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    quiet = termios.tcgetattr(sys.stdin)
    quiet[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, quiet)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
